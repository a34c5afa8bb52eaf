#!/usr/bin/env bash
# Prepares an OpenBao or HashiCorp Vault to open the root of NIJA's vault and nothing else: the Transit key, AppRole, the policy. May be run
# again. For users' keys in the server itself there is setup.sh.
#
#   BAO_ADDR=https://... BAO_TOKEN=... [BAO_NAMESPACE=...] deploy/openbao/setup-root.sh
#
# Prints the role id. Make a secret id for each signer, and hand it over on a way of its own:
#   bao write -f auth/approle/role/nija-root/secret-id
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
bao="${BAO:-bao}"

# No pipe into grep -q: it would end at the first match, and the list fail of a broken pipe now and then.
enabled() { [[ "$("$bao" "$1" list -format=json)" == *"\"$2/\""* ]]; }

enabled secrets transit || "$bao" secrets enable transit
enabled auth approle || "$bao" auth enable approle
# Neither exportable nor deletable; a key that exists is left as it is.
"$bao" read transit/keys/nija-root >/dev/null 2>&1 || "$bao" write -f transit/keys/nija-root type=aes256-gcm96
"$bao" policy write nija-root "$here/policies/root.hcl"
# Asked at a start alone: the token need not outlive it by much.
"$bao" write auth/approle/role/nija-root token_policies=nija-root token_ttl=5m token_max_ttl=1h \
    secret_id_num_uses=0 token_no_default_policy=true
"$bao" read -field=role_id auth/approle/role/nija-root/role-id
