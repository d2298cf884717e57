-- The peer of bench/payments.sh: the least that one captured payment writes, as a database's own
-- benchmark would have it. `orders` rows wait to be paid; nothing but the rows below is kept.
SET client_min_messages = warning;
DROP TABLE IF EXISTS orders, payments, postings, audit, outbox CASCADE;
CREATE TABLE orders (
    id BIGINT PRIMARY KEY, agency INT NOT NULL, amount BIGINT NOT NULL, fee BIGINT NOT NULL,
    state SMALLINT NOT NULL DEFAULT 0, citizen TEXT NOT NULL, dossier TEXT NOT NULL,
    made_at TIMESTAMPTZ NOT NULL DEFAULT now(), paid_at TIMESTAMPTZ
) WITH (fillfactor = 70);
CREATE TABLE payments (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id BIGINT NOT NULL UNIQUE,
    reference TEXT NOT NULL UNIQUE, agency INT NOT NULL, amount BIGINT NOT NULL,
    fee BIGINT NOT NULL, paid_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE TABLE postings (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, payment BIGINT NOT NULL,
    account INT NOT NULL, amount BIGINT NOT NULL, at TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX ON postings (account, id);
CREATE TABLE audit (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at TIMESTAMPTZ NOT NULL DEFAULT now(),
    actor TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT
);
CREATE TABLE outbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, topic TEXT NOT NULL, payload TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL DEFAULT now()
);
INSERT INTO orders (id, agency, amount, fee, citizen, dossier)
SELECT i, 1 + i % 1000, 50000 + i % 200 * 1000, i % 5 * 1000, lpad(i::text, 12, '0'), 'H26.' || i
FROM generate_series(1, :orders) i;

-- One round trip for one payment.
CREATE OR REPLACE FUNCTION capture(wanted BIGINT, at_agency INT, ref TEXT) RETURNS BIGINT
LANGUAGE plpgsql AS $$
DECLARE
    due BIGINT;
    cost BIGINT;
    made BIGINT;
BEGIN
    UPDATE orders SET state = 1, paid_at = now() WHERE id = wanted AND state = 0
    RETURNING amount, fee INTO due, cost;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    INSERT INTO payments (order_id, reference, agency, amount, fee)
    VALUES (wanted, ref, at_agency, due, cost) RETURNING id INTO made;
    INSERT INTO postings (payment, account, amount)
    VALUES (made, at_agency * 2, due + cost), (made, at_agency * 2 + 1, -due), (made, 1, -cost);
    INSERT INTO audit (actor, action, subject, detail)
    VALUES ('portal', 'capture', 'order:' || wanted, 'notice ' || ref);
    INSERT INTO outbox (topic, payload)
    VALUES ('payment.captured',
            '{"order":' || wanted || ',"ref":"' || ref || '","amount":' || due || '}');
    RETURN made;
END
$$;
VACUUM ANALYZE;
CHECKPOINT;
