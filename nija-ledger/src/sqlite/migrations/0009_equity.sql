-- What accounts were worth, as it was measured; like the nonces it does not follow from the journal. Every sample for some days, and the
-- last of each UTC day for longer.
CREATE TABLE equity_samples (
    user       BLOB    NOT NULL,
    at         INTEGER NOT NULL,
    equity     TEXT,
    realised   TEXT    NOT NULL,
    unrealised TEXT    NOT NULL,
    unpriced   INTEGER NOT NULL,
    PRIMARY KEY (user, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE equity_days (
    user       BLOB    NOT NULL,
    day        INTEGER NOT NULL, -- its first microsecond
    at         INTEGER NOT NULL,
    equity     TEXT,
    realised   TEXT    NOT NULL,
    unrealised TEXT    NOT NULL,
    unpriced   INTEGER NOT NULL,
    PRIMARY KEY (user, day)
) STRICT, WITHOUT ROWID;
