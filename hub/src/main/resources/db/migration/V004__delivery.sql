-- Subscriptions, and what is delivered to them.

CREATE TABLE subscription (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL REFERENCES tenant,
  url text NOT NULL,
  event text NOT NULL,
  sealed_secret bytea NOT NULL,
  secret_hint text NOT NULL,
  active boolean NOT NULL DEFAULT true,
  deleted boolean NOT NULL DEFAULT false,
  from_position bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX subscription_tenant ON subscription (tenant, id);
COMMENT ON COLUMN subscription.from_position IS 'The head of the log when it was made: it gets the events above.';

CREATE TABLE subscription_version (
  id boolean PRIMARY KEY DEFAULT true CHECK (id),
  version bigint NOT NULL
);
INSERT INTO subscription_version (version) VALUES (1);
COMMENT ON TABLE subscription_version IS 'One row, counted up with every change of a subscription: fan-out matches again when it changed.';

CREATE TABLE node (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  lease_until timestamptz NOT NULL,
  low_water bigint NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE node IS 'A running hub. When its lease ends without renewal, what it held is due again and its row goes.';
COMMENT ON COLUMN node.low_water IS 'Below it this node holds nothing that fan-out handed it.';

CREATE TABLE log_cursor (
  name text PRIMARY KEY,
  position bigint NOT NULL,
  owner bigint,
  fence bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE log_cursor IS 'Durable cursors over the log. Only the owner moves one, and only under the fence it took it with.';
INSERT INTO log_cursor (name, position) SELECT 'fan-out', position FROM log_head;

-- No index but the key, and room on each page: then every change of a status is a heap-only update.
CREATE TABLE delivery (
  subscription bigint NOT NULL,
  position bigint NOT NULL,
  status text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  holder bigint,
  last_code integer,
  last_error text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (subscription, position)
) PARTITION BY RANGE (position);
COMMENT ON COLUMN delivery.holder IS 'The node that fan-out handed it to, while that node has it in memory.';

CREATE TABLE delivery_due (
  subscription bigint NOT NULL,
  position bigint NOT NULL,
  due_at timestamptz NOT NULL,
  attempts integer NOT NULL,
  holder bigint,
  paused boolean NOT NULL DEFAULT false,
  PRIMARY KEY (subscription, position)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
        autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 20000,
        autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000);
CREATE INDEX delivery_due_claim ON delivery_due (subscription, due_at) WHERE holder IS NULL AND NOT paused;
COMMENT ON TABLE delivery_due IS 'Deliveries that wait for their time, for a free hand, or for their subscription to be resumed.';
