-- The log. What a position promises stands in dev.hookline.eventlog's package-info.

CREATE TABLE log_head (
  id boolean PRIMARY KEY DEFAULT true CHECK (id),
  position bigint NOT NULL,
  received_at timestamptz NOT NULL
) WITH (fillfactor = 10);
COMMENT ON TABLE log_head IS 'One row: the highest position given out. Its lock makes commit order equal position order.';
INSERT INTO log_head (position, received_at) VALUES (0, 'epoch');

CREATE TABLE event (
  position bigint NOT NULL,
  tenant text NOT NULL,
  source text NOT NULL,
  model text NOT NULL,
  record_id bigint,
  record_key text NOT NULL,
  operation text NOT NULL,
  event_type text NOT NULL,
  priority text NOT NULL,
  category text NOT NULL,
  occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  changed_fields jsonb,
  payload json NOT NULL,
  PRIMARY KEY (position)
) PARTITION BY RANGE (position);
CREATE INDEX event_tenant_position ON event (tenant, position);
COMMENT ON COLUMN event.payload IS 'json, not jsonb: every reader and every attempt gets the same bytes. It holds nothing that jsonb could not.';
COMMENT ON TABLE event IS 'Every event, once, in commit order. Partitions of 5 million positions are made by the hub, ahead of need.';

CREATE TABLE deduplication (
  tenant text NOT NULL,
  source text NOT NULL,
  key_hash bytea NOT NULL,
  position bigint NOT NULL,
  events integer NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, source, key_hash)
);
CREATE INDEX deduplication_expires_at ON deduplication (expires_at);
COMMENT ON TABLE deduplication IS 'Ids that senders gave, as the first 16 bytes of their SHA-256, and the first position they were given.';
