//! Placing orders.

use nija_core::{
    Notional, OrderKind, Placement, Price, Quantity, RequestPurpose, TimeInForce, Timestamp, VenueAccount,
    VenueError, VenueOrder,
};

use super::{
    contract::{SHORTEST_WINDOW, WINDOW},
    error,
    executor::Okx,
    parse::{self, first, on_the_wire},
    symbols::Listed,
    wire,
};
use crate::public_list::PublicList;

const ORDER: &str = "/api/v5/trade/order";

impl Okx {
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
        let expires = self.expires(order.deadline())?;
        let (quantity, kind) = self.fitted(&listed, order, notional)?;
        if kind.waits() {
            let fitted = (quantity, kind);
            return self.place_waiting(account, &listed, order, fitted, expires, notional).await;
        }
        let body = new_order(&listed, order, quantity, kind);
        let purpose =
            RequestPurpose::PlaceOrder { symbol: order.symbol().clone(), side: order.side(), notional };
        let body = self.post(account, ORDER, &body, purpose, Some(expires)).await;
        let body = body.map_err(|error| self.market.of_symbol(error, order.symbol()))?;
        let placed: wire::Acted<'_> = first(&self.venue, "order", &body)?;
        if let Some(refusal) = error::of_entry(&self.venue, &placed) {
            return Err(self.market.of_symbol(refusal, order.symbol()));
        }
        let venue_order_id = parse::order_id(&self.venue, "order.data.0.ordId", &placed.ord_id)?;
        self.learn(&placed.ord_id, &venue_order_id, Some(order.client_id()));
        // The answer says that the order was taken, not what became of it.
        Ok(Placement { venue_order_id, report: None, fills: Vec::new() })
    }

    /// The order on the instrument's lot and ticks and within its limits.
    fn fitted(
        &self,
        listed: &Listed,
        order: &VenueOrder,
        notional: Notional,
    ) -> Result<(Quantity, OrderKind), VenueError> {
        // What the order is worth says at which price it is valued.
        let worth = notional.get().checked_div(order.quantity().get());
        let reference = worth.and_then(|price| Price::new(price).ok()).or(order.kind().worst_price());
        let reference = reference.ok_or_else(|| self.not_sent("its quantity is zero"))?;
        Ok(listed.fit(order.side(), order.kind(), order.quantity(), reference)?)
    }

    /// The millisecond, by OKX's clock, after which the order must not be taken up: never later than its own deadline, and never so
    /// late that the contract's bound would not hold. An order that has next to no time left is not sent at all.
    fn expires(&self, deadline: Timestamp) -> Result<i64, VenueError> {
        let now = self.market.clock.now();
        if deadline.since(now) < SHORTEST_WINDOW {
            return Err(self.not_sent("too little time is left before its deadline"));
        }
        let last = self.market.offset.at_venue(deadline.min(now.plus(WINDOW)));
        Ok(last.micros().div_euclid(1000))
    }
}

fn new_order<'a>(
    listed: &'a Listed,
    order: &VenueOrder,
    quantity: Quantity,
    kind: OrderKind,
) -> wire::NewOrder<'a> {
    let price = kind.worst_price();
    let market = price.is_none();
    wire::NewOrder {
        inst_id: listed.name(),
        // Spot without borrowing, in spot and in futures mode (Place order, `tdMode`).
        td_mode: "cash",
        cl_ord_id: on_the_wire(order.client_id()),
        side: order.side().as_str(),
        ord_type: match (market, order.time_in_force()) {
            (true, _) => "market",
            (false, TimeInForce::Ioc) => "ioc",
            (false, TimeInForce::Gtc) => "limit",
        },
        sz: quantity.to_string(),
        px: price.map(|price| price.to_string()),
        // Else the quantity of a buy would count in quote units...
        tgt_ccy: market.then_some("base_ccy"),
        // ...and an order that the balance does not cover would be made smaller instead of refused.
        ban_amend: market.then_some(true),
    }
}
