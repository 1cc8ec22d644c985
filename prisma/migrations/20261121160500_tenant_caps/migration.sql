ALTER TABLE tenant
  ADD COLUMN max_in_flight INTEGER CHECK (max_in_flight BETWEEN 1 AND 10000),
  ADD COLUMN max_in_flight_per_origin INTEGER CHECK (max_in_flight_per_origin BETWEEN 1 AND 10000);
