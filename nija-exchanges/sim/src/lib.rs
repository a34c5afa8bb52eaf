//! Wire-level simulators of trading venues.
//!
//! A simulated venue speaks the real one's protocol (REST and WebSocket) on loopback over one matching engine, so that
//! executors, and clients written by others, can be tested against it by base URL alone. It checks signatures with code
//! of its own, keeps the venue's rules of nonces, client ids, rate limits and rights, and fails on request.
//!
//! ```
//! use nija_sim::{Fault, FaultKind, Sim, Tape, VenueKind};
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let sim = Sim::builder().venues([VenueKind::Kraken]).seed(7).tape(Tape::generated(7)).accounts(2).start().await?;
//! let kraken = sim.venue(VenueKind::Kraken);
//! assert!(kraken.set_price("BTC-USD", 60_000.into()));
//! // The next order is matched, but its answer is lost.
//! kraken.fault(Fault::new(FaultKind::DropAfter).on("/0/private/AddOrder"));
//! println!("REST at {} for key {}", kraken.rest, kraken.accounts[0].key);
//! sim.shutdown().await;
//! # Ok::<(), nija_sim::SimError>(())
//! # }).unwrap();
//! ```

mod account;
mod admin;
mod alpaca;
mod binance;
pub mod cli;
mod clock;
mod coinbase;
pub mod engine;
mod faults;
mod feed;
mod handle;
mod http;
mod inspect;
mod kraken;
mod okx;
mod sim;
mod tape;
mod tls;
mod venue;

pub use self::account::{Account, NewAccount, TRADING_PERMISSIONS, WITHDRAW, default_balances};
pub use self::faults::{Fault, FaultKind, RandomFaults};
pub use self::handle::{SimHandle, VenueHandle};
pub use self::inspect::{BalanceView, OrderView, TradeView};
pub use self::kraken::Tier;
pub use self::sim::{Sim, SimBuilder, SimError};
pub use self::tape::{Tape, TapeError};
pub use self::tls::TlsError;
pub use self::venue::{VenueKind, VenueProfile};
