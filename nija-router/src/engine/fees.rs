//! Prices that only a fee needs. A fee counts for good by what was known when its execution went on record, so that a price that is missing is asked
//! for before. Where it cannot be had, what its user paid last is the best that is known. One that nobody can value counts as nothing until
//! somebody can (`late_fees.rs`).

use futures::future::join_all;
use nija_core::{Fill, MarketEvent, Quote, Symbol, VenueError, VenueFill};
use parking_lot::Mutex;
use rust_decimal::Decimal;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;

use super::{backoff::Backoff, inner::Inner, money, venue::Venue};
use crate::lane::Sending;

/// How long executions wait for the price of their fee: what guards their position waits as long.
const WAIT: Duration = Duration::from_secs(2);
/// What was asked for is not asked for again for this long, told or not: executions whose fees nobody quotes are not held up one by one.
pub(super) const AGAIN: Duration = Duration::from_secs(60);

/// What a venue has been asked for. A market is listed from its first question on.
#[derive(Default)]
pub(crate) struct Pricing(Mutex<HashMap<Symbol, Arc<Asked>>>);

/// When a market was asked for last. Who holds it asks, for all that wait; markets do not wait for each other.
type Asked = tokio::sync::Mutex<Option<Instant>>;

impl Pricing {
    fn market(&self, symbol: &Symbol) -> Arc<Asked> {
        self.0.lock().entry(symbol.clone()).or_default().clone()
    }

    /// Whether its price has to be asked for even where one is known: no stream tells it.
    fn was_asked(&self, symbol: &Symbol) -> bool {
        self.0.lock().contains_key(symbol)
    }
}

fn is_lately(asked: Option<Instant>) -> bool {
    asked.is_some_and(|at| at.elapsed() < AGAIN)
}

/// What a user's fees in third assets were worth last: units of the quote currency for one of the asset, by asset and quote currency.
#[derive(Debug, Default)]
pub(crate) struct PaidFees(HashMap<(String, String), Decimal>);

impl PaidFees {
    /// Fills in their order. One whose fee counted as nothing says nothing of its worth.
    pub(crate) fn note(&mut self, fill: &Fill) {
        let execution = &fill.execution;
        if !money::is_in_third(execution) || fill.fee_in_quote.is_zero() {
            return;
        }
        if let Some(price) = fill.fee_in_quote.checked_div(execution.fee) {
            let key = (execution.fee_asset.clone(), execution.symbol.quote().to_owned());
            self.0.insert(key, price.normalize());
        }
    }

    /// What a fee is worth by that.
    pub(crate) fn worth(&self, fill: &VenueFill) -> Option<Decimal> {
        let price = self.0.get(&(fill.fee_asset.clone(), fill.symbol.quote().to_owned()))?;
        fill.fee.checked_mul(*price)
    }
}

impl Inner {
    /// Asks a venue for the prices that these fills' fees lack, within a bound, and anew for those that no stream tells. Nothing may be locked
    /// meanwhile.
    pub(super) async fn price_fees(&self, venue: &Venue, fills: impl Iterator<Item = &VenueFill>) {
        join_all(self.unpriced(venue, fills).iter().map(|symbol| self.price(venue, symbol))).await;
    }

    /// The markets whose prices are wanted.
    fn unpriced<'a>(&self, venue: &Venue, fills: impl Iterator<Item = &'a VenueFill>) -> BTreeSet<Symbol> {
        let third: Vec<_> = fills.filter(|fill| money::is_in_third(fill)).collect();
        if third.is_empty() {
            return BTreeSet::new();
        }
        let (market, rates) = (self.market.snapshot(), self.market.rates(self.clock.now()));
        let wanted = third.into_iter().filter_map(|fill| {
            let symbol = Symbol::new(&format!("{}-{}", fill.fee_asset, fill.symbol.quote())).ok()?;
            (venue.pricing.was_asked(&symbol) || !money::is_priced(fill, &market, &rates)).then_some(symbol)
        });
        wanted.collect()
    }

    /// A market's price, unless it was asked for lately. Who comes while it is asked for waits for that answer.
    async fn price(&self, venue: &Venue, symbol: &Symbol) {
        let market = venue.pricing.market(symbol);
        let mut asked = market.lock().await;
        if is_lately(*asked) {
            return;
        }
        if let Ok(Some(quote)) = tokio::time::timeout(WAIT, self.ask_price(venue, symbol)).await {
            self.market.take_up(&venue.id, vec![MarketEvent::Quote { symbol: symbol.clone(), quote }]);
        }
        *asked = Some(Instant::now());
    }

    /// Asks until the venue tells a price, lists no such market or is not to be asked.
    async fn ask_price(&self, venue: &Venue, symbol: &Symbol) -> Option<Quote> {
        let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(1));
        loop {
            match self.ask(venue, None, Sending::Read, venue.executor.quote(symbol)).await {
                Ok(quote) => return Some(quote),
                Err(VenueError::NotListed { .. } | VenueError::RateLimited { .. }) => return None,
                Err(_) => backoff.wait(self.entropy.as_ref()).await,
            }
        }
    }
}
