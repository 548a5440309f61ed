//! The program: command line, configuration, telemetry, and the wiring of services to engines.

// Both panic where nobody reads any more: see `out`.
#![deny(clippy::print_stdout, clippy::print_stderr)]

#[macro_use]
mod out;

mod access_lines;
mod backup;
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
    match cli::Cli::try_parse().map(commands::run) {
        Ok(Ok(ending)) => ending.into(),
        Ok(Err(error)) => {
            // Nobody is told that nobody reads.
            if out::cause(&error).is_none_or(|failed| !failed.has_no_reader()) {
                note!("onsale: {}", commands::with_causes(&error));
            }
            commands::exit_status(&error)
        }
        Err(usage) => shown(&usage),
    }
}

/// Shows a usage error, or the help or version that was asked for, which are errors to the parser of arguments.
fn shown(usage: &clap::Error) -> ExitCode {
    let status = ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2));
    let text = usage.render();
    // As the library colours it, if a terminal shows it; standard error is for complaints, which have nobody to read them.
    if usage.use_stderr() {
        let _ = usage.print();
        return status;
    }
    let printed = match std::io::IsTerminal::is_terminal(&std::io::stdout()) {
        true => out::text(&text.ansi().to_string()),
        false => out::text(&text.to_string()),
    };
    match printed {
        Ok(()) => status,
        Err(failed) if failed.has_no_reader() => ExitCode::from(out::READER_LEFT),
        Err(failed) => {
            note!("onsale: {failed}");
            ExitCode::FAILURE
        }
    }
}
