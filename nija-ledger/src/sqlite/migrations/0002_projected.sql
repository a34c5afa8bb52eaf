-- The last journal entry that the tables of what follows from it hold. Later entries are durable and follow within moments; after a
-- crash they are taken up from the journal.
CREATE TABLE projected (
    id  INTEGER PRIMARY KEY CHECK (id = 0),
    seq INTEGER NOT NULL
) STRICT;
INSERT INTO projected (id, seq) SELECT 0, coalesce(max(seq), 0) FROM journal;
