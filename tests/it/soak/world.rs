//! Venues, a platform over them, and users with a key at each.

use nija::{
    Platform, PlatformConfig, VenueAddresses, VenueConfig,
    core::{AmbiguityBound, Clock, Symbol, SystemClock, Tier, UserId, VenueId},
    vault::seal_credential,
};
use nija_sim::{
    Account, NewAccount, Sim, SimHandle, Tape, VenueHandle, VenueKind, VenueProfile, default_balances,
};
use std::{collections::HashSet, sync::Arc, time::Duration};

use super::Plan;

const SYMBOLS: [&str; 5] = ["BTC-USD", "ETH-USD", "SOL-USD", "BTC-USDT", "ETH-USDT"];

pub(crate) struct World {
    pub(crate) sim: SimHandle,
    pub(crate) platform: Platform,
    pub(crate) users: Vec<Trader>,
    /// Venues that never say that an order which they do not have cannot come up any more.
    pub(crate) unbounded: HashSet<VenueId>,
    _folder: tempfile::TempDir,
}

/// A user and its accounts, one at each venue in the venues' order.
pub(crate) struct Trader {
    pub(crate) id: UserId,
    pub(crate) accounts: Vec<Account>,
}

impl World {
    pub(crate) async fn start(plan: &Plan) -> Self {
        let kinds =
            [VenueKind::Kraken, VenueKind::Coinbase, VenueKind::Binance, VenueKind::Alpaca, VenueKind::Okx];
        // One address stands for many: what venues count by address would stop a hundred users.
        let sim = Sim::builder().seed(plan.seed).tape(Tape::generated(plan.seed)).accounts(0).no_limits();
        let sim = kinds.into_iter().enumerate().fold(sim, |sim, (n, kind)| {
            let mut profile = VenueProfile::nth(n);
            if kind == VenueKind::Alpaca {
                // It tells fees at the end of the day only, so that its executor reckons with the published ones.
                profile.fee_discount = 0;
            }
            sim.venue_with(kind.name(), kind, profile)
        });
        let sim = sim.start().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut config = PlatformConfig::new(folder.path());
        let mut unbounded = HashSet::new();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        for venue in sim.venues() {
            let addresses = VenueAddresses {
                rest: venue.rest.clone(),
                ws_public: venue.ws_public.clone(),
                ws_private: venue.ws_private.clone(),
            };
            let made = VenueConfig::at(&venue.name, id(venue), addresses).unwrap();
            if made.executor(&clock).unwrap().contract().ambiguity_bound == AmbiguityBound::Unbounded {
                unbounded.insert(id(venue));
            }
            config = config.venue(made);
        }
        config = config.symbols(SYMBOLS.iter().map(|text| Symbol::new(text).unwrap()).collect());
        config.engine.limits.entry_interval = Duration::ZERO;
        // A hundred users whose accounts are all read for the first time at once.
        config.engine.connect_wait = Duration::from_secs(60);
        let platform = Platform::open(config).await.unwrap();
        let mut users = Vec::new();
        for _ in 0..plan.users {
            users.push(join(&platform, &sim).await);
        }
        Self { sim, platform, users, unbounded, _folder: folder }
    }

    pub(crate) async fn stop(self) {
        self.platform.close().await;
        self.sim.shutdown().await;
    }
}

async fn join(platform: &Platform, sim: &SimHandle) -> Trader {
    let user = UserId::generate(platform.clock().now(), platform.entropy().as_ref());
    platform.engine().set_tier(user, Tier::Enterprise);
    let mut accounts = Vec::new();
    for venue in sim.venues() {
        let mut balances = default_balances();
        if venue.kind == VenueKind::Alpaca {
            // It has no such wallet, so that nobody is ever told of it.
            balances.remove("USDT");
        }
        let account = venue.add_account(NewAccount { balances: Some(balances), ..NewAccount::default() });
        let sealing = platform.vault().sealing_key().await.unwrap();
        let passphrase = account.passphrase.as_deref();
        let at = id(venue);
        let sealed = seal_credential(&sealing, user, &at, &account.key, &account.secret, passphrase).unwrap();
        platform.store_credential(user, &at, "soak", &sealed).await.unwrap();
        accounts.push(account);
    }
    Trader { id: user, accounts }
}

pub(crate) fn id(venue: &VenueHandle) -> VenueId {
    VenueId::new(&venue.name).unwrap()
}
