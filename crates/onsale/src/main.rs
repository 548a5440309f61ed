//! The program: command line, configuration, telemetry, and the wiring of services to engines.

mod access_lines;
mod cli;
mod commands;
mod config;
mod log_lines;
mod safety;
mod telemetry;
mod wiring;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match commands::run(cli::Cli::parse()) {
        Ok(ending) => ending.into(),
        Err(error) => {
            eprintln!("onsale: {}", commands::with_causes(&error));
            commands::exit_status(&error)
        }
    }
}
