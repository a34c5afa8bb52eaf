//! The client against a server of the same wire types, made here to misbehave on purpose.

#![allow(clippy::expect_used, clippy::panic)] // Helpers outside #[test] functions fail tests this way too.

mod https;
mod key_events;
mod orders;
mod sealing;
mod server;
mod session;
mod stream;
mod wire;
