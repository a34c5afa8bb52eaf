//! What routing costs: a recorded tape over four venues, `ExpectedCost` and `WeightedScore` beside always one venue. Writes
//! `docs/routing-costs.md` and `docs/routing-costs.svg`; the tape is not part of the repository (`NIJA_TAPE`, else `../shared/fixtures/market`).
#![allow(clippy::print_stdout)]

use nija::VenueConfig;
use nija::core::{
    AccountState, Approved, BookLevel, BreakerState, Clock, FeeSchedule, Instrument, Notional, OrderBook,
    OrderId, OrderIntent, OrderSize, Price, PriceReach, Quantity, Quote, RestingOrders, RiskChain,
    RiskPolicy, RouteRequest, Router, SeededEntropy, Side, Symbol, SystemClock, Timestamp, TradeSignal,
    UserId, VenueHealth, VenueId, VenueView, Verdict, Volatility,
};
use nija::router::{CostConfig, ExpectedCost, WeightedScore};
use plotters::prelude::*;
use rust_decimal::{Decimal, prelude::ToPrimitive};
use std::{collections::BTreeMap, error::Error, fmt::Write as _, path::PathBuf, sync::Arc, time::Duration};

type Failed = Box<dyn Error>;

/// Sizes in USD.
const SIZES: [i64; 4] = [1_000, 10_000, 50_000, 200_000];
/// A decision every so many minutes.
const EVERY: usize = 7;
const LEVELS: usize = 50;
const MINUTE: i64 = 60_000_000;
const TAPES: [(&str, &str); 4] = [
    ("BTC-USD", "coinbase_btcusd_1m_quote_20170903.csv"),
    ("BTC-USD", "coinbase_btcusd_1m_quote_20170904.csv"),
    ("ETH-USD", "coinbase_ethusd_1m_quote_20170903.csv"),
    ("ETH-USD", "coinbase_ethusd_1m_quote_20170904.csv"),
];

/// How a venue's tape is made of the recorded one, and how long an order takes there.
struct Made {
    kind: &'static str,
    /// Hundredths of a basis point that each side is further out.
    wider: i64,
    /// Its mid wanders by so many hundredths of a basis point around the recorded one, once in so many minutes.
    wander: (i64, i64),
    /// Its depth, in per cent of the recorded one.
    depth: i64,
    latency_ms: u64,
}

const VENUES: [Made; 4] = [
    Made { kind: "coinbase", wider: 0, wander: (0, 1), depth: 100, latency_ms: 60 },
    Made { kind: "kraken", wider: 50, wander: (300, 17), depth: 60, latency_ms: 150 },
    Made { kind: "binance", wider: 20, wander: (300, 29), depth: 150, latency_ms: 90 },
    Made { kind: "okx", wider: 30, wander: (300, 41), depth: 120, latency_ms: 110 },
];

/// One recorded minute.
struct Row {
    at: i64,
    bid: Decimal,
    bid_size: Decimal,
    ask: Decimal,
    ask_size: Decimal,
}

fn main() -> Result<(), Failed> {
    let folder = std::env::var_os("NIJA_TAPE")
        .map_or_else(|| PathBuf::from("../shared/fixtures/market"), PathBuf::from);
    if !folder.join(TAPES[0].1).exists() {
        println!("SKIPPED the tape is not here: {} (set NIJA_TAPE to its folder)", folder.display());
        return Ok(());
    }
    let fees = fees()?;
    let mut all = Figures::default();
    for (symbol, file) in TAPES {
        let rows = read(&std::fs::read_to_string(folder.join(file))?)?;
        replay(&Symbol::new(symbol)?, &rows, &fees, &mut all)?;
    }
    let text = page(&all, &fees);
    println!("{text}");
    std::fs::write("docs/routing-costs.md", text)?;
    plot(&all)
}

/// Each venue's published first tier, as its executor has it.
fn fees() -> Result<Vec<FeeSchedule>, Failed> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let of = |made: &Made| -> Result<FeeSchedule, Failed> {
        let venue = VenueConfig::live(made.kind, VenueId::new(made.kind)?).ok_or("an unknown venue")?;
        Ok(venue.executor(&clock)?.default_fees())
    };
    VENUES.iter().map(of).collect()
}

fn read(text: &str) -> Result<Vec<Row>, Failed> {
    let row = |(n, line): (usize, &str)| -> Result<Row, Failed> {
        let columns: Vec<&str> = line.split(',').collect();
        let number = |n: usize| -> Result<Decimal, Failed> {
            let text = columns.get(n).ok_or("a short line")?;
            Ok(text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(text))?)
        };
        let at = i64::try_from(n)? * MINUTE;
        Ok(Row { at, bid: number(4)?, bid_size: number(5)?, ask: number(9)?, ask_size: number(10)? })
    };
    text.lines().skip(1).enumerate().map(row).collect()
}

/// A price moved by hundredths of a basis point.
fn shifted(price: Decimal, hundredths: Decimal) -> Decimal {
    (price * (Decimal::ONE + hundredths / Decimal::from(1_000_000))).round_dp(4)
}

impl Made {
    /// Its book at a moment: the recorded best prices between two minutes on a straight line, moved; each further level one basis point out,
    /// with the size that was recorded at the best price so many minutes later.
    fn book(&self, rows: &[Row], at: i64) -> Option<OrderBook> {
        let place = usize::try_from(at / MINUTE).ok()?;
        let (now, next) = (rows.get(place)?, rows.get(place + 1)?);
        let part = Decimal::from(at - now.at) / Decimal::from(MINUTE);
        let (reach, period) = self.wander;
        let turn = std::f64::consts::TAU * (at as f64 / MINUTE as f64) / period as f64;
        let off = Decimal::try_from(turn.sin() * reach as f64).ok()?;
        let level = |n: usize, from: Decimal, to: Decimal, size: Decimal, sign: i64| {
            let best = from + (to - from) * part;
            let out = Decimal::from(sign * (self.wider + 100 * i64::try_from(n).ok()?));
            let quantity = (size * Decimal::from(self.depth) / Decimal::ONE_HUNDRED).round_dp(8);
            Some(BookLevel {
                price: Price::new(shifted(best, off + out)).ok()?,
                quantity: Quantity::new(quantity).ok()?,
            })
        };
        let later = |n: usize| rows.get(place + n);
        let bids = (0..LEVELS).map_while(|n| level(n, now.bid, next.bid, later(n)?.bid_size, -1));
        let asks = (0..LEVELS).map_while(|n| level(n, now.ask, next.ask, later(n)?.ask_size, 1));
        let book = OrderBook { bids: bids.collect(), asks: asks.collect(), at: Timestamp::from_micros(at) };
        (book.bids.len() == LEVELS && book.asks.len() == LEVELS).then_some(book)
    }
}

fn mid(book: &OrderBook) -> Option<Decimal> {
    Some((book.bids.first()?.price.get() + book.asks.first()?.price.get()) / Decimal::TWO)
}

/// Basis points that taking this much costs against `mid`, fee included; `None` where the book does not hold it.
fn realised(book: &OrderBook, side: Side, quantity: Decimal, fee: Decimal, mid: Decimal) -> Option<Decimal> {
    let (mut left, mut worth) = (quantity, Decimal::ZERO);
    for level in book.against(side) {
        let taken = left.min(level.quantity.get());
        worth += taken * level.price.get();
        left -= taken;
        if left.is_zero() {
            break;
        }
    }
    let sign = if side == Side::Buy { Decimal::ONE } else { -Decimal::ONE };
    let whole = quantity * mid;
    left.is_zero().then(|| (sign * (worth - whole) + worth * fee) / whole * Decimal::from(10_000))
}

/// Costs by size and strategy, and where the policies sent their orders.
#[derive(Default)]
struct Figures {
    costs: BTreeMap<(i64, &'static str), Vec<f64>>,
    venues: BTreeMap<(i64, &'static str, String), f64>,
    left_out: BTreeMap<i64, usize>,
}

fn replay(symbol: &Symbol, rows: &[Row], fees: &[FeeSchedule], all: &mut Figures) -> Result<(), Failed> {
    let policies: [(&'static str, Box<dyn Router>); 2] = [
        ("ExpectedCost", Box::new(ExpectedCost::new(CostConfig::default()))),
        ("WeightedScore", Box::new(WeightedScore::default())),
    ];
    for (n, minute) in (30..rows.len()).step_by(EVERY).enumerate() {
        let side = if n % 2 == 0 { Side::Buy } else { Side::Sell };
        // Half a minute in: neither the moment that was recorded nor the next one.
        let at = rows[minute].at + MINUTE / 2;
        let books: Option<Vec<OrderBook>> = VENUES.iter().map(|made| made.book(rows, at)).collect();
        let Some(books) = books else { continue };
        let mids: Option<Vec<Decimal>> = books.iter().map(mid).collect();
        let middle =
            mids.ok_or("a book without a side")?.iter().sum::<Decimal>() / Decimal::from(VENUES.len());
        let views: Result<Vec<_>, Failed> = VENUES
            .iter()
            .zip(&books)
            .zip(fees)
            .map(|((made, book), fees)| view(made, symbol, book, *fees))
            .collect();
        let views = views?;
        for size in SIZES {
            let quantity = (Decimal::from(size) / middle).round_dp(5);
            let cost = |venue: usize, quantity: Decimal| {
                let made = &VENUES[venue];
                let arrived = made.book(rows, at + i64::try_from(made.latency_ms).ok()? * 1_000)?;
                realised(&arrived, side, quantity, fees[venue].taker, middle)
            };
            let alone: Option<Vec<Decimal>> = (0..VENUES.len()).map(|venue| cost(venue, quantity)).collect();
            let mut routed = Vec::new();
            for (name, policy) in &policies {
                let intent = approved(symbol, side, quantity, at)?;
                let mut request = RouteRequest::new(&intent, Timestamp::from_micros(at), &views);
                request.volatility = Some(volatility(&rows[minute - 30..minute]));
                let decision = policy.route(&request);
                let mut shares: Vec<(VenueId, Decimal)> = decision
                    .split
                    .iter()
                    .map(|share| (share.venue.clone(), share.plan.quantity.get()))
                    .collect();
                if shares.is_empty() {
                    let venue = decision.venue.clone();
                    shares.extend(venue.map(|venue| (venue, quantity)));
                }
                let whole: Decimal = shares.iter().map(|(_, part)| part).sum();
                let parts: Option<Vec<(String, Decimal, Decimal)>> = shares
                    .iter()
                    .map(|(venue, part)| {
                        let place = VENUES.iter().position(|made| made.kind == venue.as_str())?;
                        Some((venue.to_string(), *part / whole, cost(place, *part)?))
                    })
                    .collect();
                routed.push((*name, parts.filter(|parts| !parts.is_empty())));
            }
            // Like with like: only moments at which each of them fills.
            let (Some(alone), true) = (alone, routed.iter().all(|(_, parts)| parts.is_some())) else {
                *all.left_out.entry(size).or_default() += 1;
                continue;
            };
            for (made, cost) in VENUES.iter().zip(alone) {
                all.costs.entry((size, made.kind)).or_default().push(cost.to_f64().unwrap_or(f64::NAN));
            }
            for (name, parts) in routed {
                let parts = parts.unwrap_or_default();
                let cost: Decimal = parts.iter().map(|(_, part, cost)| part * cost).sum();
                all.costs.entry((size, name)).or_default().push(cost.to_f64().unwrap_or(f64::NAN));
                for (venue, part, _) in parts {
                    *all.venues.entry((size, name, venue)).or_default() += part.to_f64().unwrap_or(f64::NAN);
                }
            }
        }
    }
    Ok(())
}

/// From one-minute mids, in whole basis points a second.
fn volatility(rows: &[Row]) -> Volatility {
    let mids: Vec<f64> =
        rows.iter().filter_map(|row| ((row.bid + row.ask) / Decimal::TWO).to_f64()).collect();
    let moves: Vec<f64> = mids.windows(2).map(|pair| (pair[1] / pair[0] - 1.0) * 10_000.0).collect();
    let square = moves.iter().map(|one| one * one).sum::<f64>() / moves.len().max(1) as f64;
    let second = Decimal::try_from((square / 60.0).sqrt().round()).ok().and_then(|bp| bp.to_u32());
    Volatility::per_second(second.unwrap_or(0))
}

struct Allow;

impl RiskPolicy for Allow {
    fn name(&self) -> &'static str {
        "allow"
    }
    fn assess(&self, _: &OrderIntent, _: &AccountState) -> Verdict {
        Verdict::Allow
    }
}

fn approved(
    symbol: &Symbol,
    side: Side,
    quantity: Decimal,
    at: i64,
) -> Result<Approved<OrderIntent>, Failed> {
    let (now, entropy) = (Timestamp::from_micros(at), SeededEntropy::new(1));
    let user = UserId::generate(now, &entropy);
    let size = OrderSize::Base(Quantity::new(quantity)?);
    let signal = TradeSignal::market(user, "tape".parse()?, symbol.clone(), side, size);
    let account = AccountState::empty(user, now);
    let intent = OrderIntent::new(OrderId::generate(now, &entropy), now, signal);
    let assessed = RiskChain::new(vec![Arc::new(Allow)])?.assess(intent, &account);
    assessed.verdict.map_err(|reason| reason.text.into())
}

fn view(made: &Made, symbol: &Symbol, book: &OrderBook, fees: FeeSchedule) -> Result<VenueView, Failed> {
    let venue = VenueId::new(made.kind)?;
    let (bid, ask) = (book.bids.first().ok_or("no bid")?, book.asks.first().ok_or("no ask")?);
    let plenty = Some(Decimal::from(100_000_000));
    Ok(VenueView {
        instrument: Some(Arc::new(Instrument {
            venue: venue.clone(),
            symbol: symbol.clone(),
            venue_symbol: symbol.to_string(),
            lot_size: Decimal::new(1, 5),
            tick_size: Decimal::new(1, 4),
            min_quantity: Quantity::new(Decimal::new(1, 5))?,
            max_quantity: None,
            min_notional: Notional::new(Decimal::ONE)?,
            reach: PriceReach::UNBOUNDED,
            tradable: true,
            resting: RestingOrders::ALL,
        })),
        venue,
        quote: Some(Quote {
            bid: bid.price,
            bid_size: bid.quantity,
            ask: ask.price,
            ask_size: ask.quantity,
            at: book.at,
        }),
        book: Some(Arc::new(book.clone())),
        fees,
        health: VenueHealth {
            breaker: BreakerState::Closed,
            success_rate: Decimal::ONE,
            latency: Some(Duration::from_millis(made.latency_ms)),
            queue_depth: 0,
            queue_capacity: 1024,
        },
        connected: true,
        within_tier: true,
        available_base: plenty,
        available_quote: plenty,
        closable: None,
        pair_record: None,
        pair_slippage: None,
        barred: None,
        listed: true,
    })
}

const STRATEGIES: [&str; 6] = ["ExpectedCost", "WeightedScore", "coinbase", "kraken", "binance", "okx"];

fn mean(costs: &[f64]) -> f64 {
    costs.iter().sum::<f64>() / costs.len() as f64
}

fn page(all: &Figures, fees: &[FeeSchedule]) -> String {
    let mut text = String::from(HEAD);
    text.push_str("\n| size, USD | orders |");
    STRATEGIES.iter().for_each(|name| _ = write!(text, " {name} |"));
    text.push_str("\n| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    for size in SIZES {
        let costs = |name: &'static str| all.costs.get(&(size, name)).map_or(&[][..], Vec::as_slice);
        _ = write!(text, "| {size} | {} |", costs(STRATEGIES[0]).len());
        STRATEGIES.iter().for_each(|name| _ = write!(text, " {:.2} |", mean(costs(name))));
        text.push('\n');
    }
    text.push_str("\nWhere the policies sent it, in per cent of the volume:\n\n| size, USD | policy | coinbase | kraken | binance | okx |\n| ---: | --- | ---: | ---: | ---: | ---: |\n");
    for size in SIZES {
        for policy in ["ExpectedCost", "WeightedScore"] {
            let share =
                |venue: &str| all.venues.get(&(size, policy, venue.to_owned())).copied().unwrap_or_default();
            let whole: f64 = VENUES.iter().map(|made| share(made.kind)).sum();
            _ = write!(text, "| {size} | {policy} |");
            VENUES.iter().for_each(|made| _ = write!(text, " {:.0} |", 100.0 * share(made.kind) / whole));
            text.push('\n');
        }
    }
    text.push_str("\nTaker fees by the venues' published first tier: ");
    let rates: Vec<String> = VENUES
        .iter()
        .zip(fees)
        .map(|(made, fees)| format!("{} {} %", made.kind, (fees.taker * Decimal::ONE_HUNDRED).normalize()))
        .collect();
    _ = writeln!(text, "{}.", rates.join(", "));
    let left: Vec<String> = SIZES
        .iter()
        .map(|size| format!("{} of {size} USD", all.left_out.get(size).copied().unwrap_or(0)))
        .collect();
    _ = writeln!(text, "Left out, since one of the six could not fill them whole: {}.", left.join(", "));
    text
}

const HEAD: &str = "# What routing costs

Made by `cargo run -p nija --example routing_costs`, which needs the recorded tape (`NIJA_TAPE`, else `../shared/fixtures/market`) and says so where it is missing.

**Tape.** Coinbase's best bid and ask of each minute, with their sizes, BTC-USD and ETH-USD of 3 and 4 September 2017. No tape of several venues for the same
time exists here, so three of the four venues are **derived, not recorded**: kraken, binance and okx quote the recorded prices moved by a sine of 3 basis points
(once in 17, 29 and 41 minutes), 0.5, 0.2 and 0.3 basis points wider on each side, 0.6, 1.5 and 1.2 times as deep. Only best prices were recorded: the levels
behind them (50 a side, one basis point apart) have the sizes that were recorded at the best price in the minutes that follow.

**Method.** Every seventh minute an order to buy, then one to sell, at market. The policy sees the books of that moment, the fees and how much the last half hour
moved. The cost is the walk of the book that stands when the order arrives (60, 150, 90, 110 ms later, prices between two minutes on a straight line) plus the taker's fee,
against the mean of the four mids at the decision, in basis points. The same moments count for all six. Such a tape says how the policies compare under stated
conditions; it says nothing of what these venues cost today.

![Mean cost in basis points by size](routing-costs.svg)
";

fn plot(all: &Figures) -> Result<(), Failed> {
    let mean_of = |size, name| all.costs.get(&(size, name)).map_or(f64::NAN, |costs| mean(costs));
    let highest =
        SIZES.iter().flat_map(|size| STRATEGIES.map(|name| mean_of(*size, name))).fold(0.0, f64::max);
    let root = SVGBackend::new("docs/routing-costs.svg", (820, 480)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption("Mean cost of an order by size: policies and always one venue", ("sans-serif", 18))
        .margin(16)
        .x_label_area_size(44)
        .y_label_area_size(56)
        .build_cartesian_2d((800f64..2_500_000f64).log_scale(), (8f64..highest * 1.4).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("size, USD (log scale)")
        .y_desc("basis points, fee included (log scale)")
        .y_label_formatter(&|y| format!("{y:.0}"))
        .x_label_formatter(&|x| format!("{x:.0}"))
        .light_line_style(WHITE)
        .draw()?;
    let colours = [
        RGBColor(0, 90, 181),
        RGBColor(220, 50, 32),
        RGBColor(90, 90, 90),
        RGBColor(150, 110, 40),
        RGBColor(0, 140, 90),
        RGBColor(140, 70, 160),
    ];
    for (place, (name, colour)) in STRATEGIES.iter().zip(colours).enumerate() {
        let width = if place < 2 { 3 } else { 1 };
        let points: Vec<(f64, f64)> = SIZES.iter().map(|size| (*size as f64, mean_of(*size, name))).collect();
        chart
            .draw_series(LineSeries::new(points.clone(), colour.stroke_width(width)))?
            .label(*name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 22, y)], colour.stroke_width(width)));
        chart.draw_series(points.iter().map(|point| Circle::new(*point, 3, colour.filled())))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::MiddleRight)
        .background_style(WHITE)
        .border_style(BLACK)
        .draw()?;
    root.present()?;
    Ok(())
}
