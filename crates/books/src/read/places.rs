//! All books of a system, from where they lie.

use super::messages::Outbox;
use super::sandbox::SandboxError;
use super::{catalog, coupons, messages, payment, reservation, sandbox_file};
use crate::records::{Books, GROUPS};
use ledger::{Ledger, LedgerError, LedgerOptions, Schema};
use std::path::{Path, PathBuf};

/// A schema whose tables are only read: without migrations and rights.
const fn schema(name: &'static str, file: &'static str) -> Schema {
    Schema { name, file, topics: &[], migrations: |_| Vec::new(), tables: &[] }
}

static RESERVATION: Schema = schema("reservation_service", "reservation_service.sqlite");
static PAYMENT: Schema = schema("payment_service", "payment_service.sqlite");
static CATALOG: Schema = schema("event_service", "event_service.sqlite");
static COUPON: Schema = schema("coupon_service", "coupon_service.sqlite");
/// The sandbox's file in a data folder.
const SANDBOX_FILE: &str = "sandbox.sqlite";

/// Where the books lie. Hot state and people's histories are added by those who have them.
#[derive(Clone, Debug)]
pub struct Places {
    /// URL of the reservation database.
    pub reservation: String,
    /// URL of the payment database.
    pub payment: String,
    /// URL of the catalog's database.
    pub catalog: String,
    /// URL of the coupon database; none: coupons are not compared.
    pub coupon: Option<String>,
    /// The sandbox's file; none: the provider is not compared.
    pub sandbox: Option<PathBuf>,
    /// Most seats of one person in one schedule (`reservation.max_seats`).
    pub seats_max: u8,
}

/// Why books cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A database.
    #[error("the books of {book} cannot be read")]
    Ledger {
        /// Whose.
        book: &'static str,
        /// Why.
        #[source]
        cause: LedgerError,
    },
    /// The sandbox.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
}

impl Places {
    /// The files of one process in its data folder. The sandbox's is left out where there is none.
    pub fn embedded(data_dir: &Path, seats_max: u8) -> Self {
        let sandbox = Some(data_dir.join(SANDBOX_FILE)).filter(|file| file.is_file());
        Self {
            reservation: RESERVATION.embedded_url(data_dir),
            payment: PAYMENT.embedded_url(data_dir),
            catalog: CATALOG.embedded_url(data_dir),
            coupon: Some(COUPON.embedded_url(data_dir)),
            sandbox,
            seats_max,
        }
    }
}

async fn open(url: &str, schema: &'static Schema, book: &'static str) -> Result<Ledger, ReadError> {
    let options = LedgerOptions { max_connections: 1, ..LedgerOptions::default() };
    Ledger::connect(url, schema, options).await.map_err(|cause| ReadError::Ledger { book, cause })
}

fn of(book: &'static str) -> impl Fn(LedgerError) -> ReadError {
    move |cause| ReadError::Ledger { book, cause }
}

/// Reads all of them. The order is that in which messages go, so that a system at work shows as few differences as it can: who
/// hears is read before who tells.
///
/// # Errors
/// [`ReadError`].
pub async fn read(places: &Places) -> Result<Books, ReadError> {
    let reservation_ledger = open(&places.reservation, &RESERVATION, "reservation").await?;
    let payment_ledger = open(&places.payment, &PAYMENT, "payment").await?;
    let catalog_ledger = open(&places.catalog, &CATALOG, "the catalog").await?;
    let mut books = Books::at(clock::now());
    books.seats_max = places.seats_max;
    books.catalog = Some(catalog(&catalog_ledger).await.map_err(of("the catalog"))?);
    books.reservation = Some(reservation(&reservation_ledger).await.map_err(of("reservation"))?);
    let paid = payment(&payment_ledger).await.map_err(of("payment"))?;
    if let Some(url) = &places.coupon {
        let ledger = open(url, &COUPON, "coupon").await?;
        let orders = paid.payments.iter().map(|row| row.id);
        books.coupons = Some(coupons(&ledger, orders).await.map_err(of("coupon"))?);
        // Pools are closed as soon as they are not needed: MySQL counts connections of all programs.
        ledger.close().await.map_err(of("coupon"))?;
    }
    books.payment = Some(paid);
    books.provider = places.sandbox.as_deref().map(sandbox_file).transpose()?;
    let databases = [
        Outbox { ledger: &reservation_ledger, schema: RESERVATION.name },
        Outbox { ledger: &payment_ledger, schema: PAYMENT.name },
        Outbox { ledger: &catalog_ledger, schema: CATALOG.name },
    ];
    // The group of mails keeps its record in the schema of accounts, which is read on servers alone, where tables are shared.
    let groups: Vec<&str> = GROUPS.iter().map(|group| group.name).filter(|name| *name != MAILS).collect();
    books.messages = Some(messages(&databases, &groups).await.map_err(of("messages"))?);
    for ledger in [reservation_ledger, payment_ledger, catalog_ledger] {
        ledger.close().await.map_err(of("messages"))?;
    }
    Ok(books)
}

const MAILS: &str = "user-reservation-consumer";
