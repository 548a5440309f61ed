//! PostgreSQL with a log that can be decoded.

use crate::support::{Books, TOPIC, message};
use ledger::wal::{WalOptions, WalOutbox};
use ledger::{Ledger, LedgerError, outbox};
use ledger_testkit::{Engine, Own, Site};
use std::sync::OnceLock;
use std::time::Duration;

/// Neither the net nor a slow look takes part: what comes comes from the log, but for the first look.
pub const LOG_ALONE: WalOptions =
    WalOptions { net_every: Duration::from_secs(3_600), slow: Duration::from_secs(3_600) };

/// Starts a server again with `wal_level = logical`.
fn make_logical(own: &Own) {
    own.execute("ALTER SYSTEM SET wal_level = 'logical'");
    own.execute("ALTER SYSTEM SET max_replication_slots = 100");
    own.kill();
    own.restart();
}

/// A new database whose user may use slots.
fn site_of(own: &Own) -> Site {
    let site = own.site();
    own.execute(&format!("ALTER ROLE {} REPLICATION", user_of(&site)));
    site
}

/// The name of a site's user.
pub fn user_of(site: &Site) -> String {
    let rest = site.url.strip_prefix("postgres://").expect("PostgreSQL");
    rest.split(':').next().expect("a user").to_owned()
}

/// A database on a server that the tests of this module share.
pub struct Shared {
    pub own: &'static Own,
    pub site: Site,
}

static V15: OnceLock<Option<Own>> = OnceLock::new();
static V18: OnceLock<Option<Own>> = OnceLock::new();

impl Shared {
    pub fn of(engine: Engine) -> Option<Self> {
        let server = if engine == Engine::Postgres18 { &V18 } else { &V15 };
        let start = || {
            let own = Own::of(engine)?;
            make_logical(&own);
            Some(own)
        };
        let own = server.get_or_init(start).as_ref()?;
        Some(Self { own, site: site_of(own) })
    }
}

/// A database on a server that a test has for itself.
pub struct Alone {
    pub own: Own,
    pub site: Site,
}

impl Alone {
    pub fn of(engine: Engine) -> Option<Self> {
        let own = Own::of(engine)?;
        make_logical(&own);
        let site = site_of(&own);
        Some(Self { own, site })
    }
}

/// The tables of the toy service, and their outbox read from the log.
pub struct Log {
    pub books: Books,
    pub wal: WalOutbox,
}

impl Log {
    /// Whatever comes after this comes from the log.
    pub async fn open(site: Site) -> Self {
        Self::open_with(site, LOG_ALONE).await
    }

    pub async fn open_with(site: Site, options: WalOptions) -> Self {
        let books = Books::open(site).await;
        let wal = WalOutbox::open(books.ledger.clone(), options).await.expect("opens");
        assert_eq!(told(&wal).await, []);
        Self { books, wal }
    }

    /// As after the end of the process.
    pub async fn begin_again(&mut self) {
        self.wal = WalOutbox::open(self.books.ledger.clone(), LOG_ALONE).await.expect("opens");
    }

    pub async fn append(&self, ids: impl IntoIterator<Item = u128>) {
        append(&self.books.ledger, ids).await;
    }

    pub async fn told(&self) -> Vec<u128> {
        told(&self.wal).await
    }

    /// Marks the next messages as the relay does once the broker has them, and returns them.
    pub async fn publish(&self) -> Vec<u128> {
        let next = self.wal.next(100).await.expect("read");
        mark(&self.books.ledger, &next).await;
        ids(&next)
    }
}

pub async fn append(ledger: &Ledger, ids: impl IntoIterator<Item = u128>) {
    try_append(ledger, ids).await.expect("written");
}

pub async fn try_append(ledger: &Ledger, ids: impl IntoIterator<Item = u128>) -> Result<(), LedgerError> {
    let change = ledger.begin().await?;
    for id in ids {
        outbox::append(&change, TOPIC, &message(id)).await?;
    }
    change.commit().await
}

pub async fn told(wal: &WalOutbox) -> Vec<u128> {
    ids(&wal.next(100).await.expect("read"))
}

pub async fn polled(ledger: &Ledger) -> Vec<u128> {
    ids(&outbox::next(ledger, 100).await.expect("read"))
}

pub async fn mark(ledger: &Ledger, rows: &[outbox::Waiting]) {
    let numbers: Vec<i64> = rows.iter().map(|row| row.sequence).collect();
    outbox::mark_published(ledger, &numbers).await.expect("marked");
}

pub fn ids(rows: &[outbox::Waiting]) -> Vec<u128> {
    rows.iter().map(|row| row.envelope.event_id.as_u128()).collect()
}
