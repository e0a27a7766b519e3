-- What is told of a disabling is what it was, whatever became of the subscription in between.

ALTER TABLE subscription ADD COLUMN untold_revision integer, ADD COLUMN untold_reason text;
COMMENT ON COLUMN subscription.untold_revision IS 'The revision it got when the hub disabled it, until the log has an operational event of that.';
COMMENT ON COLUMN subscription.untold_reason IS 'Why the hub disabled it, for that event.';

UPDATE subscription
SET untold_revision = revision, untold_reason = coalesce(disabled_reason, 'It was resumed before its reason was told')
WHERE NOT disabled_announced;

DROP INDEX subscription_unannounced;
ALTER TABLE subscription
  DROP COLUMN disabled_announced,
  ADD CONSTRAINT subscription_untold_check CHECK ((untold_revision IS NULL) = (untold_reason IS NULL));
CREATE INDEX subscription_untold ON subscription (id) WHERE untold_revision IS NOT NULL;
