-- A shop's deletion of an order knows only the id that the shop gave it. The index is on a column: on the expression, every
-- change of a state would be one of an indexed column, and no update could stay within its page.
ALTER TABLE record ADD COLUMN shop_id text GENERATED ALWAYS AS
  (CASE WHEN model = 'order' AND length(state ->> 'id') <= 64 THEN state ->> 'id' END) STORED;
COMMENT ON COLUMN record.shop_id IS 'Of orders: the id in their data, under which a shop deletes them.';
CREATE INDEX record_shop_id ON record (tenant, shop_id) WHERE shop_id IS NOT NULL;
