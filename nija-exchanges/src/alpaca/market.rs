//! What is nobody's account: assets, prices, books, candles.

use nija_core::{
    Candle, CandleInterval, Instrument, LimitUsage, Method, OrderBook, Quote, RequestBody, RequestPurpose,
    Symbol, UnsignedRequest, UserId, VenueAccount, VenueError, VenueId,
};
use std::{sync::Arc, time::Duration};

use super::{
    hours::{Hours, SharedClock},
    parse,
    private::{Operator, Query},
    stream::book::LocalBook,
    symbols::{Class, Listed, SymbolMap},
    wire::{self, ws},
};
use crate::{
    decode::unreadable,
    listings::{Listings, SymbolList},
    transport::{HttpAnswer, HttpClient, PublicRequest, StreamCalls},
};

/// Bars in one answer at most.
const BARS: usize = 10_000;
/// The stock market rests over nights, weekends and holidays: its bars are looked for this much further back.
const RESTS: Duration = Duration::from_secs(10 * 86_400);

pub(super) const CRYPTO_BOOKS: &str = "/v1beta3/crypto/us/latest/orderbooks";

/// Assets and prices.
#[derive(Debug)]
pub(super) struct Market {
    pub(super) venue: VenueId,
    pub(super) clock: SharedClock,
    pub(super) hours: Hours,
    pub(super) operator: Option<Operator>,
    trading: HttpClient,
    data: HttpClient,
    stock_feed: String,
    listings: Listings<SymbolMap>,
}

impl Market {
    pub(super) fn new(
        venue: VenueId,
        trading: HttpClient,
        data: HttpClient,
        operator: Option<Operator>,
        stock_feed: String,
        clock: SharedClock,
    ) -> Self {
        Self {
            listings: Listings::new(venue.clone(), clock.clone()),
            hours: Hours::default(),
            venue,
            clock,
            operator,
            trading,
            data,
            stock_feed,
        }
    }

    /// What the last answers said of the data host's limits.
    pub(super) fn limits_used(&self, user: Option<UserId>) -> Vec<LimitUsage> {
        self.data.limits_used(user)
    }

    /// The list as last read; read now, under the operator's key or this user's, if it never was.
    pub(super) async fn symbols(&self, account: Option<&VenueAccount>) -> Result<Arc<SymbolMap>, VenueError> {
        self.listings.get(|| self.read(account)).await
    }

    /// Reads the list anew; without a key of the operator's, what is known is given instead.
    pub(super) async fn instruments(&self) -> Result<Vec<Instrument>, VenueError> {
        let symbols = match self.operator {
            Some(_) => self.listings.renew(|| self.read(None)).await?,
            None => self.symbols(None).await?,
        };
        Ok(symbols.instruments())
    }

    /// A listed symbol; the list is read again when it is missing and the list is not fresh.
    pub(super) async fn listed(
        &self,
        account: Option<&VenueAccount>,
        symbol: &Symbol,
    ) -> Result<Arc<Listed>, VenueError> {
        self.listings.listed(symbol, || self.read(account)).await
    }

    /// The list as [`Self::symbols`] has it, for a user's stream.
    pub(super) async fn symbols_by(
        &self,
        calls: &StreamCalls,
        account: &VenueAccount,
    ) -> Result<Arc<SymbolMap>, VenueError> {
        self.listings.get(|| calls.ask(self.read(Some(account)))).await
    }

    /// A listed symbol as [`Self::listed`] finds it, for a stream of prices.
    pub(super) async fn listed_by(
        &self,
        calls: &StreamCalls,
        symbol: &Symbol,
    ) -> Result<Arc<Listed>, VenueError> {
        self.listings.listed(symbol, || calls.ask_public(self.read(None))).await
    }

    /// `/v2/assets` names the class that is wanted; it answers for stocks alone where none is.
    async fn read(&self, account: Option<&VenueAccount>) -> Result<SymbolMap, VenueError> {
        let mut assets: Vec<wire::Asset> = Vec::new();
        for class in ["crypto", "us_equity"] {
            let query = vec![("status", "active".to_owned()), ("asset_class", class.to_owned())];
            let answer = self.reference(account, "/v2/assets", query).await?;
            assets.extend(parse::answer::<Vec<wire::Asset>>(&self.venue, "assets", &answer)?);
        }
        Ok(SymbolMap::new(&self.venue, &assets))
    }

    /// Asks the trading host for something that is the same for everybody but not given to nobody.
    pub(super) async fn reference(
        &self,
        account: Option<&VenueAccount>,
        path: &'static str,
        query: Query,
    ) -> Result<HttpAnswer, VenueError> {
        match (&self.operator, account) {
            (Some(operator), _) => operator.get(&self.trading, path, query).await,
            (None, Some(account)) => self.under(account, &self.trading, path, query).await,
            (None, None) => Err(self.no_key("its list of assets")),
        }
    }

    fn no_key(&self, what: &str) -> VenueError {
        VenueError::NotSent {
            venue: self.venue.clone(),
            message: format!(
                "Alpaca gives {what} to keys only: set the operator's data key in this venue's configuration"
            ),
        }
    }

    /// Asks the data host. Crypto is public, and counts by address; with the operator's key it counts by that.
    async fn data(
        &self,
        account: Option<&VenueAccount>,
        path: &'static str,
        query: Query,
    ) -> Result<HttpAnswer, VenueError> {
        match (&self.operator, account) {
            (Some(operator), _) => operator.get(&self.data, path, query).await,
            (None, _) if path.starts_with("/v1beta3/crypto/") => {
                self.data.get(&PublicRequest { path: path.into(), query }).await
            }
            (None, Some(account)) => self.under(account, &self.data, path, query).await,
            (None, None) => Err(self.no_key("stock prices")),
        }
    }

    /// Reads what is the same for everybody under a user's key. "Market Data API", authentication: the keys are those of the Trading API.
    async fn under(
        &self,
        account: &VenueAccount,
        host: &HttpClient,
        path: &'static str,
        query: Query,
    ) -> Result<HttpAnswer, VenueError> {
        let request = UnsignedRequest {
            venue: self.venue.clone(),
            method: Method::Get,
            path: path.to_owned(),
            query: query.into_iter().map(|(name, value)| (name.into(), value)).collect(),
            body: RequestBody::Empty,
            purpose: RequestPurpose::Read,
        };
        host.send(Some(account.user), &account.signer.sign(request).await?).await
    }

    pub(super) async fn quote(&self, symbol: &Symbol) -> Result<Quote, VenueError> {
        self.quote_under(None, symbol).await
    }

    /// Best prices; of stocks under the operator's key or this user's.
    pub(super) async fn quote_under(
        &self,
        account: Option<&VenueAccount>,
        symbol: &Symbol,
    ) -> Result<Quote, VenueError> {
        let listed = self.listed(account, symbol).await?;
        let mut query = vec![("symbols", listed.name.clone())];
        let path = match listed.class {
            Class::Crypto => "/v1beta3/crypto/us/latest/quotes",
            Class::Stock => {
                query.push(("feed", self.stock_feed.clone()));
                "/v2/stocks/quotes/latest"
            }
        };
        let answer = self.data(account, path, query).await?;
        let mut quotes: wire::Quotes = parse::answer(&self.venue, "quotes", &answer)?;
        let quote = quotes.quotes.remove(&listed.name).and_then(|quote| {
            let (bid, ask) =
                (ws::Level { p: quote.bp, s: quote.bs }, ws::Level { p: quote.ap, s: quote.ask_size });
            parse::quote(bid, ask, self.clock.now())
        });
        quote.ok_or_else(|| VenueError::Unavailable {
            venue: self.venue.clone(),
            message: format!("nobody offers a price on both sides of {} now", listed.name),
        })
    }

    pub(super) async fn book(&self, symbol: &Symbol, depth: usize) -> Result<OrderBook, VenueError> {
        let listed = self.listed(None, symbol).await?;
        if listed.class == Class::Stock {
            // There are no books of stocks to be had, but for their best prices.
            return Ok(parse::top_of_book(&self.quote(symbol).await?));
        }
        let answer = self.crypto_books(std::slice::from_ref(&listed.name)).await?;
        let books: wire::Books<'_> = parse::answer(&self.venue, "orderbooks", &answer)?;
        let book = books.orderbooks.get(&listed.name);
        let book =
            book.ok_or_else(|| unreadable(&self.venue, format!("orderbooks.{}", listed.name), "missing"))?;
        let mut local = LocalBook::new(depth.max(1));
        local.reset(&book.b, &book.a);
        Ok(local.to_book(self.clock.now()))
    }

    /// Books of several symbols, in one answer.
    pub(super) async fn crypto_books(&self, names: &[String]) -> Result<HttpAnswer, VenueError> {
        self.data(None, CRYPTO_BOOKS, vec![("symbols", names.join(","))]).await
    }

    pub(super) async fn candles(
        &self,
        symbol: &Symbol,
        interval: CandleInterval,
        limit: usize,
    ) -> Result<Vec<Candle>, VenueError> {
        let listed = self.listed(None, symbol).await?;
        let limit = limit.clamp(1, BARS);
        let timeframe = match interval {
            CandleInterval::OneMinute => "1Min",
            CandleInterval::FiveMinutes => "5Min",
            CandleInterval::FifteenMinutes => "15Min",
            CandleInterval::OneHour => "1Hour",
            CandleInterval::OneDay => "1Day",
        };
        // Without a start there is today alone.
        let span = Duration::from_secs(60 * u64::from(interval.minutes()))
            .saturating_mul(u32::try_from(limit).unwrap_or(u32::MAX));
        let (path, back) = match listed.class {
            Class::Crypto => ("/v1beta3/crypto/us/bars", span.saturating_mul(2)),
            // Six and a half hours of a day, five days of a week.
            Class::Stock => ("/v2/stocks/bars", span.saturating_mul(7).saturating_add(RESTS)),
        };
        let mut query = vec![
            ("symbols", listed.name.clone()),
            ("timeframe", timeframe.to_owned()),
            ("start", self.clock.now().minus(back).to_string()),
            ("limit", limit.to_string()),
            // The newest first, or the limit would leave them out.
            ("sort", "desc".to_owned()),
        ];
        if listed.class == Class::Stock {
            query.push(("feed", self.stock_feed.clone()));
        }
        let answer = self.data(None, path, query).await?;
        let page: wire::Bars = parse::answer(&self.venue, "bars", &answer)?;
        if page.next_page_token.is_some() {
            tracing::trace!("older bars are left where they are");
        }
        let bars = page.bars.and_then(|mut bars| bars.remove(&listed.name)).unwrap_or_default();
        let mut candles: Vec<Candle> =
            bars.iter().take(limit).map(|bar| parse::candle(&self.venue, bar)).collect::<Result<_, _>>()?;
        candles.reverse();
        Ok(candles)
    }
}
