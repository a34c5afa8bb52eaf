//! The rules of custody, one function each: what every vault that implements [`Custody`] must keep.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc)]

use nija_core::{
    Clock, CredentialStatus, Custody, CustodyMode, Method, Notional, OpenPurpose, OrderPolicy, PolicyRefusal,
    Price, PriceBand, RequestBody, RequestPurpose, Side, SignError, Signer, Symbol, UnsignedRequest, UserId,
    VaultError,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Setup, request, sealed, venue};
use crate::UnlockKey;

/// Makes a test of every rule of custody; the argument is as for [`conformance_suite!`](crate::conformance_suite), with `Arc<dyn Custody>`.
#[macro_export]
macro_rules! custody_suite {
    ($make:expr) => {
        $crate::each_rule!($make;
            a_destroyed_credential_is_gone_and_its_record_stays,
            an_erased_user_has_nothing_that_opens_and_may_come_back,
            the_users_policy_holds_against_what_the_request_says,
            a_policy_holds_for_signers_that_are_out_and_goes_when_it_is_removed,
            a_policy_is_its_users_alone,
            a_policy_is_replaced_only_where_it_is_the_one_that_was_seen,
            a_policy_holds_at_every_venue_and_for_every_version,
            a_key_that_is_only_checked_signs_no_order,
            a_session_key_signs_while_it_is_unlocked_and_at_no_other_time,
            an_unlock_of_another_key_user_or_venue_opens_nothing,
            a_new_version_and_another_mode_end_an_unlock,
            a_device_key_is_on_record_and_opens_nowhere
        );
    };
}

const TRADE: OpenPurpose = OpenPurpose::Trade;

async fn stored(setup: &Setup, vault: &dyn Custody, user: UserId) -> String {
    let (key, secret) = (setup.random_text(), setup.random_text());
    let blob = sealed(vault, user, &venue("one"), &key, &secret).await.unwrap();
    vault.store(user, &venue("one"), "main", &blob).await.unwrap();
    key
}

async fn signs(signer: &dyn Signer) -> Result<String, SignError> {
    let signed = signer.sign(request("one", Method::Get, "/balance")).await?;
    Ok(signed.headers().iter().find(|(name, _)| *name == "api-key").unwrap().1.clone())
}

async fn opens(vault: &dyn Custody, user: UserId) -> Result<Arc<dyn Signer>, VaultError> {
    vault.open(user, &venue("one"), TRADE).await
}

pub async fn a_destroyed_credential_is_gone_and_its_record_stays(setup: &Setup, vault: Arc<dyn Custody>) {
    let (user, other) = (setup.user(), setup.user());
    stored(setup, vault.as_ref(), user).await;
    stored(setup, vault.as_ref(), user).await;
    let signer = opens(vault.as_ref(), user).await.unwrap();
    let id = signer.credential();
    assert_eq!(vault.destroy(other, id).await, Err(VaultError::NoSuchCredential { id }));
    signs(signer.as_ref()).await.unwrap();
    vault.destroy(user, id).await.unwrap();
    assert!(matches!(signs(signer.as_ref()).await, Err(SignError::LeaseEnded)));
    assert!(matches!(opens(vault.as_ref(), user).await, Err(VaultError::NoCredential { .. })));
    assert!(vault.rollback(user, id).await.is_err());
    let listed = vault.list(user).await.unwrap();
    assert_eq!((listed.len(), listed[0].id, listed[0].status), (1, id, CredentialStatus::Destroyed));
    let key = stored(setup, vault.as_ref(), user).await;
    let signer = opens(vault.as_ref(), user).await.unwrap();
    assert_ne!(signer.credential(), id);
    assert_eq!(signs(signer.as_ref()).await.unwrap(), key);
    vault.verify_audit().await.unwrap();
}

pub async fn an_erased_user_has_nothing_that_opens_and_may_come_back(setup: &Setup, vault: Arc<dyn Custody>) {
    let (user, other) = (setup.user(), setup.user());
    stored(setup, vault.as_ref(), user).await;
    let others = stored(setup, vault.as_ref(), other).await;
    vault.set_policy(user, Some(policy())).await.unwrap();
    let signer = opens(vault.as_ref(), user).await.unwrap();
    let erasure = vault.erase(user).await.unwrap();
    assert_eq!(erasure.credentials, 1);
    assert!(!erasure.keys.is_empty(), "its keys are named");
    assert!(erasure.audit_seq > 0 && erasure.audit_seq <= vault.verify_audit().await.unwrap());
    assert!(matches!(signs(signer.as_ref()).await, Err(SignError::LeaseEnded)));
    assert!(matches!(opens(vault.as_ref(), user).await, Err(VaultError::NoCredential { .. })));
    assert_eq!(vault.policy(user).await.unwrap(), None);
    assert_eq!(vault.list(user).await.unwrap()[0].status, CredentialStatus::Destroyed);
    let signer = opens(vault.as_ref(), other).await.unwrap();
    assert_eq!(signs(signer.as_ref()).await.unwrap(), others);
    let again = vault.erase(user).await.unwrap();
    assert!(again.keys.is_empty(), "there was nothing left to destroy");
    let key = stored(setup, vault.as_ref(), user).await;
    let signer = opens(vault.as_ref(), user).await.unwrap();
    assert_eq!(signs(signer.as_ref()).await.unwrap(), key);
}

fn amount(text: &str) -> Notional {
    Notional::new(text.parse().unwrap()).unwrap()
}

fn policy() -> OrderPolicy {
    let price = |text: &str| Price::new(text.parse().unwrap()).unwrap();
    let band = PriceBand { low: price("20000"), high: price("200000") };
    OrderPolicy {
        pairs: BTreeMap::from([(Symbol::new("BTC-USD").unwrap(), Some(band))]),
        max_order: Some(amount("1000")),
        max_buys_per_hour: Some(amount("1500")),
    }
}

/// An order as venue `one` takes it, and what its sender says about it.
fn order(form: &[(&str, &str)], claim: Option<(&str, Side, &str)>) -> UnsignedRequest {
    let purpose = claim.map_or(RequestPurpose::Read, |(pair, side, value)| RequestPurpose::PlaceOrder {
        symbol: Symbol::new(pair).unwrap(),
        side,
        notional: amount(value),
    });
    let form = form.iter().map(|(name, value)| ((*name).to_owned().into(), (*value).to_owned())).collect();
    UnsignedRequest { body: RequestBody::Form(form), purpose, ..request("one", Method::Post, "/orders") }
}

fn buy(quantity: &'static str, price: &'static str) -> [(&'static str, &'static str); 4] {
    [("pair", "BTC-USD"), ("side", "buy"), ("quantity", quantity), ("price", price)]
}

pub async fn the_users_policy_holds_against_what_the_request_says(setup: &Setup, vault: Arc<dyn Custody>) {
    let user = setup.user();
    stored(setup, vault.as_ref(), user).await;
    vault.set_policy(user, Some(policy())).await.unwrap();
    assert_eq!(vault.policy(user).await.unwrap(), Some(policy()));
    let signer = opens(vault.as_ref(), user).await.unwrap();
    let before = vault.verify_audit().await.unwrap();
    let claim = |value| Some(("BTC-USD", Side::Buy, value));
    let eth = [("pair", "ETH-USD"), ("side", "buy"), ("quantity", "1"), ("price", "900")];
    let sell = [("pair", "BTC-USD"), ("side", "sell"), ("quantity", "0.01"), ("price", "60000")];
    type Expected = fn(&PolicyRefusal) -> bool;
    let refused: [(UnsignedRequest, Expected); 8] = [
        (order(&eth, Some(("ETH-USD", Side::Buy, "900"))), |it| matches!(it, PolicyRefusal::Pair { .. })),
        (order(&eth, claim("900")), |it| matches!(it, PolicyRefusal::Contradiction(_))),
        (order(&sell, claim("600")), |it| matches!(it, PolicyRefusal::Contradiction(_))),
        (order(&buy("0.1", "60000"), claim("600")), |it| matches!(it, PolicyRefusal::TooLarge { .. })),
        (order(&buy("0.001", "900000"), claim("900")), |it| matches!(it, PolicyRefusal::Price { .. })),
        (order(&buy("0.001", "1"), claim("1")), |it| matches!(it, PolicyRefusal::Price { .. })),
        // An order that says it is none.
        (order(&buy("0.01", "60000"), None), |it| matches!(it, PolicyRefusal::Contradiction(_))),
        (order(&[("pair", "BTC-USD")], claim("600")), |it| matches!(it, PolicyRefusal::Unreadable)),
    ];
    let count = refused.len() as u64;
    for (number, (request, expected)) in refused.into_iter().enumerate() {
        match signer.sign(request).await {
            Err(SignError::Policy(refusal)) => assert!(expected(&refusal), "order {number}: {refusal}"),
            other => panic!("order {number} was not refused by the policy: {other:?}"),
        }
    }
    let after = vault.verify_audit().await.unwrap();
    assert!(after >= before + count, "each refusal is an entry: {before} then {after}");
    // What it costs is not said, and the sender's word on it does not count.
    let at_market = [("pair", "BTC-USD"), ("side", "buy"), ("quantity", "0.04")];
    let refused = signer.sign(order(&at_market, claim("900"))).await;
    assert!(matches!(refused, Err(SignError::Policy(PolicyRefusal::NoPrice { .. }))), "{refused:?}");
    // A sell may be the way out of something larger than any buy, after a fall through the band.
    for (quantity, price) in [("5", None), ("5", Some("60000")), ("5", Some("15000")), ("5", Some("250000"))]
    {
        let mut exit = vec![("pair", "BTC-USD"), ("side", "sell"), ("quantity", quantity)];
        exit.extend(price.map(|price| ("price", price)));
        let signed = signer.sign(order(&exit, Some(("BTC-USD", Side::Sell, "75000")))).await;
        assert!(signed.is_ok(), "{price:?}: {signed:?}");
    }
    // Two fit into the hour, a third does not; an exit does, and so does the third when the hour is over.
    for _ in 0..2 {
        signer.sign(order(&buy("0.01", "60000"), claim("600"))).await.unwrap();
    }
    let third = || order(&buy("0.01", "60000"), claim("600"));
    let refused = signer.sign(third()).await;
    assert!(matches!(refused, Err(SignError::Policy(PolicyRefusal::TooMuchPerHour { .. }))), "{refused:?}");
    signer.sign(order(&sell, Some(("BTC-USD", Side::Sell, "600")))).await.unwrap();
    signs(signer.as_ref()).await.unwrap();
    setup.clock.advance(Duration::from_secs(3700));
    opens(vault.as_ref(), user).await.unwrap().sign(third()).await.unwrap();
}

pub async fn a_policy_holds_for_signers_that_are_out_and_goes_when_it_is_removed(
    setup: &Setup,
    vault: Arc<dyn Custody>,
) {
    let user = setup.user();
    stored(setup, vault.as_ref(), user).await;
    let large = || order(&buy("1", "60000"), Some(("BTC-USD", Side::Buy, "60000")));
    let signer = opens(vault.as_ref(), user).await.unwrap();
    signer.sign(large()).await.unwrap();
    vault.set_policy(user, Some(policy())).await.unwrap();
    assert!(
        matches!(signer.sign(large()).await, Err(SignError::LeaseEnded)),
        "the old lease knows no limits"
    );
    let limited = opens(vault.as_ref(), user).await.unwrap();
    assert!(matches!(limited.sign(large()).await, Err(SignError::Policy(_))));
    vault.set_policy(user, None).await.unwrap();
    assert_eq!(vault.policy(user).await.unwrap(), None);
    opens(vault.as_ref(), user).await.unwrap().sign(large()).await.unwrap();
}

pub async fn a_policy_is_its_users_alone(setup: &Setup, vault: Arc<dyn Custody>) {
    let (user, other) = (setup.user(), setup.user());
    vault.set_policy(user, Some(policy())).await.unwrap();
    stored(setup, vault.as_ref(), other).await;
    assert_eq!(vault.policy(other).await.unwrap(), None);
    let large = order(&buy("1", "60000"), Some(("BTC-USD", Side::Buy, "60000")));
    opens(vault.as_ref(), other).await.unwrap().sign(large).await.unwrap();
    // A policy that was set before there was a key holds for the key.
    stored(setup, vault.as_ref(), user).await;
    let large = order(&buy("1", "60000"), Some(("BTC-USD", Side::Buy, "60000")));
    let refused = opens(vault.as_ref(), user).await.unwrap().sign(large).await;
    assert!(matches!(refused, Err(SignError::Policy(_))));
}

pub async fn a_policy_is_replaced_only_where_it_is_the_one_that_was_seen(
    setup: &Setup,
    vault: Arc<dyn Custody>,
) {
    let user = setup.user();
    stored(setup, vault.as_ref(), user).await;
    let tighter = OrderPolicy { max_order: Some(amount("1")), ..policy() };
    let crossed = |outcome| assert_eq!(outcome, Err(VaultError::PolicyChanged));
    crossed(vault.replace_policy(user, Some(policy()), None).await);
    vault.replace_policy(user, None, Some(policy())).await.unwrap();
    crossed(vault.replace_policy(user, None, Some(tighter.clone())).await);
    vault.replace_policy(user, Some(policy()), Some(tighter.clone())).await.unwrap();
    // What was decided by looking at the looser one is not done to the tighter one.
    crossed(vault.replace_policy(user, Some(policy()), None).await);
    assert_eq!(vault.policy(user).await.unwrap(), Some(tighter.clone()));
    let both = [Some(policy()), None].map(|next| vault.replace_policy(user, Some(tighter.clone()), next));
    let outcomes = futures::future::join_all(both).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
}

pub async fn a_policy_holds_at_every_venue_and_for_every_version(setup: &Setup, vault: Arc<dyn Custody>) {
    let user = setup.user();
    stored(setup, vault.as_ref(), user).await;
    let first = OrderPolicy { max_order: Some(amount("100")), ..policy() };
    vault.set_policy(user, Some(first)).await.unwrap();
    vault.set_policy(user, Some(policy())).await.unwrap();
    stored(setup, vault.as_ref(), user).await;
    let blob = sealed(vault.as_ref(), user, &venue("two"), "key", "secret").await.unwrap();
    vault.store(user, &venue("two"), "main", &blob).await.unwrap();
    let at = |name: &str, quantity| UnsignedRequest {
        venue: venue(name),
        ..order(
            &buy(quantity, "60000"),
            Some(("BTC-USD", Side::Buy, if quantity == "1" { "60000" } else { "600" })),
        )
    };
    for place in ["one", "two"] {
        let signer = vault.open(user, &venue(place), TRADE).await.unwrap();
        signer.sign(at(place, "0.01")).await.unwrap();
        let refused = signer.sign(at(place, "1")).await;
        assert!(
            matches!(refused, Err(SignError::Policy(PolicyRefusal::TooLarge { .. }))),
            "{place}: {refused:?}"
        );
    }
    vault.set_policy(user, None).await.unwrap();
    assert_eq!(vault.policy(user).await.unwrap(), None);
    setup.clock.advance(Duration::from_secs(301));
    for place in ["one", "two"] {
        let signer = vault.open(user, &venue(place), TRADE).await.unwrap();
        signer.sign(at(place, "1")).await.unwrap();
    }
}

pub async fn a_key_that_is_only_checked_signs_no_order(setup: &Setup, vault: Arc<dyn Custody>) {
    let user = setup.user();
    let blob = sealed(vault.as_ref(), user, &venue("one"), "key", "secret").await.unwrap();
    let check = vault.open_sealed(user, &venue("one"), &blob).await.unwrap();
    signs(check.as_ref()).await.unwrap();
    for claim in [Some(("BTC-USD", Side::Buy, "600")), None] {
        let refused = check.sign(order(&buy("0.01", "60000"), claim)).await;
        assert!(matches!(refused, Err(SignError::Policy(PolicyRefusal::NotStored))), "{refused:?}");
        // What goes where orders are placed and cannot be read may be one.
        let refused = check.sign(order(&[("pair", "BTC-USD")], claim)).await;
        assert!(matches!(refused, Err(SignError::Policy(PolicyRefusal::NotStored))), "{refused:?}");
    }
}

async fn locked(setup: &Setup, vault: &dyn Custody, user: UserId) -> (UnlockKey, String, String) {
    let (words, key, secret) = (setup.random_text(), setup.random_text(), setup.random_text());
    let unlock = UnlockKey::new(&words).unwrap();
    let at = vault.sealing_key().await.unwrap();
    let blob = unlock.seal_credential(&at, user, &venue("one"), &key, &secret, None).unwrap();
    let meta =
        vault.store_locked(user, &venue("one"), "mine", &blob, unlock.derivation().clone()).await.unwrap();
    assert_eq!((meta.custody, meta.status), (CustodyMode::Session, CredentialStatus::Active));
    (unlock, words, key)
}

pub async fn a_session_key_signs_while_it_is_unlocked_and_at_no_other_time(
    setup: &Setup,
    vault: Arc<dyn Custody>,
) {
    let (user, at) = (setup.user(), venue("one"));
    let (_, words, key) = locked(setup, vault.as_ref(), user).await;
    let is_locked =
        |opened: Result<Arc<dyn Signer>, VaultError>| matches!(opened, Err(VaultError::Locked { .. }));
    assert!(is_locked(opens(vault.as_ref(), user).await));
    assert!(vault.active().await.unwrap().is_empty(), "a start cannot connect it");
    // The app derives the key again from the passphrase and what the vault says about it.
    let again = UnlockKey::again(&words, vault.derivation(user, &at).await.unwrap()).unwrap();
    let unlock = again.seal_unlock(&vault.sealing_key().await.unwrap(), user, &at).unwrap();
    let two_hours = setup.clock.now().plus(Duration::from_secs(7200));
    assert_eq!(vault.unlock(user, &at, &unlock, two_hours).await.unwrap(), two_hours);
    let signer = opens(vault.as_ref(), user).await.unwrap();
    assert_eq!(signs(signer.as_ref()).await.unwrap(), key);
    assert_eq!(vault.active().await.unwrap().len(), 1);
    setup.clock.advance(Duration::from_secs(7000));
    let late = opens(vault.as_ref(), user).await.unwrap();
    setup.clock.advance(Duration::from_secs(199));
    signs(late.as_ref()).await.unwrap();
    setup.clock.advance(Duration::from_secs(1));
    let ended = signs(late.as_ref()).await;
    assert!(matches!(ended, Err(SignError::LeaseEnded)), "no lease outlasts its unlock: {ended:?}");
    assert!(is_locked(opens(vault.as_ref(), user).await));
    // Unlocked again it signs again, until its owner locks it.
    let forever = setup.clock.now().plus(Duration::from_secs(1_000_000));
    let until = vault.unlock(user, &at, &unlock, forever).await.unwrap();
    assert_eq!(
        until,
        setup.clock.now().plus(Duration::from_secs(24 * 3600)),
        "no unlock lasts longer than a day"
    );
    let signer = opens(vault.as_ref(), user).await.unwrap();
    assert_eq!(signs(signer.as_ref()).await.unwrap(), key);
    vault.lock(user, &at).await.unwrap();
    assert!(matches!(signs(signer.as_ref()).await, Err(SignError::LeaseEnded)));
    assert!(is_locked(opens(vault.as_ref(), user).await));
}

pub async fn an_unlock_of_another_key_user_or_venue_opens_nothing(setup: &Setup, vault: Arc<dyn Custody>) {
    let (user, other, at) = (setup.user(), setup.user(), venue("one"));
    let (unlock, words, _) = locked(setup, vault.as_ref(), user).await;
    locked(setup, vault.as_ref(), other).await;
    let until = setup.clock.now().plus(Duration::from_secs(600));
    let sealing = vault.sealing_key().await.unwrap();
    let good = unlock.seal_unlock(&sealing, user, &at).unwrap();
    assert_eq!(vault.unlock(other, &at, &good, until).await, Err(VaultError::NotOpened));
    assert!(vault.unlock(user, &venue("two"), &good, until).await.is_err());
    // The right passphrase with another salt, and a key of the right form that is another user's.
    for wrong in [UnlockKey::new(&words).unwrap(), UnlockKey::new(&setup.random_text()).unwrap()] {
        let sealed = wrong.seal_unlock(&sealing, user, &at).unwrap();
        assert_eq!(vault.unlock(user, &at, &sealed, until).await, Err(VaultError::NotOpened));
        let theirs = unlock.seal_unlock(&sealing, other, &at).unwrap();
        assert_eq!(vault.unlock(other, &at, &theirs, until).await, Err(VaultError::NotOpened));
    }
    assert!(matches!(opens(vault.as_ref(), user).await, Err(VaultError::Locked { .. })));
    // What is sealed for the one mode is not taken for the other.
    let open = sealed(vault.as_ref(), user, &at, "key", "secret").await.unwrap();
    let stored = vault.store_locked(user, &at, "", &open, unlock.derivation().clone()).await;
    assert!(matches!(stored, Err(VaultError::Malformed(_))));
    let blob = unlock.seal_credential(&sealing, user, &at, "key", "secret", None).unwrap();
    assert!(matches!(vault.store(user, &at, "", &blob).await, Err(VaultError::Malformed(_))));
    vault.unlock(user, &at, &good, until).await.unwrap();
    opens(vault.as_ref(), user).await.unwrap();
}

pub async fn a_new_version_and_another_mode_end_an_unlock(setup: &Setup, vault: Arc<dyn Custody>) {
    let (user, at) = (setup.user(), venue("one"));
    let (unlock, ..) = locked(setup, vault.as_ref(), user).await;
    let until = setup.clock.now().plus(Duration::from_secs(600));
    let sealed_key = unlock.seal_unlock(&vault.sealing_key().await.unwrap(), user, &at).unwrap();
    vault.unlock(user, &at, &sealed_key, until).await.unwrap();
    let signer = opens(vault.as_ref(), user).await.unwrap();
    locked(setup, vault.as_ref(), user).await;
    assert!(matches!(signs(signer.as_ref()).await, Err(SignError::LeaseEnded)));
    assert!(matches!(opens(vault.as_ref(), user).await, Err(VaultError::Locked { .. })));
    let before = vault.list(user).await.unwrap();
    assert_eq!((before.len(), before[0].version), (1, 2), "the same mode is a new version");
    let key = stored(setup, vault.as_ref(), user).await;
    let signer = opens(vault.as_ref(), user).await.unwrap();
    assert_eq!(signs(signer.as_ref()).await.unwrap(), key);
    let listed = vault.list(user).await.unwrap();
    let of = |mode| listed.iter().find(|meta| meta.custody == mode).unwrap().status;
    assert_eq!(of(CustodyMode::Session), CredentialStatus::Revoked, "another mode is another credential");
    assert_eq!(of(CustodyMode::Delegated), CredentialStatus::Active);
}

pub async fn a_device_key_is_on_record_and_opens_nowhere(setup: &Setup, vault: Arc<dyn Custody>) {
    let (user, at) = (setup.user(), venue("one"));
    let meta = vault.register_device_key(user, &at, "phone").await.unwrap();
    assert_eq!((meta.custody, meta.status), (CustodyMode::Device, CredentialStatus::Active));
    assert!(matches!(opens(vault.as_ref(), user).await, Err(VaultError::OnDevice { .. })));
    assert!(vault.active().await.unwrap().is_empty(), "a start cannot connect it");
    assert_eq!(vault.list(user).await.unwrap(), std::slice::from_ref(&meta));
    vault.revoke(user, meta.id).await.unwrap();
    assert!(matches!(opens(vault.as_ref(), user).await, Err(VaultError::NoCredential { .. })));
    assert!(vault.register_device_key(user, &venue("three"), "").await.is_err());
}
