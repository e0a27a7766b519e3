-- Every attempt at a delivery. Partitions of a day are made ahead by the hub, and dropped whole.

CREATE TABLE attempt (
  at timestamptz NOT NULL,
  subscription bigint NOT NULL,
  position bigint NOT NULL,
  number integer NOT NULL,
  started_at timestamptz NOT NULL,
  code integer,
  error_class text,
  error text,
  resolve_us bigint,
  connect_us bigint,
  answer_us bigint,
  http_version text,
  headers text NOT NULL,
  answer text
) PARTITION BY RANGE (at);
CREATE INDEX attempt_delivery ON attempt (subscription, position);
COMMENT ON COLUMN attempt.at IS 'When its outcome was written, by the clock of the database.';
COMMENT ON COLUMN attempt.number IS 'The first is 1; counts on through replays.';
COMMENT ON COLUMN attempt.started_at IS 'By the clock of the node that sent it.';
COMMENT ON COLUMN attempt.error_class IS 'timeout, server_error and so on; null when it was delivered.';
COMMENT ON COLUMN attempt.resolve_us IS 'To look the name up; null for what was not reached, as for the other times.';
COMMENT ON COLUMN attempt.connect_us IS 'To have a connection, TLS included.';
COMMENT ON COLUMN attempt.answer_us IS 'From there to the last byte that was read.';
COMMENT ON COLUMN attempt.headers IS 'That were sent, a line each, secrets masked.';
COMMENT ON COLUMN attempt.answer IS 'The beginning of the body.';
COMMENT ON COLUMN delivery.attempts IS 'Made in all, through every replay.';
COMMENT ON COLUMN delivery_due.attempts IS 'Made in this run of the retry policy: a replay begins another.';

-- A table of its own: an index on the status of deliveries would turn every change of one into a change of an index.
CREATE TABLE dead_letter (
  subscription bigint NOT NULL,
  position bigint NOT NULL,
  died_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  announced boolean NOT NULL DEFAULT false,
  PRIMARY KEY (subscription, position)
) PARTITION BY RANGE (position);
CREATE INDEX dead_letter_unannounced ON dead_letter (position) WHERE NOT announced;
COMMENT ON TABLE dead_letter IS 'The deliveries that are dead, until they are replayed: partitioned by position, as delivery is.';
COMMENT ON COLUMN dead_letter.announced IS 'Whether the log has an operational event of it, or needs none.';
DO $$
DECLARE part record;
BEGIN
  FOR part IN
    SELECT replace(c.relname, 'delivery_', 'dead_letter_') AS name, pg_get_expr(c.relpartbound, c.oid) AS bound
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'delivery'::regclass AND NOT i.inhdetachpending
  LOOP
    EXECUTE format('CREATE TABLE %I PARTITION OF dead_letter %s', part.name, part.bound);
  END LOOP;
END $$;
INSERT INTO dead_letter (subscription, position, died_at, announced)
SELECT subscription, position, updated_at, true FROM delivery WHERE status = 'dead';
