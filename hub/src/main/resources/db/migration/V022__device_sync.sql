-- Devices that sync, and how far each has read the log.

CREATE TABLE sync_device (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL REFERENCES tenant,
  user_id bigint NOT NULL,
  device_id text NOT NULL,
  app_type text NOT NULL,
  device_info json,
  app_version text,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant, user_id, device_id)
);
COMMENT ON COLUMN sync_device.app_type IS 'As the device said it last when it registered, or in its first pull.';

CREATE TABLE sync_cursor (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  device bigint NOT NULL REFERENCES sync_device ON DELETE CASCADE,
  app_type text NOT NULL,
  filter_hash bytea NOT NULL,
  models text[] NOT NULL,
  epoch bigint NOT NULL DEFAULT 0,
  position bigint NOT NULL DEFAULT 0,
  last_event_id bigint NOT NULL DEFAULT 0,
  sync_count bigint NOT NULL DEFAULT 0,
  events_synced bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  synced_at timestamptz,
  UNIQUE (device, app_type, filter_hash)
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.5);
COMMENT ON TABLE sync_cursor IS 'How far a device has read for one app type and one filter. Only a reset moves one back, into its next epoch.';
COMMENT ON COLUMN sync_cursor.filter_hash IS '16 bytes of SHA-256 over the filter''s models.';
COMMENT ON COLUMN sync_cursor.epoch IS 'Counted up by a reset: what a pull of before says after it is not taken.';
COMMENT ON COLUMN sync_cursor.position IS 'Read on from here; it may lie above the last event, where what follows is not for this filter.';
COMMENT ON COLUMN sync_cursor.last_event_id IS 'The last event that the device is known to have.';
