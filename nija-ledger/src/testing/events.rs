//! Made-up events that look like real ones.

use nija_core::{
    Candidate, ClientOrderId, ExecutionId, ExecutionMethod, Fill, Ineligible, JournalBatch, JournalEvent,
    Liquidity, OrderId, OrderIntent, OrderKind, OrderLeg, OrderSize, OrderState, PageRequest, Price,
    Quantity, RouteDecision, RoutePlan, RouteShare, SeededEntropy, Side, SignalType, Symbol, TimeInForce,
    Timestamp, TradeSignal, UserId, VenueClientId, VenueFill, VenueId, VenueOrderId,
};
use rust_decimal::Decimal;
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes events of one user; the same seed makes the same ones.
#[derive(Debug)]
pub struct Events {
    /// Whose.
    pub user: UserId,
    entropy: SeededEntropy,
    now: AtomicU64,
}

impl Events {
    /// A user of their own for each seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let entropy = SeededEntropy::new(seed);
        Self {
            user: UserId::generate(Timestamp::from_micros(0), &entropy),
            entropy,
            now: AtomicU64::new(1_700_000_000_000_000),
        }
    }

    /// A moment a millisecond after the one before; starts in November 2023.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_micros(i64::try_from(self.now.fetch_add(1000, Ordering::Relaxed)).unwrap())
    }

    /// A batch of this user.
    pub fn batch(&self, events: Vec<JournalEvent>) -> JournalBatch {
        JournalBatch { user: self.user, at: self.now(), events }
    }

    /// An intent to buy for 50 USD.
    pub fn intent(&self, client_order_id: &str, symbol: &str) -> OrderIntent {
        let received_at = self.now();
        let signal = TradeSignal {
            user: self.user,
            client_order_id: ClientOrderId::new(client_order_id).unwrap(),
            symbol: Symbol::new(symbol).unwrap(),
            side: Side::Buy,
            size: OrderSize::Quote("50".parse::<Decimal>().unwrap().try_into().unwrap()),
            kind: OrderKind::Market,
            time_in_force: TimeInForce::Gtc,
            signal_type: SignalType::Entry,
            venue: None,
            strategy: Some("apex".to_owned()),
            protection: None,
        };
        OrderIntent::new(OrderId::generate(received_at, &self.entropy), received_at, signal)
    }

    /// An intent by which another is carried out.
    pub fn child(&self, parent: &OrderIntent, client_order_id: &str) -> OrderIntent {
        let child = self.intent(client_order_id, parent.signal.symbol.as_str());
        OrderIntent { parent: Some(parent.id), ..child }
    }

    /// An order is carried out in slices from now on.
    #[must_use]
    pub fn scheduled(intent: &OrderIntent) -> JournalEvent {
        let method = ExecutionMethod::Twap { slices: 4, every_ms: 30_000 };
        JournalEvent::Scheduled { order: intent.id, method, size: Some(intent.signal.size), decision: None }
    }

    /// Two venues take an order together.
    #[must_use]
    pub fn split(intent: &OrderIntent, venues: [&str; 2]) -> JournalEvent {
        let share = |venue| {
            let plan = RoutePlan {
                quantity: amount("0.0004"),
                kind: OrderKind::Market,
                price: price("63120.10"),
                fees: Decimal::new(1, 2),
                latency: None,
            };
            RouteShare { venue: VenueId::new(venue).unwrap(), plan, cost: None }
        };
        let decision = RouteDecision { split: venues.map(share).into(), ..decision(intent, None) };
        JournalEvent::Scheduled {
            order: intent.id,
            method: ExecutionMethod::Split,
            size: Some(intent.signal.size),
            decision: Some(decision),
        }
    }

    /// Taking an intent up.
    #[must_use]
    pub fn accepted(intent: &OrderIntent) -> JournalEvent {
        JournalEvent::IntentAccepted { intent: intent.clone() }
    }

    /// Routing an order to a venue, `quantity` base units.
    #[must_use]
    pub fn routed(intent: &OrderIntent, venue: &str, attempt: u32, quantity: &str) -> JournalEvent {
        let venue = VenueId::new(venue).unwrap();
        JournalEvent::Routed {
            order: intent.id,
            decision: decision(intent, Some(venue.clone())),
            leg: OrderLeg {
                venue,
                attempt,
                client_id: VenueClientId::derive(intent.id, attempt),
                venue_order_id: None,
                quantity: amount(quantity),
                kind: OrderKind::Market,
                reference_price: price("63120.10"),
                deadline: intent.received_at.plus(std::time::Duration::from_secs(60)),
            },
        }
    }

    /// No venue.
    #[must_use]
    pub fn not_routed(intent: &OrderIntent) -> JournalEvent {
        JournalEvent::NotRouted { order: intent.id, decision: decision(intent, None) }
    }

    /// A change of state.
    #[must_use]
    pub fn state(order: OrderId, state: OrderState) -> JournalEvent {
        JournalEvent::StateChanged { order, state, reason: None, venue_order_id: None, sent_at: None }
    }

    /// A fill, of an order or from elsewhere.
    pub fn fill(
        &self,
        order: Option<OrderId>,
        (venue, symbol, execution): (&str, &str, &str),
        (side, quantity, at_price, fee): (Side, &str, &str, &str),
    ) -> Fill {
        Fill {
            user: self.user,
            order,
            fee_in_quote: fee.parse().unwrap(),
            execution: VenueFill {
                venue: VenueId::new(venue).unwrap(),
                execution_id: ExecutionId::new(execution).unwrap(),
                venue_order_id: VenueOrderId::new(&format!("O-{execution}")).unwrap(),
                client_id: order.map(|order| VenueClientId::derive(order, 0)),
                symbol: Symbol::new(symbol).unwrap(),
                side,
                quantity: amount(quantity),
                price: price(at_price),
                fee_asset: "USD".to_owned(),
                fee: fee.parse().unwrap(),
                liquidity: Liquidity::Taker,
                at: self.now(),
            },
        }
    }
}

/// The newest `limit` rows.
pub(super) const fn newest(limit: usize) -> PageRequest {
    PageRequest { before: None, limit }
}

fn amount(text: &str) -> Quantity {
    Quantity::new(text.parse().unwrap()).unwrap()
}

fn price(text: &str) -> Price {
    Price::new(text.parse().unwrap()).unwrap()
}

fn decision(intent: &OrderIntent, venue: Option<VenueId>) -> RouteDecision {
    let refused = Candidate {
        venue: VenueId::new("coinbase").unwrap(),
        score: None,
        factors: Vec::new(),
        cost: None,
        rejections: vec![Ineligible::NoCredentials],
        plan: None,
    };
    let chosen = venue.clone().map(|venue| Candidate {
        venue,
        score: Some(Decimal::new(8125, 2)),
        factors: Vec::new(),
        cost: None,
        rejections: Vec::new(),
        plan: None,
    });
    RouteDecision {
        symbol: intent.signal.symbol.clone(),
        side: intent.signal.side,
        policy: "weighted_score".into(),
        venue,
        reason: "the best score of the venues that can take it".to_owned(),
        candidates: chosen.into_iter().chain([refused]).collect(),
        split: Vec::new(),
        incomplete: None,
        decided_at: intent.received_at,
    }
}
