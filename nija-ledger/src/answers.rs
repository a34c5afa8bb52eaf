//! The trait, the same for each ledger: appends go to the writer, questions to the readers.

/// `Ledger` for a type that is [`asked`](crate::running::Asked).
macro_rules! answer_by_jobs_and_questions {
    ($ledger:ty) => {
        const _: () = {
            use nija_core::{
                Appended, ClientOrderId, CredentialId, EquityKeep, EquitySample, Fill, JournalBatch,
                JournalRecord, KillSwitch, LedgerError, LedgerPage, Order, OrderId, OrderState, PageRequest,
                PnlPage, PnlQuery, Position, PositionId, Protection, RealisedPnl, RiskStanding,
                RouteDecision, RoutingPreference, SettledFill, Symbol, Timestamp, UserId, VenueBan, VenueId,
            };
            use $crate::{encode::Encoded, jobs::Job, read};

            #[async_trait::async_trait]
            impl nija_core::Ledger for $ledger {
                async fn append(&self, batch: JournalBatch) -> Result<Appended, LedgerError> {
                    let encoded = Encoded::new(batch)?;
                    self.asked().ask(|answer| Job::Append(encoded, answer)).await
                }

                async fn order(&self, user: UserId, order: OrderId) -> Result<Option<Order>, LedgerError> {
                    self.asked().read(move |c| read::orders::one(c, user, order)).await
                }

                async fn order_by_client_id(
                    &self,
                    user: UserId,
                    id: &ClientOrderId,
                ) -> Result<Option<Order>, LedgerError> {
                    let id = id.clone();
                    self.asked().read(move |c| read::orders::by_client_id(c, user, &id)).await
                }

                async fn orders(
                    &self,
                    user: UserId,
                    state: Option<OrderState>,
                    page: PageRequest,
                ) -> Result<LedgerPage<Order>, LedgerError> {
                    self.asked().read(move |c| read::orders::page(c, user, state, page)).await
                }

                async fn children(&self, user: UserId, parent: OrderId) -> Result<Vec<Order>, LedgerError> {
                    self.asked().read(move |c| read::orders::children(c, user, parent)).await
                }

                async fn unsettled_orders(&self) -> Result<Vec<Order>, LedgerError> {
                    self.asked().read(|c| read::orders::live(c)).await
                }

                async fn open_positions(&self, user: Option<UserId>) -> Result<Vec<Position>, LedgerError> {
                    self.asked().read(move |c| read::positions::open(c, user)).await
                }

                async fn closed_positions(
                    &self,
                    user: UserId,
                    page: PageRequest,
                ) -> Result<LedgerPage<Position>, LedgerError> {
                    self.asked().read(move |c| read::positions::closed(c, user, page)).await
                }

                async fn position(
                    &self,
                    user: UserId,
                    id: &PositionId,
                ) -> Result<Option<Position>, LedgerError> {
                    let id = id.clone();
                    self.asked().read(move |c| read::positions::one(c, user, &id)).await
                }

                async fn fills(
                    &self,
                    user: UserId,
                    page: PageRequest,
                ) -> Result<LedgerPage<SettledFill>, LedgerError> {
                    self.asked().read(move |c| read::journal::fills(c, user, page)).await
                }

                async fn last_fill_at(
                    &self,
                    user: UserId,
                    venue: &VenueId,
                ) -> Result<Option<Timestamp>, LedgerError> {
                    let venue = venue.clone();
                    self.asked().read(move |c| read::journal::last_fill_at(c, user, &venue)).await
                }

                async fn fills_at_venue(&self, venue: &VenueId) -> Result<Vec<Fill>, LedgerError> {
                    let venue = venue.clone();
                    self.asked().read(move |c| read::journal::fills_at_venue(c, &venue)).await
                }

                async fn unvalued_fees(&self, user: UserId, most: usize) -> Result<Vec<Fill>, LedgerError> {
                    self.asked().read(move |c| read::journal::unvalued_fees(c, user, most)).await
                }

                async fn realised_since(
                    &self,
                    user: UserId,
                    since: Timestamp,
                ) -> Result<Vec<RealisedPnl>, LedgerError> {
                    self.asked().read(move |c| read::pnl::since(c, user, since)).await
                }

                async fn decisions(
                    &self,
                    user: UserId,
                    page: PageRequest,
                ) -> Result<LedgerPage<(OrderId, RouteDecision)>, LedgerError> {
                    self.asked().read(move |c| read::journal::decisions(c, user, page)).await
                }

                async fn journal(
                    &self,
                    user: UserId,
                    page: PageRequest,
                ) -> Result<LedgerPage<JournalRecord>, LedgerError> {
                    self.asked().read(move |c| read::journal::page(c, user, page)).await
                }

                async fn order_journal(
                    &self,
                    user: UserId,
                    order: OrderId,
                ) -> Result<Vec<JournalRecord>, LedgerError> {
                    self.asked().read(move |c| read::journal::of_order(c, user, order)).await
                }

                async fn paused(&self, user: UserId) -> Result<Option<Timestamp>, LedgerError> {
                    self.asked().read(move |c| read::journal::paused(c, user)).await
                }

                async fn kill_switches(&self) -> Result<Vec<KillSwitch>, LedgerError> {
                    self.asked().read(|c| read::kill_switches(c)).await
                }

                async fn routing_preference(&self, user: UserId) -> Result<RoutingPreference, LedgerError> {
                    self.asked().read(move |c| read::journal::routing_preference(c, user)).await
                }

                async fn protections(&self) -> Result<Vec<Protection>, LedgerError> {
                    self.asked().read(|c| read::protections(c)).await
                }

                async fn risk_settings(&self, user: UserId) -> Result<RiskStanding, LedgerError> {
                    self.asked().read(move |c| read::journal::risk_settings(c, user)).await
                }

                async fn realised_by_day(
                    &self,
                    user: UserId,
                ) -> Result<Vec<(Timestamp, RealisedPnl)>, LedgerError> {
                    self.asked().read(move |c| read::pnl::by_day(c, user)).await
                }

                async fn pnl(&self, user: UserId, query: PnlQuery) -> Result<PnlPage, LedgerError> {
                    self.asked().read(move |c| read::groups::page(c, user, &query)).await
                }

                async fn keep_equity(
                    &self,
                    samples: Vec<EquitySample>,
                    keep: EquityKeep,
                ) -> Result<(), LedgerError> {
                    self.asked().ask(|answer| Job::Equity { samples, keep, answer }).await
                }

                async fn equity(
                    &self,
                    user: UserId,
                    from: Option<Timestamp>,
                    until: Option<Timestamp>,
                    most: usize,
                ) -> Result<Vec<EquitySample>, LedgerError> {
                    self.asked().read(move |c| read::equity::curve(c, user, from, until, most)).await
                }

                async fn reserve_nonces(
                    &self,
                    key: CredentialId,
                    floor: u64,
                    count: u64,
                ) -> Result<u64, LedgerError> {
                    self.asked().ask(|answer| Job::Nonces { key, floor, count, answer }).await
                }

                async fn keep_ban(&self, ban: VenueBan) -> Result<(), LedgerError> {
                    self.asked().ask(|answer| Job::Ban { ban, answer }).await
                }

                async fn lift_ban(&self, venue: &VenueId) -> Result<(), LedgerError> {
                    let venue = venue.clone();
                    self.asked().ask(|answer| Job::NoBan { venue, answer }).await
                }

                async fn bans(&self) -> Result<Vec<VenueBan>, LedgerError> {
                    self.asked().read(|c| read::bans(c)).await
                }

                async fn verify_projections(&self) -> Result<Vec<String>, LedgerError> {
                    self.asked().differences().await
                }

                async fn active_symbols(&self) -> Result<Vec<(VenueId, Symbol)>, LedgerError> {
                    self.asked().read(|c| read::orders::active(c)).await
                }
            }
        };
    };
}
pub(crate) use answer_by_jobs_and_questions;
