-- What follows from the journal stands in a file of its own from here on, which is drawn anew from it.
DROP TABLE projected;
DROP TABLE user_entries;
DROP TABLE orders;
DROP TABLE fills;
DROP TABLE newest_fills;
DROP TABLE pnl_days;
DROP TABLE pnl_totals;
DROP TABLE positions;
DROP TABLE paused;
DROP TABLE kill_switches;
DROP TABLE routing_preferences;
DROP TABLE risk_settings;
DROP TABLE protections;
-- By which that file knows whose it is.
CREATE TABLE identity (
    id     INTEGER PRIMARY KEY CHECK (id = 0),
    ledger BLOB    NOT NULL
) STRICT;
INSERT INTO identity (id, ledger) VALUES (0, randomblob(16));
