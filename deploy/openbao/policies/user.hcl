# A user who logs in to the key server by an identity whose metadata `user` holds the platform's id of the user: sees that
# credentials are there and when their document changed, and no ciphertext. What is not named is denied.

path "secret/metadata/users/{{identity.entity.metadata.user}}" {
  capabilities = ["list"]
}
path "secret/metadata/users/{{identity.entity.metadata.user}}/*" {
  capabilities = ["read", "list"]
}
