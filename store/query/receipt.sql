-- name: receipt_number
INSERT INTO receipt_head (agency_id, form, serial, year, last) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (agency_id, form, serial, year) DO UPDATE SET last = receipt_head.last + $5
RETURNING last;

-- Of an agency that gave its numbers to that unit by ranges: no row.
-- name: receipt_number_unless_unit
INSERT INTO receipt_head (agency_id, form, serial, year, last)
SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS BIGINT), CAST($6 AS BIGINT)
WHERE NOT EXISTS (SELECT 1 FROM receipt_unit u WHERE u.agency_id = $1 AND u.unit = $5)
ON CONFLICT (agency_id, form, serial, year) DO UPDATE SET last = receipt_head.last + $6
RETURNING last;

-- name: receipt_number_of_range
UPDATE receipt_range SET used = used + 1
WHERE agency_id = $1 AND form = $2 AND serial = $3 AND year = $4 AND unit = $5
    AND used < last - first + 1
    AND first = (SELECT MIN(x.first) FROM receipt_range x WHERE x.agency_id = $1 AND x.form = $2
        AND x.serial = $3 AND x.year = $4 AND x.unit = $5 AND x.used < x.last - x.first + 1)
RETURNING first + used - 1;

-- name: receipt_insert
INSERT INTO receipt (agency_id, form, serial, year, number, id, code, order_id, kind, revision,
    amount_vnd, words, issued_ms, state, reference, procedure_name, body_name, body_tax_code,
    body_address, portal_txn, lines_json, payer_sealed, replaces, delegate_name, delegate_address)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,
    CASE WHEN CAST($24 AS BIGINT) = 1 THEN 0 ELSE
        (SELECT COUNT(*) FROM receipt r WHERE r.agency_id = $1 AND r.order_id = $8 AND r.kind = $9)
    END, $10, $11, $12, 'issued', $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23);

-- name: receipt_paper_insert
INSERT INTO receipt_paper (agency_id, receipt_id, next_ms, failure, signed_ms, signer,
    signer_serial, signer_until_ms, xml_sha256, xml_sealed, pdf_sha256, pdf_sealed)
VALUES ($1, $2, $3, '', 0, '', '', 0, '', NULL, '', NULL);

-- name: receipt_notice_order
INSERT INTO receipt_notice (agency_id, receipt_id, at_ms, kind, reason, proposal_id, reported_day,
    reported_n)
SELECT agency_id, id, $3, 'explained', $4, '', '', 0 FROM receipt
WHERE agency_id = $1 AND order_id = $2 AND state = 'issued' ON CONFLICT DO NOTHING;

-- name: receipt_notify_order
UPDATE receipt SET state = 'notified'
WHERE agency_id = $1 AND order_id = $2 AND state = 'issued' RETURNING id;

-- name: receipt_others_vnd
SELECT COALESCE(CAST(SUM(amount_vnd) AS BIGINT), 0) FROM receipt
WHERE agency_id = $1 AND order_id = $2 AND id <> $3 AND state = 'issued';

-- name: receipt_replace_order
UPDATE receipt SET state = 'replaced', replaced_by = $4
WHERE agency_id = $1 AND order_id = $2 AND kind = $3 AND state = 'notified'
RETURNING id;

-- name: receipt_notice_insert
INSERT INTO receipt_notice (agency_id, receipt_id, at_ms, kind, reason, proposal_id, reported_day,
    reported_n)
VALUES ($1, $2, $3, $4, $5, $6, '', 0);

-- name: receipt_notify
UPDATE receipt SET state = 'notified' WHERE id = $1 AND state = 'issued';

-- name: receipt_replace
UPDATE receipt SET state = 'replaced', replaced_by = $2 WHERE id = $1 AND state = 'issued';

-- name: receipt_by_id
SELECT r.agency_id, r.form, r.serial, r.number, r.id, r.code, r.order_id, r.kind, r.amount_vnd,
    r.words, r.issued_ms, r.state, r.reference, r.procedure_name, r.body_name, r.body_tax_code,
    r.body_address, r.portal_txn, r.lines_json, r.payer_sealed, r.revision, r.replaces,
    r.replaced_by, r.delegate_name, r.delegate_address, COALESCE(w.form, ''),
    COALESCE(w.serial, ''), COALESCE(w.number, 0), p.signed_ms,
    COALESCE((SELECT MIN(a.channel || ' ' || a.info) FROM attempt a WHERE a.agency_id = r.agency_id
        AND a.order_id = r.order_id AND a.portal_txn = r.portal_txn AND a.captured_ms > 0
        AND r.portal_txn <> ''), '')
FROM receipt r LEFT JOIN receipt w ON w.id = r.replaces
    JOIN receipt_paper p ON p.agency_id = r.agency_id AND p.receipt_id = r.id
WHERE r.id = $1;

-- name: receipt_by_order
SELECT r.agency_id, r.form, r.serial, r.number, r.id, r.code, r.order_id, r.kind, r.amount_vnd,
    r.words, r.issued_ms, r.state, r.reference, r.procedure_name, r.body_name, r.body_tax_code,
    r.body_address, r.portal_txn, r.lines_json, r.payer_sealed, r.revision, r.replaces,
    r.replaced_by, r.delegate_name, r.delegate_address, COALESCE(w.form, ''),
    COALESCE(w.serial, ''), COALESCE(w.number, 0), p.signed_ms,
    COALESCE((SELECT MIN(a.channel || ' ' || a.info) FROM attempt a WHERE a.agency_id = r.agency_id
        AND a.order_id = r.order_id AND a.portal_txn = r.portal_txn AND a.captured_ms > 0
        AND r.portal_txn <> ''), '')
FROM receipt r LEFT JOIN receipt w ON w.id = r.replaces
    JOIN receipt_paper p ON p.agency_id = r.agency_id AND p.receipt_id = r.id
WHERE r.agency_id = $1 AND r.order_id = $2 ORDER BY r.kind, r.revision;

-- Lists for officers: payments/receipt_search. Places are (time, id).

-- name: receipt_list_down
SELECT r.id, r.agency_id, r.form, r.serial, r.number, r.code, r.order_id, r.reference, r.state,
    r.kind, r.amount_vnd, r.issued_ms, r.body_name, r.portal_txn, r.replaces, r.replaced_by,
    r.delegate_name, p.signed_ms
FROM receipt r JOIN receipt_paper p ON p.agency_id = r.agency_id AND p.receipt_id = r.id
WHERE (CAST($1 AS TEXT) = '' OR r.state = $1) AND (CAST($2 AS TEXT) = '' OR r.agency_id = $2)
    AND (CAST($3 AS BIGINT) = 0 OR r.kind = $3) AND r.issued_ms >= $4 AND r.issued_ms < $5
    AND r.amount_vnd >= $6 AND r.amount_vnd <= $7
    AND (r.issued_ms < $8 OR (r.issued_ms = $8 AND r.id < $9))
ORDER BY r.issued_ms DESC, r.id DESC LIMIT $10;

-- name: receipt_list_up
SELECT r.id, r.agency_id, r.form, r.serial, r.number, r.code, r.order_id, r.reference, r.state,
    r.kind, r.amount_vnd, r.issued_ms, r.body_name, r.portal_txn, r.replaces, r.replaced_by,
    r.delegate_name, p.signed_ms
FROM receipt r JOIN receipt_paper p ON p.agency_id = r.agency_id AND p.receipt_id = r.id
WHERE (CAST($1 AS TEXT) = '' OR r.state = $1) AND (CAST($2 AS TEXT) = '' OR r.agency_id = $2)
    AND (CAST($3 AS BIGINT) = 0 OR r.kind = $3) AND r.issued_ms >= $4 AND r.issued_ms < $5
    AND r.amount_vnd >= $6 AND r.amount_vnd <= $7
    AND (r.issued_ms > $8 OR (r.issued_ms = $8 AND r.id > $9))
ORDER BY r.issued_ms, r.id LIMIT $10;

-- name: receipt_list_one
SELECT r.id, r.agency_id, r.form, r.serial, r.number, r.code, r.order_id, r.reference, r.state,
    r.kind, r.amount_vnd, r.issued_ms, r.body_name, r.portal_txn, r.replaces, r.replaced_by,
    r.delegate_name, p.signed_ms
FROM receipt r JOIN receipt_paper p ON p.agency_id = r.agency_id AND p.receipt_id = r.id
WHERE r.id IN (
        SELECT id FROM receipt WHERE id = CAST($8 AS TEXT)
        UNION SELECT id FROM receipt WHERE code = CAST($8 AS TEXT)
        UNION SELECT id FROM receipt WHERE reference = CAST($8 AS TEXT)
        UNION SELECT id FROM receipt WHERE portal_txn = CAST($8 AS TEXT) AND $8 <> ''
        UNION SELECT id FROM receipt WHERE number = CAST($10 AS BIGINT) AND serial = CAST($9 AS TEXT))
    AND (CAST($1 AS TEXT) = '' OR r.state = $1) AND (CAST($2 AS TEXT) = '' OR r.agency_id = $2)
    AND (CAST($3 AS BIGINT) = 0 OR r.kind = $3) AND r.issued_ms >= $4 AND r.issued_ms < $5
    AND r.amount_vnd >= $6 AND r.amount_vnd <= $7
    AND (r.issued_ms < $11 OR (r.issued_ms = $11 AND r.id < $12))
ORDER BY r.issued_ms DESC, r.id DESC LIMIT $13;

-- name: receipt_list_sums
SELECT COUNT(*), CAST(COALESCE(SUM(r.amount_vnd), 0) AS BIGINT) FROM receipt r
WHERE (CAST($1 AS TEXT) = '' OR r.state = $1) AND (CAST($2 AS TEXT) = '' OR r.agency_id = $2)
    AND (CAST($3 AS BIGINT) = 0 OR r.kind = $3) AND r.issued_ms >= $4 AND r.issued_ms < $5
    AND r.amount_vnd >= $6 AND r.amount_vnd <= $7;

-- name: receipt_list_one_sums
SELECT COUNT(*), CAST(COALESCE(SUM(r.amount_vnd), 0) AS BIGINT) FROM receipt r
WHERE r.id IN (
        SELECT id FROM receipt WHERE id = CAST($8 AS TEXT)
        UNION SELECT id FROM receipt WHERE code = CAST($8 AS TEXT)
        UNION SELECT id FROM receipt WHERE reference = CAST($8 AS TEXT)
        UNION SELECT id FROM receipt WHERE portal_txn = CAST($8 AS TEXT) AND $8 <> ''
        UNION SELECT id FROM receipt WHERE number = CAST($10 AS BIGINT) AND serial = CAST($9 AS TEXT))
    AND (CAST($1 AS TEXT) = '' OR r.state = $1) AND (CAST($2 AS TEXT) = '' OR r.agency_id = $2)
    AND (CAST($3 AS BIGINT) = 0 OR r.kind = $3) AND r.issued_ms >= $4 AND r.issued_ms < $5
    AND r.amount_vnd >= $6 AND r.amount_vnd <= $7;

-- name: receipt_by_code
SELECT r.form, r.serial, r.number, r.kind, r.amount_vnd, r.issued_ms, r.state, r.body_name,
    r.body_tax_code, r.id, p.signed_ms, p.signer, p.signer_serial, p.signer_until_ms, p.xml_sha256,
    p.pdf_sha256, COALESCE(w.form, ''), COALESCE(w.serial, ''), COALESCE(w.number, 0),
    COALESCE(w.code, '')
FROM receipt r JOIN receipt_paper p ON p.agency_id = r.agency_id AND p.receipt_id = r.id
    LEFT JOIN receipt w ON w.id = r.replaced_by
WHERE r.code = $1;

-- name: receipt_code_by_digest
SELECT r.code FROM receipt r JOIN receipt_paper p ON p.agency_id = r.agency_id
    AND p.receipt_id = r.id
WHERE p.xml_sha256 = $1 OR p.pdf_sha256 = $1;

-- name: receipt_paper_by_id
SELECT agency_id, signed_ms, failure, signer, signer_serial, signer_until_ms, xml_sha256,
    xml_sealed, pdf_sha256, pdf_sealed
FROM receipt_paper WHERE receipt_id = $1;

-- name: receipt_paper_claim
UPDATE receipt_paper SET next_ms = $2
WHERE (agency_id, receipt_id) = (SELECT agency_id, receipt_id FROM receipt_paper
        WHERE next_ms > 0 AND next_ms <= $1 ORDER BY next_ms LIMIT 1)
    AND next_ms > 0 AND next_ms <= $1
RETURNING receipt_id;

-- name: receipt_paper_again
UPDATE receipt_paper SET next_ms = $2, failure = $3 WHERE receipt_id = $1 AND signed_ms = 0;

-- name: receipt_paper_save
UPDATE receipt_paper SET next_ms = 0, failure = '', signed_ms = $2, signer = $3,
    signer_serial = $4, signer_until_ms = $5, xml_sha256 = $6, xml_sealed = $7, pdf_sha256 = $8,
    pdf_sealed = $9
WHERE receipt_id = $1 AND signed_ms = 0;

-- name: receipt_paper_waiting
SELECT COUNT(*), COALESCE(MIN(r.issued_ms), 0) FROM receipt_paper p
    JOIN receipt r ON r.agency_id = p.agency_id AND r.id = p.receipt_id
WHERE p.next_ms > 0;

-- name: receipt_unit_put
INSERT INTO receipt_unit (agency_id, unit, name, address, document, made_ms)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (agency_id, unit) DO UPDATE SET name = $3, address = $4, document = $5, made_ms = $6;

-- name: receipt_unit_find
SELECT name, address, document FROM receipt_unit WHERE agency_id = $1 AND unit = $2;

-- name: receipt_range_insert
INSERT INTO receipt_range (agency_id, form, serial, year, first, last, unit, used, made_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8);

-- name: receipt_range_list
SELECT g.agency_id, g.form, g.serial, g.year, g.first, g.last, g.unit, g.used,
    (SELECT COUNT(*) FROM receipt r WHERE r.agency_id = g.agency_id AND r.form = g.form
        AND r.serial = g.serial AND r.year = g.year AND r.number BETWEEN g.first AND g.last)
FROM receipt_range g WHERE g.year = $1 AND (CAST($2 AS TEXT) = '' OR g.agency_id = $2)
ORDER BY g.agency_id, g.unit, g.first LIMIT $3;

-- What the bodies themselves took: all numbers and receipts less those of ranges.
-- name: receipt_range_own
SELECT h.agency_id, h.form, h.serial, h.year, h.last,
    h.last - COALESCE((SELECT CAST(SUM(g.last - g.first + 1) AS BIGINT) FROM receipt_range g
        WHERE g.agency_id = h.agency_id AND g.form = h.form AND g.serial = h.serial
        AND g.year = h.year), 0),
    (SELECT COUNT(*) FROM receipt r WHERE r.agency_id = h.agency_id AND r.form = h.form
        AND r.serial = h.serial AND r.year = h.year)
    - (SELECT COUNT(*) FROM receipt_range g JOIN receipt r ON r.agency_id = g.agency_id
        AND r.form = g.form AND r.serial = g.serial AND r.year = g.year
        AND r.number BETWEEN g.first AND g.last
        WHERE g.agency_id = h.agency_id AND g.form = h.form AND g.serial = h.serial
        AND g.year = h.year)
FROM receipt_head h WHERE h.year = $1 AND (CAST($2 AS TEXT) = '' OR h.agency_id = $2)
ORDER BY h.agency_id, h.form, h.serial LIMIT $3;

-- name: receipt_range_short
SELECT COUNT(*) FROM (SELECT agency_id, unit FROM receipt_range WHERE year = $1
    GROUP BY agency_id, unit HAVING SUM(used) * 10 >= SUM(last - first + 1) * 9) AS short;

-- name: receipt_unreported
SELECT r.agency_id, MIN(r.issued_ms) FROM receipt r
WHERE r.reported_day = '' AND r.issued_ms < $1 GROUP BY r.agency_id ORDER BY 2 LIMIT 1;

-- name: receipt_notice_unreported
SELECT n.agency_id, MIN(n.at_ms) FROM receipt_notice n
WHERE n.reported_day = '' AND n.at_ms < $1 GROUP BY n.agency_id ORDER BY 2 LIMIT 1;

-- name: receipt_report_number
SELECT COALESCE(MAX(n), 0) + 1 FROM receipt_summary WHERE agency_id = $1 AND day = $2;

-- name: receipt_report_take
UPDATE receipt SET reported_day = $4, reported_n = $5
WHERE agency_id = $1 AND id IN (SELECT r.id FROM receipt r WHERE r.agency_id = $1
    AND r.reported_day = '' AND r.issued_ms >= $2 AND r.issued_ms < $3
    ORDER BY r.issued_ms, r.id LIMIT $6) AND reported_day = '';

-- name: receipt_report_take_notices
UPDATE receipt_notice SET reported_day = $4, reported_n = $5
WHERE agency_id = $1 AND receipt_id IN (SELECT n.receipt_id FROM receipt_notice n
    WHERE n.agency_id = $1 AND n.reported_day = '' AND n.at_ms >= $2 AND n.at_ms < $3
    ORDER BY n.at_ms, n.receipt_id LIMIT $6) AND reported_day = '';

-- name: receipt_report_lines
SELECT r.form, r.serial, r.number, r.issued_ms, r.lines_json, r.amount_vnd, COALESCE(w.form, ''),
    COALESCE(w.serial, ''), COALESCE(w.number, 0), '', r.body_name, r.body_tax_code
FROM receipt r LEFT JOIN receipt w ON w.id = r.replaces
WHERE r.agency_id = $1 AND r.reported_day = $2 AND r.reported_n = $3
ORDER BY r.serial, r.number LIMIT $4;

-- name: receipt_report_notices
SELECT r.form, r.serial, r.number, r.issued_ms, r.lines_json, 0, COALESCE(w.form, ''),
    COALESCE(w.serial, ''), COALESCE(w.number, 0), n.reason, r.body_name, r.body_tax_code
FROM receipt_notice n JOIN receipt r ON r.agency_id = n.agency_id AND r.id = n.receipt_id
    LEFT JOIN receipt w ON w.id = r.replaced_by
WHERE n.agency_id = $1 AND n.reported_day = $2 AND n.reported_n = $3
ORDER BY r.serial, r.number LIMIT $4;

-- name: receipt_report_insert
INSERT INTO receipt_summary (agency_id, day, n, made_ms, lines, total_vnd, xml, sha256, signed_ms,
    sent_ms, tries, acked_ms, acked_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, 0, '');

-- name: receipt_report_list
SELECT agency_id, day, n, made_ms, lines, total_vnd, sha256, signed_ms, sent_ms, tries, acked_ms,
    acked_by, ''
FROM receipt_summary WHERE day = $1 ORDER BY agency_id, n LIMIT $2;

-- name: receipt_report_one
SELECT agency_id, day, n, made_ms, lines, total_vnd, sha256, signed_ms, sent_ms, tries, acked_ms,
    acked_by, xml
FROM receipt_summary WHERE agency_id = $1 AND day = $2 AND n = $3;

-- name: receipt_report_sent
UPDATE receipt_summary SET sent_ms = $4, tries = tries + 1
WHERE agency_id = $1 AND day = $2 AND n = $3;

-- name: receipt_report_ack
UPDATE receipt_summary SET acked_ms = $4, acked_by = $5
WHERE agency_id = $1 AND day = $2 AND n = $3 AND acked_ms = 0;

-- name: receipt_report_open
SELECT (SELECT COUNT(*) FROM receipt_summary WHERE acked_ms = 0),
    (SELECT COALESCE(MIN(day), '') FROM receipt_summary WHERE acked_ms = 0),
    (SELECT COUNT(DISTINCT agency_id) FROM receipt WHERE reported_day = ''),
    (SELECT COALESCE(MIN(issued_ms), 0) FROM receipt WHERE reported_day = '');
