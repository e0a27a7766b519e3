-- Reading the log by model, hiding what is old, and dropping whole partitions.

CREATE INDEX event_tenant_model_position ON event (tenant, model, position);

CREATE TABLE log_watermark (
  tenant text PRIMARY KEY,
  position bigint NOT NULL,
  raised_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE log_watermark IS 'Up to which position a tenant has hidden its events from its own views. Never falls.';

CREATE TABLE partition_removal (
  name text PRIMARY KEY,
  parent text NOT NULL,
  decided_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE partition_removal IS 'Partitions on their way out: a row stays until the table is dropped, whatever dies in between.';

-- Keys leave at one end of their index as fast as they come in at the other: clean up often, in small pieces.
ALTER TABLE deduplication SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.05);
