//! Changing an order that rests, and orders that end as they are accepted.

use super::account::ExecKind;
use super::core::Engine;
use super::filters;
use super::types::{AccountId, NewOrder, OrderId, OrderType, Reject, Status};
use rust_decimal::Decimal;

impl Engine {
    /// Changes an open limit order's quantity (all of it, what is filled too), its price, or both. It keeps its place in the
    /// queue where its quantity alone falls, and else matches and queues anew. With no more quantity than is filled it ends,
    /// filled. Not one that is linked to others, that waits for another, or whose market is halted.
    ///
    /// # Errors
    /// A [`Reject`]; then nothing changed.
    pub fn amend(
        &mut self,
        account: AccountId,
        id: OrderId,
        qty: Option<Decimal>,
        limit: Option<Decimal>,
        now_ns: i64,
    ) -> Result<(), Reject> {
        let order = self.orders.get(&id).filter(|order| {
            order.ask.account == account
                && order.status.is_open()
                && order.ask.order_type == OrderType::Limit
                && order.link.is_none()
        });
        let order = order.ok_or(Reject::UnknownOrder)?.clone();
        if self.is_held(id) || self.is_halted(order.ask.market) {
            return Err(Reject::UnknownOrder);
        }
        let mut ask = order.ask.clone();
        ask.qty = qty.unwrap_or(ask.qty);
        ask.limit = limit.or(ask.limit);
        ask.take_fraction = None;
        let market = ask.market;
        filters::check(&self.markets[market].spec, &ask, self.markets[market].last_price())?;
        if ask.qty <= order.filled {
            ask.qty = order.filled;
            self.replace(id, ask, now_ns);
            self.close(id, Status::Filled, None, now_ns);
            self.log(id, ExecKind::Filled, now_ns);
            return Ok(());
        }
        let moved = ask.limit != order.ask.limit;
        if moved && ask.post_only && self.would_take(&ask) {
            return Err(Reject::PostOnly);
        }
        let changed = super::types::Order { ask: ask.clone(), ..order.clone() };
        let (asset, hold) = (self.needed_funds(&ask).0.to_owned(), self.hold_of(&changed));
        if self.available(account, &asset) < hold - order.held {
            return Err(Reject::InsufficientFunds);
        }
        if !moved && ask.qty <= order.ask.qty {
            let left = changed.remaining();
            if let Some(price) = ask.limit {
                self.markets[market].book.resize_user(ask.side, price, id, left, now_ns);
                self.markets[market].version += 1;
            }
            if let Some(order) = self.orders.get_mut(&id) {
                order.ask = ask;
            }
            self.set_hold(id, hold);
            self.log(id, ExecKind::New, now_ns);
            return Ok(());
        }
        self.replace(id, ask, now_ns);
        self.set_hold(id, hold);
        self.log(id, ExecKind::New, now_ns);
        self.activate(id, now_ns);
        self.run_triggers(market, now_ns);
        Ok(())
    }

    /// Takes an order out of the book and gives it new terms.
    fn replace(&mut self, id: OrderId, ask: NewOrder, now_ns: i64) {
        let Some(order) = self.orders.get_mut(&id) else { return };
        let old = std::mem::replace(&mut order.ask, ask);
        let market = &mut self.markets[old.market];
        market.version += 1;
        if let Some(price) = old.limit {
            market.book.remove_user(old.side, price, id, now_ns);
        }
    }

    /// Accepts an order that its venue takes and cancels at once: it would have taken and may not, or cannot be filled whole.
    /// It holds nothing and trades nothing.
    ///
    /// # Errors
    /// [`Reject::UnknownOrder`] when the account or the market does not exist.
    pub fn place_and_cancel(
        &mut self,
        order: NewOrder,
        reason: &'static str,
        now_ns: i64,
    ) -> Result<OrderId, Reject> {
        if order.market >= self.markets.len() || order.account >= self.accounts.len() {
            return Err(Reject::UnknownOrder);
        }
        let id = self.accept(order, None, now_ns);
        self.log(id, ExecKind::New, now_ns);
        self.close(id, Status::Canceled, Some(reason), now_ns);
        self.log(id, ExecKind::Canceled, now_ns);
        Ok(id)
    }

    /// What happens when an order meets one of the same account: the resting one is cancelled and the other goes on, rather
    /// than the other way round.
    pub fn set_self_trade_cancels_maker(&mut self, cancels_maker: bool) {
        self.self_trade_cancels_maker = cancels_maker;
    }
}
