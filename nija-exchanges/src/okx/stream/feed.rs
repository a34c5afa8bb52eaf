//! One symbol of a market stream: its book, and the best prices, none older than the one before.

use nija_core::{OrderBook, Price, Quantity, Quote, Symbol, Timestamp};
use rust_decimal::Decimal;
use std::{sync::Arc, time::Duration};

use super::{
    super::wire::ws,
    book::{Applied, LocalBook},
};

/// A book that hears nothing for this long while the best prices move stands still: it is told ten times a second.
const STALE: Duration = Duration::from_secs(5);

/// What came of a message.
#[derive(Debug, Default)]
pub(in super::super) struct News {
    pub(in super::super) quote: Option<Quote>,
    pub(in super::super) book: Option<Arc<OrderBook>>,
    /// Updates are missing: a new snapshot must be asked for.
    pub(in super::super) wants_snapshot: bool,
}

/// One symbol on a connection.
#[derive(Debug)]
pub(in super::super) struct Feed {
    pub(in super::super) symbol: Symbol,
    depth: usize,
    book: Option<LocalBook>,
    /// Number of the change that the last best prices belong to.
    priced_at: i64,
    best: Option<[(Decimal, Decimal); 2]>,
    /// When prices first moved after the book was last heard of.
    behind_since: Option<Timestamp>,
}

impl Feed {
    pub(in super::super) const fn new(symbol: Symbol, depth: usize) -> Self {
        Self { symbol, depth, book: None, priced_at: -1, best: None, behind_since: None }
    }

    /// Takes in a message of the book's channel.
    pub(in super::super) fn book(&mut self, message: &ws::Book, snapshot: bool, at: Timestamp) -> News {
        self.behind_since = None;
        if snapshot {
            let book = LocalBook::new(message);
            // The numbers may have begun anew while nobody heard.
            self.priced_at = self.priced_at.min(book.last());
            self.book = Some(book);
            return self.told(at);
        }
        // Updates without a book belong to one that was given up.
        let Some(book) = &mut self.book else { return News::default() };
        match book.apply(message) {
            Applied::Yes => {
                // Maintenance: the numbers began anew.
                if message.prev_seq_id.is_some_and(|before| before > message.seq_id) {
                    self.priced_at = message.seq_id;
                }
                self.told(at)
            }
            Applied::Old => News::default(),
            Applied::Gap => {
                tracing::warn!(symbol = %self.symbol, "an update of the book is missing; asking for a fresh snapshot");
                self.book = None;
                News { wants_snapshot: true, ..News::default() }
            }
        }
    }

    /// Takes in the best prices.
    ///
    /// # Errors
    /// When the book does not follow them.
    pub(in super::super) fn best(&mut self, message: &ws::Book, at: Timestamp) -> Result<News, String> {
        if message.seq_id < self.priced_at {
            return Ok(News::default());
        }
        let (Some(bid), Some(ask)) = (message.bids.first(), message.asks.first()) else {
            return Ok(News::default());
        };
        let best = [(bid.price, bid.quantity), (ask.price, ask.quantity)];
        let quote = self.priced(message.seq_id, best, at);
        if quote.is_some() {
            let since = *self.behind_since.get_or_insert(at);
            if at.since(since) > STALE {
                return Err(format!("the book of {} stands still", self.symbol));
            }
        }
        Ok(News { quote, ..News::default() })
    }

    /// The book as it is now, and the best prices where they are news.
    fn told(&mut self, at: Timestamp) -> News {
        let Some(book) = &self.book else { return News::default() };
        let (last, best) = (book.last(), book.best());
        let told = Arc::new(book.to_book(self.depth, at));
        // Their own channel tells best prices sooner; what it lost, the book makes up for.
        let quote = best.filter(|_| last >= self.priced_at).and_then(|best| self.priced(last, best, at));
        News { quote, book: Some(told), wants_snapshot: false }
    }

    fn priced(&mut self, number: i64, best: [(Decimal, Decimal); 2], at: Timestamp) -> Option<Quote> {
        self.priced_at = number;
        if self.best == Some(best) {
            return None;
        }
        self.best = Some(best);
        let [(bid, bid_size), (ask, ask_size)] = best;
        Some(Quote {
            bid: Price::new(bid).ok()?,
            bid_size: Quantity::new(bid_size).ok()?,
            ask: Price::new(ask).ok()?,
            ask_size: Quantity::new(ask_size).ok()?,
            at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_micros(1);

    fn feed() -> Feed {
        let mut feed = Feed::new(Symbol::new("BTC-USDT").unwrap(), 5);
        feed.book(&message(-1, 10, "9"), true, AT);
        feed
    }

    fn message(before: i64, number: i64, bid: &str) -> ws::Book {
        let text = format!(
            r#"{{"bids":[["{bid}","1","0","1"]],"asks":[["10","1","0","1"]],"prevSeqId":{before},"seqId":{number}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_gap_asks_for_a_snapshot_and_says_nothing_until_it_is_there() {
        let mut feed = feed();
        let news = feed.book(&message(11, 12, "9.5"), false, AT);
        assert!(news.wants_snapshot && news.book.is_none());
        let news = feed.book(&message(12, 13, "9.6"), false, AT);
        assert!(!news.wants_snapshot && news.book.is_none(), "asked for once");
        let news = feed.book(&message(-1, 14, "9.7"), true, AT);
        assert_eq!(news.quote.unwrap().bid.to_string(), "9.7");
        assert_eq!(feed.book(&message(14, 15, "9.8"), false, AT).book.unwrap().bids.len(), 2);
    }

    #[test]
    fn best_prices_never_go_back_and_are_told_once() {
        let mut feed = feed();
        assert!(feed.best(&message(0, 12, "9.6"), AT).unwrap().quote.is_some());
        assert!(feed.best(&message(0, 12, "9.6"), AT).unwrap().quote.is_none(), "seen twice");
        assert!(feed.best(&message(0, 11, "9.7"), AT).unwrap().quote.is_none(), "late");
        assert!(feed.book(&message(10, 11, "9.5"), false, AT).quote.is_none(), "the book is behind");
        assert_eq!(feed.book(&message(11, 13, "9.8"), false, AT).quote.unwrap().bid.to_string(), "9.8");
    }

    #[test]
    fn numbers_that_begin_anew_are_followed() {
        let mut feed = feed();
        assert_eq!(feed.book(&message(10, 3, "9.4"), false, AT).quote.unwrap().bid.to_string(), "9.4");
        assert!(feed.best(&message(0, 4, "9.5"), AT).unwrap().quote.is_some());
    }

    #[test]
    fn a_book_that_stands_still_while_prices_move_is_noticed() {
        let mut feed = feed();
        assert!(feed.best(&message(0, 12, "9.6"), AT).is_ok());
        assert!(feed.best(&message(0, 13, "9.7"), AT.plus(STALE)).is_ok());
        assert!(feed.best(&message(0, 14, "9.8"), AT.plus(STALE * 2)).is_err());
        feed.book(&message(10, 14, "9.8"), false, AT.plus(STALE * 2));
        assert!(feed.best(&message(0, 15, "9.9"), AT.plus(STALE * 2)).is_ok());
    }
}
