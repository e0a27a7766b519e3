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
       (state ->> 'vehicle_id')::bigint AS vehicle_id,
       state ->> 'customer_email' AS customer_email,
       (state ->> 'date_from')::date AS date_from,
       (state ->> 'date_to')::date AS date_to,
       (state ->> 'total_amount')::numeric AS total_amount,
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
       key::bigint AS vehicle_id,
       state ->> 'availability_status' AS availability_status,
       (state ->> 'available_from')::date AS available_from,
       (state ->> 'available_to')::date AS available_to,
       state ->> 'booking_ref' AS booking_ref,
       (state ->> 'rental_price_daily')::numeric AS rental_price_daily,
       (state ->> 'rental_price_weekly')::numeric AS rental_price_weekly,
       (state ->> 'rental_price_monthly')::numeric AS rental_price_monthly,
       state ->> 'currency' AS currency,
       version,
       last_position,
       created_at,
       updated_at
FROM record
WHERE model = 'vehicle' AND NOT deleted;
