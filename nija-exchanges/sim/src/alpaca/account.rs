//! The account, its activities, assets and hours.

use super::assets::ASSETS;
use super::error::{Refusal, Result};
use super::protocol::{is_open, moment};
use super::query::rfc3339;
use super::rest::{Call, Said, ok};
use super::{assets, hours, ids, positions};
use crate::engine::{Fill, Side};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use time::{Date, Duration};

/// Activities on a page at most.
const PAGE: usize = 100;

pub(crate) fn read(call: &Call<'_>, rest: Option<&str>) -> Said {
    match rest {
        None => account(call),
        Some("configurations") => ok(configurations()),
        Some("activities") => activities(call, None),
        Some(other) => match other.strip_prefix("activities/") {
            Some(kind) => activities(call, Some(kind)),
            None => Err(Refusal::no_endpoint()),
        },
    }
}

/// Without the fields of the pattern day trader rule, which are gone.
fn account(call: &Call<'_>) -> Said {
    let engine = call.venue.engine.lock();
    let cash = engine.balance(call.caller.account, "USD");
    let held: Decimal = positions::worth(&engine, call.caller.account);
    let (equity, free) = ((cash.total + held).round_dp(2), cash.available());
    let text = |value: Decimal| value.normalize().to_string();
    let blocked = !call.caller.trades;
    ok(json!({
        "id": ids::account(call.caller.account),
        "account_number": format!("PA{:010}", call.caller.account),
        "status": "ACTIVE",
        "crypto_status": "ACTIVE",
        "currency": "USD",
        "cash": text(cash.total),
        "buying_power": text(free),
        "regt_buying_power": text(free),
        "non_marginable_buying_power": text(free),
        "effective_buying_power": text(free),
        "options_buying_power": text(free),
        "equity": text(equity),
        "last_equity": text(equity),
        "portfolio_value": text(equity),
        "position_market_value": text(held.round_dp(2)),
        "long_market_value": text(held.round_dp(2)),
        "short_market_value": "0",
        "initial_margin": "0",
        "maintenance_margin": "0",
        "last_maintenance_margin": "0",
        "accrued_fees": "0",
        "pending_transfer_in": "0",
        "sma": "0",
        "multiplier": "1",
        "crypto_tier": tier(&engine, call.caller.account),
        "trading_blocked": blocked,
        "transfers_blocked": true,
        "account_blocked": false,
        "trade_suspended_by_user": false,
        "shorting_enabled": false,
        "created_at": "2023-01-01T18:20:20.272275Z",
    }))
}

/// Counted from one.
fn tier(engine: &crate::engine::Engine, account: usize) -> usize {
    let (volume, _) = engine.volume(account);
    engine.fees().tiers.iter().filter(|tier| volume >= tier.volume).count()
}

fn configurations() -> Value {
    json!({
        "no_shorting": true,
        "suspend_trade": false,
        "fractional_trading": true,
        "max_margin_multiplier": "1",
        "trade_confirm_email": "none",
        "ptp_no_exception_entry": false,
        "max_options_trading_level": 0,
    })
}

/// Nothing that could be set changes what is simulated, but for what must not be believed to have been set.
pub(crate) fn configure(call: &Call<'_>) -> Said {
    let asked: Value = serde_json::from_slice(call.body).map_err(|_| Refusal::bad_json())?;
    let standing = configurations();
    let fields = asked.as_object().ok_or_else(Refusal::bad_json)?;
    match fields.iter().find(|(name, value)| standing.get(name.as_str()) != Some(value)) {
        Some((name, _)) => Err(Refusal::unprocessable(format!("{name} cannot be changed here"))),
        None => ok(standing),
    }
}

/// Executions; of other kinds of activity there are none here.
fn activities(call: &Call<'_>, kind: Option<&str>) -> Said {
    let kinds = kind.map_or_else(|| call.query.list("activity_types"), |kind| vec![kind]);
    if !kinds.is_empty() && !kinds.contains(&"FILL") {
        return ok(json!([]));
    }
    let size = call.query.count("page_size", PAGE, PAGE)?;
    let (after, until) = (call.query.time("after")?, call.query.time("until")?);
    let day = match call.query.get("date") {
        Some(text) => Some(day(text)?),
        None => None,
    };
    let rising = match call.query.get("direction") {
        None | Some("desc") => false,
        Some("asc") => true,
        Some(_) => return Err(Refusal::invalid("direction must be asc or desc")),
    };
    let engine = call.venue.engine.lock();
    let wanted = |fill: &&Fill| {
        after.is_none_or(|after| fill.time_ns > after)
            && until.is_none_or(|until| fill.time_ns <= until)
            && day.is_none_or(|day| hours::local(moment(fill.time_ns)).date() == day)
    };
    let mut fills: Vec<&Fill> = engine.fills(call.caller.account).filter(wanted).collect();
    if rising {
        fills.reverse();
    }
    if let Some(token) = call.query.get("page_token") {
        let place = fills.iter().position(|fill| ids::activity(fill.id, fill.time_ns) == token);
        let place = place.ok_or_else(|| Refusal::invalid("page_token is not valid"))?;
        fills.drain(..=place);
    }
    // How much of an order was executed up to an execution: all before it, of all that are kept.
    let all: Vec<&Fill> = engine.fills(call.caller.account).collect();
    let page: Vec<Value> = fills
        .into_iter()
        .take(size)
        .map(|fill| {
            let before = all.iter().filter(|other| other.order == fill.order && other.id <= fill.id);
            let cumulative: Decimal = before.map(|other| other.qty).sum();
            let order = engine.order(fill.order);
            let ordered = order.filter(|order| !order.ask.in_quote).map_or(cumulative, |order| order.ask.qty);
            let leaves = (ordered - cumulative).max(Decimal::ZERO);
            let filled = order.is_none_or(|order| !order.status.is_open());
            json!({
                "id": ids::activity(fill.id, fill.time_ns),
                "activity_type": "FILL",
                "transaction_time": rfc3339(fill.time_ns),
                "type": if leaves.is_zero() { "fill" } else { "partial_fill" },
                "price": fill.price.normalize().to_string(),
                "qty": fill.qty.normalize().to_string(),
                "side": if fill.side == Side::Buy { "buy" } else { "sell" },
                "symbol": ASSETS[fill.market].symbol,
                "leaves_qty": leaves.normalize().to_string(),
                "order_id": ids::order(fill.order),
                "cum_qty": cumulative.normalize().to_string(),
                "order_status": if filled { "filled" } else { "partially_filled" },
            })
        })
        .collect();
    ok(Value::Array(page))
}

pub(crate) fn assets(call: &Call<'_>, rest: Option<&str>) -> Said {
    if let Some(name) = rest {
        // A pair's slash may come as it is or encoded.
        let name = name.replace("%2F", "/").replace("%2f", "/");
        let found = assets::find(&name).ok_or_else(|| {
            Refusal::not_found(&format!("asset not found for {}", name.chars().take(20).collect::<String>()))
        })?;
        return ok(found.1.json(found.0));
    }
    let class = call.query.get("asset_class").unwrap_or("us_equity");
    let active = call.query.get("status").is_none_or(|status| status == "active");
    let exchange = call.query.get("exchange");
    let listed = ASSETS.iter().enumerate().filter(|(_, asset)| active && asset.class_name() == class);
    let all: Vec<Value> = listed
        .map(|(market, asset)| asset.json(market))
        .filter(|asset| exchange.is_none_or(|exchange| asset["exchange"] == exchange))
        .collect();
    ok(Value::Array(all))
}

pub(crate) fn clock(call: &Call<'_>) -> Said {
    let now = moment(call.now_ns);
    let open = is_open(&call.alpaca.state.lock(), call.now_ns);
    let (next_open, next_close) = hours::next(now);
    let local =
        |at| hours::local(at).format(&time::format_description::well_known::Rfc3339).unwrap_or_default();
    ok(json!({
        "timestamp": local(now),
        "is_open": open,
        "next_open": local(next_open),
        "next_close": local(next_close),
    }))
}

pub(crate) fn calendar(call: &Call<'_>) -> Said {
    let today = hours::local(moment(call.now_ns)).date();
    let bound = |name: &str, default: Date| -> Result<Date> {
        call.query.get(name).map_or(Ok(default), |text| day(text.get(..10).unwrap_or(text)))
    };
    let (mut at, end) = (bound("start", today)?, bound("end", today + Duration::days(365))?);
    let hour = time::macros::format_description!("[hour]:[minute]");
    let mut days = Vec::new();
    while at <= end && days.len() < 4_000 {
        if let Some(close) = hours::close_of(at) {
            days.push(json!({
                "date": at.to_string(),
                "open": hours::OPEN.format(hour).unwrap_or_default(),
                "close": close.format(hour).unwrap_or_default(),
                "session_open": "0400",
                "session_close": "2000",
            }));
        }
        match at.next_day() {
            Some(next) => at = next,
            None => break,
        }
    }
    ok(Value::Array(days))
}

fn day(text: &str) -> Result<Date> {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    Date::parse(text.get(..10).unwrap_or(text), format)
        .map_err(|_| Refusal::invalid("a date is written YYYY-MM-DD"))
}
