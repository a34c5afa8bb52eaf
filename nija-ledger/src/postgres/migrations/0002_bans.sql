-- Venues that turned this address away, as they said it; like the samples it does not follow from the journal.
CREATE TABLE bans (
    venue  TEXT COLLATE "C" PRIMARY KEY,
    at     BIGINT NOT NULL,
    until  BIGINT,           -- missing where the venue did not say
    reason TEXT COLLATE "C" NOT NULL
);
