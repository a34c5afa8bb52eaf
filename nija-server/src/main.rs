//! The `nija` command.

mod bench;
mod cli;

use std::process::ExitCode;

// The system's allocator took a sixth of an order's processor time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run()
}
