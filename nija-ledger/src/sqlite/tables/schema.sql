-- What follows from the journal: all of it can be drawn anew, and is when this file's text is of another version (see `VERSION` in
-- tables/mod.rs; count it up with every change here). Users, orders and keys are 16-byte UUIDs; times are microseconds since 1970
-- UTC; amounts are decimal text.

-- Whose these tables are, and the last entry of its journal that they hold. Later ones are durable there and follow within moments.
CREATE TABLE projected (
    id     INTEGER PRIMARY KEY CHECK (id = 0),
    seq    INTEGER NOT NULL,
    ledger BLOB    NOT NULL
) STRICT;

-- Which entries of the journal are whose. An index on the journal itself would cost every commit a page for each user in it.
CREATE TABLE user_entries (
    user  BLOB    NOT NULL,
    first INTEGER NOT NULL, -- seq of the oldest of a run of entries
    steps TEXT    NOT NULL, -- from each to the next, see projection/entries.rs
    PRIMARY KEY (user, first)
) STRICT, WITHOUT ROWID;

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
    parent          BLOB,                -- the order that it carries out a part of
    UNIQUE (user, client_order_id)
) STRICT;
-- The state is in it so that a list of one state passes over the others without reading them.
CREATE INDEX orders_by_user ON orders (user, place, state);
CREATE INDEX orders_live ON orders (venue, symbol) WHERE live = 1;
CREATE INDEX orders_by_parent ON orders (parent, place) WHERE parent IS NOT NULL;

CREATE TABLE fills (
    seq          INTEGER PRIMARY KEY, -- seq of its journal entry, which holds the rest
    user         BLOB    NOT NULL,
    venue        TEXT    NOT NULL,
    execution_id TEXT    NOT NULL,
    at           INTEGER NOT NULL,    -- by the venue's clock
    currency     TEXT    NOT NULL,
    realised     TEXT    NOT NULL,
    fee          TEXT    NOT NULL,    -- quote units, also where its worth was told later
    unvalued     INTEGER NOT NULL,    -- 1 while that is nothing, since nobody told what the fee's asset is worth
    UNIQUE (user, venue, execution_id)
) STRICT;
CREATE INDEX fills_by_time ON fills (user, at);
CREATE INDEX fills_by_venue ON fills (venue);
CREATE INDEX fills_unvalued ON fills (user, seq) WHERE unvalued = 1;

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
-- The same by all that it is told by.
CREATE TABLE pnl_cells (
    user      BLOB    NOT NULL,
    day       INTEGER NOT NULL,
    venue     TEXT    NOT NULL,
    symbol    TEXT    NOT NULL,
    fee_asset TEXT    NOT NULL,
    realised  TEXT    NOT NULL, -- quote units
    fees      TEXT    NOT NULL, -- quote units
    paid      TEXT    NOT NULL, -- the same fees in units of fee_asset
    fills     INTEGER NOT NULL,
    PRIMARY KEY (user, day, venue, symbol, fee_asset)
) STRICT, WITHOUT ROWID;
CREATE TABLE pnl_totals (
    user      BLOB    NOT NULL,
    venue     TEXT    NOT NULL,
    symbol    TEXT    NOT NULL,
    fee_asset TEXT    NOT NULL,
    realised  TEXT    NOT NULL,
    fees      TEXT    NOT NULL,
    paid      TEXT    NOT NULL,
    fills     INTEGER NOT NULL,
    PRIMARY KEY (user, venue, symbol, fee_asset)
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

-- Kill switches that are on.
CREATE TABLE kill_switches (
    user  BLOB NOT NULL, -- all zeros for a venue's and the platform's
    scope TEXT NOT NULL, -- user, venue:kraken, platform
    body  TEXT NOT NULL,
    PRIMARY KEY (user, scope)
) STRICT, WITHOUT ROWID;

-- What guards open positions.
CREATE TABLE protections (
    user   BLOB NOT NULL,
    venue  TEXT NOT NULL,
    symbol TEXT NOT NULL,
    body   TEXT NOT NULL,
    PRIMARY KEY (user, venue, symbol)
) STRICT, WITHOUT ROWID;

-- Each user's own limits as they were last changed: what holds, and what waits for its time.
CREATE TABLE risk_settings (
    user BLOB PRIMARY KEY,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How users want venues to be chosen, where they said.
CREATE TABLE routing_preferences (
    user BLOB PRIMARY KEY,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
