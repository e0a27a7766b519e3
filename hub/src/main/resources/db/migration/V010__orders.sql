-- Orders: records of the model order, with numbers of their own and a history; and the views of the seed's queries.

CREATE SEQUENCE order_id;
COMMENT ON SEQUENCE order_id IS 'The ids of orders, which are their record.id: 1 for the first, and never another for the same order.';

CREATE TABLE order_event (
  position bigint NOT NULL,
  tenant text NOT NULL,
  order_id bigint NOT NULL,
  order_number text NOT NULL,
  kind text NOT NULL,
  changes jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (position)
) PARTITION BY RANGE (position);
CREATE INDEX order_event_order ON order_event (tenant, order_number, position);
COMMENT ON TABLE order_event IS 'Every change of an order that existed: partitioned by position, as event is.';
COMMENT ON COLUMN order_event.kind IS 'updated, deleted, or restored after a deletion.';
COMMENT ON COLUMN order_event.changes IS 'What changed: {"status": {"from": "pending", "to": "shipped"}}.';

CREATE INDEX record_order_created_at ON record (created_at) WHERE model = 'order';

CREATE VIEW orders AS
SELECT tenant,
       id,
       key AS order_number,
       state ->> 'product' AS product,
       CASE WHEN pg_input_is_valid(state ->> 'price', 'numeric') THEN (state ->> 'price')::numeric END AS price,
       CASE WHEN pg_input_is_valid(state ->> 'total', 'numeric') THEN (state ->> 'total')::numeric END AS total,
       CASE WHEN pg_input_is_valid(state ->> 'commission', 'numeric') THEN (state ->> 'commission')::numeric END AS commission,
       CASE WHEN pg_input_is_valid(state ->> 'quantity', 'numeric') THEN (state ->> 'quantity')::numeric END AS quantity,
       state ->> 'email' AS email,
       state ->> 'customer_name' AS customer_name,
       state ->> 'profile' AS profile,
       state ->> 'proxy_list' AS proxy_list,
       state ->> 'reference_number' AS reference_number,
       state ->> 'status' AS status,
       state ->> 'tracking_number' AS tracking_number,
       CASE WHEN pg_input_is_valid(state ->> 'order_date', 'timestamptz') THEN (state ->> 'order_date')::timestamptz END AS order_date,
       version,
       last_position,
       created_at,
       updated_at
FROM record
WHERE model = 'order' AND NOT deleted;

CREATE VIEW order_events AS
SELECT position AS id, tenant, order_id, order_number, kind AS event_type, changes, created_at
FROM order_event;

CREATE VIEW webhook_logs AS
SELECT c.id,
       c.tenant,
       c.source,
       c.method,
       c.path,
       c.status AS status_code,
       CASE WHEN c.status < 400 THEN 'success' ELSE 'failed' END AS status,
       c.reason AS error_message,
       c.headers,
       coalesce(c.body, e.payload::text) AS payload,
       c.address AS source_ip,
       c.position AS event_id,
       c.duplicate,
       c.duration_us / 1000.0 AS processing_ms,
       c.at AS created_at
FROM call_log c
LEFT JOIN event e ON e.position = c.position AND c.body IS NULL;
COMMENT ON VIEW webhook_logs IS 'The log of calls in the words of seed 002, with the body from the event where it is kept there only.';
