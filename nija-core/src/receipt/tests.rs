use proptest::prelude::*;
use rust_decimal::Decimal;
use std::time::Duration;

use super::*;
use crate::{
    Candidate, ExecutionId, ExecutionMethod, Fill, Ineligible, JournalEvent, Liquidity, Notional, OrderLeg,
    OrderSize, RoutePlan, SeededEntropy, Side, Symbol, TradeSignal, UserId, VenueClientId, VenueFill,
    VenueOrderId,
};

const START: Timestamp = Timestamp::from_micros(1_760_000_000_000_000);

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn price(value: Decimal) -> Price {
    Price::new(value).unwrap()
}

/// A journal in the making: each record a millisecond after the one before.
struct Story {
    intent: OrderIntent,
    records: Vec<JournalRecord>,
}

impl Story {
    fn new(side: Side) -> Self {
        let entropy = SeededEntropy::new(1);
        let size = OrderSize::Quote(Notional::new(dec("100")).unwrap());
        let user = UserId::generate(START, &entropy);
        let symbol = Symbol::new("BTC-USD").unwrap();
        let signal = TradeSignal::market(user, "first".parse().unwrap(), symbol, side, size);
        let intent = OrderIntent::new(crate::OrderId::generate(START, &entropy), START, signal);
        let mut story = Self { intent: intent.clone(), records: Vec::new() };
        story.push(JournalEvent::IntentAccepted { intent });
        story
    }

    fn at(&self, index: u64) -> Timestamp {
        START.plus(Duration::from_millis(index))
    }

    fn push(&mut self, event: JournalEvent) -> Timestamp {
        let at = self.at(self.records.len() as u64);
        let seq = self.records.len() as u64 + 1;
        self.records.push(JournalRecord { seq, user: self.intent.signal.user, at, event });
        at
    }

    fn decision(&self, venue: Option<&str>, expected: Decimal) -> RouteDecision {
        let plan = RoutePlan {
            quantity: Quantity::new(dec("10")).unwrap(),
            kind: OrderKind::Market,
            price: price(expected),
            fees: dec("0.4"),
            latency: Some(Duration::from_millis(30)),
        };
        let chosen = venue.map(|venue| Candidate {
            venue: VenueId::new(venue).unwrap(),
            score: Some(dec("80")),
            cost: None,
            factors: Vec::new(),
            rejections: Vec::new(),
            plan: Some(plan),
        });
        let refused = Candidate {
            venue: VenueId::new("closed").unwrap(),
            score: None,
            cost: None,
            factors: Vec::new(),
            rejections: vec![Ineligible::MarketClosed],
            plan: None,
        };
        RouteDecision {
            symbol: self.intent.signal.symbol.clone(),
            side: self.intent.signal.side,
            policy: "weighted_score".into(),
            venue: venue.map(|venue| VenueId::new(venue).unwrap()),
            reason: "the best score".to_owned(),
            candidates: chosen.into_iter().chain([refused]).collect(),
            decided_at: START,
            split: Vec::new(),
            incomplete: None,
        }
    }

    fn route(&mut self, attempt: u32, venue: &str, expected: Decimal) -> Timestamp {
        let leg = OrderLeg {
            venue: VenueId::new(venue).unwrap(),
            attempt,
            client_id: VenueClientId::derive(self.intent.id, attempt),
            venue_order_id: None,
            quantity: Quantity::new(dec("10")).unwrap(),
            kind: OrderKind::Market,
            reference_price: price(expected),
            deadline: self.at(60_000),
        };
        let decision = self.decision(Some(venue), expected);
        self.push(JournalEvent::Routed { order: self.intent.id, decision, leg })
    }

    fn state(&mut self, state: OrderState, reason: Option<Reason>, sent_at: Option<Timestamp>) -> Timestamp {
        let order = self.intent.id;
        self.push(JournalEvent::StateChanged { order, state, reason, venue_order_id: None, sent_at })
    }

    fn dead(&mut self, attempt: u32, sent_at: Option<Timestamp>) -> Timestamp {
        let reason = Reason::new("venue_unavailable", "it does not answer");
        self.push(JournalEvent::AttemptEnded { order: self.intent.id, attempt, sent_at, reason })
    }

    fn fill(
        &mut self,
        (attempt, venue): (u32, &str),
        quantity: Decimal,
        at: Decimal,
        fee: Decimal,
    ) -> Timestamp {
        let execution = VenueFill {
            venue: VenueId::new(venue).unwrap(),
            execution_id: ExecutionId::new(&format!("e{}", self.records.len())).unwrap(),
            venue_order_id: VenueOrderId::new("o").unwrap(),
            client_id: Some(VenueClientId::derive(self.intent.id, attempt)),
            symbol: self.intent.signal.symbol.clone(),
            side: self.intent.signal.side,
            quantity: Quantity::new(quantity).unwrap(),
            price: price(at),
            fee_asset: "USD".to_owned(),
            fee,
            liquidity: Liquidity::Taker,
            at: START,
        };
        let (user, order) = (self.intent.signal.user, Some(self.intent.id));
        self.push(JournalEvent::Filled(Fill { user, order, fee_in_quote: fee, execution }))
    }

    fn receipt(&self) -> Receipt {
        Receipt::from_journal(&self.records).unwrap().unwrap()
    }
}

#[test]
fn a_fee_that_is_valued_later_counts_for_the_attempt_of_its_fill() {
    let mut story = Story::new(Side::Buy);
    story.route(0, "a", dec("100"));
    story.dead(0, None);
    story.route(1, "b", dec("100"));
    story.fill((1, "b"), dec("1"), dec("100"), dec("0"));
    let Some(JournalEvent::Filled(fill)) = story.records.last().map(|record| record.event.clone()) else {
        panic!("it filled")
    };
    let before = story.receipt();
    story.push(JournalEvent::FeeValued { fill: Fill { fee_in_quote: dec("0.5"), ..fill } });
    let receipt = story.receipt();
    let fees: Vec<_> = receipt.attempts.iter().map(|attempt| attempt.execution.fees).collect();
    assert_eq!((fees, receipt.total.fees, receipt.total.fills), (vec![dec("0"), dec("0.5")], dec("0.5"), 1));
    assert_eq!(receipt.times, before.times);
}

#[test]
fn a_fill_above_the_expected_price_costs_a_buyer_and_pays_a_seller() {
    for (side, slippage, bps) in [(Side::Buy, "1", "10"), (Side::Sell, "-1", "-10")] {
        let mut story = Story::new(side);
        let routed = story.route(0, "a", dec("100"));
        let sent = story.at(1);
        let acknowledged = story.state(OrderState::Working, None, Some(sent));
        let first = story.fill((0, "a"), dec("4"), dec("100"), dec("0.2"));
        let last = story.fill((0, "a"), dec("6"), dec("100.1666666666666666666666667"), dec("0.3"));
        let receipt = story.receipt();
        assert_eq!((receipt.state, receipt.total.fills), (OrderState::Filled, 2));
        assert_eq!(receipt.total.slippage.round_dp(20).normalize(), dec(slippage), "{side}");
        assert_eq!(receipt.total.slippage_bps(), Some(dec(bps)), "{side}");
        assert_eq!(receipt.shortfall_bps(), receipt.total.slippage_bps());
        assert_eq!(receipt.total.fees, dec("0.5"));
        let times = Times {
            taken_up: Some(START),
            routed: Some(routed),
            sent: Some(sent),
            acknowledged: Some(acknowledged),
            first_fill: Some(first),
            last_fill: Some(last),
            ended: Some(last),
        };
        assert_eq!((receipt.times, receipt.attempts[0].times), (times, times));
    }
}

#[test]
fn a_failover_shows_why_it_moved_on_and_what_the_price_did_meanwhile() {
    let mut story = Story::new(Side::Buy);
    story.route(0, "a", dec("100"));
    let dead = story.dead(0, Some(story.at(1)));
    story.route(1, "b", dec("101"));
    story.state(OrderState::Working, None, None);
    story.fill((1, "b"), dec("10"), dec("102"), dec("1"));
    let receipt = story.receipt();
    let [first, second] = receipt.attempts.as_slice() else { panic!("{receipt:?}") };
    assert_eq!((first.state, first.times.ended), (OrderState::Failed, Some(dead)));
    assert_eq!(first.reason.as_ref().unwrap().code, "venue_unavailable");
    assert_eq!((first.times.sent, first.execution), (Some(story.at(1)), Execution::default()));
    assert_eq!((second.state, second.execution.slippage), (OrderState::Filled, dec("10")));
    assert_eq!((receipt.total.slippage, receipt.shortfall), (dec("10"), dec("20")));
    assert_eq!(receipt.shortfall_bps(), Some(dec("200")));
    let venues: Vec<_> =
        receipt.venues.iter().map(|it| (it.venue.as_str(), it.attempts, it.execution.fills)).collect();
    assert_eq!(venues, [("a", 1, 0), ("b", 1, 1)]);
}

#[test]
fn an_order_that_never_filled_says_why() {
    let mut refused = Story::new(Side::Buy);
    refused.state(OrderState::Rejected, Some(Reason::new("daily_loss", "you lost too much")), None);
    let receipt = refused.receipt();
    assert_eq!((receipt.attempts.len(), receipt.arrival_price), (0, None));
    assert_eq!(receipt.reason.unwrap().code, "daily_loss");
    assert_eq!((receipt.total.slippage_bps(), receipt.times.ended), (None, Some(refused.at(1))));

    let mut nowhere = Story::new(Side::Buy);
    let decision = nowhere.decision(None, dec("1"));
    nowhere.push(JournalEvent::NotRouted { order: nowhere.intent.id, decision });
    nowhere.state(OrderState::Failed, Some(Reason::new("no_execution_venue_available", "no venue")), None);
    let receipt = nowhere.receipt();
    assert_eq!(receipt.not_routed.unwrap().candidates[0].rejections, [Ineligible::MarketClosed]);

    let mut given_up = Story::new(Side::Buy);
    given_up.route(0, "a", dec("100"));
    given_up.dead(0, None);
    let decision = given_up.decision(None, dec("1"));
    given_up.push(JournalEvent::NotRouted { order: given_up.intent.id, decision });
    given_up.state(OrderState::Failed, Some(Reason::new("no_execution_venue_available", "no venue")), None);
    let receipt = given_up.receipt();
    assert_eq!(receipt.attempts[0].reason.as_ref().unwrap().code, "venue_unavailable");
    assert_eq!(receipt.reason.unwrap().code, "no_execution_venue_available");
}

#[test]
fn a_lost_answer_is_no_acknowledgement() {
    let mut story = Story::new(Side::Buy);
    story.route(0, "a", dec("100"));
    story.state(OrderState::Unknown, Some(Reason::new("answer_lost", "?")), Some(story.at(1)));
    let doubt = story.receipt();
    assert_eq!((doubt.times.sent, doubt.times.acknowledged), (Some(story.at(1)), None));
    assert_eq!(doubt.attempts[0].reason.as_ref().unwrap().code, "answer_lost");
    let filled = story.fill((0, "a"), dec("10"), dec("100"), dec("0"));
    assert_eq!(story.receipt().times.acknowledged, Some(filled));
}

#[test]
fn a_parents_receipt_adds_up_its_childrens() {
    let mut parent = Story::new(Side::Buy);
    let scheduled = parent.push(JournalEvent::Scheduled {
        order: parent.intent.id,
        method: ExecutionMethod::Split,
        size: None,
        decision: None,
    });
    let child = |venue: &str, expected: &str, at: &str| {
        let mut story = Story::new(Side::Buy);
        story.route(0, venue, dec(expected));
        story.fill((0, venue), dec("10"), dec(at), dec("1"));
        story.receipt()
    };
    let children = vec![child("a", "100", "101"), child("b", "102", "102"), child("a", "100", "99")];
    let whole = parent.receipt().with_children(children.clone());
    assert_eq!((whole.method, whole.times.routed), (Some(ExecutionMethod::Split), Some(scheduled)));
    assert_eq!((whole.total.fills, whole.total.filled, whole.total.fees), (3, dec("30"), dec("3")));
    assert_eq!((whole.total.slippage, whole.shortfall), (dec("0"), dec("20")));
    assert_eq!(whole.arrival_price, children[0].arrival_price);
    let venues: Vec<_> =
        whole.venues.iter().map(|it| (it.venue.as_str(), it.attempts, it.execution.fills)).collect();
    assert_eq!(venues, [("a", 2, 2), ("b", 1, 1)]);
    assert!(whole.times.first_fill.is_some() && whole.times.first_fill <= whole.times.last_fill);
    assert_eq!(whole.children, children);
}

#[test]
fn records_without_an_intent_make_no_receipt() {
    assert_eq!(Receipt::from_journal(&[]), Ok(None));
    let mut story = Story::new(Side::Buy);
    story.route(0, "a", dec("100"));
    assert_eq!(Receipt::from_journal(&story.records[1..]), Ok(None));
}

proptest! {
    #[test]
    fn the_parts_are_the_whole(
        buys in any::<bool>(),
        attempts in prop::collection::vec(
            (0usize..3, 1i64..100_000, prop::collection::vec((1i64..1000, 1i64..100_000, -100i64..1000), 0..5)),
            1..6,
        ),
    ) {
        let side = if buys { Side::Buy } else { Side::Sell };
        let mut story = Story::new(side);
        let (mut filled, mut notional, mut slippage, mut fees) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
        let mut count = 0;
        let venue_of = |venue: &usize| ["a", "b", "c"][*venue];
        for (number, (venue, expected, _)) in (0u32..).zip(&attempts) {
            if number > 0 {
                story.dead(number - 1, None);
            }
            story.route(number, venue_of(venue), Decimal::new(*expected, 2));
        }
        // A fill is of the attempt whose id it carries, however late it is told.
        for (number, (venue, expected, fills)) in (0u32..).zip(&attempts) {
            let expected = Decimal::new(*expected, 2);
            for (quantity, at, fee) in fills {
                let (quantity, at, fee) = (Decimal::new(*quantity, 5), Decimal::new(*at, 2), Decimal::new(*fee, 3));
                story.fill((number, venue_of(venue)), quantity, at, fee);
                count += 1;
                filled += quantity;
                notional += quantity * at;
                slippage += if buys { quantity * (at - expected) } else { quantity * (expected - at) };
                fees += fee;
            }
        }
        let receipt = story.receipt();
        let of_attempts = receipt.attempts.iter().fold(Execution::default(), |sum, one| sum.plus(one.execution));
        let of_venues = receipt.venues.iter().fold(Execution::default(), |sum, one| sum.plus(one.execution));
        prop_assert_eq!((of_attempts, of_venues), (receipt.total, receipt.total));
        let total = receipt.total;
        prop_assert_eq!((total.fills, total.filled, total.notional), (count, filled, notional));
        prop_assert_eq!((total.slippage, total.fees, total.cost()), (slippage, fees, slippage + fees));
        let tried: usize = receipt.venues.iter().map(|it| it.attempts).sum();
        prop_assert_eq!(tried, attempts.len());
    }
}
