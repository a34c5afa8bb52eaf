//! What an intent is worth, and how to make it worth less.

use nija_core::{
    AccountState, Notional, OrderIntent, OrderSize, Price, Quantity, Quote, Reason, Side, Verdict,
};
use rust_decimal::{Decimal, RoundingStrategy};

/// Digits behind the point of an amount of money that a limit in USD comes to: more than any venue's tick has.
const QUOTE_DIGITS: u32 = 12;

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
fn notional(intent: &OrderIntent, account: &AccountState) -> Option<Decimal> {
    match intent.signal.size {
        OrderSize::Quote(money) => Some(money.get()),
        OrderSize::Base(quantity) => quantity.get().checked_mul(price(intent, account)?.get()),
    }
}

/// USD that a unit of the intent's quote currency is worth.
fn rate(intent: &OrderIntent, account: &AccountState) -> Result<Decimal, Reason> {
    account.quote_rate.ok_or_else(|| no_rate(intent.signal.symbol.quote(), "this order"))
}

/// Limits are in USD: what has no price in USD cannot be held against them.
pub(super) fn no_rate(currency: &str, what: &str) -> Reason {
    let text = format!("there is no fresh price of {currency} in USD to measure {what} by");
    Reason::new("no_rate", text)
}

/// What the intent is worth in USD, or what is missing to tell.
pub(super) fn worth(intent: &OrderIntent, account: &AccountState) -> Result<Decimal, Reason> {
    let unpriced = || {
        let text = format!("there is no price of {} to value this order by", intent.signal.symbol);
        Reason::new("no_price", text)
    };
    let notional = notional(intent, account).ok_or_else(unpriced)?;
    notional.checked_mul(rate(intent, account)?).ok_or_else(unpriced)
}

/// What the user holds or may soon hold of the intent's symbol, in USD: open positions at cost and entries that may still fill.
pub(super) fn exposure(intent: &OrderIntent, account: &AccountState) -> Result<Decimal, Reason> {
    let symbol = &intent.signal.symbol;
    let held: Decimal = account.positions_in(symbol).map(|position| position.cost.abs()).sum();
    let coming: Decimal = account
        .working
        .iter()
        .filter(|orders| !orders.exit && orders.symbol == *symbol)
        .map(|orders| orders.worth)
        .sum();
    let rate = rate(intent, account)?;
    // More than can be counted leaves no room.
    Ok((held + coming).checked_mul(rate).unwrap_or(Decimal::MAX))
}

/// Brings an entry down to `room` USD, or refuses it where there is none.
pub(super) fn fit_into(
    room: Decimal,
    intent: &OrderIntent,
    account: &AccountState,
    code: &str,
    text: impl FnOnce(Decimal) -> String,
) -> Verdict {
    let (worth, rate) = match (worth(intent, account), rate(intent, account)) {
        (Ok(worth), Ok(rate)) => (worth, rate),
        (Err(reason), _) | (_, Err(reason)) => return Verdict::Refuse(reason),
    };
    if worth <= room {
        return Verdict::Allow;
    }
    let room = room.max(Decimal::ZERO);
    let reason = Reason::new(code, text(cents(room)));
    let size = match intent.signal.size {
        OrderSize::Quote(_) => in_quote(room, rate).map(OrderSize::Quote),
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

/// Quote units that are worth so many USD, and not a digit more.
fn in_quote(usd: Decimal, rate: Decimal) -> Option<Notional> {
    if rate == Decimal::ONE {
        return Notional::new(usd).ok();
    }
    let units = usd.checked_div(rate)?.round_dp_with_strategy(QUOTE_DIGITS, RoundingStrategy::ToZero);
    Notional::new(units).ok()
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
    money.round_dp_with_strategy(2, RoundingStrategy::ToZero).normalize()
}

/// The sign that a fill of this side gives a quantity.
pub(super) fn signed(side: Side, quantity: Decimal) -> Decimal {
    match side {
        Side::Buy => quantity,
        Side::Sell => -quantity,
    }
}
