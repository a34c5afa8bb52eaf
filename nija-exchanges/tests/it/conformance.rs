//! Every executor against the one suite.

use crate::support::{Kraken, Paper, PaperOverKraken};

nija_exchanges::executor_conformance!(kraken, super::Kraken::start().await);
nija_exchanges::executor_conformance!(paper, super::Paper::start());
nija_exchanges::executor_conformance!(paper_over_kraken, super::PaperOverKraken::start().await);
