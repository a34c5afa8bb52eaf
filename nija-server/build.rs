//! Makes sure that the dashboard's folder is there before the program that serves it is compiled: an embedded folder that is
//! missing then stays missing, even when the dashboard is built later.

#![allow(clippy::print_stdout)] // How a build script talks to cargo.

fn main() -> std::io::Result<()> {
    let folder = "../examples/mobile-app/dist";
    std::fs::create_dir_all(folder)?;
    // Optimised builds carry the files inside, so they are compiled anew with a new dashboard.
    println!("cargo::rerun-if-changed={folder}");
    Ok(())
}
