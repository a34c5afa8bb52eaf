//! One symbol of a market stream: its book, and the best prices, each newer than the one before.

use nija_core::{OrderBook, Price, Quantity, Quote, Symbol, Timestamp};
use rust_decimal::Decimal;
use std::{collections::VecDeque, sync::Arc, time::Duration};

use super::{
    super::wire::{Depth, ws},
    book::{Applied, LocalBook},
};

/// Updates kept while a snapshot is on its way; more means that it will not come.
const KEPT: usize = 2000;
/// A book that is this much behind the best prices stands still.
const STALE: Duration = Duration::from_secs(5);

/// What came of a message.
#[derive(Debug, Default)]
pub(in super::super) struct Heard {
    pub(in super::super) quote: Option<Quote>,
    pub(in super::super) book: Option<Arc<OrderBook>>,
    /// A snapshot must be fetched now.
    pub(in super::super) wants_snapshot: bool,
}

/// One symbol on a connection.
#[derive(Debug)]
pub(in super::super) struct Feed {
    pub(in super::super) symbol: Symbol,
    depth: usize,
    book: Option<LocalBook>,
    /// Updates that came while there was no book.
    waiting: VecDeque<ws::Update>,
    /// Number of the change that the last best prices belong to.
    priced_at: u64,
    best: Option<[(Decimal, Decimal); 2]>,
    behind_since: Option<Timestamp>,
}

impl Feed {
    pub(in super::super) fn new(symbol: Symbol, depth: usize) -> Self {
        Self {
            symbol,
            depth,
            book: None,
            waiting: VecDeque::new(),
            priced_at: 0,
            best: None,
            behind_since: None,
        }
    }

    /// Takes in a snapshot of at most `limit` levels a side, and what came since.
    pub(in super::super) fn snapshot(&mut self, snapshot: &Depth, limit: usize, at: Timestamp) -> Heard {
        let mut book = LocalBook::new(snapshot, limit);
        // Older than what came over the stream: fetch it again.
        while let Some(update) = self.waiting.pop_front() {
            if book.apply(&update) == Applied::Gap {
                self.waiting.push_front(update);
                return Heard { wants_snapshot: true, ..Heard::default() };
            }
        }
        self.book = Some(book);
        self.told(at)
    }

    /// Takes in an update.
    ///
    /// # Errors
    /// When snapshots do not come.
    pub(in super::super) fn update(&mut self, update: ws::Update, at: Timestamp) -> Result<Heard, String> {
        let Some(book) = &mut self.book else {
            if self.waiting.len() == KEPT {
                return Err(format!("no snapshot of {} in time", self.symbol));
            }
            self.waiting.push_back(update);
            return Ok(Heard::default());
        };
        match book.apply(&update) {
            Applied::Yes if book.is_deep(self.depth) => {
                if book.last() >= self.priced_at {
                    self.behind_since = None;
                }
                Ok(self.told(at))
            }
            Applied::Old => Ok(Heard::default()),
            Applied::Yes => {
                self.book = None;
                Ok(Heard { wants_snapshot: true, ..Heard::default() })
            }
            Applied::Gap => {
                tracing::warn!(symbol = %self.symbol, "an update of the book is missing; asking for a fresh snapshot");
                self.book = None;
                self.waiting.push_back(update);
                Ok(Heard { wants_snapshot: true, ..Heard::default() })
            }
        }
    }

    /// Takes in best prices.
    ///
    /// # Errors
    /// When the book does not follow them.
    pub(in super::super) fn ticker(
        &mut self,
        ticker: &ws::BookTicker,
        at: Timestamp,
    ) -> Result<Heard, String> {
        if ticker.update <= self.priced_at {
            return Ok(Heard::default());
        }
        let best = [(ticker.bid.0, ticker.bid_size.0), (ticker.ask.0, ticker.ask_size.0)];
        let heard = Heard { quote: self.priced(ticker.update, best, at), ..Heard::default() };
        if self.book.as_ref().is_some_and(|book| book.last() < ticker.update) {
            let since = *self.behind_since.get_or_insert(at);
            if at.since(since) > STALE {
                return Err(format!("the book of {} stands still", self.symbol));
            }
        }
        Ok(heard)
    }

    /// The book as it is now, and the best prices where they are news.
    fn told(&mut self, at: Timestamp) -> Heard {
        let Some(book) = &self.book else { return Heard::default() };
        let (last, best) = (book.last(), book.best());
        let told = Arc::new(book.to_book(self.depth, at));
        // Its own stream tells best prices sooner; what it lost, the book makes up for.
        let quote = best.filter(|_| last >= self.priced_at).and_then(|best| self.priced(last, best, at));
        Heard { quote, book: Some(told), wants_snapshot: false }
    }

    fn priced(&mut self, number: u64, best: [(Decimal, Decimal); 2], at: Timestamp) -> Option<Quote> {
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
        Feed::new(Symbol::new("BTC-USDT").unwrap(), 5)
    }

    fn depth(last: u64) -> Depth {
        serde_json::from_str(&format!(r#"{{"lastUpdateId":{last},"bids":[["9","1"]],"asks":[["10","1"]]}}"#))
            .unwrap()
    }

    fn update(first: u64, last: u64) -> ws::Update {
        serde_json::from_str(&format!(r#"{{"U":{first},"u":{last},"b":[["9.5","2"]],"a":[]}}"#)).unwrap()
    }

    fn ticker(number: u64, bid: &str) -> ws::BookTicker {
        serde_json::from_str(&format!(r#"{{"u":{number},"b":"{bid}","B":"1","a":"10","A":"1"}}"#)).unwrap()
    }

    #[test]
    fn updates_wait_for_the_snapshot_that_they_follow() {
        let mut feed = feed();
        assert!(feed.update(update(5, 7), AT).unwrap().book.is_none());
        assert!(feed.snapshot(&depth(3), 100, AT).wants_snapshot, "number 4 is nowhere");
        let heard = feed.snapshot(&depth(6), 100, AT);
        assert_eq!(heard.book.unwrap().bids[0].price.to_string(), "9.5");
        assert_eq!(heard.quote.unwrap().bid.to_string(), "9.5");
    }

    #[test]
    fn a_gap_asks_for_a_snapshot_and_loses_nothing_after_it() {
        let mut feed = feed();
        feed.snapshot(&depth(3), 100, AT);
        let heard = feed.update(update(6, 7), AT).unwrap();
        assert!(heard.wants_snapshot && heard.book.is_none());
        assert!(feed.update(update(8, 8), AT).unwrap().book.is_none());
        let heard = feed.snapshot(&depth(5), 100, AT);
        assert_eq!(heard.book.unwrap().bids.len(), 2);
        assert!(feed.update(update(9, 9), AT).unwrap().book.is_some());
    }

    #[test]
    fn best_prices_never_go_back_and_are_told_once() {
        let mut feed = feed();
        feed.snapshot(&depth(3), 100, AT);
        assert!(feed.ticker(&ticker(5, "9.6"), AT).unwrap().quote.is_some());
        assert!(feed.ticker(&ticker(5, "9.7"), AT).unwrap().quote.is_none(), "seen twice");
        assert!(feed.ticker(&ticker(4, "9.7"), AT).unwrap().quote.is_none(), "late");
        assert!(feed.ticker(&ticker(6, "9.6"), AT).unwrap().quote.is_none(), "no news");
        assert!(feed.update(update(4, 5), AT).unwrap().quote.is_none(), "the book is behind");
        assert_eq!(feed.update(update(6, 7), AT).unwrap().quote.unwrap().bid.to_string(), "9.5");
    }

    #[test]
    fn snapshots_that_do_not_come_end_the_stream() {
        let mut feed = feed();
        for number in 0..KEPT as u64 {
            feed.update(update(number, number), AT).unwrap();
        }
        assert!(feed.update(update(9, 9), AT).is_err());
    }

    #[test]
    fn a_book_that_stands_still_while_prices_move_is_noticed() {
        let mut feed = feed();
        feed.snapshot(&depth(3), 100, AT);
        assert!(feed.ticker(&ticker(5, "9.6"), AT).is_ok());
        assert!(feed.ticker(&ticker(6, "9.7"), AT.plus(STALE)).is_ok());
        assert!(feed.ticker(&ticker(7, "9.8"), AT.plus(STALE * 2)).is_err());
    }
}
