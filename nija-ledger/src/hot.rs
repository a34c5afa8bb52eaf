//! For the tests of plans: the questions that must not cost more as the history grows.

use crate::{projection::lookups, read};

/// Each question, and whether it may read all of an index of what is open now.
pub(crate) const QUESTIONS: [(&str, bool); 35] = [
    (lookups::FILL, false),
    (lookups::ORDER, false),
    (lookups::ORDER_EXISTS, false),
    (lookups::OWNER, false),
    (lookups::OPEN_POSITION, false),
    (read::orders::BY_CLIENT_ID, false),
    (read::orders::NEWEST, false),
    (read::orders::CHILDREN, false),
    (read::orders::NEWEST_IN_STATE, false),
    (read::orders::LIVE, true),
    (read::orders::ACTIVE, true),
    (read::positions::OPEN, false),
    (read::positions::ALL_OPEN, true),
    (read::positions::CLOSED, false),
    (read::positions::ONE, false),
    (read::entries::BACK, false),
    (read::entries::ON, false),
    (read::journal::ENTRIES, false),
    (read::journal::OF_ORDER, false),
    (read::journal::FILLS, false),
    (read::journal::FILLS_AT_VENUE, false),
    (read::journal::UNVALUED, false),
    (read::journal::NEWEST_FILL, false),
    (read::journal::PAUSED, false),
    (read::journal::PREFERENCE, false),
    (read::journal::RISK_SETTINGS, false),
    (read::pnl::FIRST_DAY, false),
    (read::pnl::TOTALS, false),
    (read::pnl::DAYS, false),
    (read::pnl::BY_DAY, false),
    (read::pnl::PART_OF_DAY, false),
    (read::groups::CELLS, false),
    (read::equity::FIRST, false),
    (read::equity::DAYS, false),
    (read::equity::SAMPLES, false),
];

/// Indexes of what is open now, whatever there was before.
pub(crate) const OPEN: [&str; 3] = ["orders_live", "positions_open", "positions_held"];

/// Whether a question may sort what it finds: a user's open positions are few.
pub(crate) fn may_sort(sql: &str) -> bool {
    sql == read::positions::OPEN
}
