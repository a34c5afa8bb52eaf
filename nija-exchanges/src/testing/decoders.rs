//! Every decoder of every venue behind one function, for fuzzing: `nija-exchanges/fuzz` and the Rust suite give it any bytes.

/// Runs all of a venue's decoders over some bytes: REST answers, stream messages, refusals. Panics where one does, and where what it
/// read would be a panic further on ([`super::sound`]).
pub type Decoders = fn(&[u8]);

/// Each venue's, by its name. A venue is one line.
pub const ALL: &[(&str, Decoders)] = &[
    ("alpaca", crate::alpaca::decoders::all),
    ("binance", crate::binance::decoders::all),
    ("coinbase", crate::coinbase::decoders::all),
    ("kraken", crate::kraken::decoders::all),
    ("okx", crate::okx::decoders::all),
];

/// One venue's, by name.
pub fn run(venue: &str, bytes: &[u8]) {
    let (_, decoders) = ALL.iter().find(|(name, _)| *name == venue).expect("a venue of the table");
    decoders(bytes);
}
