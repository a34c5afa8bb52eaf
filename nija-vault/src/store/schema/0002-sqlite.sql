-- The vault's signing key, in an envelope like the others.
CREATE TABLE identity_keys (
    id BLOB PRIMARY KEY,
    envelope BLOB NOT NULL
) STRICT;

-- Signed statements about the audit chain. `frontier` is what the Merkle tree over the entries needs to go on.
CREATE TABLE checkpoints (
    entries INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    head BLOB NOT NULL,
    root BLOB NOT NULL,
    signer BLOB NOT NULL,
    signature BLOB NOT NULL,
    frontier BLOB NOT NULL
) STRICT;
CREATE TRIGGER checkpoints_are_never_updated BEFORE UPDATE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;
CREATE TRIGGER checkpoints_are_never_deleted BEFORE DELETE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;
CREATE TRIGGER checkpoints_only_grow BEFORE INSERT ON checkpoints
WHEN NEW.entries <= (SELECT coalesce(max(entries), 0) FROM checkpoints)
BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;

-- What a user allows the signer to sign, in an envelope under the user's data key: who can write here cannot change it.
CREATE TABLE policies (
    "user" BLOB PRIMARY KEY,
    user_key BLOB NOT NULL,
    envelope BLOB NOT NULL
) STRICT;

-- When a credential's ciphertexts were destroyed.
ALTER TABLE credentials ADD COLUMN destroyed_at INTEGER;
-- How the user's device derives the key to a version in custody mode `session`: salt and cost, as JSON.
ALTER TABLE credential_versions ADD COLUMN derivation TEXT;
