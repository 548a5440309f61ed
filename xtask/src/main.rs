//! The project's own commands: `cargo xtask` lists them.

mod bench;
mod check;
mod commands;
mod licences;
mod schema;
mod server;
mod steps;
mod test;
mod workspace;

use clap::{CommandFactory, Parser, Subcommand};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  cargo xtask test             everything that must hold before a change is handed in
  cargo xtask test --quick     the same without the generated calls of the API document
  cargo xtask check            format, lints, licences
  cargo xtask bench coupon     how fast";

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Format, lints (warnings are errors), licences
    Check,
    /// Checks, all tests, and generated calls of every route in the API document
    Test {
        /// Without the generated calls: needs no Python
        #[arg(long)]
        quick: bool,
    },
    /// Generated calls of every route in the API document alone
    Schema,
    /// Measure
    Bench {
        /// What to measure
        #[command(subcommand)]
        what: bench::Bench,
    },
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        None => Cli::command().print_help().map_err(anyhow::Error::from),
        Some(Command::Check) => check::run_alone(),
        Some(Command::Test { quick }) => test::run(quick),
        Some(Command::Schema) => schema::run_alone(),
        Some(Command::Bench { what }) => bench::run(&what),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error:#}");
            ExitCode::FAILURE
        }
    }
}
