-- Order for each record where a subscription asks for it, and why one was disabled.

ALTER TABLE subscription ADD COLUMN disabled_reason text;
COMMENT ON COLUMN subscription.disabled_reason IS 'Why the hub paused it itself: its receiver answered 410. Null since it was resumed.';

ALTER TABLE delivery_due
  ADD COLUMN lane bigint,
  ADD COLUMN waiting boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN delivery_due.lane IS 'Of an ordered subscription: the hash of the record. Only the first row of a lane may be sent; a dead one that blocks its lane is due at infinity.';
COMMENT ON COLUMN delivery_due.waiting IS 'Found behind an earlier row of its lane, and kept out of the way of claims until that is gone.';

DROP INDEX delivery_due_claim;
CREATE INDEX delivery_due_claim ON delivery_due (subscription, due_at) WHERE holder IS NULL AND NOT paused AND NOT waiting;
CREATE INDEX delivery_due_lane ON delivery_due (subscription, lane, position) WHERE lane IS NOT NULL;
