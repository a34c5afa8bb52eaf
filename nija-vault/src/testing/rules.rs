//! The rules of the conformance suite, one function each.

// The rules are tests: their names say what they check.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc)]

use nija_core::{
    AuthError, Clock, CredentialStatus, KeyRights, Method, OpenPurpose, SignError, SignedRequest, Signer,
    UserId, Vault, VaultError, VenueId,
};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::{Setup, request, sealed, venue};

/// A test for each rule of a suite. `$make` answers with nothing where the vault's server is missing.
#[doc(hidden)]
#[macro_export]
macro_rules! each_rule {
    ($make:expr; $($rule:ident),*) => {
        $(
            #[tokio::test]
            async fn $rule() {
                let setup = $crate::testing::Setup::new();
                if let Some((vault, _keep)) = ($make)(&setup).await {
                    $crate::testing::$rule(&setup, vault).await;
                }
            }
        )*
    };
}

/// Makes a test of every rule. The argument is a function `async fn(&Setup) -> Option<(Arc<dyn Vault>, T)>` that makes an empty
/// vault and what must live as long as it (a temporary folder); `None` where the service that it needs is missing
/// ([`service`](super::service)).
#[macro_export]
macro_rules! conformance_suite {
    ($make:expr) => {
        $crate::each_rule!($make;
            a_stored_credential_signs,
            a_sealed_credential_opens_for_its_user_and_venue_alone,
            a_second_store_is_a_new_version_and_the_old_signer_stops,
            rollback_goes_back_and_skips_what_was_rolled_back_from,
            a_key_is_as_old_as_its_present_version,
            only_the_last_ten_versions_are_kept,
            revoke_stops_signers_at_once_and_is_final,
            a_lease_ends_by_itself,
            endpoints_off_the_list_are_refused,
            nonces_grow_whatever_the_clock_does,
            users_cannot_reach_each_others_credentials,
            rights_are_noted_with_their_version,
            parallel_changes_leave_one_active_version,
            nothing_telling_is_printed
        );
    };
}

const TRADE: OpenPurpose = OpenPurpose::Trade;

struct Stored {
    user: UserId,
    venue: VenueId,
    key: String,
    secret: String,
}

async fn store(setup: &Setup, vault: &dyn Vault, user: UserId) -> Stored {
    let (venue, key, secret) = (venue("one"), setup.random_text(), setup.random_text());
    let blob = sealed(vault, user, &venue, &key, &secret).await.unwrap();
    vault.store(user, &venue, "main", &blob).await.unwrap();
    Stored { user, venue, key, secret }
}

fn header(signed: &SignedRequest, name: &str) -> String {
    let found = signed.headers().iter().find(|(key, _)| *key == name);
    found.unwrap().1.clone()
}

async fn balance(signer: &dyn Signer) -> Result<SignedRequest, SignError> {
    signer.sign(request("one", Method::Get, "/balance")).await
}

async fn key_in_use(vault: &dyn Vault, user: UserId) -> String {
    let signer = vault.open(user, &venue("one"), TRADE).await.unwrap();
    header(&balance(signer.as_ref()).await.unwrap(), "api-key")
}

pub async fn a_stored_credential_signs(setup: &Setup, vault: Arc<dyn Vault>) {
    let stored = store(setup, vault.as_ref(), setup.user()).await;
    let signer = vault.open(stored.user, &stored.venue, TRADE).await.unwrap();
    let signed = balance(signer.as_ref()).await.unwrap();
    assert_eq!(header(&signed, "api-key"), stored.key);
    let text = format!("GET /balance {} ", header(&signed, "nonce"));
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, stored.secret.as_bytes());
    let signature = hex::decode(header(&signed, "signature")).unwrap();
    aws_lc_rs::hmac::verify(&key, text.as_bytes(), &signature).unwrap();
    let listed = vault.list(stored.user).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].id, signer.credential());
    assert_eq!((listed[0].version, listed[0].label.as_str()), (1, "main"));
    assert_eq!(vault.active().await.unwrap(), listed);
}

pub async fn a_sealed_credential_opens_for_its_user_and_venue_alone(setup: &Setup, vault: Arc<dyn Vault>) {
    let (user, other) = (setup.user(), setup.user());
    let good = sealed(vault.as_ref(), user, &venue("one"), "key", "secret").await.unwrap();
    for (who, place) in [(other, "one"), (user, "two")] {
        let stored = vault.store(who, &venue(place), "", &good).await;
        assert_eq!(stored.unwrap_err(), VaultError::NotOpened);
        let opened = vault.open_sealed(who, &venue(place), &good).await;
        assert_eq!(opened.unwrap_err(), VaultError::NotOpened);
    }
    let unknown = vault.store(user, &venue("three"), "", &good).await;
    assert!(matches!(unknown, Err(VaultError::UnknownVenue { .. })));
    for byte in 0..good.ciphertext.len() {
        let mut bad = good.clone();
        bad.ciphertext[byte] ^= 1;
        let opened = vault.open_sealed(user, &venue("one"), &bad).await;
        assert_eq!(opened.unwrap_err(), VaultError::NotOpened);
    }
    for length in [0, 31, 33] {
        let mut bad = good.clone();
        bad.encapsulated_key = vec![0; length];
        let opened = vault.open_sealed(user, &venue("one"), &bad).await;
        assert_eq!(opened.unwrap_err(), VaultError::NotOpened);
    }
    let mut bad = good.clone();
    bad.encapsulated_key = vec![0; 32];
    let opened = vault.open_sealed(user, &venue("one"), &bad).await;
    assert_eq!(opened.unwrap_err(), VaultError::NotOpened);
    let mut bad = good.clone();
    bad.key_id = "x\n".repeat(5000);
    let opened = vault.open_sealed(user, &venue("one"), &bad).await;
    let Err(VaultError::UnknownSealingKey { key_id }) = opened else {
        panic!("opened with an unknown key");
    };
    assert_eq!(key_id, "x".repeat(32));
    let public = vault.sealing_key().await.unwrap();
    let blob = crate::seal(&public, user, &venue("one"), b"{\"key\":\"k\"}").unwrap();
    let stored = vault.store(user, &venue("one"), "", &blob).await;
    assert!(matches!(stored, Err(VaultError::Malformed(_))));
    assert!(vault.list(user).await.unwrap().is_empty());
    vault.store(user, &venue("one"), "", &good).await.unwrap();
}

pub async fn a_second_store_is_a_new_version_and_the_old_signer_stops(setup: &Setup, vault: Arc<dyn Vault>) {
    let user = setup.user();
    let first = store(setup, vault.as_ref(), user).await;
    let signer = vault.open(user, &first.venue, TRADE).await.unwrap();
    balance(signer.as_ref()).await.unwrap();
    let second = store(setup, vault.as_ref(), user).await;
    assert!(matches!(balance(signer.as_ref()).await, Err(SignError::LeaseEnded)));
    assert_eq!(key_in_use(vault.as_ref(), user).await, second.key);
    let listed = vault.list(user).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].id, listed[0].version), (signer.credential(), 2));
}

pub async fn rollback_goes_back_and_skips_what_was_rolled_back_from(setup: &Setup, vault: Arc<dyn Vault>) {
    let user = setup.user();
    let mut keys = Vec::new();
    for _ in 0..3 {
        keys.push(store(setup, vault.as_ref(), user).await.key);
    }
    let id = vault.list(user).await.unwrap()[0].id;
    let signer = vault.open(user, &venue("one"), TRADE).await.unwrap();
    assert_eq!(vault.rollback(user, id).await.unwrap().version, 2);
    assert!(matches!(balance(signer.as_ref()).await, Err(SignError::LeaseEnded)));
    assert_eq!(key_in_use(vault.as_ref(), user).await, keys[1]);
    store(setup, vault.as_ref(), user).await;
    assert_eq!(vault.list(user).await.unwrap()[0].version, 4);
    assert_eq!(vault.rollback(user, id).await.unwrap().version, 2);
    assert_eq!(vault.rollback(user, id).await.unwrap().version, 1);
    assert_eq!(key_in_use(vault.as_ref(), user).await, keys[0]);
    assert_eq!(vault.rollback(user, id).await.unwrap_err(), VaultError::NoOlderVersion { id });
}

pub async fn a_key_is_as_old_as_its_present_version(setup: &Setup, vault: Arc<dyn Vault>) {
    let user = setup.user();
    let first = setup.clock.now();
    store(setup, vault.as_ref(), user).await;
    setup.clock.advance(Duration::from_secs(3600));
    let second = setup.clock.now();
    store(setup, vault.as_ref(), user).await;
    let listed = vault.list(user).await.unwrap().remove(0);
    assert_eq!((listed.version, listed.created_at, listed.stored_at), (2, first, second));
    setup.clock.advance(Duration::from_secs(3600));
    vault.set_rights(user, listed.id, KeyRights::default()).await.unwrap();
    assert_eq!(vault.active().await.unwrap()[0].stored_at, second, "asking the venue makes it no younger");
    assert_eq!(vault.rollback(user, listed.id).await.unwrap().stored_at, first);
}

pub async fn only_the_last_ten_versions_are_kept(setup: &Setup, vault: Arc<dyn Vault>) {
    let user = setup.user();
    for _ in 0..13 {
        store(setup, vault.as_ref(), user).await;
    }
    let id = vault.list(user).await.unwrap()[0].id;
    for version in (4..=12).rev() {
        assert_eq!(vault.rollback(user, id).await.unwrap().version, version);
    }
    assert_eq!(vault.rollback(user, id).await.unwrap_err(), VaultError::NoOlderVersion { id });
}

pub async fn revoke_stops_signers_at_once_and_is_final(setup: &Setup, vault: Arc<dyn Vault>) {
    let user = setup.user();
    let stored = store(setup, vault.as_ref(), user).await;
    let signers = [
        vault.open(user, &stored.venue, TRADE).await.unwrap(),
        vault.open(user, &stored.venue, OpenPurpose::Stream).await.unwrap(),
    ];
    let id = signers[0].credential();
    vault.revoke(user, id).await.unwrap();
    for signer in &signers {
        assert!(matches!(balance(signer.as_ref()).await, Err(SignError::LeaseEnded)));
    }
    let opened = vault.open(user, &stored.venue, TRADE).await;
    assert!(matches!(opened, Err(VaultError::NoCredential { .. })));
    assert!(vault.active().await.unwrap().is_empty());
    assert!(vault.rollback(user, id).await.is_err());
    vault.revoke(user, id).await.unwrap();
    let listed = vault.list(user).await.unwrap();
    assert_eq!(listed[0].status, CredentialStatus::Revoked);
    store(setup, vault.as_ref(), user).await;
    let listed = vault.list(user).await.unwrap();
    assert_eq!(listed.len(), 2, "the revoked one stays on record");
    assert!(listed.iter().any(|meta| meta.id == id && meta.status == CredentialStatus::Revoked));
}

pub async fn a_lease_ends_by_itself(setup: &Setup, vault: Arc<dyn Vault>) {
    let stored = store(setup, vault.as_ref(), setup.user()).await;
    let old = vault.open(stored.user, &stored.venue, TRADE).await.unwrap();
    setup.clock.advance(Duration::from_secs(299));
    balance(old.as_ref()).await.unwrap();
    // Too little is left of the old lease to be handed out again.
    let new = vault.open(stored.user, &stored.venue, TRADE).await.unwrap();
    setup.clock.advance(Duration::from_secs(1));
    assert!(matches!(balance(old.as_ref()).await, Err(SignError::LeaseEnded)));
    balance(new.as_ref()).await.unwrap();
    setup.clock.advance(Duration::from_secs(299));
    assert!(matches!(balance(new.as_ref()).await, Err(SignError::LeaseEnded)));
    // A clock that jumps back must not make a lease last longer.
    let signer = vault.open(stored.user, &stored.venue, TRADE).await.unwrap();
    setup.clock.set(nija_core::Timestamp::from_micros(1_600_000_000_000_000));
    assert!(matches!(balance(signer.as_ref()).await, Err(SignError::LeaseEnded)));
    key_in_use(vault.as_ref(), stored.user).await;
}

pub async fn endpoints_off_the_list_are_refused(setup: &Setup, vault: Arc<dyn Vault>) {
    let stored = store(setup, vault.as_ref(), setup.user()).await;
    let signer = vault.open(stored.user, &stored.venue, TRADE).await.unwrap();
    let before = vault.verify_audit().await.unwrap();
    for (name, method, path) in [
        ("one", Method::Post, "/withdraw"),
        ("one", Method::Post, "/balance"),
        ("one", Method::Delete, "/orders/.."),
        ("one", Method::Get, "/balance/"),
        ("one", Method::Get, "/balance?x=/withdraw"),
    ] {
        let signed = signer.sign(request(name, method, path)).await;
        let refused = matches!(signed, Err(SignError::Auth(AuthError::EndpointNotAllowed { .. })));
        assert!(refused, "{path}");
    }
    let signed = signer.sign(request("two", Method::Get, "/balance")).await;
    assert!(matches!(signed, Err(SignError::Auth(AuthError::WrongVenue { .. }))));
    let after = vault.verify_audit().await.unwrap();
    assert!(after >= before + 6, "each refusal is an entry: {before} then {after}");
    balance(signer.as_ref()).await.unwrap();
}

pub async fn nonces_grow_whatever_the_clock_does(setup: &Setup, vault: Arc<dyn Vault>) {
    let (user, at) = (setup.user(), venue("one"));
    let (key, secret) = (setup.random_text(), setup.random_text());
    let blob = sealed(vault.as_ref(), user, &at, &key, &secret).await.unwrap();
    let mut last = 0;
    let mut grow = |signed: SignedRequest| {
        let nonce: u64 = header(&signed, "nonce").parse().unwrap();
        assert!(nonce > last, "{nonce} after {last}");
        last = nonce;
    };
    // The check before storing, the stored key, and the check of the same key later share one counter.
    let check = vault.open_sealed(user, &at, &blob).await.unwrap();
    grow(balance(check.as_ref()).await.unwrap());
    vault.store(user, &at, "", &blob).await.unwrap();
    setup.clock.set(nija_core::Timestamp::from_micros(1_000_000_000_000_000));
    let stored = vault.open(user, &at, TRADE).await.unwrap();
    let again = vault.open_sealed(user, &at, &blob).await.unwrap();
    assert_eq!(again.credential(), stored.credential(), "requests of one key are ordered as one");
    for _ in 0..300 {
        grow(balance(stored.as_ref()).await.unwrap());
        grow(balance(again.as_ref()).await.unwrap());
    }
    vault.store(user, &at, "", &blob).await.unwrap();
    let rotated = vault.open(user, &at, TRADE).await.unwrap();
    grow(balance(rotated.as_ref()).await.unwrap());
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let signer = Arc::clone(&rotated);
            tokio::spawn(async move {
                let mut nonces = Vec::new();
                for _ in 0..100 {
                    let signed = balance(signer.as_ref()).await.unwrap();
                    nonces.push(header(&signed, "nonce").parse::<u64>().unwrap());
                }
                nonces
            })
        })
        .collect();
    let mut seen = HashSet::new();
    for task in tasks {
        let nonces = task.await.unwrap();
        assert!(nonces.is_sorted());
        seen.extend(nonces);
    }
    assert_eq!(seen.len(), 800, "no nonce is given twice");
    assert!(seen.iter().all(|nonce| *nonce > last));
}

pub async fn users_cannot_reach_each_others_credentials(setup: &Setup, vault: Arc<dyn Vault>) {
    let stored = store(setup, vault.as_ref(), setup.user()).await;
    let (other, id) = (setup.user(), vault.list(stored.user).await.unwrap()[0].id);
    let missing = VaultError::NoSuchCredential { id };
    assert_eq!(vault.revoke(other, id).await.unwrap_err(), missing);
    assert_eq!(vault.rollback(other, id).await.unwrap_err(), missing);
    let noted = vault.set_rights(other, id, KeyRights::default()).await;
    assert_eq!(noted.unwrap_err(), missing);
    assert!(vault.list(other).await.unwrap().is_empty());
    let opened = vault.open(other, &stored.venue, TRADE).await;
    assert!(matches!(opened, Err(VaultError::NoCredential { .. })));
    assert_eq!(key_in_use(vault.as_ref(), stored.user).await, stored.key);
}

pub async fn rights_are_noted_with_their_version(setup: &Setup, vault: Arc<dyn Vault>) {
    let user = setup.user();
    store(setup, vault.as_ref(), user).await;
    let id = vault.list(user).await.unwrap()[0].id;
    let rights = KeyRights {
        can_trade: Some(true),
        can_withdraw: Some(false),
        names: vec!["Query Funds".into()],
        ..KeyRights::default()
    };
    vault.set_rights(user, id, rights.clone()).await.unwrap();
    assert_eq!(vault.list(user).await.unwrap()[0].rights, rights);
    store(setup, vault.as_ref(), user).await;
    let listed = vault.list(user).await.unwrap();
    assert_eq!(listed[0].rights, KeyRights::default(), "a new key may do other things");
    assert_eq!(vault.rollback(user, id).await.unwrap().rights, rights);
}

pub async fn parallel_changes_leave_one_active_version(setup: &Setup, vault: Arc<dyn Vault>) {
    let (user, at) = (setup.user(), venue("one"));
    let blob = sealed(vault.as_ref(), user, &at, "key", "secret").await.unwrap();
    let tasks: Vec<_> = (0..9)
        .map(|_| {
            let (vault, at, blob) = (Arc::clone(&vault), at.clone(), blob.clone());
            tokio::spawn(async move {
                let meta = vault.store(user, &at, "", &blob).await.unwrap();
                let signer = vault.open(user, &at, TRADE).await.unwrap();
                // It may be stale already, but then it must say so.
                let signed = balance(signer.as_ref()).await;
                assert!(matches!(signed, Ok(_) | Err(SignError::LeaseEnded)));
                meta.version
            })
        })
        .collect();
    let mut versions = HashSet::new();
    for task in tasks {
        versions.insert(task.await.unwrap());
    }
    assert_eq!(versions, (1..=9).collect());
    let active = vault.active().await.unwrap();
    assert_eq!((active.len(), active[0].version), (1, 9));
    vault.verify_audit().await.unwrap();
}

pub async fn nothing_telling_is_printed(setup: &Setup, vault: Arc<dyn Vault>) {
    let stored = store(setup, vault.as_ref(), setup.user()).await;
    let signer = vault.open(stored.user, &stored.venue, TRADE).await.unwrap();
    let signed = balance(signer.as_ref()).await.unwrap();
    let refused = signer.sign(request("one", Method::Post, "/withdraw")).await.unwrap_err();
    let printed =
        format!("{signer:?} {signed:?} {refused:?} {refused} {:?}", vault.list(stored.user).await.unwrap());
    let signature = header(&signed, "signature");
    for telling in [&stored.key, &stored.secret, &signature] {
        assert!(!printed.contains(telling.as_str()), "{printed}");
    }
}
