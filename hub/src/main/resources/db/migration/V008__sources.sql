-- Where webhooks come from: what they are signed with, what they mean, what is allowed.

CREATE TABLE source (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL REFERENCES tenant,
  name text NOT NULL,
  path text,
  kind text NOT NULL,
  scheme json,
  sealed_secret bytea,
  sealed_previous bytea,
  previous_until timestamptz,
  mapping json,
  deduplication json,
  allowed_addresses text[] NOT NULL DEFAULT '{}',
  rate_per_minute integer,
  address_rate_per_minute integer,
  log_calls boolean NOT NULL DEFAULT true,
  active boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant, name),
  UNIQUE (path)
);
COMMENT ON TABLE source IS 'Senders. A built-in one has a row for its settings only: its paths, scheme, secret and mapping come from the hub.';
COMMENT ON COLUMN source.path IS 'What follows /in/; null for a built-in source.';
COMMENT ON COLUMN source.sealed_previous IS 'The secret before the last rotation, which counts until previous_until.';
COMMENT ON COLUMN source.mapping IS 'The name of a template as a JSON string, or a definition.';

CREATE TABLE source_version (
  id boolean PRIMARY KEY DEFAULT true CHECK (id),
  version bigint NOT NULL
);
INSERT INTO source_version (version) VALUES (1);
COMMENT ON TABLE source_version IS 'One row, counted up with every change of a source: nodes load their sources again when it changed.';
