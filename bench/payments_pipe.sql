\set turn :turn + 1
\set id :turn * :width + :client_id + 1
\set agency random(1, 1000)
\set debit :agency * 2
\set credit :agency * 2 + 1
\startpipeline
BEGIN;
UPDATE orders SET state = 1, paid_at = now() WHERE id = :id AND state = 0 RETURNING amount, fee;
INSERT INTO payments (order_id, reference, agency, amount, fee) VALUES (:id, 'REF' || lpad(:id::text, 12, '0'), :agency, 50000, 1000) RETURNING id;
INSERT INTO postings (payment, account, amount) VALUES (:id, :debit, 51000), (:id, :credit, -50000), (:id, 1, -1000);
INSERT INTO audit (actor, action, subject, detail) VALUES ('portal', 'capture', 'order:' || :id::text, 'notice REF' || :id::text);
INSERT INTO outbox (topic, payload) VALUES ('payment.captured', '{"order":' || :id::text || ',"ref":"REF","amount":50000}');
END;
\endpipeline
