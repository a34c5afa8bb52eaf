-- Which entries of the journal are whose. An index on the journal itself cost every commit a page for each user in it; this table is
-- written behind the journal like all that follows from it.
CREATE TABLE user_entries (
    user BLOB    NOT NULL,
    seq  INTEGER NOT NULL,
    type TEXT    NOT NULL,
    PRIMARY KEY (user, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO user_entries (user, seq, type)
    SELECT user, seq, type FROM journal WHERE seq <= (SELECT seq FROM projected) ORDER BY user, seq;
DROP INDEX journal_by_user;
