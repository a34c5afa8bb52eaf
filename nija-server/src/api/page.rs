//! Pages: `?cursor=&limit=`, newest first.

use nija_client::wire::Page;
use nija_core::{LedgerPage, PageRequest};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::problem::{ApiResult, Problem, kinds};

const DEFAULT: usize = 50;
/// Rows of one page at most.
pub(super) const MOST: usize = 200;

/// Where a list goes on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows at most: 1 to 200, 50 when missing.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

impl PageQuery {
    pub(crate) fn request(&self) -> ApiResult<PageRequest> {
        request(self.cursor.as_deref(), self.limit)
    }
}

/// Checks the two parts of a query for a page.
pub(crate) fn request(cursor: Option<&str>, limit: Option<usize>) -> ApiResult<PageRequest> {
    let limit = limit.unwrap_or(DEFAULT);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::new(kinds::QUERY_INVALID, format!("limit must be 1 to {MOST}")));
    }
    let before = cursor
        .map(|text| {
            text.parse().map_err(|_| {
                Problem::new(kinds::CURSOR_INVALID, "pass next_cursor of the page before as it came")
            })
        })
        .transpose()?;
    Ok(PageRequest { before, limit })
}

/// A page of the ledger as it crosses the wire.
pub(crate) fn page<T, W>(page: LedgerPage<T>, to_wire: impl Fn(T) -> W) -> Page<W> {
    let last = page.rows.last().map(|(place, _)| place.to_string());
    let next_cursor = last.filter(|_| page.more);
    Page { items: page.rows.into_iter().map(|(_, row)| to_wire(row)).collect(), next_cursor }
}
