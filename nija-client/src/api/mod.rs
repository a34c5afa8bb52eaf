//! The calls, one file a subject.

mod account;
mod admin;
mod auth;
mod credentials;
mod key_events;
mod markets;
mod orders;
mod pnl;
mod positions;
mod protection;
mod settings;

pub use markets::CandleQuery;
pub use orders::{OrderQuery, PlaceOptions};
pub use pnl::{CurveQuery, DayRange};

/// Which page of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageQuery {
    /// The last page's `next_cursor`; `None` for the newest rows.
    pub cursor: Option<String>,
    /// Rows a page; the server's default is 50, its most 200.
    pub limit: Option<u32>,
}

impl PageQuery {
    /// The newest `limit` rows.
    #[must_use]
    pub fn newest(limit: u32) -> Self {
        Self { cursor: None, limit: Some(limit) }
    }
}

impl crate::client::Call<'_> {
    fn page(self, page: &PageQuery) -> Self {
        self.query("cursor", page.cursor.as_deref()).query("limit", page.limit)
    }
}
