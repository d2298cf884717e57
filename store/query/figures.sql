-- What /metrics tells: see finance/figures.h. Read once a minute at most.

-- name: figures_classes
SELECT class, COUNT(*) FROM reconcile_exception GROUP BY class;

-- name: figures_balances
SELECT account, CAST(SUM(credit_vnd - debit_vnd) AS BIGINT) FROM report_balance
WHERE account IN (1110, 2140, 2150, 2160) GROUP BY account;

-- name: figures_waits
SELECT step, CAST(SUM(n) AS BIGINT) FROM report_wait WHERE channel <> 'counter' GROUP BY step;

-- name: figures_check_last
SELECT at_ms, holds FROM report_check ORDER BY day DESC LIMIT 1;

-- name: figures_check_of
SELECT COUNT(*) FROM report_check WHERE day = $1;

-- name: figures_check_insert
INSERT INTO report_check (day, at_ms, holds, fault, journals) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING;
