-- An event's payload can hold what rules made of it, beside what was sent.

CREATE OR REPLACE VIEW webhook_logs AS
SELECT c.id,
       c.tenant,
       c.source,
       c.method,
       c.path,
       c.status AS status_code,
       CASE WHEN c.status < 400 THEN 'success' ELSE 'failed' END AS status,
       c.reason AS error_message,
       c.headers,
       coalesce(
         c.body,
         CASE WHEN e.payload -> '_business' IS NULL THEN e.payload::text ELSE (e.payload::jsonb - '_business')::text END
       ) AS payload,
       c.address AS source_ip,
       c.position AS event_id,
       c.duplicate,
       c.duration_us / 1000.0 AS processing_ms,
       c.at AS created_at
FROM call_log c
LEFT JOIN event e ON e.position = c.position AND c.body IS NULL;
