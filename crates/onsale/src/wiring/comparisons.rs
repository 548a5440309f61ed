//! The services behind `onsale reconcile --seats` and `--payments`, over their tables, in a process of its own: roles call each other
//! in memory, as in a server of all roles.

use super::internal::Peers;
use super::schemas::{CATALOG, PAYMENT, RESERVATION, open_ledger};
use super::{internal, redis, tickets};
use crate::cli::Role;
use crate::config::{Config, HotEngine};
use anyhow::Context;
use axum::Router;
use catalog::compare::{ReservationSeats, SeatComparison};
use catalog::{CatalogService, Settings};
use hot::embedded::{EmbeddedKeys, EmbeddedSeats, JournalOptions};
use hot::redis::RedisKeys;
use hot::{KeyPort, SeatPort};
use payment::PaymentService;
use reservation::ReservationService;
use std::sync::Arc;

/// The roles that answer in this process.
const HERE: [Role; 5] = [Role::Catalog, Role::Queue, Role::Reservation, Role::Payment, Role::Coupon];

/// The services.
pub struct Comparisons {
    /// The catalog's seats against reservation's.
    pub seats: SeatComparison,
    /// Payments against the provider's list.
    pub payments: PaymentService,
    /// Reservations, which may have been put back to an older copy.
    pub reservations: ReservationService,
    /// A server runs on the same folder: it keeps copies that a repair here would not drop.
    pub is_served: bool,
}

/// Opens them.
///
/// # Errors
/// When tables, hot state or a key cannot be read.
pub async fn open(config: &Config) -> anyhow::Result<Comparisons> {
    let keys: Arc<dyn KeyPort> = match config.hot_engine() {
        HotEngine::Embedded => Arc::new(EmbeddedKeys::default()),
        HotEngine::Redis(address) => Arc::new(RedisKeys::new(redis::connect(config, &address).await?)),
    };
    let (seats, is_served) = seats(config)?;
    let peers = Peers::default();
    let peer = |caller: &str, callee| peers.of(config, &HERE, caller, callee);
    let public_url = &config.http.public_url;
    let reservation = ReservationService::open(
        tickets::reservation_settings(config, public_url)?,
        tickets::ticket_keys(config)?,
        open_ledger(config, &RESERVATION).await?,
        seats,
        keys.clone(),
        reservation::Peers {
            catalog: peer("reservation", Role::Catalog)?,
            queue: peer("reservation", Role::Queue)?,
            payment: peer("reservation", Role::Payment)?,
            coupon: peer("reservation", Role::Coupon)?,
        },
    );
    let payments = PaymentService::open(
        tickets::payment_settings(config, None)?,
        open_ledger(config, &PAYMENT).await?,
        payment::Peers {
            reservation: peer("payment", Role::Reservation)?,
            coupon: peer("payment", Role::Coupon)?,
            catalog: peer("payment", Role::Catalog)?,
        },
    )
    .context("payments cannot be opened")?;
    let catalog = CatalogService::open(Settings::default(), open_ledger(config, &CATALOG).await?, keys);
    let of_seats = ReservationSeats::new(peer("catalog", Role::Reservation)?);
    let accepted = || internal::accepted(config, &["catalog", "reservation", "payment"]);
    let routes = Router::new()
        .merge(catalog::api::internal_routes(catalog.clone(), accepted()?))
        .merge(reservation::api::internal_routes(reservation.clone(), accepted()?))
        .merge(payment::api::internal_routes(payments.clone(), accepted()?));
    peers.connect(&routes);
    Ok(Comparisons { seats: SeatComparison::new(catalog, of_seats), payments, reservations: reservation, is_served })
}

/// Held seats: those of the folder, or none while a server has them. A comparison reads rows alone.
fn seats(config: &Config) -> anyhow::Result<(Arc<dyn SeatPort>, bool)> {
    let open = |folder: &std::path::Path| EmbeddedSeats::open(folder, JournalOptions::default());
    if config.hot_engine() == HotEngine::Embedded
        && let Ok(seats) = open(&config.data.dir)
    {
        return Ok((Arc::new(seats), false));
    }
    let folder = std::env::temp_dir().join(format!("onsale-reconcile-{}", uuid::Uuid::new_v4()));
    files::make_folder(&folder).context("a temporary folder cannot be made")?;
    let seats = open(&folder).context("a temporary folder cannot be used")?;
    // Nothing is kept in it: the open files are enough.
    std::fs::remove_dir_all(&folder).context("a temporary folder cannot be removed")?;
    Ok((Arc::new(seats), config.hot_engine() == HotEngine::Embedded))
}
