//! Typed client of the NIJA server's API; owns the wire types.
//!
//! ```no_run
//! use nija_client::{Client, NewOrderExt, PlaceOptions, wire::NewOrder};
//!
//! # async fn run() -> Result<(), nija_client::ClientError> {
//! let client = Client::new("https://nija.example")?;
//! client.sign_in("me@example.com", "correct horse battery staple").await?;
//! let spend_25_dollars = NewOrder::market("BTC-USD", "buy", 25.into());
//! let order = client.place_order(spend_25_dollars, PlaceOptions::wait_ms(2_000)).await?;
//! println!("{} is {}", order.id, order.state);
//! # Ok(())
//! # }
//! ```
//!
//! A [`Client`] is cheap to clone; all clones share one session. The access token is refreshed on its own, once for
//! all callers that need it. No call is repeated after a failure unless [`ClientConfig::order_retries`] asks for it.
//! What went wrong is a [`ClientError`]; [`ClientError::code`] is stable.

mod api;
mod audit;
mod backoff;
mod client;
mod error;
mod pinned;
mod seal;
mod session;
mod session_key;
mod stream;
mod transport;
mod typed;
pub mod wire;

pub use api::{CandleQuery, CurveQuery, DayRange, OrderQuery, PageQuery, PlaceOptions};
pub use audit::{AuditCheckpoint, AuditEntry, AuditProof, AuditProofError};
pub use client::{Client, ClientConfig};
pub use error::{ClientError, NetworkKind};
pub use pinned::{PinError, PublishedKeys, parse_pin};
pub use seal::{SEALING_INFO, SEALING_SUITE, associated_data, seal_credential};
pub use session::{SessionObserver, SessionTokens};
pub use stream::{ConnectionState, EventStream, StreamOptions};
pub use typed::{NewOrderExt, OrderState, OrderStateExt};
