//! One simulated venue: its engine, its keys, its faults and its clock, shared by all of its connections.

mod keys;
mod kind;
mod protocol;

pub(crate) use self::keys::{Key, Keys};
pub use self::kind::VenueKind;
pub(crate) use self::protocol::{Answer, Credentials, Protocol};

use crate::account::{Account, NewAccount};
use crate::clock::SimClock;
use crate::engine::{AccountId, Engine, FeeSchedule, HouseProfile, MarketId};
use crate::faults::{Fault, FaultKind, FaultPlan, RandomFaults, StreamFaults};
use crate::kraken::Tier;
use parking_lot::Mutex;
use rust_decimal::Decimal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::watch;

/// Largest price and balance: far beyond any real one, far below what decimals overflow at.
const MOST: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// How a venue differs from others of its kind.
#[derive(Debug, Clone)]
pub struct VenueProfile {
    /// Half of the spread in hundredths of a basis point.
    pub half_spread_cbp: i64,
    /// How far the venue's mid may wander from the tape, in hundredths of a basis point.
    pub wander_cbp: i64,
    /// Taken off each tier's percents, in hundredths of a percent.
    pub fee_discount: i64,
    /// Levels on each side.
    pub levels: usize,
    /// Quote amount at the best level, about.
    pub top_notional: Decimal,
}

impl VenueProfile {
    /// The profile of the venue started as number `index`: the first sits on the tape, later ones beside it.
    #[must_use]
    pub fn nth(index: usize) -> Self {
        let index = i64::try_from(index).unwrap_or(0);
        Self {
            half_spread_cbp: 60 + 35 * index,
            wander_cbp: 150 * index,
            fee_discount: 3 * index,
            levels: 25,
            top_notional: Decimal::from(20_000 - 6_000 * index.min(2)),
        }
    }
}

/// What a venue is started with.
pub(crate) struct VenueSetup {
    pub(crate) name: String,
    pub(crate) kind: VenueKind,
    pub(crate) profile: VenueProfile,
    pub(crate) index: u64,
    pub(crate) seed: u64,
    pub(crate) tier: Tier,
    pub(crate) lenient: bool,
}

/// One simulated venue.
pub(crate) struct Venue {
    pub(crate) name: String,
    pub(crate) kind: VenueKind,
    pub(crate) protocol: Arc<dyn Protocol>,
    pub(crate) profile: VenueProfile,
    pub(crate) index: u64,
    pub(crate) tier: Tier,
    pub(crate) lenient: bool,
    pub(crate) clock: SimClock,
    pub(crate) engine: Mutex<Engine>,
    pub(crate) keys: Mutex<Keys>,
    pub(crate) faults: FaultPlan,
    pub(crate) streams: StreamFaults,
    /// Whether connections are refused and dropped.
    pub(crate) down: watch::Sender<bool>,
    /// Rises to disconnect all streams.
    pub(crate) disconnects: watch::Sender<u64>,
    /// Changes whenever the engine may have.
    pub(crate) changed: watch::Sender<u64>,
    pub(crate) paused: AtomicBool,
    /// HTTP requests that came, upgrades to streams included.
    pub(crate) requests: AtomicU64,
}

impl Venue {
    pub(crate) fn new(setup: VenueSetup) -> Self {
        let protocol = setup.kind.protocol();
        let mut fees: FeeSchedule = protocol.fees();
        for tier in &mut fees.tiers {
            let off = Decimal::new(setup.profile.fee_discount, 2);
            tier.maker_pct = (tier.maker_pct - off).max(Decimal::ZERO);
            tier.taker_pct = (tier.taker_pct - off).max(Decimal::ZERO);
        }
        let house = HouseProfile {
            levels: setup.profile.levels,
            half_spread_cbp: setup.profile.half_spread_cbp,
            step_cbp: 90,
            top_notional: setup.profile.top_notional,
            seed: setup.seed.wrapping_add(setup.index << 32),
        };
        let mut engine = Engine::new(protocol.markets(), fees, house, 1_000_000 * (setup.index + 1));
        engine.set_max_open_per_market(setup.tier.max_open_orders());
        protocol.prepare(&mut engine);
        Self {
            name: setup.name,
            kind: setup.kind,
            protocol,
            profile: setup.profile,
            index: setup.index,
            tier: setup.tier,
            lenient: setup.lenient,
            clock: SimClock::default(),
            engine: Mutex::new(engine),
            keys: Mutex::new(Keys::default()),
            faults: FaultPlan::default(),
            streams: StreamFaults::default(),
            down: watch::Sender::new(false),
            disconnects: watch::Sender::new(0),
            changed: watch::Sender::new(0),
            paused: AtomicBool::new(false),
            requests: AtomicU64::new(0),
        }
    }

    /// Tells the streams that something may have changed.
    pub(crate) fn touch(&self) {
        self.changed.send_modify(|version| *version += 1);
    }

    pub(crate) fn add_account(&self, new: NewAccount) -> Account {
        let account = Account::create(new, self.protocol.as_ref());
        let id = {
            let mut engine = self.engine.lock();
            let id = engine.open_account();
            for (asset, amount) in &account.balances {
                engine.deposit(id, asset, (*amount).clamp(Decimal::ZERO, MOST));
            }
            id
        };
        self.keys.lock().insert(id, &account, self.clock.now_ns());
        account
    }

    /// Another key to the account of one that is there. Balances of `new` are ignored: the account has its own.
    pub(crate) fn add_key(&self, beside: &str, new: NewAccount) -> Option<Account> {
        let id = self.account_of(beside)?;
        let account =
            Account { balances: Default::default(), ..Account::create(new, self.protocol.as_ref()) };
        self.keys.lock().insert(id, &account, self.clock.now_ns());
        Some(account)
    }

    /// Changes what a key may do; false for an unknown key.
    pub(crate) fn set_permissions(&self, key: &str, permissions: Vec<String>) -> bool {
        self.keys.lock().get_mut(key).map(|key| key.permissions = permissions).is_some()
    }

    /// The engine's account of a key.
    pub(crate) fn account_of(&self, key: &str) -> Option<AccountId> {
        self.keys.lock().get(key).map(|key| key.account)
    }

    /// A market by its canonical symbol or any name the venue has for it.
    pub(crate) fn market(&self, symbol: &str) -> Option<MarketId> {
        self.protocol.find_market(symbol)
    }

    /// Sets a market's mid, with the tape's own movements stopped for this venue.
    pub(crate) fn set_price(&self, symbol: &str, mid: Decimal) -> bool {
        let Some(market) = self.market(symbol).filter(|_| mid > Decimal::ZERO && mid < MOST) else {
            return false;
        };
        self.paused.store(true, Ordering::SeqCst);
        let now = self.clock.now_ns();
        {
            let mut engine = self.engine.lock();
            engine.set_mid(market, mid, now);
            engine.print_at(market, mid, now);
        }
        self.touch();
        true
    }

    /// Opens or closes markets that have hours, or leaves that to the clock again (`None`). False where none have.
    pub(crate) fn set_market_open(&self, open: Option<bool>) -> bool {
        let done = self.protocol.set_market_open(self, open);
        self.touch();
        done
    }

    /// Whether a message of a stream is hit by this kind of fault: one that was asked for, or one that is drawn.
    pub(crate) fn hits_message(&self, kind: FaultKind) -> bool {
        let asked = match kind {
            FaultKind::StreamGap => &self.streams.gap,
            FaultKind::DuplicateReports => &self.streams.duplicates,
            _ => return false,
        };
        let hit = StreamFaults::take(asked) || self.faults.draws_on_stream(kind);
        if hit {
            self.faults.note(kind);
        }
        hit
    }

    pub(crate) fn inject(&self, fault: Fault) {
        use Ordering::Relaxed;
        if fault.kind.is_state() && !fault.kind.hits_messages() {
            self.faults.note(fault.kind);
        }
        match fault.kind {
            FaultKind::ClockSkew => self.clock.set_skew_ms(fault.ms.unwrap_or(0)),
            FaultKind::NonceReset => {
                self.keys.lock().each(fault.key.as_deref(), |key| key.last_nonce = fault.value.unwrap_or(0));
            }
            FaultKind::PermissionChange => self.keys.lock().each(fault.key.as_deref(), |key| {
                key.permissions = fault.permissions.clone().unwrap_or_default();
            }),
            FaultKind::StreamDisconnect => self.disconnects.send_modify(|count| *count += 1),
            FaultKind::StreamGap => self.streams.gap.store(fault.times, Relaxed),
            FaultKind::DuplicateReports => self.streams.duplicates.store(fault.times, Relaxed),
            FaultKind::LateReports => self.streams.late_ms.store(fault.millis(1_000), Relaxed),
            FaultKind::StaleBook => self.streams.stale_book.store(true, Relaxed),
            FaultKind::VenueDown => {
                self.down.send_replace(true);
            }
            _ => self.faults.add(fault),
        }
    }

    pub(crate) fn inject_random(&self, random: RandomFaults) {
        self.faults.set_random(random);
    }

    /// Heals everything but what keys lost.
    pub(crate) fn heal(&self) {
        self.faults.clear();
        self.streams.clear();
        self.clock.set_skew_ms(0);
        self.down.send_replace(false);
        self.touch();
    }
}
