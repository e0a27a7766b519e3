-- What a tenant decides about a subscription, beyond one event type, a URL and a secret.

ALTER TABLE subscription
  ADD COLUMN name text NOT NULL DEFAULT '',
  ADD COLUMN description text NOT NULL DEFAULT '',
  ADD COLUMN events text[],
  ADD COLUMN filter text,
  ADD COLUMN payload_form text NOT NULL DEFAULT 'gestiqcloud',
  ADD COLUMN settings jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN sealed_extras bytea,
  ADD COLUMN formerly jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN revision integer NOT NULL DEFAULT 1;
UPDATE subscription SET events = ARRAY[event];
ALTER TABLE subscription ALTER COLUMN events SET NOT NULL, DROP COLUMN event;
COMMENT ON COLUMN subscription.from_position IS 'The head of the log when it was made, or was given other events or another filter: it gets the events above.';
COMMENT ON COLUMN subscription.events IS 'Event types, and patterns with stars.';
COMMENT ON COLUMN subscription.settings IS 'Retry policy, timeout, order, concurrency, throttle; what is absent is as it is by default.';
COMMENT ON COLUMN subscription.sealed_extras IS 'JSON, sealed: former secret, key pair, headers, sign-in, TLS. Null when there are none.';
COMMENT ON COLUMN subscription.formerly IS 'Events and filters of before a change, each with the positions it counts for, until the fan-out is past them.';
COMMENT ON COLUMN subscription.revision IS 'Counted up with every change: a change that was made from an older one is refused.';

-- A table of its own: writing it never waits for a lock on a subscription.
CREATE TABLE filter_failure (
  subscription bigint PRIMARY KEY REFERENCES subscription,
  failures bigint NOT NULL,
  last_reason text NOT NULL,
  last_at timestamptz NOT NULL
);
COMMENT ON TABLE filter_failure IS 'Events that a subscription did not get because its filter could not judge them.';
