CREATE TABLE audit (
  id bigint GENERATED ALWAYS AS IDENTITY,
  tenant text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  user_id bigint,
  username text NOT NULL,
  credential text,
  address inet,
  request_id text,
  action text NOT NULL,
  subject text NOT NULL,
  before json,
  after json,
  PRIMARY KEY (tenant, id)
);
COMMENT ON TABLE audit IS 'Administrative acts: who, when, what, from where. Secrets are left out before they come here.';
