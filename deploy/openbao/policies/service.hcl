# A signer. What is not named is denied.

# Users' credentials in their envelopes: read, written by check-and-set, listed at a start.
path "secret/data/users/+/+" {
  capabilities = ["create", "read", "update"]
}
path "secret/metadata/users" {
  capabilities = ["list"]
}
path "secret/metadata/users/*" {
  capabilities = ["list"]
}

# Ciphertext that the vault destroyed leaves the history too.
path "secret/destroy/users/+/+" {
  capabilities = ["update"]
}

# The vault's own keys: made once, read at every start, never deleted from here.
path "secret/data/vault/keys" {
  capabilities = ["create", "read", "update"]
}

# Wraps and unwraps the key-encryption key, and makes a new version of the key at each rotation. The key itself cannot be read,
# exported, trimmed or deleted from here.
path "transit/keys/user-credentials/rotate" {
  capabilities = ["update"]
}
path "transit/encrypt/user-credentials" {
  capabilities = ["update"]
}
path "transit/decrypt/user-credentials" {
  capabilities = ["update"]
}

# The token looks after itself.
path "auth/token/renew-self" {
  capabilities = ["update"]
}
path "auth/token/lookup-self" {
  capabilities = ["read"]
}
path "auth/token/revoke-self" {
  capabilities = ["update"]
}
