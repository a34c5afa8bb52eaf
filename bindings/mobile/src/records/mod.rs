//! Records that mirror the wire types, with text for decimals.

mod account;
pub(crate) mod mirror;
mod orders;
mod positions;

pub use account::{
    Activity, ActivityPage, Balance, BotStatus, Credential, KeyHealth, Overview, PnlUpdate, User, Venue,
};
pub use orders::{Check, Order, OrderPreview, OrderRequest, RouteCandidate, RouteFactor, RoutingDecision};
pub use positions::{Position, PositionPage};
