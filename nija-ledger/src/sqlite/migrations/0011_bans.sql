-- Venues that turned this address away, as they said it; like the samples it does not follow from the journal.
CREATE TABLE bans (
    venue  TEXT    PRIMARY KEY,
    at     INTEGER NOT NULL,
    until  INTEGER,          -- missing where the venue did not say
    reason TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
