-- What guards open positions.
CREATE TABLE protections (
    user   BLOB NOT NULL,
    venue  TEXT NOT NULL,
    symbol TEXT NOT NULL,
    body   TEXT NOT NULL,
    PRIMARY KEY (user, venue, symbol)
) STRICT, WITHOUT ROWID;
