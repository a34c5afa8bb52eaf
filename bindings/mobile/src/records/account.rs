//! The user, the overview, activity, venues and credentials.

use nija_client::wire;

use super::Position;
use super::mirror::{Cross, mirror};

mirror! {
    /// An account of the platform.
    User without role {
        /// Opaque id.
        id: String,
        /// Address the account was made with.
        email: String,
        /// `basic`, `pro` or `enterprise`.
        tier: String,
        /// RFC 3339, UTC.
        created_at: String,
    }
}

mirror! {
    /// Equity, profit and loss, positions. Money is in USD.
    Overview {
        /// The bot's state.
        bot: BotStatus,
        /// Cash and positions over all venues.
        equity: String,
        /// Cash free to trade.
        cash: String,
        /// Realised and unrealised since 00:00 UTC, after fees.
        pnl_today: String,
        /// Realised and unrealised since the first fill, after fees.
        pnl_total: String,
        /// Open positions, largest first.
        positions: Vec<Position>,
        /// The newest few lines.
        recent_activity: Vec<Activity>,
        /// Balances by venue.
        balances: Vec<Balance>,
        /// RFC 3339, UTC.
        as_of: String,
    }
}

mirror! {
    /// The newest profit and loss, as in the overview.
    PnlUpdate {
        /// Cash and positions over all venues.
        equity: String,
        /// Cash free to trade.
        cash: String,
        /// Since 00:00 UTC, after fees.
        pnl_today: String,
        /// Since the first fill, after fees.
        pnl_total: String,
        /// The open positions at their newest prices.
        positions: Vec<Position>,
    }
}

mirror! {
    /// Whether positions may be opened. Exits always go through.
    BotStatus {
        /// `running` or `paused`.
        state: String,
        /// RFC 3339, UTC: since when.
        since: String,
    }
}

mirror! {
    /// Money or an asset at a venue.
    Balance {
        /// The venue.
        venue: String,
        /// `USD`, `BTC`, ...
        asset: String,
        /// All of it.
        total: String,
        /// What is not held by working orders.
        available: String,
        /// RFC 3339, UTC: when the venue said so.
        as_of: String,
    }
}

mirror! {
    /// One line of what happened.
    Activity {
        /// Opaque id.
        id: String,
        /// `trade`, `order`, `credential` or `bot`.
        kind: String,
        /// One line for people.
        title: String,
        /// More words, where there are some.
        detail: Option<String>,
        /// Canonical symbol.
        symbol: Option<String>,
        /// The venue.
        venue: Option<String>,
        /// `buy` or `sell`.
        side: Option<String>,
        /// Base units.
        quantity: Option<String>,
        /// Price per base unit.
        price: Option<String>,
        /// Fee in the quote currency; missing while nobody has told what the asset that it was taken in is worth.
        fee: Option<String>,
        /// Realised by this fill, in the quote currency.
        realised_pnl: Option<String>,
        /// The order it belongs to.
        order_id: Option<String>,
        /// RFC 3339, UTC.
        at: String,
    }
}

/// One page of activity, newest first.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct ActivityPage {
    /// The rows.
    pub items: Vec<Activity>,
    /// Gets the next page; absent on the last one.
    pub next_cursor: Option<String>,
}

impl From<wire::Page<wire::Activity>> for ActivityPage {
    fn from(page: wire::Page<wire::Activity>) -> Self {
        Self { items: page.items.cross(), next_cursor: page.next_cursor }
    }
}

mirror! {
    /// A venue that the server trades at.
    Venue {
        /// Its id, as orders and credentials name it.
        id: String,
        /// Its name for people.
        name: String,
        /// `up`, `degraded` or `down`.
        status: String,
        /// Typical answer time in milliseconds.
        latency_ms: Option<u64>,
        /// Whether the user has an active credential here.
        connected: bool,
        /// Whether it needs one at all (paper does not).
        needs_credential: bool,
    }
}

mirror! {
    /// A stored credential, without its secret.
    Credential {
        /// Opaque id.
        id: String,
        /// The venue.
        venue: String,
        /// The user's name for it.
        label: String,
        /// Grows by one at every rotation.
        version: u32,
        /// `delegated`, `session` or `device`.
        custody: String,
        /// `active`, `revoked` or `destroyed`.
        status: String,
        /// What the venue says that the key may do.
        rights: Vec<String>,
        /// RFC 3339, UTC.
        created_at: String,
        /// By which the phone tells its keys apart, in custody mode `device`: as in `DeviceKeyRecord`.
        fingerprint: Option<String>,
        /// How it is doing; in lists and after a check.
        health: Option<KeyHealth>,
    }
}

mirror! {
    /// How a stored key is doing. Times are RFC 3339, UTC.
    KeyHealth {
        /// What its owner should do something about, worst first: `can_withdraw` (new positions are stopped), `refused`, `cannot_trade`,
        /// `rights_changed`, `expires`, `old`, `any_address`, `rights_unknown`.
        problems: Vec<String>,
        /// When its present version was stored.
        stored_at: String,
        /// When it should be replaced.
        rotate_by: String,
        /// When it last signed or was opened.
        last_used_at: Option<String>,
        /// When the venue was last asked about it.
        checked_at: Option<String>,
        /// When the venue ends it.
        expires_at: Option<String>,
        /// Whether the venue takes it from listed addresses alone, where it says so.
        from_listed_addresses: Option<bool>,
        /// Until when it is unlocked, in custody mode `session`; absent while it is locked.
        unlocked_until: Option<String>,
        /// Rights that it gained since it was stored.
        rights_gained: Vec<String>,
        /// Rights that it lost.
        rights_lost: Vec<String>,
    }
}
