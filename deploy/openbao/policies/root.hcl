# A signer whose root lies under Transit, and who keeps nothing else here. What is not named is denied.

# Opens the root at each start; encrypts it once, when the vault is made. The key itself cannot be read, exported, rotated or deleted from here.
path "transit/encrypt/nija-root" {
  capabilities = ["update"]
}
path "transit/decrypt/nija-root" {
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
