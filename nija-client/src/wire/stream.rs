//! The live stream: `POST /v1/stream/ticket`, then a WebSocket to
//! `/v1/stream?ticket=...[&stream=...&resume_from=...]`.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{BotStatus, Order, Position, RoutingDecision};

/// `POST /v1/stream/ticket`: opens one WebSocket, once, within its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StreamTicket {
    /// Pass as `?ticket=`.
    pub ticket: String,
    /// Seconds until it ends.
    pub expires_in: u64,
}

/// One text frame from the server, as JSON: `{"seq": 7, "at": "...", "type": "position.update", "data": {...}}`.
///
/// `seq` counts up by one for each user within one `stream` (named by the first frame, `hello`). After a reconnect pass the
/// stream's name and the last `seq` seen; the server sends what was missed, or `reload` when it no longer can.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StreamEvent {
    /// Counts up by one; 0 for `hello`, `reload`, `closing`, for `pnl.update`, which is never resumed, and for an `order.update`
    /// that goes before the numbered fill or route which changed the order (and comes again with it after a resume).
    pub seq: u64,
    /// RFC 3339, UTC.
    pub at: String,
    /// What it says.
    #[serde(flatten)]
    pub body: StreamBody,
}

/// What a stream event says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[allow(clippy::large_enum_variant)] // Frames are made, sent and dropped one at a time; a box would cost more than it saves.
pub enum StreamBody {
    /// First frame of every connection.
    #[serde(rename = "hello")]
    Hello {
        /// Names this run of the event sequence.
        stream: String,
        /// The newest sequence number.
        last_seq: u64,
    },
    /// What was missed is gone: fetch the state anew.
    #[serde(rename = "reload")]
    Reload {
        /// In words.
        reason: String,
    },
    /// The server is about to close the connection.
    #[serde(rename = "closing")]
    Closing {
        /// In words.
        reason: String,
    },
    /// A position changed through a fill.
    #[serde(rename = "position.update")]
    PositionUpdate(Position),
    /// A fill.
    #[serde(rename = "trade.executed")]
    TradeExecuted(super::Activity),
    /// Prices moved: the newest values, coalesced.
    #[serde(rename = "pnl.update")]
    PnlUpdate(PnlUpdate),
    /// The bot was paused or resumed.
    #[serde(rename = "bot.status")]
    BotStatus(BotStatus),
    /// An order changed state.
    #[serde(rename = "order.update")]
    OrderUpdate(Order),
    /// The router decided.
    #[serde(rename = "route.decided")]
    RouteDecided(RoutingDecision),
}

/// The newest profit and loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PnlUpdate {
    /// As in the overview.
    pub equity: Decimal,
    /// As in the overview.
    pub cash: Decimal,
    /// As in the overview.
    pub pnl_today: Decimal,
    /// As in the overview.
    pub pnl_total: Decimal,
    /// The open positions at their newest prices.
    pub positions: Vec<Position>,
}
