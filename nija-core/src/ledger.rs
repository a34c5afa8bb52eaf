//! The durable journal and its projections.

use async_trait::async_trait;

use crate::{
    ClientOrderId, CredentialId, EquityKeep, EquitySample, Fill, JournalEvent, JournalRecord, KillSwitch,
    Order, OrderId, OrderState, PnlPage, PnlQuery, Position, PositionId, Protection, RiskStanding,
    RouteDecision, RoutingPreference, Symbol, Timestamp, UserId, VenueBan, VenueId,
};

/// Events of one user that become durable together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalBatch {
    /// Whose.
    pub user: UserId,
    /// When.
    pub at: Timestamp,
    /// In order.
    pub events: Vec<JournalEvent>,
}

/// What an append did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The records as written. A fill whose execution id was there already is left out.
    pub records: Vec<JournalRecord>,
    /// The positions that the batch changed, as they are now (closed ones with `closed_at`).
    pub positions: Vec<Position>,
}

/// Where a page of a list goes on: pass the cursor of the page before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// Rows before this place (exclusive), newest first; `None` starts at the newest.
    pub before: Option<u64>,
    /// Rows at most.
    pub limit: usize,
}

/// A page of rows, each with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerPage<T> {
    /// Newest first: the place (for the next page's cursor) and the row.
    pub rows: Vec<(u64, T)>,
    /// Whether older rows exist.
    pub more: bool,
}

/// A fill with what it realised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledFill {
    /// The fill.
    pub fill: Fill,
    /// Quote units it won by reducing a position, fees not counted.
    pub realised_pnl: rust_decimal::Decimal,
}

/// Realised figures of a stretch of time, in quote units, by quote currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RealisedPnl {
    /// `USD`, ...
    pub currency: String,
    /// Won by closing, fees not counted.
    pub realised: rust_decimal::Decimal,
    /// Fees paid.
    pub fees: rust_decimal::Decimal,
}

/// What can go wrong in a ledger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// The user has an intent of this client order id already; read it and compare.
    #[error("client order id {client_order_id} is taken by order {order}")]
    ClientOrderIdTaken {
        /// The id.
        client_order_id: ClientOrderId,
        /// The order that has it.
        order: OrderId,
    },
    /// The event does not follow from the state; nothing of the batch was written.
    #[error(transparent)]
    Transition(#[from] crate::TransitionError),
    /// An event names an order that does not exist; nothing of the batch was written.
    #[error("there is no order {0}")]
    NoSuchOrder(OrderId),
    /// An event contradicts its batch or itself (another user's, an order's second intent, an amount beyond what a
    /// decimal holds); nothing of the batch was written.
    #[error("the event cannot be recorded: {0}")]
    Invalid(String),
    /// Disk full, read-only, damaged, ...: nothing of the batch was written.
    #[error("the ledger's storage failed: {0}")]
    Storage(String),
    /// The ledger is shutting down.
    #[error("the ledger is closed")]
    Closed,
}

/// The journal and what follows from it. When [`Ledger::append`] answers, the batch survives a power cut.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Writes a batch; durable before it answers. Who reads after the answer meets its consequences. An execution that is on record already is
    /// left out, and so is the worth of a fee that has one.
    async fn append(&self, batch: JournalBatch) -> Result<Appended, LedgerError>;

    /// One order of a user.
    async fn order(&self, user: UserId, order: OrderId) -> Result<Option<Order>, LedgerError>;

    /// The order that a client order id names.
    async fn order_by_client_id(
        &self,
        user: UserId,
        id: &ClientOrderId,
    ) -> Result<Option<Order>, LedgerError>;

    /// A user's orders, newest first, optionally only those in one state.
    async fn orders(
        &self,
        user: UserId,
        state: Option<OrderState>,
        page: PageRequest,
    ) -> Result<LedgerPage<Order>, LedgerError>;

    /// The orders by which an order is carried out, oldest first.
    async fn children(&self, user: UserId, parent: OrderId) -> Result<Vec<Order>, LedgerError>;

    /// All orders of all users that are not in a final state: where a start picks up.
    async fn unsettled_orders(&self) -> Result<Vec<Order>, LedgerError>;

    /// All open positions, of one user or of all.
    async fn open_positions(&self, user: Option<UserId>) -> Result<Vec<Position>, LedgerError>;

    /// A user's closed positions, newest first.
    async fn closed_positions(
        &self,
        user: UserId,
        page: PageRequest,
    ) -> Result<LedgerPage<Position>, LedgerError>;

    /// One position of a user, open or closed.
    async fn position(&self, user: UserId, id: &PositionId) -> Result<Option<Position>, LedgerError>;

    /// A user's fills, newest first.
    async fn fills(&self, user: UserId, page: PageRequest) -> Result<LedgerPage<SettledFill>, LedgerError>;

    /// The time of the newest fill of a user at a venue: where reconciliation starts asking.
    async fn last_fill_at(&self, user: UserId, venue: &VenueId) -> Result<Option<Timestamp>, LedgerError>;

    /// All fills at a venue, oldest first: what a paper venue rebuilds its accounts from.
    async fn fills_at_venue(&self, venue: &VenueId) -> Result<Vec<Fill>, LedgerError>;

    /// A user's fills whose fees count as nothing, since nobody told what their asset is worth: the oldest, `most` of them.
    async fn unvalued_fees(&self, user: UserId, most: usize) -> Result<Vec<Fill>, LedgerError>;

    /// Realised profit and fees since a moment, by quote currency.
    async fn realised_since(&self, user: UserId, since: Timestamp) -> Result<Vec<RealisedPnl>, LedgerError>;

    /// A user's routing decisions, newest first, with their orders.
    async fn decisions(
        &self,
        user: UserId,
        page: PageRequest,
    ) -> Result<LedgerPage<(OrderId, RouteDecision)>, LedgerError>;

    /// A user's journal, newest first: what the activity list is made of.
    async fn journal(
        &self,
        user: UserId,
        page: PageRequest,
    ) -> Result<LedgerPage<JournalRecord>, LedgerError>;

    /// Everything on record about one order of a user, oldest first: what its receipt is made of. Empty when there is no such order.
    async fn order_journal(&self, user: UserId, order: OrderId) -> Result<Vec<JournalRecord>, LedgerError>;

    /// Whether the user paused trading, and since when.
    async fn paused(&self, user: UserId) -> Result<Option<Timestamp>, LedgerError>;

    /// Every kill switch that is on, by user and scope.
    async fn kill_switches(&self) -> Result<Vec<KillSwitch>, LedgerError>;
    /// How the user wants venues to be chosen; the default where the user did not say.
    async fn routing_preference(&self, user: UserId) -> Result<RoutingPreference, LedgerError>;

    /// What guards open positions, of all users; by user, venue and symbol.
    async fn protections(&self) -> Result<Vec<Protection>, LedgerError>;

    /// The user's own limits as they were last changed; those of a user who never did are the default.
    async fn risk_settings(&self, user: UserId) -> Result<RiskStanding, LedgerError>;

    /// Realised profit and fees of each UTC day that has any, oldest first, by quote currency.
    async fn realised_by_day(&self, user: UserId) -> Result<Vec<(Timestamp, RealisedPnl)>, LedgerError>;

    /// What a user won and paid, by day, pair or venue. Costs what the answer holds and, for pairs and venues of some days, those days; of
    /// all days together it is kept. An `after` of another kind is [`LedgerError::Invalid`].
    async fn pnl(&self, user: UserId, query: PnlQuery) -> Result<PnlPage, LedgerError>;

    /// Keeps samples of accounts' worth, one a user and moment, and forgets those of the same users that are past their time. They are
    /// measured, not concluded: they do not follow from the journal, and nothing but the curve is made of them.
    async fn keep_equity(&self, samples: Vec<EquitySample>, keep: EquityKeep) -> Result<(), LedgerError>;

    /// The curve of a user from a moment on and before another, oldest first: every sample that is kept, before those the last of each
    /// day; thinned to at most `most` by [`thin_samples`](crate::thin_samples).
    async fn equity(
        &self,
        user: UserId,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
        most: usize,
    ) -> Result<Vec<EquitySample>, LedgerError>;

    /// Takes `count` nonces of a key, none of them ever given before, each at least `floor`: the first is returned, the last is
    /// that plus `count - 1`. Durable before it answers.
    async fn reserve_nonces(&self, key: CredentialId, floor: u64, count: u64) -> Result<u64, LedgerError>;

    /// Keeps a venue's ban, in the place of an earlier one of the same venue. Durable before it answers. Like samples it is measured and does
    /// not follow from the journal: it is there so that a restart sends nothing that would prolong it.
    async fn keep_ban(&self, ban: VenueBan) -> Result<(), LedgerError>;

    /// Forgets a venue's ban; nothing happens where there is none.
    async fn lift_ban(&self, venue: &VenueId) -> Result<(), LedgerError>;

    /// Every ban that is kept, by venue. Whether it is over is for who asks to see.
    async fn bans(&self) -> Result<Vec<VenueBan>, LedgerError>;

    /// Rebuilds every projection from the journal and compares: an empty list means that they agree.
    async fn verify_projections(&self) -> Result<Vec<String>, LedgerError>;

    /// Symbols in which anyone has an open position or order: what the platform must keep quotes of.
    async fn active_symbols(&self) -> Result<Vec<(VenueId, Symbol)>, LedgerError>;
}
