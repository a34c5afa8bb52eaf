//! The engine as it is asked for orders.

use nija_core::{
    ClientOrderId, Order, OrderId, OrderKind, OrderSize, OrderState, PositionId, Quantity, SignalType,
    TimeInForce, TradeSignal, UserId,
};
use std::time::Duration;

use super::{Engine, EngineError, Preview, Submitted, submit};

impl Engine {
    /// Takes up a signal: risk, route, journal, queue. A refusal by risk or routing is on record too: the order comes back
    /// `Rejected` or `Failed` with its reason.
    ///
    /// # Errors
    /// [`EngineError`]; nothing was taken up then.
    pub async fn submit(&self, signal: TradeSignal) -> Result<Submitted, EngineError> {
        let signal = submit::normalise(signal)?;
        let inner = self.inner.clone();
        // A caller that goes away must not leave an order on record that nobody sends.
        self.run(async move { inner.accept(signal).await }).await
    }

    /// What would become of a signal. Nothing is recorded.
    ///
    /// # Errors
    /// [`EngineError`] when the signal makes no sense or the user cannot be read.
    pub async fn preview(&self, signal: TradeSignal) -> Result<Preview, EngineError> {
        self.inner.foresee(submit::normalise(signal)?).await
    }

    /// Cancels an order and answers with it as it stands then; its end comes from the venue. One that has ended is left alone.
    ///
    /// # Errors
    /// [`EngineError::NoSuchOrder`], or what the venue or the vault said.
    pub async fn cancel(&self, user: UserId, order: OrderId) -> Result<Order, EngineError> {
        let inner = self.inner.clone();
        self.run(async move { inner.cancel(user, order).await }).await
    }

    /// Closes an open position by an exit at market, at the position's venue.
    ///
    /// # Errors
    /// [`EngineError::NoSuchPosition`], or as [`Engine::submit`].
    pub async fn close_position(
        &self,
        user: UserId,
        position: &PositionId,
        client_order_id: ClientOrderId,
    ) -> Result<Submitted, EngineError> {
        let strategy = format!("close {position}");
        let strategy = strategy.chars().take(100).collect::<String>();
        let known = self.inner.ledger.order_by_client_id(user, &client_order_id).await?;
        if let Some(order) = known {
            // The size of a close follows the position, so the same request may look different the second time.
            return if order.intent.signal.strategy.as_ref() == Some(&strategy) {
                Ok(Submitted { order, replayed: true })
            } else {
                Err(EngineError::ClientOrderIdReused { order: order.id() })
            };
        }
        let open = {
            let user = self.inner.user(user).await?;
            let state = user.state.lock().await;
            let open = state.positions.values().find(|open| open.id == *position);
            open.cloned().ok_or(EngineError::NoSuchPosition)?
        };
        let size =
            Quantity::new(open.quantity.abs()).map_err(|error| EngineError::Invalid(error.to_string()))?;
        self.submit(TradeSignal {
            user,
            client_order_id,
            side: open.side().opposite(),
            symbol: open.symbol,
            size: OrderSize::Base(size),
            kind: OrderKind::Market,
            time_in_force: TimeInForce::Ioc,
            signal_type: SignalType::Exit,
            venue: Some(open.venue),
            strategy: Some(strategy),
            protection: None,
        })
        .await
    }

    /// Waits until an order has ended, and answers with it; or with its newest state when the time is over.
    ///
    /// # Errors
    /// [`EngineError::NoSuchOrder`].
    pub async fn settled(
        &self,
        user: UserId,
        order: OrderId,
        timeout: Duration,
    ) -> Result<Order, EngineError> {
        self.reached(user, order, timeout, OrderState::is_final).await
    }

    /// Waits until the order's venue took it or refused it, and answers with it; or with its newest state when the time is over. What a
    /// venue took may be filled a moment later: its fills are not waited for.
    ///
    /// # Errors
    /// [`EngineError::NoSuchOrder`].
    pub async fn acknowledged(
        &self,
        user: UserId,
        order: OrderId,
        timeout: Duration,
    ) -> Result<Order, EngineError> {
        self.reached(user, order, timeout, OrderState::is_acknowledged).await
    }

    async fn reached(
        &self,
        user: UserId,
        order: OrderId,
        timeout: Duration,
        reached: impl Fn(OrderState) -> bool,
    ) -> Result<Order, EngineError> {
        let user = self.inner.user(user).await?;
        let over = tokio::time::sleep(timeout);
        tokio::pin!(over);
        loop {
            let mut changed = std::pin::pin!(user.changed.notified());
            changed.as_mut().enable();
            let order = self.inner.standing(&user, order).await?;
            if reached(order.state) {
                return Ok(order);
            }
            tokio::select! {
                biased;
                () = changed => {}
                () = &mut over => return Ok(order),
            }
        }
    }
}
