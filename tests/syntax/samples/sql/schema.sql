-- The shop's tables.
CREATE TYPE mood AS ENUM ('sad', 'happy');

-- Who buys.
CREATE TABLE IF NOT EXISTS app.customers (
    id BIGINT PRIMARY KEY,
    "full name" TEXT NOT NULL,
    email VARCHAR(255) UNIQUE,
    CONSTRAINT positive CHECK (id > 0)
);

create table orders (
    id serial,
    customer_id bigint references app.customers (id),
    total numeric(10, 2) default 0
);

CREATE INDEX orders_by_customer ON orders (customer_id);

CREATE OR REPLACE VIEW recent AS
SELECT * FROM orders WHERE id > 100;

CREATE MATERIALIZED VIEW totals AS SELECT sum(total) FROM orders;

CREATE OR REPLACE FUNCTION app.total_of(customer bigint) RETURNS numeric AS $$
BEGIN
    RETURN (SELECT sum(total) FROM orders WHERE customer_id = customer);
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER touch BEFORE UPDATE ON orders
    FOR EACH ROW EXECUTE FUNCTION touch_row();

INSERT INTO orders (id) VALUES (1);

ALTER TABLE orders ADD COLUMN note text;

CREATE SCHEMA audit;

CREATE PROCEDURE sweep()
LANGUAGE SQL
BEGIN ATOMIC
    DELETE FROM orders;
END;

/* Kept for the old reports. */
CREATE TABLE `old ones` (id INT);
