//! The engines of one process, opened in the order in which they can refuse.

use crate::config::Config;
use anyhow::Context;
use hot::CouponPort;
use hot::embedded::{EmbeddedEngine, JournalError, JournalOptions, JournalSnapshot};
use ledger::{Ledger, LedgerOptions, embedded_url};
use services::coupon::CouponService;
use services::keys::KeyRing;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

/// Everything that decides and keeps.
#[derive(Clone)]
pub struct Parts {
    /// The tables.
    pub ledger: Ledger,
    /// The use cases.
    pub coupons: CouponService,
}

pub(super) fn make_folder(folder: &Path) -> anyhow::Result<()> {
    // Coupons, names and hashes of keys: nobody else on this machine need read them.
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("the data folder {} can not be made", folder.display()))
}

fn can_not_use(folder: &Path) -> String {
    format!("the data folder {} can not be used", folder.display())
}

const CAN_NOT_OPEN: &str = "the database can not be opened";

fn can_not_open(folder: &Path) -> String {
    let folder = folder.display();
    format!("{CAN_NOT_OPEN}; put back a copy of the folder {folder}, or choose another folder with --data")
}

async fn service(config: &Config, port: Arc<dyn CouponPort>, ledger: Ledger) -> anyhow::Result<CouponService> {
    let keys = KeyRing::load(ledger.clone()).await.context("the API keys can not be read")?;
    Ok(CouponService {
        port,
        ledger,
        keys,
        open_issue: config.coupon.open_issue,
        redeem_hold_seconds: i64::from(config.coupon.redeem_hold_seconds),
    })
}

/// Opens the tables of the data folder, brought up to date.
///
/// # Errors
/// When the folder can not be made, or the database is of a newer version or can not be opened.
pub async fn open_ledger(config: &Config) -> anyhow::Result<Ledger> {
    let folder = &config.data.dir;
    make_folder(folder)?;
    let embedded = config.ledger.url == "sqlite:";
    let url = if embedded { embedded_url(folder) } else { config.ledger.url.clone() };
    let ledger = Ledger::connect(&url, LedgerOptions::default()).await;
    let ledger = ledger.with_context(|| if embedded { can_not_open(folder) } else { CAN_NOT_OPEN.to_owned() })?;
    ledger.migrate().await.context("the database can not be brought up to date")?;
    Ok(ledger)
}

impl Parts {
    /// Opens everything. The journal comes first: it is what a second process on the same folder stumbles over.
    ///
    /// # Errors
    /// When a folder is in use, of another version, damaged, or can not be written.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        let folder = &config.data.dir;
        make_folder(folder)?;
        let options = JournalOptions { flush: config.hot.flush, ..JournalOptions::default() };
        let engine = EmbeddedEngine::open(folder, options).with_context(|| can_not_use(folder))?;
        let ledger = open_ledger(config).await?;
        let coupons = service(config, Arc::new(engine), ledger.clone()).await?;
        let parts = Self { ledger, coupons };
        parts.bring_together().await?;
        Ok(parts)
    }

    /// The use cases over the journal: owned, or, when a server is running on the same folder (then `true`), read
    /// beside it.
    ///
    /// # Errors
    /// As [`Parts::open`], but for a folder in use.
    pub async fn open_or_read(config: &Config) -> anyhow::Result<(CouponService, bool)> {
        let folder = &config.data.dir;
        make_folder(folder)?;
        let (port, running): (Arc<dyn CouponPort>, bool) = match EmbeddedEngine::open(folder, JournalOptions::default())
        {
            Ok(engine) => (Arc::new(engine), false),
            Err(JournalError::InUse(_)) => {
                (Arc::new(JournalSnapshot::read(folder).with_context(|| can_not_use(folder))?), true)
            }
            Err(error) => return Err(anyhow::Error::new(error).context(can_not_use(folder))),
        };
        let ledger = open_ledger(config).await?;
        Ok((service(config, port, ledger).await?, running))
    }

    /// Policies from the ledger into the hot state, and coupons that the hot state has lost: before anyone may ask.
    async fn bring_together(&self) -> anyhow::Result<()> {
        let failed = |error: services::http::ApiError| anyhow::anyhow!("{}", error.code.as_str());
        self.coupons.follow_ledger().await.map_err(failed).context("campaigns can not be brought up to date")?;
        let restored = self.coupons.catch_up_with_ledger().await.map_err(failed);
        let restored = restored.context("the hot state can not be compared with the ledger")?;
        if restored > 0 {
            eprintln!("{restored} coupons that the journal had lost were put back from the database");
        }
        Ok(())
    }
}
