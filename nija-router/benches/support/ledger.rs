use async_trait::async_trait;
use nija_core::{
    Appended, ClientOrderId, CredentialId, EquityKeep, EquitySample, Fill, JournalBatch, JournalRecord,
    Ledger, LedgerError, LedgerPage, Order, OrderId, OrderState, PageRequest, PnlPage, PnlQuery, Position,
    PositionId, RealisedPnl, RiskStanding, RouteDecision, RoutingPreference, SettledFill, Symbol, Timestamp,
    UserId, VenueId,
};
use std::sync::atomic::{AtomicU64, Ordering};

/// The journal switched off: numbers the records and forgets them.
#[derive(Default)]
pub(crate) struct NullLedger(AtomicU64);

fn nothing<T>() -> Result<LedgerPage<T>, LedgerError> {
    Ok(LedgerPage { rows: Vec::new(), more: false })
}

#[async_trait]
impl Ledger for NullLedger {
    async fn append(&self, batch: JournalBatch) -> Result<Appended, LedgerError> {
        let (user, at) = (batch.user, batch.at);
        let first = self.0.fetch_add(batch.events.len() as u64, Ordering::Relaxed);
        let records = (first + 1..).zip(batch.events);
        let records = records.map(|(seq, event)| JournalRecord { seq, user, at, event }).collect();
        Ok(Appended { records, positions: Vec::new() })
    }

    async fn order(&self, _: UserId, _: OrderId) -> Result<Option<Order>, LedgerError> {
        Ok(None)
    }

    async fn order_by_client_id(&self, _: UserId, _: &ClientOrderId) -> Result<Option<Order>, LedgerError> {
        Ok(None)
    }

    async fn orders(
        &self,
        _: UserId,
        _: Option<OrderState>,
        _: PageRequest,
    ) -> Result<LedgerPage<Order>, LedgerError> {
        nothing()
    }

    async fn children(&self, _: UserId, _: OrderId) -> Result<Vec<Order>, LedgerError> {
        Ok(Vec::new())
    }

    async fn unsettled_orders(&self) -> Result<Vec<Order>, LedgerError> {
        Ok(Vec::new())
    }

    async fn open_positions(&self, _: Option<UserId>) -> Result<Vec<Position>, LedgerError> {
        Ok(Vec::new())
    }

    async fn closed_positions(&self, _: UserId, _: PageRequest) -> Result<LedgerPage<Position>, LedgerError> {
        nothing()
    }

    async fn position(&self, _: UserId, _: &PositionId) -> Result<Option<Position>, LedgerError> {
        Ok(None)
    }

    async fn fills(&self, _: UserId, _: PageRequest) -> Result<LedgerPage<SettledFill>, LedgerError> {
        nothing()
    }

    async fn last_fill_at(&self, _: UserId, _: &VenueId) -> Result<Option<Timestamp>, LedgerError> {
        Ok(None)
    }

    async fn fills_at_venue(&self, _: &VenueId) -> Result<Vec<Fill>, LedgerError> {
        Ok(Vec::new())
    }

    async fn unvalued_fees(&self, _: UserId, _: usize) -> Result<Vec<Fill>, LedgerError> {
        Ok(Vec::new())
    }

    async fn realised_since(&self, _: UserId, _: Timestamp) -> Result<Vec<RealisedPnl>, LedgerError> {
        Ok(Vec::new())
    }

    async fn decisions(
        &self,
        _: UserId,
        _: PageRequest,
    ) -> Result<LedgerPage<(OrderId, RouteDecision)>, LedgerError> {
        nothing()
    }

    async fn journal(&self, _: UserId, _: PageRequest) -> Result<LedgerPage<JournalRecord>, LedgerError> {
        nothing()
    }

    async fn order_journal(&self, _: UserId, _: OrderId) -> Result<Vec<JournalRecord>, LedgerError> {
        Ok(Vec::new())
    }

    async fn risk_settings(&self, _: UserId) -> Result<RiskStanding, LedgerError> {
        Ok(RiskStanding::default())
    }

    async fn realised_by_day(&self, _: UserId) -> Result<Vec<(Timestamp, RealisedPnl)>, LedgerError> {
        Ok(Vec::new())
    }

    async fn pnl(&self, _: UserId, _: PnlQuery) -> Result<PnlPage, LedgerError> {
        Ok(PnlPage { rows: Vec::new(), more: false })
    }

    async fn keep_equity(&self, _: Vec<EquitySample>, _: EquityKeep) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn equity(
        &self,
        _: UserId,
        _: Option<Timestamp>,
        _: Option<Timestamp>,
        _: usize,
    ) -> Result<Vec<EquitySample>, LedgerError> {
        Ok(Vec::new())
    }

    async fn paused(&self, _: UserId) -> Result<Option<Timestamp>, LedgerError> {
        Ok(None)
    }

    async fn kill_switches(&self) -> Result<Vec<nija_core::KillSwitch>, LedgerError> {
        Ok(Vec::new())
    }

    async fn routing_preference(&self, _: UserId) -> Result<RoutingPreference, LedgerError> {
        Ok(RoutingPreference::default())
    }

    async fn protections(&self) -> Result<Vec<nija_core::Protection>, LedgerError> {
        Ok(Vec::new())
    }

    async fn reserve_nonces(&self, _: CredentialId, floor: u64, _: u64) -> Result<u64, LedgerError> {
        Ok(floor)
    }

    async fn keep_ban(&self, _: nija_core::VenueBan) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn lift_ban(&self, _: &VenueId) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn bans(&self) -> Result<Vec<nija_core::VenueBan>, LedgerError> {
        Ok(Vec::new())
    }

    async fn verify_projections(&self) -> Result<Vec<String>, LedgerError> {
        Ok(Vec::new())
    }

    async fn active_symbols(&self) -> Result<Vec<(VenueId, Symbol)>, LedgerError> {
        Ok(Vec::new())
    }
}
