//! What an intent is worth, and how to make it worth less.

use nija_core::{
    AccountState, Notional, OrderIntent, OrderSize, Price, Quantity, Quote, Reason, Side, Symbol, Verdict,
};
use rust_decimal::Decimal;

/// The newest quote of the symbol, at the venue asked for or at any.
pub(super) fn newest_quote<'a>(intent: &OrderIntent, account: &'a AccountState) -> Option<&'a Quote> {
    let wanted = intent.signal.venue.as_ref();
    account
        .quotes
        .iter()
        .filter(|(venue, _)| wanted.is_none_or(|wanted| wanted == venue))
        .map(|(_, quote)| quote)
        .max_by_key(|quote| quote.at)
}

/// The price that values an intent: its limit, or the best price on its side of the newest quote.
pub(super) fn price(intent: &OrderIntent, account: &AccountState) -> Option<Price> {
    let taken = || newest_quote(intent, account).map(|quote| quote.taker_price(intent.signal.side));
    intent.signal.kind.worst_price().or_else(taken)
}

/// What the intent is worth in quote units; `None` when nothing prices it.
pub(super) fn notional(intent: &OrderIntent, account: &AccountState) -> Option<Decimal> {
    match intent.signal.size {
        OrderSize::Quote(money) => Some(money.get()),
        OrderSize::Base(quantity) => quantity.get().checked_mul(price(intent, account)?.get()),
    }
}

/// What the user holds or may soon hold of a symbol, in quote units: open positions at cost and entries that may still fill.
pub(super) fn exposure(account: &AccountState, symbol: &Symbol) -> Decimal {
    let held: Decimal = account.positions_in(symbol).map(|position| position.cost.abs()).sum();
    let coming: Decimal = account
        .working
        .iter()
        .filter(|orders| !orders.exit && orders.symbol == *symbol)
        .map(|orders| orders.worth)
        .sum();
    held + coming
}

/// Brings an entry down to `room` quote units, or refuses it where there is none.
pub(super) fn fit_into(
    room: Decimal,
    intent: &OrderIntent,
    account: &AccountState,
    code: &str,
    text: impl FnOnce(Decimal) -> String,
) -> Verdict {
    let Some(worth) = notional(intent, account) else {
        return Verdict::Refuse(Reason::new(
            "no_price",
            format!("there is no price of {} to value this order by", intent.signal.symbol),
        ));
    };
    if worth <= room {
        return Verdict::Allow;
    }
    let room = room.max(Decimal::ZERO);
    let reason = Reason::new(code, text(cents(room)));
    let size = match intent.signal.size {
        OrderSize::Quote(_) => Notional::new(room).ok().map(OrderSize::Quote),
        OrderSize::Base(quantity) => quantity
            .get()
            .checked_mul(room)
            .and_then(|scaled| scaled.checked_div(worth))
            .and_then(|scaled| Quantity::new(scaled).ok())
            .map(OrderSize::Base),
    };
    match size {
        Some(size) if room > Decimal::ZERO => Verdict::Resize { size, reason },
        _ => Verdict::Refuse(reason),
    }
}

/// The tighter of a platform's or plan's limit and the user's own.
pub(super) fn tightest<T: Ord + Copy>(given: Option<T>, own: Option<T>) -> Option<T> {
    match (given, own) {
        (Some(given), Some(own)) => Some(given.min(own)),
        (given, own) => given.or(own),
    }
}

/// A share as people read it.
pub(super) fn percent(share: Decimal) -> String {
    format!("{} %", (share * Decimal::ONE_HUNDRED).normalize())
}

/// Money as people read it.
pub(super) fn cents(money: Decimal) -> Decimal {
    money.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::ToZero).normalize()
}

/// The sign that a fill of this side gives a quantity.
pub(super) fn signed(side: Side, quantity: Decimal) -> Decimal {
    match side {
        Side::Buy => quantity,
        Side::Sell => -quantity,
    }
}
