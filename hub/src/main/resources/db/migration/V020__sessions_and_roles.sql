ALTER TABLE tenant ADD COLUMN active boolean NOT NULL DEFAULT true;

-- The first user of the first tenant owns it; a role that was nothing but a name becomes one that exists.
UPDATE app_user SET role = 'owner'
WHERE role = 'admin' AND id = (SELECT min(id) FROM app_user WHERE tenant = 'default');
UPDATE app_user SET role = 'member' WHERE role NOT IN ('owner', 'admin', 'member', 'viewer', 'device');
ALTER TABLE app_user
  ADD COLUMN email text,
  ADD COLUMN full_name text,
  ADD COLUMN active boolean NOT NULL DEFAULT true,
  ADD CONSTRAINT app_user_role CHECK (role IN ('owner', 'admin', 'member', 'viewer', 'device'));
CREATE UNIQUE INDEX app_user_email ON app_user (lower(email));
CREATE INDEX app_user_tenant ON app_user (tenant, id);

CREATE TABLE user_session (
  id text PRIMARY KEY,
  tenant text NOT NULL REFERENCES tenant,
  user_id bigint NOT NULL REFERENCES app_user ON DELETE CASCADE,
  generation integer NOT NULL DEFAULT 0,
  started_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  ended_at timestamptz
);
CREATE INDEX user_session_user ON user_session (user_id);
CREATE INDEX user_session_expiry ON user_session (expires_at);
COMMENT ON COLUMN user_session.generation IS 'Of the newest refresh token that was shown; an older one that comes back ends the session.';

CREATE TABLE revocation (
  credential text PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX revocation_at ON revocation (at);
COMMENT ON TABLE revocation IS 'Sessions and API keys that ended before their time; every node reads the newest each second.';

CREATE TABLE login_attempt (
  key text PRIMARY KEY,
  name text,
  began_at timestamptz NOT NULL,
  attempts integer NOT NULL
);
CREATE INDEX login_attempt_began ON login_attempt (began_at);
CREATE INDEX login_attempt_name ON login_attempt (name);
COMMENT ON TABLE login_attempt IS 'Sign-ins that failed or are under way, by hashes of name and network; name is the hash of the name alone.';

CREATE TABLE api_key (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL REFERENCES tenant,
  user_id bigint NOT NULL REFERENCES app_user ON DELETE CASCADE,
  name text NOT NULL,
  prefix text NOT NULL,
  key_hash bytea NOT NULL UNIQUE,
  scopes text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz
);
CREATE INDEX api_key_tenant ON api_key (tenant, id);
CREATE INDEX api_key_user ON api_key (user_id);

CREATE TABLE invitation (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL REFERENCES tenant,
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer', 'device')),
  email text,
  token_hash bytea NOT NULL UNIQUE,
  invited_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  accepted_at timestamptz,
  accepted_by bigint
);
CREATE INDEX invitation_tenant ON invitation (tenant, id);
