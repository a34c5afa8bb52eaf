-- Users, orders and keys are 16-byte UUIDs; times are microseconds since 1970 UTC; amounts are decimal text.

-- What happened, in order. Everything below can be rebuilt from it, the nonces excepted.
CREATE TABLE journal (
    seq      INTEGER PRIMARY KEY,
    user     BLOB    NOT NULL,
    at       INTEGER NOT NULL,
    type     TEXT    NOT NULL,
    order_id BLOB,
    body     TEXT    NOT NULL
) STRICT;
-- Every index by user costs each append a page; this one finds a user's entries and, by their type, decisions and fills.
CREATE INDEX journal_by_user ON journal (user, seq, type);

CREATE TRIGGER journal_is_never_updated BEFORE UPDATE ON journal
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only: no entry is ever changed');
END;
CREATE TRIGGER journal_is_never_deleted BEFORE DELETE ON journal
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only: no entry is ever deleted');
END;
-- REPLACE deletes without firing the trigger above.
CREATE TRIGGER journal_only_grows BEFORE INSERT ON journal
WHEN NEW.seq <= (SELECT max(seq) FROM journal)
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only: entries are added at its end');
END;

CREATE TABLE orders (
    place           INTEGER PRIMARY KEY, -- seq of the entry that took the intent up
    id              BLOB    NOT NULL UNIQUE,
    user            BLOB    NOT NULL,
    client_order_id TEXT    NOT NULL,
    state           TEXT    NOT NULL,
    live            INTEGER NOT NULL,    -- 1 while the state is not final
    venue           TEXT,
    symbol          TEXT    NOT NULL,
    body            TEXT    NOT NULL,
    UNIQUE (user, client_order_id)
) STRICT;
-- The state is in it so that a list of one state passes over the others without reading them.
CREATE INDEX orders_by_user ON orders (user, place, state);
CREATE INDEX orders_live ON orders (venue, symbol) WHERE live = 1;

CREATE TABLE fills (
    seq          INTEGER PRIMARY KEY, -- seq of its journal entry, which holds the rest
    user         BLOB    NOT NULL,
    venue        TEXT    NOT NULL,
    execution_id TEXT    NOT NULL,
    at           INTEGER NOT NULL,    -- by the venue's clock
    currency     TEXT    NOT NULL,
    realised     TEXT    NOT NULL,
    fee          TEXT    NOT NULL,
    UNIQUE (user, venue, execution_id)
) STRICT;
CREATE INDEX fills_by_time ON fills (user, at);
CREATE INDEX fills_by_venue ON fills (venue);

CREATE TABLE newest_fills (
    user  BLOB    NOT NULL,
    venue TEXT    NOT NULL,
    at    INTEGER NOT NULL,
    PRIMARY KEY (user, venue)
) STRICT, WITHOUT ROWID;

-- Realised profit and fees of each UTC day, and of all days together, so that no sum reads the history.
CREATE TABLE pnl_days (
    user     BLOB    NOT NULL,
    day      INTEGER NOT NULL, -- its first microsecond
    currency TEXT    NOT NULL,
    realised TEXT    NOT NULL,
    fees     TEXT    NOT NULL,
    PRIMARY KEY (user, day, currency)
) STRICT, WITHOUT ROWID;
CREATE TABLE pnl_totals (
    user     BLOB NOT NULL,
    currency TEXT NOT NULL,
    realised TEXT NOT NULL,
    fees     TEXT NOT NULL,
    PRIMARY KEY (user, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE positions (
    opened INTEGER PRIMARY KEY, -- seq of the fill that opened it
    closed INTEGER,             -- seq of the fill that closed it
    user   BLOB NOT NULL,
    id     TEXT NOT NULL,
    venue  TEXT NOT NULL,
    symbol TEXT NOT NULL,
    body   TEXT NOT NULL,
    UNIQUE (user, id)
) STRICT;
CREATE UNIQUE INDEX positions_open ON positions (user, venue, symbol) WHERE closed IS NULL;
CREATE INDEX positions_held ON positions (venue, symbol) WHERE closed IS NULL;
CREATE UNIQUE INDEX positions_closed ON positions (user, closed) WHERE closed IS NOT NULL;

CREATE TABLE paused (
    user  BLOB    PRIMARY KEY,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The next nonce of each key. Not in the journal: a rebuilt table must never fall behind it.
CREATE TABLE nonces (
    key  BLOB    PRIMARY KEY,
    next INTEGER NOT NULL -- an unsigned 64-bit number, in the same bits
) STRICT, WITHOUT ROWID;
