//! What the roles about tickets are opened with.

use super::people::given_or_made;
use super::sandbox::SandboxPlace;
use super::secrets;
use crate::config::Config;
use anyhow::Context;
use domain::ticket::{DayZone, TicketKeys};
use payment::PortOneSettings;
use reservation::ReturnedSeats;
use std::time::Duration;

/// The file in the data folder with the key that signs tickets.
pub const TICKET_FILE: &str = "ticket.key";

/// The settings of payments.
///
/// # Errors
/// When a file cannot be read.
pub(super) fn payment_settings(config: &Config, sandbox: Option<&SandboxPlace>) -> anyhow::Result<payment::Settings> {
    let payment = &config.payment;
    let portone = &payment.portone;
    let secret = |given: &str, file: &std::path::Path, key: &str| -> anyhow::Result<String> {
        Ok(secrets::given(given, file, &format!("payment.portone.{key}_file"))?.unwrap_or_default())
    };
    let settings = payment::Settings {
        portone: PortOneSettings {
            base_url: portone.base_url.clone(),
            api_secret: secret(&portone.api_secret, &portone.api_secret_file, "api_secret")?,
            store_id: portone.store_id.clone(),
            channel_key: portone.channel_key.clone(),
            webhook_secret: secret(&portone.webhook_secret, &portone.webhook_secret_file, "webhook_secret")?,
            accept_test_channel: portone.accept_test_channel,
            timeout: Duration::from_millis(payment.timeout_ms.into()),
            breaker_open: Duration::from_secs(payment.breaker_open_seconds.into()),
        },
        settle_after_seconds: payment.settle_after_seconds,
    };
    Ok(match sandbox {
        Some(sandbox) => sandbox.stand_in_for_payments(config, settings),
        None => settings,
    })
}

/// The key that signs tickets, and those whose tickets are still good.
///
/// # Errors
/// When there is none, or a file cannot be read.
pub fn ticket_keys(config: &Config) -> anyhow::Result<TicketKeys> {
    let reservation = &config.reservation;
    let file = &reservation.ticket_key_file;
    let given = secrets::given(&reservation.ticket_key, file, "reservation.ticket_key_file")?;
    let key = given_or_made(config, given, TICKET_FILE, 32, "reservation.ticket_key")?;
    TicketKeys::read(&key, &reservation.ticket_key_previous)
        .context("reservation.ticket_key or reservation.ticket_key_previous cannot be used")
}

/// Whose midnight begins the day of a show: for the role that cancels, and for the page that says whether it still can.
///
/// # Errors
/// When the zone is not known.
pub(super) fn day_zone(config: &Config) -> anyhow::Result<DayZone> {
    DayZone::named(&config.reservation.day_zone).map_err(|fault| {
        anyhow::anyhow!("reservation.day_zone = {:?} is no zone that this machine knows, such as Asia/Seoul", fault.0)
    })
}

/// The settings of reservations.
///
/// # Errors
/// When the zone is not known.
pub(super) fn reservation_settings(config: &Config, public_url: &str) -> anyhow::Result<reservation::Settings> {
    let given = &config.reservation;
    let day_zone = day_zone(config)?;
    let returned_seats = ReturnedSeats::parse(&given.returned_seats).unwrap_or(ReturnedSeats::Line);
    Ok(reservation::Settings {
        hold_ttl_seconds: given.hold_ttl_seconds.into(),
        max_seats: given.max_seats,
        wait_max_ms: given.wait_max_ms.into(),
        day_zone,
        returned_seats,
        returned_seconds: given.returned_seconds.into(),
        hold_extend_seconds: given.hold_extend_seconds.into(),
        public_url: public_url.to_owned(),
        streams_max: config.queue.streams_max,
        streams_max_per_network: config.queue.streams_max_per_network,
    })
}
