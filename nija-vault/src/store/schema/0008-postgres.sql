-- Tells the other signers apart what takes a key from its user's session: they forget what was unlocked there, too.
CREATE OR REPLACE FUNCTION credentials_changed() RETURNS trigger LANGUAGE plpgsql SET search_path = nija_vault AS $$
BEGIN
    PERFORM pg_notify('nija_vault', encode(NEW."user", 'hex') || '/' || coalesce(NEW.venue, '')
        || CASE WHEN NEW.action IN ('lock', 'revoke', 'destroy', 'erase') THEN '/taken' ELSE '' END);
    RETURN NULL;
END $$;
