-- Event types of a tenant's own, beside those that come with the hub, and how strictly published events are held to them.

CREATE TABLE catalogue (
  tenant text PRIMARY KEY REFERENCES tenant,
  validation text NOT NULL DEFAULT 'warn',
  version bigint NOT NULL DEFAULT 1
);
COMMENT ON TABLE catalogue IS 'One row for each tenant that changed something; its lock orders the changes, its version tells other nodes.';

CREATE TABLE event_type (
  tenant text NOT NULL REFERENCES tenant,
  name text COLLATE "C" NOT NULL,
  description text NOT NULL,
  schema json,
  sample json,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant, name)
);
COMMENT ON COLUMN event_type.schema IS 'JSON Schema (2020-12) of the payload; null takes anything.';
