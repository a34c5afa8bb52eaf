-- Users, orders and keys are 16-byte UUIDs; times are microseconds since 1970 UTC; amounts are decimal text. What follows from the
-- journal stands in a schema of its own, which is drawn anew from it (tables.sql).

-- Who may append: each opening takes the next epoch, and every write of an earlier one is refused.
CREATE TABLE owner (
    id     BIGINT PRIMARY KEY CHECK (id = 0),
    epoch  BIGINT NOT NULL,
    token  BYTEA  NOT NULL, -- by which an owner knows its row again
    holder TEXT   NOT NULL,
    since  TIMESTAMPTZ NOT NULL DEFAULT now()
);
INSERT INTO owner (id, epoch, token, holder) VALUES (0, 0, '', 'nobody');

-- What happened, in order.
CREATE TABLE journal (
    seq      BIGINT PRIMARY KEY,
    epoch    BIGINT NOT NULL, -- of the owner that wrote it
    "user"   BYTEA  NOT NULL,
    at       BIGINT NOT NULL,
    type     TEXT COLLATE "C" NOT NULL,
    order_id BYTEA,
    body     TEXT COLLATE "C" NOT NULL
) WITH (toast_tuple_target = 8160); -- A decision has 3 KB: pressing it together would cost more than writing it.

CREATE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only: no entry is ever changed or deleted';
END $$;
CREATE TRIGGER journal_is_never_changed BEFORE UPDATE OR DELETE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION journal_is_append_only();
CREATE TRIGGER journal_is_never_emptied BEFORE TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION journal_is_append_only();

-- The lock on the owner's row makes who takes the next epoch wait for appends under way, and lets none of an earlier epoch end well after it.
CREATE FUNCTION journal_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    number BIGINT; first BIGINT; last BIGINT; oldest BIGINT; newest BIGINT;
BEGIN
    SELECT count(*), min(seq), max(seq), min(epoch), max(epoch) INTO number, first, last, oldest, newest FROM added;
    IF number = 0 THEN
        RETURN NULL;
    END IF;
    PERFORM 1 FROM nija_ledger.owner WHERE id = 0 AND epoch = oldest AND epoch = newest FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'another server has taken the ledger over' USING ERRCODE = 'NJ001';
    END IF;
    IF last - first + 1 <> number
        OR first <> coalesce((SELECT max(seq) FROM nija_ledger.journal WHERE seq < first), 0) + 1
        OR EXISTS (SELECT 1 FROM nija_ledger.journal WHERE seq > last)
    THEN
        RAISE EXCEPTION 'the journal is append-only: entries are added at its end, without a gap';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER journal_only_grows AFTER INSERT ON journal
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION journal_only_grows();

-- The next nonce of each key. It does not follow from the journal: a rebuilt table must never fall behind it.
CREATE TABLE nonces (
    key  BYTEA  PRIMARY KEY,
    next BIGINT NOT NULL -- an unsigned 64-bit number, in the same bits
);

-- What accounts were worth, as it was measured. Every sample for some days, and the last of each UTC day for longer.
CREATE TABLE equity_samples (
    "user"     BYTEA  NOT NULL,
    at         BIGINT NOT NULL,
    equity     TEXT COLLATE "C",
    realised   TEXT COLLATE "C" NOT NULL,
    unrealised TEXT COLLATE "C" NOT NULL,
    unpriced   BIGINT NOT NULL,
    PRIMARY KEY ("user", at)
);
CREATE TABLE equity_days (
    "user"     BYTEA  NOT NULL,
    day        BIGINT NOT NULL, -- its first microsecond
    at         BIGINT NOT NULL,
    equity     TEXT COLLATE "C",
    realised   TEXT COLLATE "C" NOT NULL,
    unrealised TEXT COLLATE "C" NOT NULL,
    unpriced   BIGINT NOT NULL,
    PRIMARY KEY ("user", day)
);
