-- Who made a key or an invitation is asked whenever it is shown: neither may more than its maker, or outlive the maker's rights.

ALTER TABLE api_key ADD COLUMN made_by bigint;
UPDATE api_key k SET made_by = coalesce(
  (SELECT a.user_id FROM audit a
   WHERE a.tenant = k.tenant AND a.action = 'api_key.create' AND a.subject = 'api_key/' || k.id
   ORDER BY a.id LIMIT 1),
  k.user_id);
ALTER TABLE api_key ALTER COLUMN made_by SET NOT NULL;
CREATE INDEX api_key_maker ON api_key (made_by);
COMMENT ON COLUMN api_key.made_by IS 'Whose present role bounds the key, beside that of its user.';

ALTER TABLE invitation ADD COLUMN invited_by_id bigint;
UPDATE invitation i SET invited_by_id =
  (SELECT a.user_id FROM audit a
   WHERE a.action = 'invitation.create' AND a.subject = 'invitation/' || i.id
   ORDER BY a.id LIMIT 1);
COMMENT ON COLUMN invitation.invited_by_id IS 'Who must still be active, and have at least the role, when it is accepted.';

ALTER TABLE audit ADD COLUMN key_name text, ADD COLUMN key_made_by text;
COMMENT ON COLUMN audit.key_name IS 'Of the API key that did it; the credential has its id.';
COMMENT ON COLUMN audit.key_made_by IS 'The name of the user who made that key.';

-- Devices go with their user; those of nobody would keep partitions of the log.
DROP INDEX app_user_tenant;
ALTER TABLE app_user ADD CONSTRAINT app_user_tenant UNIQUE (tenant, id);
DELETE FROM sync_device d WHERE NOT EXISTS (SELECT FROM app_user u WHERE u.tenant = d.tenant AND u.id = d.user_id);
ALTER TABLE sync_device
  ADD CONSTRAINT sync_device_user FOREIGN KEY (tenant, user_id) REFERENCES app_user (tenant, id) ON DELETE CASCADE;
