//! For tests: the rules that every [`Ledger`](nija_core::Ledger) keeps.
