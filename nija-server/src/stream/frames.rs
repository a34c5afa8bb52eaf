//! From the bus' events to frames: one numbered frame for each event, so that numbers count up by one.
//!
//! Some events tell two things: a route is also a new state of its order, a fill too. The order then goes first, outside the
//! sequence (`seq` 0): who resumes from the number before gets both again.

use axum::extract::ws::Utf8Bytes;
use nija_client::wire::{PnlUpdate, StreamBody, StreamEvent};
use nija_core::{JournalEvent, JournalRecord, Order, OrderId, Position, UserEvent, UserEventKind, UserId};

use crate::{
    api::{bot_status, line},
    problem::{ApiResult, Problem},
    state::App,
    wire as to_wire,
};

/// The frames of an event, in order, as text; none for a mark.
pub(super) async fn of(app: &App, user: UserId, event: &UserEvent) -> ApiResult<Vec<Utf8Bytes>> {
    let at = event.at.to_string();
    let frame = |seq: u64, body: StreamBody| text(&StreamEvent { seq, at: at.clone(), body });
    let (before, body) = match &event.kind {
        UserEventKind::Journal(record) => {
            (beside(app, user, &record.event).await?, journal(app, user, record).await?)
        }
        UserEventKind::Position(position) => {
            let marked = app.platform.engine().marked(position).await?;
            (Vec::new(), Some(StreamBody::PositionUpdate(to_wire::marked_position(&marked))))
        }
        _ => (Vec::new(), None),
    };
    let before = before.into_iter().map(|body| frame(0, body));
    before.chain(body.map(|body| frame(numbered(&body, event.seq), body))).collect()
}

/// A frame as it is sent.
pub(super) fn text(event: &StreamEvent) -> ApiResult<Utf8Bytes> {
    serde_json::to_string(event).map(Utf8Bytes::from).map_err(Problem::internal)
}

/// The newest profit and loss of a user.
pub(super) async fn pnl(app: &App, user: UserId) -> ApiResult<StreamBody> {
    let account = app.platform.engine().account(user).await?;
    Ok(StreamBody::PnlUpdate(PnlUpdate {
        equity: account.equity,
        cash: account.cash,
        pnl_today: account.pnl_today,
        pnl_total: account.pnl_total,
        positions: to_wire::open_positions(&account),
    }))
}

/// `reload` starts the numbers anew, so it has none.
const fn numbered(body: &StreamBody, seq: u64) -> u64 {
    if matches!(body, StreamBody::Reload { .. }) { 0 } else { seq }
}

/// The orders that an event changes beside what it mainly tells: its own, and the one that this carries out.
async fn beside(app: &App, user: UserId, event: &JournalEvent) -> ApiResult<Vec<StreamBody>> {
    let (own, parent) = match event {
        JournalEvent::Routed { order, .. } => (read(app, user, Some(*order)).await?, None),
        JournalEvent::Filled(fill) => {
            let own = read(app, user, fill.order).await?;
            let parent = own.as_ref().and_then(|own| own.intent.parent);
            (own, parent)
        }
        JournalEvent::IntentAccepted { intent } => (None, intent.parent),
        _ => (None, None),
    };
    let parent = read(app, user, parent).await?;
    Ok(own.iter().chain(&parent).map(|order| StreamBody::OrderUpdate(to_wire::order(order))).collect())
}

async fn journal(app: &App, user: UserId, record: &JournalRecord) -> ApiResult<Option<StreamBody>> {
    if let Some((order, decision)) = record.event.decision() {
        return Ok(Some(StreamBody::RouteDecided(to_wire::decision(Some(order), decision))));
    }
    Ok(match &record.event {
        JournalEvent::IntentAccepted { intent } => order(app, user, intent.id).await?,
        JournalEvent::StateChanged { order, .. } => self::order(app, user, *order).await?,
        JournalEvent::Filled(_) => {
            Some(StreamBody::TradeExecuted(line(app.platform.ledger().as_ref(), record).await?))
        }
        JournalEvent::Paused { paused } => {
            Some(StreamBody::BotStatus(bot_status(app, user, paused.then_some(record.at))))
        }
        event if event.kill_scope().is_some() => {
            let paused = app.platform.ledger().paused(user).await?;
            Some(StreamBody::BotStatus(bot_status(app, user, paused)))
        }
        event if event.protected().is_some() => guarded(app, user, event).await?,
        // Nothing of its own tells about these; a screen that reads anew shows them.
        JournalEvent::RiskSettingsChanged { .. } => {
            Some(StreamBody::Reload { reason: "the risk limits were changed".to_owned() })
        }
        JournalEvent::RoutingPreferred { .. } => {
            Some(StreamBody::Reload { reason: "how orders are routed was changed".to_owned() })
        }
        JournalEvent::FeeValued { .. } => {
            Some(StreamBody::Reload { reason: "what a fee is worth became known".to_owned() })
        }
        event => match event.order() {
            // An attempt that came to nothing, a schedule, a wish: the order tells.
            Some(id) => order(app, user, id).await?,
            None => Some(StreamBody::Reload {
                reason: "something happened at the exchange outside of this platform".to_owned(),
            }),
        },
    })
}

/// The position that an event's protection guards.
async fn guarded(app: &App, user: UserId, event: &JournalEvent) -> ApiResult<Option<StreamBody>> {
    let Some((venue, symbol)) = event.protected() else {
        return Ok(None);
    };
    let account = app.platform.engine().account(user).await?;
    let guarded = |open: &Position| open.venue == *venue && open.symbol == *symbol;
    Ok(Some(match account.positions.iter().find(|marked| guarded(&marked.position)) {
        Some(marked) => StreamBody::PositionUpdate(to_wire::marked_position(marked)),
        None => StreamBody::Reload { reason: "what guards a position changed".to_owned() },
    }))
}

async fn order(app: &App, user: UserId, id: OrderId) -> ApiResult<Option<StreamBody>> {
    let order = read(app, user, Some(id)).await?;
    Ok(order.map(|order| StreamBody::OrderUpdate(to_wire::order(&order))))
}

async fn read(app: &App, user: UserId, id: Option<OrderId>) -> ApiResult<Option<Order>> {
    match id {
        Some(id) => Ok(app.platform.ledger().order(user, id).await?),
        None => Ok(None),
    }
}
