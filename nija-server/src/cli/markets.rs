//! `nija markets SYMBOL`.

use futures::future::join_all;
use nija_core::{MergedBook, MergedLevel, OrderBook, Symbol, VenueId};
use rust_decimal::Decimal;
use serde_json::json;
use std::error::Error;

use super::{reach, say, table::table};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to look at, such as BTC-USD. Dollars and stablecoins are different instruments: BTC-USDT is another book.
    symbol: Symbol,
    #[command(flatten)]
    reach: reach::Reach,
    /// Levels shown on each side.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=500))]
    depth: u16,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Asks all venues for the book at once and shows it as one. Ends badly when none has it.
pub(super) async fn run(args: Args) -> Result<(), Box<dyn Error>> {
    let venues = args.reach.executors()?;
    let depth = usize::from(args.depth);
    let answers = join_all(venues.iter().map(|venue| async {
        let asked = tokio::time::timeout(args.reach.timeout(), venue.book(&args.symbol, depth)).await;
        match asked {
            Ok(Ok(book)) => Ok((venue.contract().venue.clone(), book)),
            Ok(Err(error)) => Err(format!("{}: {error}", venue.contract().venue)),
            Err(_) => {
                Err(format!("{}: no answer in {} s", venue.contract().venue, args.reach.timeout().as_secs()))
            }
        }
    }))
    .await;
    let mut books: Vec<(VenueId, OrderBook)> = Vec::new();
    let mut without: Vec<String> = Vec::new();
    for answer in answers {
        match answer {
            Ok(book) => books.push(book),
            Err(why) => without.push(why),
        }
    }
    if books.is_empty() {
        return Err(format!("no venue shows a book of {}: {}", args.symbol, without.join("; ")).into());
    }
    let merged = MergedBook::of(books.iter().map(|(venue, book)| (venue, book)));
    if args.json {
        let shown = json!({ "symbol": args.symbol, "book": merged, "crossed": merged.is_crossed(), "without": without });
        say(&serde_json::to_string_pretty(&shown)?);
        return Ok(());
    }
    say(&summary(&args.symbol, &merged, books.len()));
    let heads = ["BID VENUE", "SUM", "SIZE", "BID", "ASK", "SIZE", "SUM", "ASK VENUE"];
    say(&table(&heads, 1..7, rows(&merged, depth)));
    for why in without {
        say(&format!("without {why}"));
    }
    Ok(())
}

fn summary(symbol: &Symbol, merged: &MergedBook, venues: usize) -> String {
    let over = if venues == 1 { "1 venue".to_owned() } else { format!("{venues} venues") };
    let (Some(bid), Some(ask)) = (merged.bids.first(), merged.asks.first()) else {
        return format!("{symbol} over {over}: one side is empty");
    };
    let spread = ask.price.get() - bid.price.get();
    let mid = (ask.price.get() + bid.price.get()) / Decimal::TWO;
    let points = (spread * Decimal::from(10_000)).checked_div(mid).unwrap_or_default().round_dp(2);
    let crossed = if merged.is_crossed() { ", crossed" } else { "" };
    format!("{symbol} over {over}: spread {} ({points} bp){crossed}", spread.normalize())
}

/// Both sides beside each other, best at the top, with running sums of size.
fn rows(merged: &MergedBook, depth: usize) -> Vec<Vec<String>> {
    let shown = || merged.bids.iter().take(depth).chain(merged.asks.iter().take(depth));
    let places = |number: fn(&MergedLevel) -> Decimal| {
        shown().map(|level| number(level).normalize().scale()).max().unwrap_or(0) as usize
    };
    let (price, size) = (places(|level| level.price.get()), places(|level| level.quantity.get()));
    let side = |levels: &[MergedLevel]| -> Vec<[String; 4]> {
        let mut sum = Decimal::ZERO;
        let shown = levels.iter().take(depth).map(|level| {
            sum += level.quantity.get();
            [
                level.venue.to_string(),
                format!("{sum:.size$}"),
                format!("{:.size$}", level.quantity.get()),
                format!("{:.price$}", level.price.get()),
            ]
        });
        shown.collect()
    };
    let (bids, asks) = (side(&merged.bids), side(&merged.asks));
    (0..bids.len().max(asks.len()))
        .map(|index| {
            let bid = bids.get(index).cloned().unwrap_or_default();
            let mut ask = asks.get(index).cloned().unwrap_or_default();
            ask.reverse();
            bid.into_iter().chain(ask).collect()
        })
        .collect()
}
