//! `onsale rush --tickets`: a whole sale, with every book compared at the end.

use crate::cli::RushArguments;
use crate::config::Config;
use crate::wiring::books_of;
use anyhow::Context;
use lab::report::Report;
use lab::rush::Options;
use lab::rush::tickets::{ReadBooks, TicketOptions, TicketShares, run as rush_at_tickets};
use std::path::Path;
use std::sync::Arc;

/// People of a sale, if the call names no number.
pub const USERS_DEFAULT: u32 = 20_000;

/// Runs the load test.
///
/// # Errors
/// When the server cannot be started or reached, or the books cannot be read.
pub fn run(config: &Config, arguments: &RushArguments, crowd: Options) -> anyhow::Result<Report> {
    let tickets = &arguments.tickets;
    let is_elsewhere = arguments.url.is_some();
    rush_at_tickets(TicketOptions {
        crowd: Options { stock: tickets.seats, ..crowd },
        jwt_secret: is_elsewhere.then(|| config.auth.jwt_secret.clone()),
        sandbox: tickets.sandbox.clone(),
        books: Some(reader(config)),
        hold_seconds: tickets.hold_seconds,
        shares: TicketShares::default(),
    })
}

/// Reads the books of a temporary server in its folder, those of another one where the configuration says.
pub fn reader(config: &Config) -> ReadBooks {
    let config = config.clone();
    Arc::new(move |data: Option<&Path>| {
        let places = match data {
            Some(folder) => books::read::Places::embedded(folder, config.reservation.max_seats),
            None => books_of(&config),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(books::read::read(&places)).context("the books cannot be read")
    })
}
