# Who operates the key server: roles, policies, mounts, rotation, snapshots, health. What is not named is denied, and what would
# open or destroy credentials is denied even if another policy grants it.

path "auth/approle/role/*" {
  capabilities = ["create", "read", "update", "delete", "list"]
}
path "sys/policies/acl/*" {
  capabilities = ["read", "list"]
}
path "sys/mounts" {
  capabilities = ["read"]
}
path "sys/health" {
  capabilities = ["read", "sudo"]
}
path "sys/leader" {
  capabilities = ["read"]
}
path "sys/storage/raft/configuration" {
  capabilities = ["read"]
}
path "sys/storage/raft/autopilot/state" {
  capabilities = ["read"]
}
path "sys/storage/raft/snapshot" {
  capabilities = ["read"]
}
path "sys/storage/raft/remove-peer" {
  capabilities = ["update"]
}

# The Transit key: rotated, its newest version looked up. Restoring or trimming it is for the day of a disaster, with a root token.
path "transit/keys/user-credentials" {
  capabilities = ["read"]
}
path "transit/keys/user-credentials/rotate" {
  capabilities = ["update"]
}
path "transit/decrypt/*" {
  capabilities = ["deny"]
}
path "transit/export/*" {
  capabilities = ["deny"]
}
path "transit/backup/*" {
  capabilities = ["deny"]
}

# When a document changed, and who has any; not what is in it.
path "secret/metadata/*" {
  capabilities = ["read", "list"]
}
path "secret/data/*" {
  capabilities = ["deny"]
}
path "secret/destroy/*" {
  capabilities = ["deny"]
}
