-- What follows from the journal: all of it can be drawn anew, and is when this file's text is of another version (see `VERSION` in
-- schema.rs; count it up with every change here). The same tables, column by column, as ../sqlite/tables/schema.sql. Texts are ordered
-- by their bytes.

-- The last entry of the journal that these tables hold, and the version of this text. Later entries are durable and follow within moments.
CREATE TABLE projected (
    id BIGINT PRIMARY KEY CHECK (id = 0),
    seq BIGINT NOT NULL,
    version BIGINT NOT NULL
);

-- Which entries of the journal are whose. An index on the journal itself would cost every commit a page for each user in it.
CREATE TABLE user_entries (
    "user" BYTEA NOT NULL,
    first BIGINT NOT NULL, -- seq of the oldest of a run of entries
    steps TEXT COLLATE "C" NOT NULL, -- from each to the next, see projection/entries.rs
    PRIMARY KEY ("user", first)
);

CREATE TABLE orders (
    place BIGINT PRIMARY KEY, -- seq of the entry that took the intent up
    id BYTEA NOT NULL,
    "user" BYTEA NOT NULL,
    client_order_id TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    live BIGINT NOT NULL,    -- 1 while the state is not final
    venue TEXT COLLATE "C",
    symbol TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    parent BYTEA                 -- the order that it carries out a part of
) WITH (toast_tuple_target = 8160);
-- The state is in it so that a list of one state passes over the others without reading them.
CREATE INDEX orders_by_user ON orders ("user", place, state);
CREATE INDEX orders_live ON orders (venue, symbol) WHERE live = 1;
CREATE INDEX orders_by_parent ON orders (parent, place) WHERE parent IS NOT NULL;
-- Last, since of two that seem alike the planner takes the younger, and before the first ANALYZE of a new table orders_by_user seems as
-- good for one order as these: it would read all orders of the user. Plans made then are kept.
CREATE UNIQUE INDEX orders_by_client ON orders ("user", client_order_id);
CREATE UNIQUE INDEX orders_by_id ON orders (id);

CREATE TABLE fills (
    seq BIGINT PRIMARY KEY, -- seq of its journal entry, which holds the rest
    "user" BYTEA NOT NULL,
    venue TEXT COLLATE "C" NOT NULL,
    execution_id TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,    -- by the venue's clock
    currency TEXT COLLATE "C" NOT NULL,
    realised TEXT COLLATE "C" NOT NULL,
    fee TEXT COLLATE "C" NOT NULL, -- quote units, also where its worth was told later
    unvalued BIGINT NOT NULL -- 1 while that is nothing, since nobody told what the fee's asset is worth
);
CREATE INDEX fills_by_time ON fills ("user", at);
CREATE INDEX fills_by_venue ON fills (venue);
CREATE INDEX fills_unvalued ON fills ("user", seq) WHERE unvalued = 1;
-- Last, like those of orders.
CREATE UNIQUE INDEX fills_by_execution ON fills ("user", venue, execution_id);

CREATE TABLE newest_fills (
    "user" BYTEA NOT NULL,
    venue TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY ("user", venue)
);

-- Realised profit and fees of each UTC day, and of all days together, so that no sum reads the history.
CREATE TABLE pnl_days (
    "user" BYTEA NOT NULL,
    day BIGINT NOT NULL, -- its first microsecond
    currency TEXT COLLATE "C" NOT NULL,
    realised TEXT COLLATE "C" NOT NULL,
    fees TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY ("user", day, currency)
);
-- The same by all that it is told by.
CREATE TABLE pnl_cells (
    "user" BYTEA NOT NULL,
    day BIGINT NOT NULL,
    venue TEXT COLLATE "C" NOT NULL,
    symbol TEXT COLLATE "C" NOT NULL,
    fee_asset TEXT COLLATE "C" NOT NULL,
    realised TEXT COLLATE "C" NOT NULL, -- quote units
    fees TEXT COLLATE "C" NOT NULL, -- quote units
    paid TEXT COLLATE "C" NOT NULL, -- the same fees in units of fee_asset
    fills BIGINT NOT NULL,
    PRIMARY KEY ("user", day, venue, symbol, fee_asset)
);
CREATE TABLE pnl_totals (
    "user" BYTEA NOT NULL,
    venue TEXT COLLATE "C" NOT NULL,
    symbol TEXT COLLATE "C" NOT NULL,
    fee_asset TEXT COLLATE "C" NOT NULL,
    realised TEXT COLLATE "C" NOT NULL,
    fees TEXT COLLATE "C" NOT NULL,
    paid TEXT COLLATE "C" NOT NULL,
    fills BIGINT NOT NULL,
    PRIMARY KEY ("user", venue, symbol, fee_asset)
);

CREATE TABLE positions (
    opened BIGINT PRIMARY KEY, -- seq of the fill that opened it
    closed BIGINT,             -- seq of the fill that closed it
    "user" BYTEA NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    venue TEXT COLLATE "C" NOT NULL,
    symbol TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    UNIQUE ("user", id)
);
-- No index by venue and symbol alone: a look-up of one user's position would go through everybody's there.
CREATE UNIQUE INDEX positions_open ON positions ("user", venue, symbol) WHERE closed IS NULL;
CREATE UNIQUE INDEX positions_closed ON positions ("user", closed) WHERE closed IS NOT NULL;

CREATE TABLE paused (
    "user" BYTEA PRIMARY KEY,
    since BIGINT NOT NULL
);

-- Kill switches that are on.
CREATE TABLE kill_switches (
    "user" BYTEA NOT NULL, -- all zeros for a venue's and the platform's
    scope TEXT COLLATE "C" NOT NULL, -- user, venue:kraken, platform
    body TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY ("user", scope)
);

-- What guards open positions.
CREATE TABLE protections (
    "user" BYTEA NOT NULL,
    venue TEXT COLLATE "C" NOT NULL,
    symbol TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY ("user", venue, symbol)
);

-- Each user's own limits as they were last changed: what holds, and what waits for its time.
CREATE TABLE risk_settings (
    "user" BYTEA PRIMARY KEY,
    body TEXT COLLATE "C" NOT NULL
);

-- How users want venues to be chosen, where they said.
CREATE TABLE routing_preferences (
    "user" BYTEA PRIMARY KEY,
    body TEXT COLLATE "C" NOT NULL
);
