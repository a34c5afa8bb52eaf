CREATE TABLE keys (
    id BYTEA PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('kek', 'sealing')),
    envelope BYTEA NOT NULL
);

CREATE TABLE user_keys (
    "user" BYTEA NOT NULL,
    id BYTEA NOT NULL,
    envelope BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY ("user", id)
);

CREATE TABLE credentials (
    id BYTEA PRIMARY KEY,
    "user" BYTEA NOT NULL,
    venue TEXT NOT NULL,
    label TEXT NOT NULL,
    custody TEXT NOT NULL CHECK (custody IN ('delegated', 'session', 'device')),
    status TEXT NOT NULL CHECK (status IN ('active', 'revoked')),
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX one_active_credential ON credentials ("user", venue) WHERE status = 'active';
CREATE INDEX credentials_of_user ON credentials ("user");

-- `withdrawn` versions were rolled back from; going back skips them.
CREATE TABLE credential_versions (
    credential BYTEA NOT NULL REFERENCES credentials (id),
    version BIGINT NOT NULL,
    user_key BYTEA NOT NULL,
    envelope BYTEA NOT NULL,
    nonce_key BYTEA NOT NULL,
    rights TEXT NOT NULL,
    withdrawn BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (credential, version)
);

CREATE TABLE audit (
    seq BIGINT PRIMARY KEY,
    format BIGINT NOT NULL,
    at BIGINT NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    "user" BYTEA,
    venue TEXT,
    credential BYTEA,
    version BIGINT,
    purpose TEXT,
    count BIGINT NOT NULL,
    detail TEXT,
    previous BYTEA NOT NULL,
    hash BYTEA NOT NULL
);

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql SET search_path = nija_vault AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END $$;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_is_never_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql SET search_path = nija_vault AS $$
BEGIN
    IF NEW.seq IS DISTINCT FROM (SELECT coalesce(max(seq), 0) + 1 FROM audit) THEN
        RAISE EXCEPTION 'the audit log is append-only';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_only_grows BEFORE INSERT ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_only_grows();

-- Tells the other signers to let go of what they hold decrypted. Whatever is not known to leave credentials alone counts as a
-- change: a lease that ends too early is opened again, one that ends too late signs with a key that was taken back.
CREATE FUNCTION credentials_changed() RETURNS trigger LANGUAGE plpgsql SET search_path = nija_vault AS $$
BEGIN
    PERFORM pg_notify('nija_vault', encode(NEW."user", 'hex') || '/' || coalesce(NEW.venue, ''));
    RETURN NULL;
END $$;
CREATE TRIGGER credentials_changed AFTER INSERT ON audit
    FOR EACH ROW
    WHEN (NEW."user" IS NOT NULL AND NEW.outcome = 'ok'
          AND NEW.action NOT IN ('open', 'open_sealed', 'sign', 'list'))
    EXECUTE FUNCTION credentials_changed();
