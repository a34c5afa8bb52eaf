-- A user's own entries, newest first, and the newest of one action: neither may read the whole log.
CREATE INDEX audit_of_user ON audit ("user", seq) WHERE "user" IS NOT NULL;
