#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nija_exchanges::testing::decoders::run("okx", bytes));
