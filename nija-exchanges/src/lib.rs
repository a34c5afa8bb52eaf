//! Executors: one folder per venue, and the paper venue.
//!
//! Every venue implements [`nija_core::Executor`]; shared HTTP and WebSocket code stands once in [`transport`].
//!
//! ```
//! use nija_core::{Executor, Symbol, SystemClock};
//! use nija_exchanges::paper::{PaperConfig, PaperExecutor};
//! use std::sync::Arc;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let paper = PaperExecutor::new(PaperConfig::default(), Arc::new(SystemClock));
//! let quote = paper.quote(&Symbol::new("BTC-USD")?).await?;
//! assert!(quote.bid < quote.ask);
//! # Ok(())
//! # }
//! ```

pub mod alpaca;
pub mod binance;
mod client_ids;
pub mod coinbase;
mod decode;
mod hand_on;
mod kinds;
pub mod kraken;
mod levels;
mod listings;
pub mod okx;
pub mod paper;
mod public_list;
mod seen;
mod stated;
#[cfg(feature = "testing")]
pub mod testing;
pub mod transport;

pub use kinds::{OpenedVenue, VenueAddresses, VenueConfig};

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod odd_json;
#[cfg(test)]
mod recorded;
