ALTER TABLE tenant ADD COLUMN webhook_source text NOT NULL DEFAULT 'hookline';
COMMENT ON COLUMN tenant.webhook_source IS 'What the metadata of its outgoing webhooks say that they come from.';
