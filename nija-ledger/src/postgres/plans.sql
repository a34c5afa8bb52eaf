-- For the test of plans: 20,000 rows in every table that grows, of 200 users.
SET search_path TO nija_ledger, nija_ledger_tables;
CREATE FUNCTION pg_temp.id(text) RETURNS bytea LANGUAGE sql AS $$ SELECT decode(md5($1), 'hex') $$;
CREATE TEMPORARY TABLE numbers AS
    SELECT g AS n, pg_temp.id('user' || g % 200) AS u, 'venue' || g % 5 AS venue, 'symbol' || g % 50 AS symbol
    FROM generate_series(1::int8, 20000) AS g;

ALTER TABLE journal DISABLE TRIGGER USER;
INSERT INTO journal SELECT n, 1, u, n, 'filled', pg_temp.id('order' || n), repeat('x', 200) FROM numbers;
ALTER TABLE journal ENABLE TRIGGER USER;
INSERT INTO user_entries SELECT u, n, CASE WHEN n % 3 = 0 THEN '0f' WHEN n % 3 = 1 THEN '0d' ELSE '0.' END FROM numbers;
INSERT INTO orders SELECT n, pg_temp.id('order' || n), u, 'client' || n, CASE WHEN n % 100 = 0 THEN 'working' ELSE 'filled' END,
    CASE WHEN n % 100 = 0 THEN 1 ELSE 0 END, venue, symbol, repeat('x', 200),
    CASE WHEN n % 10 = 0 THEN pg_temp.id('order' || n - 1) END FROM numbers;
INSERT INTO fills SELECT n, u, venue, 'execution' || n, n, 'USD', '1', '1', CASE WHEN n % 1000 = 0 THEN 1 ELSE 0 END FROM numbers;
INSERT INTO newest_fills SELECT pg_temp.id('holder' || n), venue, n FROM numbers;
INSERT INTO pnl_days SELECT u, n, 'USD', '1', '1' FROM numbers;
INSERT INTO pnl_cells SELECT u, n, venue, symbol, 'USD', '1', '1', '1', 1 FROM numbers;
INSERT INTO pnl_totals SELECT u, venue, 'symbol' || n, 'USD', '1', '1', '1', 1 FROM numbers;
INSERT INTO positions SELECT n, CASE WHEN n % 100 > 0 THEN n + 1 END, u, 'position' || n, venue, 'symbol' || n, repeat('x', 200) FROM numbers;
INSERT INTO paused SELECT pg_temp.id('holder' || n), n FROM numbers;
INSERT INTO risk_settings SELECT pg_temp.id('holder' || n), 'x' FROM numbers;
INSERT INTO routing_preferences SELECT pg_temp.id('holder' || n), 'x' FROM numbers;
INSERT INTO nonces SELECT pg_temp.id('key' || n), n FROM numbers;
INSERT INTO equity_samples SELECT u, n, '1', '1', '1', 0 FROM numbers;
INSERT INTO equity_days SELECT u, n, n, '1', '1', '1', 0 FROM numbers;
ANALYZE;
