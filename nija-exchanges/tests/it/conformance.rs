//! Every executor against the one suite.

use crate::alpaca_harness::Alpaca;
use crate::binance::Binance;
use crate::coinbase::Coinbase;
use crate::okx::Okx;
use crate::support::{Kraken, Paper, PaperOverKraken};

nija_exchanges::executor_conformance!(kraken, super::Kraken::start().await);
nija_exchanges::executor_conformance!(paper, super::Paper::start());
nija_exchanges::executor_conformance!(paper_over_kraken, super::PaperOverKraken::start().await);
nija_exchanges::executor_conformance!(alpaca, super::Alpaca::start().await);
nija_exchanges::executor_conformance!(alpaca_stocks, super::Alpaca::stocks().await);
nija_exchanges::executor_conformance!(binance, super::Binance::start().await);
nija_exchanges::executor_conformance!(coinbase, super::Coinbase::start().await);
nija_exchanges::executor_conformance!(okx, super::Okx::start().await);
