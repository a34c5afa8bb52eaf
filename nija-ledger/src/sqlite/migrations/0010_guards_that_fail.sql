-- A guard that aborts must be able to undo its statement, so that SQLite keeps a copy of each page that an append touches. A guard that
-- fails keeps none; nothing is to be undone, since it speaks before the row is written.
DROP TRIGGER journal_only_grows;
CREATE TRIGGER journal_only_grows BEFORE INSERT ON journal
WHEN NEW.seq <= (SELECT max(seq) FROM journal)
BEGIN
    SELECT RAISE(FAIL, 'the journal is append-only: entries are added at its end');
END;
