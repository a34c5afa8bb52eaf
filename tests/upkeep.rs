//! What is due is done when it is due: time is handed in.

#![allow(clippy::unwrap_used)]

use nija::core::{Clock, ManualClock, SystemClock, UserId, VenueId};
use nija::exchanges::kraken::KrakenConfig;
use nija::vault::{UnlockKey, seal_credential};
use nija::{Platform, PlatformConfig, Upkeep, UpkeepDone, UpkeepMarks, VenueConfig};
use nija_sim::{NewAccount, Sim, SimHandle, Tape, VenueKind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);

struct Trial {
    sim: SimHandle,
    clock: ManualClock,
    folder: tempfile::TempDir,
}

impl Trial {
    async fn start() -> Self {
        let sim = Sim::builder()
            .venue_named("kraken", VenueKind::Kraken)
            .tape(Tape::generated(7))
            .accounts(0)
            .no_limits()
            .paused(true)
            .start()
            .await
            .unwrap();
        Self { sim, clock: ManualClock::at(SystemClock.now()), folder: tempfile::tempdir().unwrap() }
    }

    async fn open(&self) -> Platform {
        open(self.folder.path(), &self.sim, &self.clock).await
    }
}

async fn open(folder: &Path, sim: &SimHandle, clock: &ManualClock) -> Platform {
    let venue = &sim.venues()[0];
    let kraken = KrakenConfig::new(
        VenueId::new("kraken").unwrap(),
        venue.rest.clone(),
        venue.ws_public.clone(),
        venue.ws_private.clone(),
    );
    let mut config = PlatformConfig::new(folder.join("data")).venue(VenueConfig::Kraken(kraken));
    config.clock = Some(Arc::new(clock.clone()));
    Platform::open(config).await.unwrap()
}

async fn keep_up(platform: &Platform, marks: &mut UpkeepMarks) -> UpkeepDone {
    platform.keep_up(&Upkeep::default(), marks, |_| ()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_rotate_at_their_age_and_users_keys_are_checked_every_day() {
    let trial = Trial::start().await;
    let platform = trial.open().await;
    let venue = VenueId::new("kraken").unwrap();
    let user = UserId::generate(trial.clock.now(), platform.entropy().as_ref());
    let account = trial.sim.venues()[0].add_account(NewAccount::default());
    let to = platform.vault().sealing_key().await.unwrap();
    let sealed = seal_credential(&to, user, &venue, &account.key, &account.secret, None).unwrap();
    platform.store_credential(user, &venue, "mine", &sealed).await.unwrap();
    let health = || async { platform.key_health(user, 90 * DAY).await.unwrap().remove(0) };

    let mut marks = UpkeepMarks::default();
    let first = keep_up(&platform, &mut marks).await;
    assert_eq!(first, UpkeepDone { signed: true, ..UpkeepDone::default() }, "nothing but the log is due");
    assert_eq!(keep_up(&platform, &mut marks).await, UpkeepDone::default());
    assert_eq!(health().await.check.at, None);

    trial.clock.advance(DAY);
    let next = keep_up(&platform, &mut marks).await;
    assert!(next.signed && !next.rotated);
    assert_eq!(next.checked, 1);
    assert_eq!(health().await.check.at, Some(trial.clock.now()));
    let about = platform.books().audit_of(user, None, 100).await.unwrap();
    let from = |action| about.iter().find(|it| it.action == action).unwrap().origin.clone().unwrap();
    assert_eq!((from("key_health"), from("store")), ("upkeep".to_owned(), "process".to_owned()));
    trial.clock.advance(DAY / 2);
    assert_eq!(keep_up(&platform, &mut marks).await.checked, 0, "once a day");
    // A venue that does not answer is asked again after an hour, and not at every look.
    let at = &trial.sim.venues()[0];
    let mut outage = nija_sim::Fault::new(nija_sim::FaultKind::Unavailable).on("/0/private/GetApiKeyInfo");
    outage.times = 1000;
    at.fault(outage);
    trial.clock.advance(DAY / 2);
    assert_eq!(keep_up(&platform, &mut marks).await.checked, 1);
    let asked = health().await.check.at;
    trial.clock.advance(Duration::from_secs(700));
    assert_eq!(keep_up(&platform, &mut marks).await.checked, 0);
    at.clear_faults();
    trial.clock.advance(Duration::from_secs(3600));
    assert_eq!(keep_up(&platform, &mut marks).await.checked, 1);
    assert!(health().await.check.at > asked);

    trial.clock.advance(88 * DAY);
    let before = platform.vault_keys().keys();
    let due = keep_up(&platform, &mut marks).await;
    assert!(due.rotated);
    let moved = due.rewrapped.unwrap();
    assert_eq!((moved.done, moved.total, moved.moved, moved.retired), (1, 1, 1, 1));
    let after = platform.vault_keys().keys();
    assert_ne!(after.key_encryption[0], before.key_encryption[0]);
    assert_eq!(after.key_encryption.len(), 1, "the old one is gone as nothing is under it");
    assert_eq!(after.sealing[1].id, before.sealing[0].id, "what was sealed to the old one is still taken");
    assert!(!keep_up(&platform, &mut marks).await.rotated);
    assert!(
        health().await.problems.contains(&nija::KeyProblem::Old),
        "the user's own key is old as well, and only its owner can replace it"
    );
    platform.close().await;
}

/// A key is as old as what is stored of it now, however it was replaced and in whatever custody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_was_replaced_is_new_again() {
    let trial = Trial::start().await;
    let platform = trial.open().await;
    let venue = VenueId::new("kraken").unwrap();
    let user = || UserId::generate(trial.clock.now(), platform.entropy().as_ref());
    let (delegates, unlocks, trades_alone) = (user(), user(), user());
    let first = trial.sim.venues()[0].add_account(NewAccount::default());
    let replace = async || {
        let account = trial.sim.venues()[0].add_key(&first.key, NewAccount::default()).unwrap();
        let to = platform.vault().sealing_key().await.unwrap();
        let sealed = seal_credential(&to, delegates, &venue, &account.key, &account.secret, None).unwrap();
        platform.store_credential(delegates, &venue, "mine", &sealed).await.unwrap();
        let lock = UnlockKey::new("a long enough passphrase").unwrap();
        let sealed = lock.seal_credential(&to, unlocks, &venue, &account.key, &account.secret, None).unwrap();
        let unlock = lock.seal_unlock(&to, unlocks, &venue).unwrap();
        let until = trial.clock.now().plus(Duration::from_secs(3600));
        let how = lock.derivation().clone();
        platform
            .store_locked_credential(unlocks, &venue, "mine", &sealed, how, &unlock, until)
            .await
            .unwrap();
        platform.register_device_key(trades_alone, &venue, "mine", None).await.unwrap();
    };
    let health = async |user| platform.key_health(user, 90 * DAY).await.unwrap().remove(0);
    replace().await;
    trial.clock.advance(91 * DAY);
    for user in [delegates, unlocks, trades_alone] {
        assert!(health(user).await.problems.contains(&nija::KeyProblem::Old));
    }
    replace().await;
    let now = trial.clock.now();
    for user in [delegates, unlocks, trades_alone] {
        let key = health(user).await;
        let custody = key.meta.custody;
        assert_eq!((key.meta.version, key.meta.stored_at), (2, now), "{custody:?}");
        assert_eq!(key.rotate_by, now.plus(90 * DAY), "{custody:?}");
        assert!(!key.problems.contains(&nija::KeyProblem::Old), "{custody:?}: {:?}", key.problems);
    }
    // Nor is a key that was asked about when it was stored asked about again at once.
    assert_eq!(keep_up(&platform, &mut UpkeepMarks::default()).await.checked, 0);
    // Back to the old version: that one is as old as it is.
    let key = health(delegates).await.meta;
    platform.vault().rollback(delegates, key.id).await.unwrap();
    assert!(health(delegates).await.problems.contains(&nija::KeyProblem::Old));
    platform.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rewrap_that_was_cut_off_goes_on_with_the_next_start() {
    let trial = Trial::start().await;
    let platform = trial.open().await;
    // A rotation whose process died before anything was moved.
    platform.vault_keys().rotate().await.unwrap();
    assert_eq!(platform.vault_keys().keys().key_encryption.len(), 2);
    platform.close().await;
    drop(platform);
    let platform = trial.open().await;
    let done = keep_up(&platform, &mut UpkeepMarks::default()).await;
    assert!(!done.rotated);
    assert_eq!(done.rewrapped.map(|it| it.retired), Some(1));
    assert_eq!(platform.vault_keys().keys().key_encryption.len(), 1);
    platform.close().await;
}
