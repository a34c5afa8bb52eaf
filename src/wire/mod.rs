//! From the platform's types to those of `nija-client`, and from its orders to signals: what every host answers with, so
//! that the server and the Python module cannot differ.

mod activity;
mod code;
mod decision;
mod equity;
mod limits;
mod market;
mod order;
mod overview;
mod pnl;
mod position;
mod preview;
mod protection;
mod receipt;
mod signal;
mod words;

pub use activity::{activity, is_told};
pub use code::ErrorCode;
pub use decision::{decision, routing_stats};
pub use equity::equity_days;
pub use limits::{risk_settings, wanted_limits};
pub use market::{balance, candle, market};
pub use order::{order, order_problem};
pub use overview::{open_positions, overview};
pub use pnl::{equity_curve, group_key, pnl_page};
pub use position::{marked_position, position};
pub use preview::preview;
pub use protection::{kill_switch, kill_switch_of_all, plan, protection};
pub use receipt::receipt;
pub use signal::{BadOrder, listed, signal, symbol, venue};
