//! What every venue's executor does alike: it hands a call on to what stands behind it.

/// Implements `Executor` for a newtype over an `Arc` of a venue's inside, which has a `contract`, a `market` and a method for each call
/// that needs an account. What venues do in their own way stands behind the arrow.
macro_rules! hand_on {
    ($executor:ident => $($own:tt)*) => {
        #[async_trait::async_trait]
        impl nija_core::Executor for $executor {
            fn contract(&self) -> &nija_core::VenueContract {
                &self.0.contract
            }

            async fn instruments(&self) -> Result<Vec<nija_core::Instrument>, nija_core::VenueError> {
                self.0.market.instruments().await
            }

            async fn quote(
                &self,
                symbol: &nija_core::Symbol,
            ) -> Result<nija_core::Quote, nija_core::VenueError> {
                self.0.market.quote(symbol).await
            }

            async fn book(
                &self,
                symbol: &nija_core::Symbol,
                depth: usize,
            ) -> Result<nija_core::OrderBook, nija_core::VenueError> {
                self.0.market.book(symbol, depth).await
            }

            async fn candles(
                &self,
                symbol: &nija_core::Symbol,
                interval: nija_core::CandleInterval,
                limit: usize,
            ) -> Result<Vec<nija_core::Candle>, nija_core::VenueError> {
                self.0.market.candles(symbol, interval, limit).await
            }

            async fn balances(
                &self,
                account: &nija_core::VenueAccount,
            ) -> Result<Vec<nija_core::VenueBalance>, nija_core::VenueError> {
                self.0.balances(account).await
            }

            async fn key_rights(
                &self,
                account: &nija_core::VenueAccount,
            ) -> Result<nija_core::KeyRights, nija_core::VenueError> {
                self.0.key_rights(account).await
            }

            async fn place(
                &self,
                account: &nija_core::VenueAccount,
                order: &nija_core::VenueOrder,
                notional: nija_core::Notional,
            ) -> Result<nija_core::Placement, nija_core::VenueError> {
                self.0.place(account, order, notional).await
            }

            async fn cancel(
                &self,
                account: &nija_core::VenueAccount,
                order: &nija_core::OrderRef,
            ) -> Result<(), nija_core::VenueError> {
                self.0.cancel(account, order).await
            }

            async fn cancel_all(
                &self,
                account: &nija_core::VenueAccount,
            ) -> Result<Option<u64>, nija_core::VenueError> {
                self.0.cancel_all(account).await
            }

            async fn open_orders(
                &self,
                account: &nija_core::VenueAccount,
            ) -> Result<Vec<nija_core::ExecutionReport>, nija_core::VenueError> {
                self.0.open_orders(account).await
            }

            async fn fills_since(
                &self,
                account: &nija_core::VenueAccount,
                since: nija_core::Timestamp,
            ) -> Result<Vec<nija_core::VenueFill>, nija_core::VenueError> {
                self.0.fills_since(account, since).await
            }

            fn account_stream(
                &self,
                account: nija_core::VenueAccount,
                lane: std::sync::Arc<dyn nija_core::StreamLane>,
            ) -> futures::stream::BoxStream<'static, nija_core::AccountEvent> {
                stream::account(self.0.clone(), account, lane)
            }

            $($own)*
        }
    };
}

pub(crate) use hand_on;
