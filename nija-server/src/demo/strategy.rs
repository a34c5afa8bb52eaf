//! A small strategy: buys what has been rising, sells on a small win, a small loss or age. It earns nothing; it moves.

use nija::router::{AccountSummary, MarkedPosition};
use nija_core::{
    ClientOrderId, Notional, OrderId, OrderKind, OrderSize, Side, SignalType, Symbol, TimeInForce,
    TradeSignal, UserId,
};
use rust_decimal::Decimal;
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};
use tokio::sync::watch;

use super::venues::SYMBOLS;
use crate::state::{App, AppState};

const NAME: &str = "demo-momentum";
/// Positions at the same time at most; with none, the best symbol is bought whatever it does.
const MOST: usize = 3;
/// Mids kept of each symbol, one a round.
const MEMORY: usize = 12;
/// Hundredths of a per cent of the cost.
const TAKE_PROFIT: i64 = 12;
const STOP_LOSS: i64 = -15;
const OLDEST: Duration = Duration::from_secs(22);

/// Trades every few seconds until told to stop.
pub(super) async fn run(app: AppState, user: UserId, mut stop: watch::Receiver<bool>) {
    app.platform.engine().reconciled().await;
    let mut mids: HashMap<Symbol, VecDeque<Decimal>> = HashMap::new();
    let mut first = true;
    loop {
        // The first trade comes soon, so that a new visitor sees one.
        let pause =
            if first { Duration::from_millis(500) } else { Duration::from_millis(4000 + draw(&app, 4000)) };
        first = false;
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(pause) => {}
        }
        look(&app, &mut mids);
        if let Err(error) = trade(&app, user, &mids).await {
            tracing::warn!(%error, "the demo's strategy could not trade");
        }
    }
}

/// Notes the newest mid of each symbol.
fn look(app: &App, mids: &mut HashMap<Symbol, VecDeque<Decimal>>) {
    let market = app.platform.engine().market();
    for text in SYMBOLS {
        let Ok(symbol) = Symbol::new(text) else { continue };
        let quotes =
            market.markets.iter().filter(|((_, it), _)| *it == symbol).filter_map(|(_, view)| view.quote);
        if let Some(mid) = quotes.map(|quote| quote.mid()).min() {
            let seen = mids.entry(symbol).or_default();
            if seen.len() == MEMORY {
                seen.pop_front();
            }
            seen.push_back(mid);
        }
    }
}

async fn trade(
    app: &App,
    user: UserId,
    mids: &HashMap<Symbol, VecDeque<Decimal>>,
) -> Result<(), nija::router::EngineError> {
    let account = app.platform.engine().account(user).await?;
    let mine = account.positions.len();
    if let Some(done) = account.positions.iter().filter(|it| is_done(app, it)).max_by_key(|it| it.unrealised)
    {
        // The last position stays until another takes its place, so that there is always one to look at.
        if mine > 1 || account.paused.is_some() {
            app.platform.engine().close_position(user, &done.position.id, name(app)).await?;
            return Ok(());
        }
    }
    if account.paused.is_none()
        && mine < MOST
        && let Some(symbol) = rising(&account, mids)
    {
        let signal = entry(app, user, symbol);
        let order = app.platform.engine().submit(signal).await?.order;
        tracing::debug!(order = %order.id(), state = %order.state, "the demo traded");
    }
    Ok(())
}

fn is_done(app: &App, it: &MarkedPosition) -> bool {
    let cost = it.position.cost.abs();
    let won = it.unrealised.unwrap_or_default() * Decimal::from(10_000);
    let old = app.now().since(it.position.opened_at) > OLDEST;
    old || won >= cost * Decimal::from(TAKE_PROFIT) || won <= cost * Decimal::from(STOP_LOSS)
}

/// The symbol not held yet that rose most; with nothing held, the one that fell least.
fn rising(account: &AccountSummary, mids: &HashMap<Symbol, VecDeque<Decimal>>) -> Option<Symbol> {
    let held = |symbol: &Symbol| account.positions.iter().any(|it| it.position.symbol == *symbol);
    let change = |seen: &VecDeque<Decimal>| {
        let (first, last) = (seen.front()?, seen.back()?);
        (last - first).checked_div(*first)
    };
    mids.iter()
        .filter(|(symbol, _)| !held(symbol))
        .filter_map(|(symbol, seen)| Some((change(seen)?, symbol)))
        .filter(|(change, _)| account.positions.len() < 2 || *change > Decimal::ZERO)
        .max()
        .map(|(_, symbol)| symbol.clone())
}

fn entry(app: &App, user: UserId, symbol: Symbol) -> TradeSignal {
    let dollars = Decimal::from(20 + draw(app, 41));
    TradeSignal {
        user,
        client_order_id: name(app),
        symbol,
        side: Side::Buy,
        size: OrderSize::Quote(Notional::new(dollars).unwrap_or(Notional::ZERO)),
        kind: OrderKind::Market,
        time_in_force: TimeInForce::Ioc,
        signal_type: SignalType::Entry,
        venue: None,
        strategy: Some(NAME.to_owned()),
        protection: None,
    }
}

fn name(app: &App) -> ClientOrderId {
    let id = OrderId::generate(app.now(), app.platform.entropy().as_ref());
    // A UUID has only characters that an id may hold.
    ClientOrderId::new(&format!("demo-{id}")).unwrap_or_else(|_| unreachable!())
}

/// A number below `limit`.
fn draw(app: &App, limit: u64) -> u64 {
    let mut bytes = [0u8; 8];
    app.platform.entropy().fill(&mut bytes);
    u64::from_le_bytes(bytes) % limit
}
