//! Placing orders.

use nija_core::{
    ExecutionReport, FilterError, Instrument, Notional, OrderKind, Placement, Price, Quantity,
    RequestPurpose, Side, Timestamp, VenueAccount, VenueClientId, VenueError, VenueOrder, VenueOrderId,
};
use parking_lot::Mutex;
use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use super::{
    contract::{SHORTEST_DEADLINE, TOKEN_LIFE},
    error::{is_unknown_product, order_refused},
    executor::Coinbase,
    kind::{bracket_limit, terms},
    parse::order_id,
    wire,
};
use crate::decode::{decode, unreadable};
use crate::public_list::PublicList;

impl Coinbase {
    pub(super) async fn place(
        &self,
        account: &VenueAccount,
        order: &VenueOrder,
        notional: Notional,
    ) -> Result<Placement, VenueError> {
        if order.user() != account.user {
            return Err(self.not_sent("the order is another user's"));
        }
        let listed = self.market.listed(order.symbol()).await?;
        let (quantity, kind) = fitted(&listed.instrument, order, notional)?;
        self.bracket_is_kept(&listed.instrument, order.side(), kind)?;
        let expires = self.expires(order.deadline())?;
        let body = wire::NewOrder {
            client_order_id: order.client_id().to_string(),
            product_id: &listed.instrument.venue_symbol,
            side: if order.side() == Side::Buy { "BUY" } else { "SELL" },
            order_configuration: terms(order.side(), kind, quantity, order.time_in_force()),
        };
        let purpose =
            RequestPurpose::PlaceOrder { symbol: order.symbol().clone(), side: order.side(), notional };
        let is_new = self.sent.is_new(order.client_id(), self.market.clock.now());
        let path = "/api/v3/brokerage/orders";
        let body = self.post(account, path, &body, purpose, Some(expires)).await;
        let body = body.map_err(|error| self.came_late(error, expires))?;
        let created: wire::Created = decode(&self.venue, "orders", &body)?;
        let placed = match (created.success, created.success_response) {
            (true, Some(placed)) => placed,
            (true, None) => return Err(unreadable(&self.venue, "orders.success_response", "missing")),
            (false, _) => {
                let refused = order_refused(&self.venue, &created.error_response.unwrap_or_default());
                let unknown = is_unknown_product(&refused);
                return Err(if unknown { self.market.not_listed(order.symbol()) } else { refused });
            }
        };
        let venue_order_id = order_id(&self.venue, "orders.success_response.order_id", &placed.order_id)?;
        // An id that may have been used before gave back whatever order it named then, under the new order's words.
        let report = if is_new {
            None
        } else {
            Some(self.same(account, order, (quantity, kind), &venue_order_id).await?)
        };
        self.client_ids.learn(&placed.order_id, Some(order.client_id()));
        Ok(Placement { venue_order_id, report, fills: Vec::new() })
    }

    /// Refuses a bracket whose stop Coinbase might sell below, or buy above, what the user accepts: its limit is Coinbase's own.
    fn bracket_is_kept(&self, rules: &Instrument, side: Side, kind: OrderKind) -> Result<(), VenueError> {
        let OrderKind::Bracket { stop, price, .. } = kind else { return Ok(()) };
        let own = bracket_limit(side, stop, rules.tick_size)
            .ok_or_else(|| FilterError::OutOfRange { venue: self.venue.clone() })?;
        let (worse, sells, no_further) = match side {
            Side::Sell => (own < price, "sells down to 5 % below", "less"),
            Side::Buy => (own > price, "buys up to 5 % above", "more"),
        };
        if !worse {
            return Ok(());
        }
        let quote = rules.symbol.quote();
        Err(VenueError::Rejected {
            venue: self.venue.clone(),
            code: "bracket_limit".to_owned(),
            message: format!(
                "the stop of a bracket {sells} its trigger there, here to {own} {quote}, and a limit of {price} {quote} cannot be \
                 kept: accept {own} {quote} or {no_further}, or send a stop-limit order"
            ),
        })
    }

    /// Fetches what really stands behind an id and compares it with what was asked for.
    async fn same(
        &self,
        account: &VenueAccount,
        order: &VenueOrder,
        (quantity, kind): (Quantity, OrderKind),
        id: &VenueOrderId,
    ) -> Result<ExecutionReport, VenueError> {
        let found = self.order(account, id.as_str()).await.map_err(|error| VenueError::AnswerLost {
            venue: self.venue.clone(),
            message: format!("order {id} is there, and what it is could not be read: {error}"),
        })?;
        let Some(found) = found else {
            return Err(VenueError::AnswerLost {
                venue: self.venue.clone(),
                message: format!("order {id} was taken and cannot be found yet"),
            });
        };
        let same = found.symbol == *order.symbol()
            && found.side == order.side()
            && found.kind.keeps(kind, order.side())
            && found.quantity == quantity;
        if same {
            return Ok(found);
        }
        Err(VenueError::Rejected {
            venue: self.venue.clone(),
            code: "CLIENT_ORDER_ID_USED".to_owned(),
            message: format!("the client order id already names another order there ({id}); use a new one"),
        })
    }

    /// A token that had ended when it arrived is refused like a wrong one, and only its time was wrong.
    fn came_late(&self, error: VenueError, expires: i64) -> VenueError {
        let now = self.market.offset.at_venue(self.market.clock.now()).micros().div_euclid(1_000_000);
        match error {
            VenueError::KeyRefused { venue, .. } | VenueError::NonceRefused { venue, .. }
                if now >= expires =>
            {
                let message = "the order's time was over when it arrived, and it was not taken".to_owned();
                VenueError::Unavailable { venue, message }
            }
            other => other,
        }
    }

    /// The second at which the order's token ends: never later than its own deadline, by Coinbase's clock.
    fn expires(&self, deadline: Timestamp) -> Result<i64, VenueError> {
        let now = self.market.clock.now();
        if deadline.since(now) < SHORTEST_DEADLINE {
            return Err(self.not_sent("too little time is left before its deadline"));
        }
        let last = self.market.offset.at_venue(deadline.min(now.plus(TOKEN_LIFE)));
        Ok(last.micros().div_euclid(1_000_000))
    }
}

/// The order on the instrument's lot and tick and within its limits. A market order is valued by what was expected of it.
fn fitted(
    instrument: &Instrument,
    order: &VenueOrder,
    notional: Notional,
) -> Result<(Quantity, OrderKind), FilterError> {
    let expected =
        notional.get().checked_div(order.quantity().get()).and_then(|price| Price::new(price).ok());
    let reference = match order.kind() {
        OrderKind::Market => expected,
        kind => kind.worst_price(),
    };
    let nothing = || FilterError::BelowMinQuantity {
        quantity: order.quantity(),
        min: instrument.min_quantity,
        base: instrument.symbol.base().to_owned(),
        venue: instrument.venue.clone(),
    };
    let reference = reference.ok_or_else(nothing)?;
    instrument.fit(order.side(), order.kind(), order.quantity(), reference)
}

/// Client ids sent of late. It spares new orders the question what stands behind their id.
#[derive(Debug)]
pub(super) struct Sent {
    since: Timestamp,
    known: Mutex<(HashSet<VenueClientId>, VecDeque<VenueClientId>)>,
}

impl Sent {
    /// Ids remembered at most.
    const KEPT: usize = 50_000;
    /// Ids older than this count as used: they may have been forgotten here.
    const FRESH: Duration = Duration::from_secs(60);

    pub(super) fn new(since: Timestamp) -> Self {
        Self { since, known: Mutex::default() }
    }

    /// Whether an id cannot have been sent before: it was made (UUIDs of version 7 say when) a moment ago and since this
    /// executor began, and this executor has not sent it. Remembers it.
    pub(super) fn is_new(&self, id: VenueClientId, now: Timestamp) -> bool {
        let mut known = self.known.lock();
        let (ids, order) = &mut *known;
        if !ids.insert(id) {
            return false;
        }
        order.push_back(id);
        if order.len() > Self::KEPT
            && let Some(oldest) = order.pop_front()
        {
            ids.remove(&oldest);
        }
        made(id).is_some_and(|made| made >= self.since && made <= now && now.since(made) < Self::FRESH)
    }
}

/// When a UUID of version 7 was made.
fn made(id: VenueClientId) -> Option<Timestamp> {
    let uuid = id.as_uuid();
    if uuid.get_version_num() != 7 {
        return None;
    }
    let millis = i64::try_from(uuid.as_u128() >> 80).ok()?;
    millis.checked_mul(1000).map(Timestamp::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{OrderId, SeededEntropy};

    #[test]
    fn only_an_id_made_just_now_and_not_sent_before_is_new() {
        let at = |seconds: i64| Timestamp::from_micros(1_790_000_000_000_000 + seconds * 1_000_000);
        let entropy = SeededEntropy::new(1);
        let id = |seconds| VenueClientId::derive(OrderId::generate(at(seconds), &entropy), 0);
        let sent = Sent::new(at(0));
        let fresh = id(10);
        assert!(sent.is_new(fresh, at(11)));
        assert!(!sent.is_new(fresh, at(11)), "sent a moment ago");
        assert!(!sent.is_new(id(-5), at(11)), "made before this executor: another may have sent it");
        assert!(!sent.is_new(id(10), at(90)), "long enough ago to have been forgotten");
        assert!(!sent.is_new(id(20), at(11)), "made in the future");
        let random = uuid::Uuid::new_v4().to_string().parse().unwrap();
        assert!(!sent.is_new(random, at(11)), "says nothing of its age");
        for nth in 0..u32::try_from(Sent::KEPT).unwrap() + 10 {
            let order = OrderId::generate(at(20), &entropy);
            assert!(sent.is_new(VenueClientId::derive(order, nth), at(21)));
        }
        assert_eq!(sent.known.lock().0.len(), Sent::KEPT);
    }
}
