-- That a subscription is paused stands at the subscription alone: a pause of a million deliveries is one row.

DROP INDEX delivery_due_claim;
ALTER TABLE delivery_due DROP COLUMN paused;
CREATE INDEX delivery_due_claim ON delivery_due (subscription, due_at) WHERE holder IS NULL AND NOT waiting;
