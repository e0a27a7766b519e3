-- Replays: deliveries or events of the past, sent again a part at a time; and what was disabled and is still to be told.

CREATE TABLE replay (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL REFERENCES tenant,
  source text NOT NULL CHECK (source IN ('deliveries', 'dead_letters', 'events')),
  subscription bigint REFERENCES subscription,
  statuses text[] NOT NULL,
  event text,
  resource_type text,
  resource_id text,
  after_position bigint NOT NULL,
  up_to bigint NOT NULL,
  rate integer NOT NULL,
  state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'cancelled', 'failed')),
  expected bigint NOT NULL,
  expected_is_least boolean NOT NULL,
  at_subscription bigint NOT NULL,
  at_position bigint NOT NULL,
  queued bigint NOT NULL DEFAULT 0,
  failures integer NOT NULL DEFAULT 0,
  error text,
  owner text,
  lease_until timestamptz NOT NULL DEFAULT '-infinity',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
);
CREATE INDEX replay_running ON replay (id) WHERE state = 'running';
CREATE INDEX replay_tenant ON replay (tenant, id);
COMMENT ON COLUMN replay.subscription IS 'Null for all of the tenant.';
COMMENT ON COLUMN replay.statuses IS 'Of the deliveries that are sent again.';
COMMENT ON COLUMN replay.rate IS 'How many are queued in a second at most.';
COMMENT ON COLUMN replay.expected IS 'How many there were when it was made; expected_is_least says that counting stopped there.';
COMMENT ON COLUMN replay.at_position IS 'Up to where it has come, in at_subscription; moves in the transaction that queues.';
COMMENT ON COLUMN replay.failures IS 'Steps in a row that failed; too many end it.';
COMMENT ON COLUMN replay.owner IS 'The node that moves it on, until lease_until; then any other does.';

ALTER TABLE subscription ADD COLUMN disabled_announced boolean NOT NULL DEFAULT true;
CREATE INDEX subscription_unannounced ON subscription (id) WHERE NOT disabled_announced;
COMMENT ON COLUMN subscription.disabled_announced IS 'False from when the hub disables it until the log has an operational event of that.';
