-- What the platform keeps about a user's key at a venue beside the key: how far a rotation is, what a check found. Nothing secret.
CREATE TABLE notes (
    "user" BLOB NOT NULL,
    venue TEXT NOT NULL,
    name TEXT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY ("user", venue, name)
) STRICT, WITHOUT ROWID;

-- "Was this key used since?" must not read the whole log.
CREATE INDEX audit_of_credential ON audit (credential, seq) WHERE credential IS NOT NULL;
