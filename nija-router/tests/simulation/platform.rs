//! What a seed draws: venues, users, surroundings. It outlives the processes that run in it.

use nija_core::{
    AmbiguityBound, Clock, Executor, LimitScope, OrderLookup, PriceReach, RepeatedClientId, RestingOrders,
    RoutingPolicy, Side, Symbol, UserId, VenueContract, VenueId,
};
use rust_decimal::Decimal;
use std::{sync::Arc, time::Duration};

use super::{
    dice::Dice,
    exchange::Exchange,
    fees::{FEE_ASSET, FEE_ASSET_PRICE, FeesFrom},
    trouble::Trouble,
    venue::SimVenue,
    witness::{LARGEST_POSITION, Witness},
};
use crate::{
    Engine, EngineConfig, EngineParts, Policies, RiskChain, RiskLimits, RoutingConfig, SlicingConfig,
    default_policies,
    support::{FakeVault, MemoryLedger, Pace, TestBus, TestClock, loose, symbol, user},
};

/// Base units that users have at each venue of what they sell short.
const GOODS: Decimal = Decimal::ONE;

pub(crate) struct Platform {
    pub(crate) clock: TestClock,
    pub(crate) dice: Dice,
    pub(crate) trouble: Arc<Trouble>,
    pub(crate) witness: Arc<Witness>,
    pub(crate) ledger: Arc<MemoryLedger>,
    pub(crate) vault: Arc<FakeVault>,
    pub(crate) venues: Vec<Arc<SimVenue>>,
    pub(crate) users: Vec<UserId>,
    /// One of them whose keys sign only while the user is present.
    pub(crate) attended: Option<UserId>,
    /// What everything is quoted in.
    pub(crate) money: &'static str,
    /// What every user has of it at every venue in the beginning: plenty, or so little that some orders need the money of several.
    pub(crate) deposit: Decimal,
    /// What users sell short and buy back, where they do: they have a deposit of it at every venue.
    pub(crate) shorted: Option<Symbol>,
    config: EngineConfig,
    policy: RoutingPolicy,
    entropy: Arc<nija_core::SeededEntropy>,
}

/// A ledger on a disk that is slow or full at times.
struct Disk(Arc<Trouble>);

impl Pace for Disk {
    fn before(&self) -> (Duration, bool) {
        (self.0.dice.millis(0..4), self.0.strikes(self.0.appends))
    }

    fn after(&self) -> Duration {
        self.0.dice.millis(0..3)
    }
}

/// What everything is quoted in: mostly dollars, in some seeds a stablecoin or euros.
fn money_of(seed: u64) -> &'static str {
    match seed % 9 {
        5 => "USDT",
        7 => "EUR",
        _ => "USD",
    }
}

/// USD for one unit of it, at all times.
pub(crate) fn usd(money: &str) -> Decimal {
    if money == "EUR" { Decimal::new(125, 2) } else { Decimal::ONE }
}

fn limits() -> RiskLimits {
    let mut limits = loose();
    limits.basic.largest_position = Some(Decimal::from(LARGEST_POSITION));
    limits
}

fn contract(name: &str, dice: &Dice) -> VenueContract {
    let (returns, rejects) = (RepeatedClientId::ReturnsExisting, RepeatedClientId::Rejected);
    let lookups = [OrderLookup::ByClientId, OrderLookup::OpenThenClosed, OrderLookup::ListAndMatch];
    let second = Duration::from_secs(1);
    let bounds = [
        AmbiguityBound::Deadline(second),
        AmbiguityBound::Deadline(5 * second),
        AmbiguityBound::Deadline(30 * second),
        AmbiguityBound::Unbounded,
    ];
    VenueContract {
        venue: VenueId::new(name).unwrap(),
        name: "Simulated",
        needs_credential: true,
        repeated_client_id: *dice.pick(&[returns, rejects, RepeatedClientId::UniqueWhileOpen]),
        lookup: *dice.pick(&lookups),
        ambiguity_bound: *dice.pick(&bounds),
        limit_scopes: vec![LimitScope::Key],
        resting: *dice.pick(&[
            RestingOrders::ALL,
            RestingOrders::ALL,
            RestingOrders { limit: true, stop_limit: true, bracket: false },
            RestingOrders { limit: true, stop_limit: false, bracket: false },
        ]),
        ordered_nonces: false,
        reach: PriceReach {
            market: None,
            stop: *dice.pick(&[None, Some(Decimal::new(2, 2))]),
            bracket: dice.chance(25).then(|| Decimal::new(5, 2)),
        },
    }
}

impl Platform {
    /// Every seed a world of its own. In some, the first user has no trouble at all, and the others have a lot of their own
    /// making: it must not be felt.
    pub(crate) fn new(seed: u64) -> Self {
        let dice = Dice::new(seed);
        let clock = TestClock::new();
        let ledger = Arc::new(MemoryLedger::default());
        let witness = Arc::new(Witness::new(&ledger, &clock));
        let users: Vec<_> = (1..=dice.number(2..5)).map(user).collect();
        let calm = (seed % 5 == 4).then(|| users[0]);
        let trouble = Arc::new(Trouble::new(dice.clone(), calm));
        let shorted = (seed % 4 == 2).then(|| symbol(&format!("ETH-{}", money_of(seed))));
        // Who sells short has the money to buy it back at any price.
        let deposit = Decimal::from(if shorted.is_some() { 5_000 } else { *dice.pick(&[5_000, 5_000, 110]) });
        let vault = Arc::new(FakeVault::default());
        ledger.set_pace(Arc::new(Disk(trouble.clone())));
        let sealed = trouble.clone();
        vault.fail_when(move || sealed.strikes(sealed.signers));
        let money = money_of(seed);
        let pair = |base: &str| symbol(&format!("{base}-{money}"));
        let names = ["a", "b", "c"];
        let venues: Vec<_> = (0..usize::try_from(dice.number(1..4)).unwrap())
            .map(|place| {
                let contract = contract(names[place], &dice);
                // Within what a bound allows for.
                let skew = match contract.ambiguity_bound {
                    AmbiguityBound::Deadline(bound) if bound < Duration::from_secs(5) => {
                        dice.number(0..1_500)
                    }
                    _ => dice.number(0..5_000),
                };
                let skew = i64::try_from(skew).unwrap() * 1000 - 500_000;
                let mut exchange = Exchange::new(contract, dice.chance(70), skew);
                // Long enough for it: the last moment of sending is five seconds after the first.
                if exchange.contract.ambiguity_bound == AmbiguityBound::Deadline(Duration::from_secs(30)) {
                    exchange.lag = Duration::from_secs(*dice.pick(&[0, 20]));
                }
                for (base, price) in [("BTC", 60_000), ("ETH", 3_000)] {
                    let price = Decimal::from(price) + Decimal::new(i64::try_from(place).unwrap(), 1);
                    exchange.prices.insert(pair(base), price);
                }
                if usd(money) != Decimal::ONE {
                    // Nobody trades it: it is there to measure.
                    exchange.prices.insert(symbol(&format!("{money}-USD")), usd(money));
                }
                exchange.fees = *dice.pick(&[FeesFrom::Quote, FeesFrom::Received, FeesFrom::Third]);
                // Enough for all of it, or for the first few fills.
                let fee_deposit = match exchange.fees {
                    FeesFrom::Third => *dice.pick(&[Decimal::from(100), Decimal::new(1, 1)]),
                    FeesFrom::Quote | FeesFrom::Received => Decimal::ZERO,
                };
                exchange.prices.insert(pair(FEE_ASSET), Decimal::from(FEE_ASSET_PRICE));
                for user in &users {
                    let totals = &mut exchange.account(*user).totals;
                    totals.insert(money.to_owned(), deposit);
                    if let Some(shorted) = &shorted {
                        totals.insert(shorted.base().to_owned(), GOODS);
                    }
                    totals.insert(FEE_ASSET.to_owned(), fee_deposit);
                    vault.grant(*user, &exchange.venue, clock.now());
                }
                // Thin enough that an order finds more at two venues than at one.
                exchange.touch = (!seed.is_multiple_of(3)).then(|| Decimal::from(60));
                Arc::new(SimVenue::new(place, fee_deposit, exchange, &clock, &trouble, &witness))
            })
            .collect();
        let mut config = EngineConfig { limits: limits(), ..EngineConfig::default() };
        config.lane.workers = usize::try_from(dice.number(1..5)).unwrap();
        // The last only gives fees their worth.
        config.symbols = ["BTC", "ETH", FEE_ASSET].into_iter().map(pair).collect();
        // Marks are no part of what is checked here.
        config.mark_interval = Duration::from_secs(3);
        if seed % 2 == 1 {
            // Small orders are large here, so that some of them go out in slices.
            config.slicing = SlicingConfig {
                above: nija_core::Notional::new(Decimal::from(90)).ok(),
                slices: u32::try_from(dice.number(2..5)).unwrap(),
                every: dice.millis(300..2_500),
            };
        }
        let policy =
            if seed.is_multiple_of(3) { RoutingPolicy::WeightedScore } else { RoutingPolicy::ExpectedCost };
        let entropy = Arc::new(nija_core::SeededEntropy::new(seed));
        let attended = users.last().copied().filter(|_| seed % 3 == 2);
        if let Some(user) = attended {
            vault.keep_by_session(user);
        }
        Self {
            clock,
            dice,
            trouble,
            witness,
            ledger,
            vault,
            venues,
            users,
            attended,
            money,
            deposit,
            shorted,
            config,
            policy,
            entropy,
        }
    }

    /// The side that opens positions in a symbol.
    pub(crate) fn opens(&self, symbol: &Symbol) -> Side {
        if self.shorted.as_ref() == Some(symbol) { Side::Sell } else { Side::Buy }
    }

    /// What every user has of an asset besides money at every venue in the beginning.
    pub(crate) fn goods(&self, asset: &str) -> Decimal {
        let sold = self.shorted.as_ref().filter(|shorted| shorted.base() == asset);
        sold.map_or(Decimal::ZERO, |_| GOODS)
    }

    /// A new process on what is there.
    pub(crate) async fn start(&self) -> Result<Arc<Engine>, crate::EngineError> {
        let executors = self.venues.iter().map(|venue| venue.clone() as Arc<dyn Executor>).collect();
        Engine::start(EngineParts {
            vault: self.vault.clone(),
            ledger: self.ledger.clone(),
            executors,
            bus: Arc::new(TestBus::default()),
            router: Arc::new(
                Policies::new(RoutingConfig { policy: self.policy, ..RoutingConfig::default() }).unwrap(),
            ),
            risk: RiskChain::new(default_policies(&self.config.limits)).unwrap(),
            clock: Arc::new(self.clock.clone()),
            entropy: self.entropy.clone(),
            config: self.config.clone(),
        })
        .await
    }

    /// What users trade.
    pub(crate) fn symbols(&self) -> Vec<Symbol> {
        self.config.symbols.iter().filter(|symbol| symbol.base() != FEE_ASSET).cloned().collect()
    }
}
