-- Every request to a receiver, refused ones too. Partitions of a day are made ahead by the hub, and dropped whole.

CREATE SEQUENCE call_log_id;

CREATE TABLE call_log (
  id bigint NOT NULL DEFAULT nextval('call_log_id'),
  at timestamptz NOT NULL,
  tenant text NOT NULL,
  source text NOT NULL,
  request_id text NOT NULL,
  method text NOT NULL,
  path text NOT NULL,
  status integer NOT NULL,
  reason text,
  duration_us bigint NOT NULL,
  size_bytes bigint NOT NULL,
  address text NOT NULL,
  headers jsonb NOT NULL,
  body text,
  body_base64 boolean NOT NULL DEFAULT false,
  body_cut boolean NOT NULL DEFAULT false,
  body_masked boolean NOT NULL DEFAULT false,
  position bigint,
  events integer NOT NULL DEFAULT 0,
  duplicate boolean NOT NULL DEFAULT false,
  replay_of bigint,
  PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE INDEX call_log_tenant ON call_log (tenant, id);
CREATE INDEX call_log_source ON call_log (tenant, source, id);
CREATE INDEX call_log_refused ON call_log (tenant, id) WHERE status >= 400;
ALTER SEQUENCE call_log_id OWNED BY call_log.id;
COMMENT ON COLUMN call_log.path IS 'With its query; secrets are masked in it, as in headers and body.';
COMMENT ON COLUMN call_log.status IS 'As answered; 499 where the sender hung up before it was.';
COMMENT ON COLUMN call_log.reason IS 'Why a call was refused, in more words than the answer has.';
COMMENT ON COLUMN call_log.body IS 'As it came; in base64 where it is no text. Null where the event at position has it as its payload.';
COMMENT ON COLUMN call_log.position IS 'The first event it became, of as many as events says.';
COMMENT ON COLUMN call_log.replay_of IS 'The call whose body was run again.';
