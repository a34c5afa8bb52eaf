//! Domain types of NIJA and the traits that its crates meet through.
//!
//! Nothing here does I/O, reads a clock or draws a random number by itself. The other crates depend on this one and
//! never on each other; the facade crate `nija` puts them together.
//!
//! ```
//! use nija_core::{Notional, Price, Quantity};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let price = Price::new("63120.10".parse()?)?;
//! let quantity = Notional::new("50".parse()?)?.over(price)?.floor_to("0.00000001".parse()?);
//! assert_eq!(quantity.to_string(), "0.00079214");
//! assert!(quantity.at(price)? <= Notional::new("50".parse()?)?);
//! # Ok(())
//! # }
//! ```

mod account;
mod amount;
mod auth;
mod ban;
mod claim;
mod credential;
mod custody;
mod entropy;
mod equity;
mod events;
mod executor;
mod fees;
mod id;
mod instrument;
mod journal;
mod kill;
mod ledger;
mod market;
mod merged_book;
mod order;
mod pnl;
mod policy;
mod position;
mod protection;
mod receipt;
mod request;
mod risk;
mod risk_settings;
mod router;
mod routing;
mod stream_lane;
mod text;
mod time;
mod vault;
mod venue;
mod volatility;
mod walk;
pub mod whole;

pub use account::*;
pub use amount::*;
pub use auth::*;
pub use ban::*;
pub use claim::*;
pub use credential::*;
pub use custody::*;
pub use entropy::*;
pub use equity::*;
pub use events::*;
pub use executor::*;
pub use fees::*;
pub use id::*;
pub use instrument::*;
pub use journal::*;
pub use kill::*;
pub use ledger::*;
pub use market::*;
pub use merged_book::*;
pub use order::*;
pub use pnl::*;
pub use policy::*;
pub use position::*;
pub use protection::*;
pub use receipt::{Attempt, Execution, Receipt, Times, VenueShare};
pub use request::*;
pub use risk::*;
pub use risk_settings::*;
pub use router::*;
pub use routing::*;
pub use stream_lane::*;
pub use time::*;
pub use vault::*;
pub use venue::*;
pub use volatility::*;
pub use walk::*;
