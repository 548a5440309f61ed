//! The project's own commands: `cargo xtask` lists them.

mod bench;
mod check;
mod commands;
mod down;
mod licences;
mod schema;
mod status;
mod steps;
mod test;
mod up;
mod up_programs;
mod venv;
mod workspace;

use clap::{CommandFactory, Parser, Subcommand};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  cargo xtask test             everything that a change must pass
  cargo xtask test --quick     the same without servers and without the generated calls of the API document
  cargo xtask check            format, walls between crates, lints, licences: quick
  cargo xtask bench coupon     speed, side by side with other servers
  cargo xtask up               the whole system on this machine: Redis, Kafka, a database, the programs, NGINX
  cargo xtask status           which of its servers answer
  cargo xtask down             ends them; the data stays";

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Format, walls between crates, file sizes, lints (warnings are errors), licences
    Check,
    /// Checks, all tests, and generated calls of every route in the API document
    Test {
        /// Skip what needs Redis, Kafka, a database, NGINX or Python, and the generated calls
        #[arg(long)]
        quick: bool,
        /// Install missing servers without asking
        #[arg(long)]
        yes: bool,
    },
    /// Start the whole system on this machine; it runs until `down`
    Up(up::UpArguments),
    /// End the servers that `up` started; the data stays
    Down {
        /// Remove the data too
        #[arg(long)]
        remove: bool,
    },
    /// Show which servers of the system run and answer
    Status,
    /// Only the generated calls of every route in the API document
    Schema,
    /// Run a benchmark
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
        Some(Command::Test { quick, yes }) => test::run(quick, yes),
        Some(Command::Up(arguments)) => up::run(&arguments),
        Some(Command::Down { remove }) => down::run(remove),
        Some(Command::Status) => status::run(),
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
