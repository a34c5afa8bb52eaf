-- The vault's signing key, in an envelope like the others.
CREATE TABLE identity_keys (
    id BYTEA PRIMARY KEY,
    envelope BYTEA NOT NULL
);

-- Signed statements about the audit chain. `frontier` is what the Merkle tree over the entries needs to go on.
CREATE TABLE checkpoints (
    entries BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    head BYTEA NOT NULL,
    root BYTEA NOT NULL,
    signer BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    frontier BYTEA NOT NULL
);
CREATE FUNCTION checkpoints_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'checkpoints are append-only';
END
$$;
CREATE TRIGGER checkpoints_are_never_changed BEFORE UPDATE OR DELETE ON checkpoints
FOR EACH ROW EXECUTE FUNCTION checkpoints_are_append_only();
CREATE TRIGGER checkpoints_are_never_emptied BEFORE TRUNCATE ON checkpoints
FOR EACH STATEMENT EXECUTE FUNCTION checkpoints_are_append_only();

-- What a user allows the signer to sign, in an envelope under the user's data key: who can write here cannot change it.
CREATE TABLE policies (
    "user" BYTEA PRIMARY KEY,
    user_key BYTEA NOT NULL,
    envelope BYTEA NOT NULL
);

-- When a credential's ciphertexts were destroyed.
ALTER TABLE credentials ADD COLUMN destroyed_at BIGINT;
-- How the user's device derives the key to a version in custody mode `session`: salt and cost, as JSON.
ALTER TABLE credential_versions ADD COLUMN derivation TEXT;
