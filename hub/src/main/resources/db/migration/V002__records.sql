CREATE TABLE record (
  tenant text NOT NULL,
  model text NOT NULL,
  key text COLLATE "C" NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  state jsonb NOT NULL,
  version bigint NOT NULL,
  last_position bigint NOT NULL,
  deleted boolean NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, model, key)
) WITH (fillfactor = 70);
COMMENT ON TABLE record IS 'The latest state of every record: what the events up to last_position say.';

CREATE VIEW bookings AS
SELECT tenant,
       key AS booking_ref,
       CASE WHEN pg_input_is_valid(state ->> 'vehicle_id', 'bigint') THEN (state ->> 'vehicle_id')::bigint END AS vehicle_id,
       state ->> 'customer_email' AS customer_email,
       CASE WHEN pg_input_is_valid(state ->> 'date_from', 'date') THEN (state ->> 'date_from')::date END AS date_from,
       CASE WHEN pg_input_is_valid(state ->> 'date_to', 'date') THEN (state ->> 'date_to')::date END AS date_to,
       CASE WHEN pg_input_is_valid(state ->> 'total_amount', 'numeric') THEN (state ->> 'total_amount')::numeric END AS total_amount,
       state ->> 'currency' AS currency,
       state ->> 'status' AS status,
       version,
       last_position,
       created_at,
       updated_at
FROM record
WHERE model = 'booking' AND NOT deleted;

CREATE VIEW vehicles AS
SELECT tenant,
       CASE WHEN pg_input_is_valid(key, 'bigint') THEN key::bigint END AS vehicle_id,
       state ->> 'availability_status' AS availability_status,
       CASE WHEN pg_input_is_valid(state ->> 'available_from', 'date') THEN (state ->> 'available_from')::date END AS available_from,
       CASE WHEN pg_input_is_valid(state ->> 'available_to', 'date') THEN (state ->> 'available_to')::date END AS available_to,
       state ->> 'booking_ref' AS booking_ref,
       CASE WHEN pg_input_is_valid(state ->> 'rental_price_daily', 'numeric') THEN (state ->> 'rental_price_daily')::numeric END AS rental_price_daily,
       CASE WHEN pg_input_is_valid(state ->> 'rental_price_weekly', 'numeric') THEN (state ->> 'rental_price_weekly')::numeric END AS rental_price_weekly,
       CASE WHEN pg_input_is_valid(state ->> 'rental_price_monthly', 'numeric') THEN (state ->> 'rental_price_monthly')::numeric END AS rental_price_monthly,
       state ->> 'currency' AS currency,
       version,
       last_position,
       created_at,
       updated_at
FROM record
WHERE model = 'vehicle' AND NOT deleted;
