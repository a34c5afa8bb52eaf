//! Taking from the book, price first and then time, and settling each execution.

use super::account::{ExecKind, FILLS_KEPT};
use super::book::{Maker, Resting};
use super::core::Engine;
use super::fees::FeeAsset;
use super::linked::LINKED;
use super::types::{Fill, MarketId, OrderId, Side, Status};
use rust_decimal::{Decimal, RoundingStrategy};

/// One execution between two parties.
#[derive(Clone, Copy)]
struct Execution {
    market: MarketId,
    price: Decimal,
    qty: Decimal,
    cost: Decimal,
    trade_id: u64,
    now_ns: i64,
}

impl Engine {
    /// Takes for a user's order. Returns why it stopped early, when what is left must not rest.
    pub(crate) fn take_for_user(&mut self, id: OrderId, now_ns: i64) -> Option<&'static str> {
        let ask = self.orders.get(&id)?.ask.clone();
        let lot = self.markets[ask.market].spec.lot_decimals;
        let mut cap = ask.take_fraction.map(|fraction| floor(ask.qty * fraction, lot));
        loop {
            let (price, resting) = self.markets[ask.market].book.front(ask.side.opposite())?;
            if beyond(price, ask.limit, ask.side) {
                return None;
            }
            if let Maker::User(other) = resting.maker
                && self.orders.get(&other).is_some_and(|order| order.ask.account == ask.account)
            {
                if !self.self_trade_cancels_maker {
                    return Some("Self trade prevented");
                }
                self.withdraw(other, Status::Canceled, Some("Self trade prevented"), now_ns);
                // It may be what holds for the orders that it is linked to.
                self.cancel_siblings(other, Some(LINKED), now_ns);
                continue;
            }
            let order = self.orders.get(&id)?;
            let wanted =
                if ask.in_quote { floor((ask.qty - order.cost) / price, lot) } else { order.remaining() };
            if wanted.is_zero() {
                return None;
            }
            if cap.is_some_and(|cap| cap.is_zero()) {
                // An injected partial fill: the house steps back. Users' orders still trade, lest the book be crossed.
                if ask.limit.is_none() {
                    return Some("Insufficient liquidity");
                }
                if resting.maker == Maker::House {
                    self.markets[ask.market].book.set_house(
                        ask.side.opposite(),
                        price,
                        Decimal::ZERO,
                        now_ns,
                    );
                    continue;
                }
                cap = None;
            }
            let wanted = cap.map_or(wanted, |cap| cap.min(wanted)).min(resting.qty);
            let qty = wanted.min(self.affordable(id, price));
            if qty.is_zero() {
                return Some("Insufficient funds");
            }
            let market_order = ask.limit.is_none();
            self.execute(ask.market, ask.side, Some(id), (price, resting), qty, market_order, now_ns);
            cap = cap.map(|cap| cap - qty);
        }
    }

    /// Takes for the house, up to `limit`. Returns what is left of `qty`.
    pub(crate) fn take_for_house(
        &mut self,
        market: MarketId,
        side: Side,
        limit: Option<Decimal>,
        mut qty: Decimal,
        now_ns: i64,
    ) -> Decimal {
        while qty > Decimal::ZERO {
            let Some((price, resting)) = self.markets[market].book.front(side.opposite()) else {
                break;
            };
            if beyond(price, limit, side) {
                break;
            }
            let part = qty.min(resting.qty);
            self.execute(market, side, None, (price, resting), part, limit.is_none(), now_ns);
            qty -= part;
        }
        qty
    }

    /// How much base a buyer can pay for at a price, with the taker's fee. Sellers hold theirs already.
    fn affordable(&self, id: OrderId, price: Decimal) -> Decimal {
        let Some(order) = self.orders.get(&id) else {
            return Decimal::ZERO;
        };
        if order.ask.side == Side::Sell {
            return order.ask.qty;
        }
        let spec = &self.markets[order.ask.market].spec;
        let account = &self.accounts[order.ask.account];
        let funds = account.balance(&spec.quote).available() + order.held;
        let pct = self.fees.on_top_pct(account.volume);
        floor(funds / (price * (Decimal::ONE + pct / Decimal::ONE_HUNDRED)), spec.lot_decimals)
    }

    #[expect(clippy::too_many_arguments, reason = "one call site each for user and house")]
    fn execute(
        &mut self,
        market: MarketId,
        taker_side: Side,
        taker: Option<OrderId>,
        (price, resting): (Decimal, Resting),
        qty: Decimal,
        market_order: bool,
        now_ns: i64,
    ) {
        let state = &mut self.markets[market];
        let decimals = state.spec.cost_decimals;
        let trade_id = state.print(price, qty, taker_side, market_order, now_ns);
        state.book.reduce_front(taker_side.opposite(), qty, now_ns);
        let cost = floor(price * qty, decimals);
        let execution = Execution { market, price, qty, cost, trade_id, now_ns };
        match resting.maker {
            Maker::User(id) => self.settle_user(id, execution, true),
            Maker::House if taker.is_some() => self.settle_house(taker_side.opposite(), execution),
            Maker::House => {}
        }
        match (taker, resting.maker) {
            (Some(id), _) => self.settle_user(id, execution, false),
            (None, Maker::User(_)) => self.settle_house(taker_side, execution),
            (None, Maker::House) => {}
        }
    }

    fn settle_house(&mut self, side: Side, execution: Execution) {
        let spec = &self.markets[execution.market].spec;
        let sign = if side == Side::Buy { Decimal::ONE } else { Decimal::NEGATIVE_ONE };
        Self::move_to(&mut self.house_ledger, &spec.base, sign * execution.qty);
        Self::move_to(&mut self.house_ledger, &spec.quote, -sign * execution.cost);
    }

    fn settle_user(&mut self, id: OrderId, execution: Execution, maker: bool) {
        let Some(order) = self.orders.get_mut(&id) else {
            return;
        };
        let spec = &self.markets[execution.market].spec;
        let account = &mut self.accounts[order.ask.account];
        let in_base = match self.fees.asset {
            FeeAsset::Received { base_decimals } if order.ask.side == Side::Buy => Some(base_decimals),
            _ => None,
        };
        let (fee_asset, amount, decimals) = match in_base {
            Some(decimals) => (&spec.base, execution.qty, decimals),
            None => (&spec.quote, execution.cost, spec.cost_decimals),
        };
        let fee = if self.free_of_fees.contains(&execution.market) {
            Decimal::ZERO
        } else {
            self.fees.fee(account.volume, maker, amount, decimals)
        };
        account.volume += execution.cost;
        self.next_fill += 1;
        let fill = Fill {
            id: self.next_fill,
            trade_id: execution.trade_id,
            order: id,
            market: execution.market,
            side: order.ask.side,
            order_type: order.ask.order_type,
            price: execution.price,
            qty: execution.qty,
            cost: execution.cost,
            fee,
            fee_asset: fee_asset.clone(),
            maker,
            time_ns: execution.now_ns,
            client_id: order.ask.client_id.clone(),
            userref: order.ask.userref,
        };
        order.filled += execution.qty;
        order.cost += execution.cost;
        order.fee += fee;
        order.fills.push(fill.id);
        let sign = if order.ask.side == Side::Buy { Decimal::ONE } else { Decimal::NEGATIVE_ONE };
        account.credit(&spec.base, sign * execution.qty);
        account.credit(&spec.quote, -sign * execution.cost);
        account.credit(fee_asset, -fee);
        account.fills.push_back(fill.clone());
        if account.fills.len() > FILLS_KEPT {
            account.fills.pop_front();
        }
        Self::move_to(&mut self.fee_ledger, fee_asset, fee);
        self.settle_siblings(id, execution.now_ns);
        if let Some(order) = self.orders.get(&id) {
            let hold = self.hold_of(order);
            let done = !order.ask.in_quote && order.remaining().is_zero();
            self.set_hold(id, hold);
            self.log(id, ExecKind::Trade(fill), execution.now_ns);
            if maker && done {
                self.close(id, Status::Filled, None, execution.now_ns);
                self.log(id, ExecKind::Filled, execution.now_ns);
            }
        }
    }
}

fn beyond(price: Decimal, limit: Option<Decimal>, side: Side) -> bool {
    match (limit, side) {
        (Some(limit), Side::Buy) => price > limit,
        (Some(limit), Side::Sell) => price < limit,
        (None, _) => false,
    }
}

fn floor(value: Decimal, decimals: u32) -> Decimal {
    value.round_dp_with_strategy(decimals, RoundingStrategy::ToZero)
}
