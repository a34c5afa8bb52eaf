//! Brackets: two orders at Alpaca, a limit and a stop of which one cancels the other, and one order here.
//!
//! "Placing Orders", OCO orders: the take-profit is the parent and bears our client id; the stop is its leg, with ids of its own, and is
//! `held` until it is needed. When the take-profit is executed in part, the stop is adjusted to the rest. Whichever trades ends the
//! other, as `canceled` or, by what others have seen of it, as `replaced`; a member that was replaced goes on under another id.

use nija_core::{
    ExecutionReport, OrderKind, OrderState, Price, Quantity, Timestamp, VenueAccount, VenueError, VenueId,
    VenueOrderId,
};
use rust_decimal::Decimal;
use std::time::Duration;

use super::{executor::Alpaca, parse, private::Query, symbols::Listed, wire};
use crate::decode::quantity;

/// Orders that replaced one another and belong to one bracket, at most.
const CHAIN: usize = 8;
/// A parent is looked for among the orders sent so much before or after its leg.
const AROUND: Duration = Duration::from_secs(60);

impl wire::Order {
    fn class(&self) -> &str {
        self.order_class.as_deref().unwrap_or_default()
    }

    /// Whether it may be linked to others: then it is not known from itself alone what it is.
    pub(super) fn is_linked(&self) -> bool {
        matches!(self.class(), "oco" | "bracket" | "oto")
    }

    /// Whether it is a pair with both its members.
    pub(super) fn is_pair(&self) -> bool {
        self.class() == "oco" && self.stop_leg().is_some()
    }

    /// Itself and its legs.
    pub(super) fn members(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(self.legs.iter().flatten())
    }

    /// A pair as it is; the legs of any other order as orders of their own.
    pub(super) fn apart(mut self) -> Vec<Self> {
        if self.is_pair() {
            return vec![self];
        }
        let legs = self.legs.take().unwrap_or_default();
        std::iter::once(self).chain(legs).collect()
    }

    fn stop_leg(&self) -> Option<&Self> {
        self.legs.iter().flatten().find(|leg| leg.stop_price.is_some())
    }

    fn is_over(&self) -> bool {
        parse::state(&self.status, Quantity::ZERO, Quantity::ZERO).is_final()
    }

    /// Those that may still trade.
    pub(super) fn open_members(&self) -> impl Iterator<Item = &Self> {
        self.members().filter(|member| !member.is_over())
    }

    /// Whether one of a pair has ended and the other has not followed yet.
    pub(super) fn is_half_over(&self) -> bool {
        self.open_members().count() > 0 && self.members().any(Self::is_over)
    }
}

/// A pair as one order.
pub(super) fn report(
    venue: &VenueId,
    order: &wire::Order,
    listed: &Listed,
) -> Result<ExecutionReport, VenueError> {
    let mut report = parse::single(venue, order, listed)?;
    let (mut filled, mut cost) = (Quantity::ZERO, Decimal::ZERO);
    for member in order.members() {
        let path = || format!("order.{}.filled_qty", member.id);
        let part = member.filled_qty.map_or(Ok(Quantity::ZERO), |part| quantity(venue, &path(), part.0))?;
        filled = filled.plus(part);
        let price = member.filled_avg_price.map_or(Decimal::ZERO, |price| price.0);
        cost = part.get().checked_mul(price).and_then(|part| cost.checked_add(part)).unwrap_or(cost);
        let moment = member.updated_at.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
        report.at = moment.map_or(report.at, |moment| moment.max(report.at));
    }
    report.kind = kind(order).unwrap_or(report.kind);
    report.state = state(order, filled, report.quantity);
    report.filled = filled;
    // An average written out to nine places, as Alpaca's own.
    report.average_price =
        cost.checked_div(filled.get()).and_then(|price| Price::new(price.round_dp(9).normalize()).ok());
    report.reason = None;
    Ok(report)
}

/// The stop of another program's pair may be without a limit: its trigger stands for it.
fn kind(order: &wire::Order) -> Option<OrderKind> {
    let price = |number: Option<crate::decode::Num>| number.and_then(|number| Price::new(number.0).ok());
    let leg = order.stop_leg()?;
    let stop = price(leg.stop_price)?;
    let take_profit = price(order.limit_price)?;
    Some(OrderKind::Bracket { take_profit, stop, price: price(leg.limit_price).unwrap_or(stop) })
}

/// It goes on while one of its members does.
fn state(order: &wire::Order, filled: Quantity, ordered: Quantity) -> OrderState {
    let has = |status: &str| order.members().any(|member| member.status == status);
    let over = order.open_members().next().is_none();
    match () {
        () if !ordered.is_zero() && filled >= ordered => OrderState::Filled,
        () if !over && filled.is_zero() => OrderState::Working,
        () if !over => OrderState::PartialFill,
        () if has("filled") => OrderState::Filled,
        () if has("rejected") => OrderState::Rejected,
        () if has("expired") => OrderState::Expired,
        () => OrderState::Cancelled,
    }
}

impl Alpaca {
    /// The pair that an order belongs to, as it is now; any other order as it came.
    pub(super) async fn whole(
        &self,
        account: &VenueAccount,
        order: wire::Order,
    ) -> Result<wire::Order, VenueError> {
        let has_legs = order.legs.as_ref().is_some_and(|legs| !legs.is_empty());
        if !order.is_linked() || has_legs && !order.is_pair() {
            return Ok(order);
        }
        let mut pair = match order.is_pair() {
            true => order,
            false => match self.pair_of(account, &order).await? {
                Some(pair) => pair,
                None => {
                    self.learn_alone(&order);
                    return Ok(order);
                }
            },
        };
        for _ in 0..CHAIN {
            let known = |id: &str| pair.members().any(|member| member.id == id);
            let next = pair.members().filter(|member| member.status == "replaced");
            let next = next.filter_map(|member| member.replaced_by.as_deref()).find(|id| !known(id));
            let Some(next) = next.map(str::to_owned) else { break };
            let Some(found) = self.by_text(account, &next).await? else { break };
            pair.legs.get_or_insert_default().push(wire::Order { legs: None, ..found });
        }
        self.learn(&pair);
        Ok(pair)
    }

    /// Neither a leg nor what replaced one names the order that it belongs to.
    async fn pair_of(
        &self,
        account: &VenueAccount,
        order: &wire::Order,
    ) -> Result<Option<wire::Order>, VenueError> {
        let mut id = order.id.clone();
        for _ in 0..CHAIN {
            let parent = self.orders.get(&id).and_then(|facts| facts.parent);
            let asked = parent.map_or_else(|| id.clone(), |parent| parent.to_string());
            let Some(found) = self.by_text(account, &asked).await? else { return Ok(None) };
            if found.is_pair() {
                return Ok(Some(found));
            }
            if let Some(pair) = self.pair_around(account, &found).await? {
                return Ok(Some(pair));
            }
            match found.replaces {
                Some(before) => id = before,
                None => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Among the orders sent at about the same time.
    async fn pair_around(
        &self,
        account: &VenueAccount,
        leg: &wire::Order,
    ) -> Result<Option<wire::Order>, VenueError> {
        let moment = leg.created_at.as_deref().or(leg.submitted_at.as_deref());
        let moment = moment.and_then(|text| text.parse::<Timestamp>().ok());
        let (Some(symbol), Some(moment)) = (&leg.symbol, moment) else { return Ok(None) };
        let query: Query = vec![
            ("status", "all".to_owned()),
            ("limit", super::orders::PAGE.to_string()),
            ("direction", "asc".to_owned()),
            ("nested", "true".to_owned()),
            ("symbols", symbol.clone()),
            ("after", moment.minus(AROUND).to_string()),
            ("until", moment.plus(AROUND).to_string()),
        ];
        let answer = self.private.get(account, "/v2/orders", query).await?;
        let page: Vec<wire::Order> = parse::answer(&self.venue, "orders", &answer)?;
        let has = |order: &wire::Order| order.is_pair() && order.members().any(|one| one.id == leg.id);
        Ok(page.into_iter().find(has))
    }

    async fn by_text(&self, account: &VenueAccount, id: &str) -> Result<Option<wire::Order>, VenueError> {
        let id: VenueOrderId = parse::order_id(&self.venue, "order.id", id)?;
        self.by_id(account, &id).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alpaca::symbols::SymbolMap;
    use serde_json::{Value, json};

    /// A pair of ten shares, its members' states and executions as given.
    fn told(parent: (&str, &str), leg: (&str, &str), more: Value) -> ExecutionReport {
        let member = |id: &str, (status, filled): (&str, &str)| {
            json!({"id": id, "client_order_id": "eb9e2aaa-f71a-4f51-b5b4-52a6c565dad4", "submitted_at": "2026-01-02T15:00:00Z",
                "symbol": "SPY", "qty": "10", "side": "sell", "status": status, "filled_qty": filled, "order_class": "oco",
                "filled_avg_price": if filled == "0" { Value::Null } else { json!("300") }})
        };
        let mut leg = member("leg", leg);
        for (name, value) in [("type", "stop_limit"), ("stop_price", "299"), ("limit_price", "298.5")] {
            leg[name] = json!(value);
        }
        leg["client_order_id"] = json!("0b9d9a1f-6c3a-4d65-9a4c-7d1c9a527a10");
        leg["updated_at"] = json!("2026-01-02T15:01:00Z");
        let mut order = member("parent", parent);
        for (name, value) in [("type", json!("limit")), ("limit_price", json!("301")), ("legs", json!([leg]))]
        {
            order[name] = value;
        }
        if let Some(legs) = order["legs"].as_array_mut().filter(|_| !more.is_null()) {
            legs.push(more);
        }
        let order: wire::Order = serde_json::from_str(&order.to_string()).unwrap();
        let assets = r#"[{"class": "us_equity", "symbol": "SPY", "tradable": true}]"#;
        let venue = VenueId::new("alpaca").unwrap();
        let symbols = SymbolMap::new(&venue, &serde_json::from_str::<Vec<wire::Asset>>(assets).unwrap());
        parse::report(&venue, &order, symbols.by_name("SPY").unwrap()).unwrap()
    }

    #[test]
    fn a_pair_is_one_order_under_its_parents_ids() {
        let report = told(("new", "0"), ("held", "0"), Value::Null);
        let price = |text: &str| text.parse::<Price>().unwrap();
        let kind =
            OrderKind::Bracket { take_profit: price("301"), stop: price("299"), price: price("298.5") };
        assert_eq!((report.kind, report.state), (kind, OrderState::Working));
        assert_eq!(report.venue_order_id.as_str(), "parent");
        assert_eq!(report.client_id.unwrap().to_string(), "eb9e2aaa-f71a-4f51-b5b4-52a6c565dad4");
        assert_eq!(report.at.to_string(), "2026-01-02T15:01:00Z");
    }

    #[test]
    fn it_goes_on_while_one_of_its_members_does_and_ends_with_the_last() {
        for (parent, leg, state, filled) in [
            (("filled", "10"), ("held", "0"), OrderState::Filled, "10"),
            (("filled", "10"), ("canceled", "0"), OrderState::Filled, "10"),
            (("canceled", "0"), ("new", "0"), OrderState::Working, "0"),
            (("replaced", "0"), ("new", "0"), OrderState::Working, "0"),
            (("replaced", "0"), ("filled", "10"), OrderState::Filled, "10"),
            (("partially_filled", "4"), ("held", "0"), OrderState::PartialFill, "4"),
            (("canceled", "4"), ("partially_filled", "3"), OrderState::PartialFill, "7"),
            (("canceled", "4"), ("filled", "6"), OrderState::Filled, "10"),
            (("canceled", "4"), ("canceled", "0"), OrderState::Cancelled, "4"),
            (("canceled", "0"), ("pending_cancel", "0"), OrderState::Working, "0"),
            (("expired", "0"), ("canceled", "0"), OrderState::Expired, "0"),
            (("rejected", "0"), ("canceled", "0"), OrderState::Rejected, "0"),
        ] {
            let report = told(parent, leg, Value::Null);
            assert_eq!(
                (report.state, report.filled.to_string().as_str()),
                (state, filled),
                "{parent:?} {leg:?}"
            );
        }
    }

    #[test]
    fn what_replaced_a_member_counts_and_prices_are_averaged_over_all() {
        let more = json!({"id": "next", "status": "filled", "filled_qty": "6", "filled_avg_price": "299.5"});
        let report = told(("canceled", "4"), ("replaced", "0"), more);
        assert_eq!((report.state, report.filled.to_string()), (OrderState::Filled, "10".to_owned()));
        assert_eq!(report.average_price.unwrap().to_string(), "299.7");
    }
}
