#!/usr/bin/env bash
# Prepares an OpenBao or HashiCorp Vault for NIJA's signers: mounts, the Transit key, AppRole, the policies beside this file. May be
# run again.
#
#   BAO_ADDR=https://... BAO_TOKEN=... [BAO_NAMESPACE=...] deploy/openbao/setup.sh
#
# Prints the role id. Make a secret id for each signer, and hand it over on a way of its own:
#   bao write -f auth/approle/role/nija-signer/secret-id
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
bao="${BAO:-bao}"

# No pipe into grep -q: it would end at the first match, and the list fail of a broken pipe now and then.
enabled() { [[ "$("$bao" "$1" list -format=json)" == *"\"$2/\""* ]]; }

enabled secrets secret || "$bao" secrets enable -path=secret -version=2 kv
enabled secrets transit || "$bao" secrets enable transit
enabled auth approle || "$bao" auth enable approle
# Neither exportable nor deletable; a key that exists is left as it is.
"$bao" read transit/keys/user-credentials >/dev/null 2>&1 || "$bao" write -f transit/keys/user-credentials type=aes256-gcm96
for policy in service user admin; do
    "$bao" policy write "nija-$policy" "$here/policies/$policy.hcl"
done
"$bao" write auth/approle/role/nija-signer token_policies=nija-service token_ttl=20m token_max_ttl=24h \
    secret_id_num_uses=0 token_no_default_policy=true
"$bao" read -field=role_id auth/approle/role/nija-signer/role-id
