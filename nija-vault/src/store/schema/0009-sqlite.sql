-- By whom, where that was not the key's owner, and from where. Entries of before have neither, and are hashed without.
ALTER TABLE audit ADD COLUMN actor TEXT;
ALTER TABLE audit ADD COLUMN origin TEXT;

-- What programs of before left noted of keys that are over: the new key of a rotation may be among it. A database without credentials is
-- beside a key server, which knows more than it.
DELETE FROM notes WHERE EXISTS (SELECT 1 FROM credentials) AND NOT EXISTS (
    SELECT 1 FROM credentials c WHERE c."user" = notes."user" AND c.venue = notes.venue AND c.status = 'active');
