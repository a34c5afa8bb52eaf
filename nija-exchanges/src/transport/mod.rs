//! What every venue's connection needs: addresses, HTTP, WebSockets, waiting before another try, and the venue's clock.

mod address;
mod backoff;
mod clock_offset;
mod http;
mod limit_headers;
pub(crate) mod query;
mod stream_calls;
mod supervise;
mod websocket;

pub use address::{Address, AddressError, Protocol};
pub use backoff::Backoff;
pub use clock_offset::ClockOffset;
pub use http::{HttpAnswer, HttpClient, HttpConfig, PublicRequest};
pub use limit_headers::{LimitBound, LimitCount, LimitHeader};
pub use stream_calls::StreamCalls;
pub use supervise::{Ended, StreamSender, supervise};
pub use websocket::{WsConfig, WsConnection, WsError};
