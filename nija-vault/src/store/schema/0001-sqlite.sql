CREATE TABLE keys (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('kek', 'sealing')),
    envelope BLOB NOT NULL
) STRICT;

CREATE TABLE user_keys (
    user BLOB NOT NULL,
    id BLOB NOT NULL,
    envelope BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE credentials (
    id BLOB PRIMARY KEY,
    user BLOB NOT NULL,
    venue TEXT NOT NULL,
    label TEXT NOT NULL,
    custody TEXT NOT NULL CHECK (custody IN ('delegated', 'session', 'device')),
    status TEXT NOT NULL CHECK (status IN ('active', 'revoked')),
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX one_active_credential ON credentials (user, venue) WHERE status = 'active';
CREATE INDEX credentials_of_user ON credentials (user);

-- `withdrawn` versions were rolled back from; going back skips them.
CREATE TABLE credential_versions (
    credential BLOB NOT NULL REFERENCES credentials (id),
    version INTEGER NOT NULL,
    user_key BLOB NOT NULL,
    envelope BLOB NOT NULL,
    nonce_key BLOB NOT NULL,
    rights TEXT NOT NULL,
    withdrawn INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (credential, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    format INTEGER NOT NULL,
    at INTEGER NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    user BLOB,
    venue TEXT,
    credential BLOB,
    version INTEGER,
    purpose TEXT,
    count INTEGER NOT NULL,
    detail TEXT,
    previous BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE TRIGGER audit_is_never_updated BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- Also stops INSERT OR REPLACE, which deletes without firing the trigger above.
CREATE TRIGGER audit_only_grows BEFORE INSERT ON audit
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
