//! Coupons of one process: rules in memory, decisions journalled in SQLite before any caller is told.
//!
//! ```text
//! any thread --answer_locally--> view      (frozen: sold out, not open, paused, closed)
//! any thread ------command-----> owner     decide in memory -> journal, one flush a round -> view -> answers
//! relay      ------outbox------> journal   (reads beside the owner)
//! ```

mod journal;
mod owner;
mod sale;
mod snapshot;
mod state;
mod view;

pub use journal::is_in_use;
pub use snapshot::JournalSnapshot;

use super::thread::JoinedThread;
use super::{JournalError, JournalOptions};
use crate::port::{
    Completeness, CouponPort, EngineStats, HotError, HotHealth, IssueRequest, LocalQuestion, OutboxMessage, SaleCounts,
    SaleStatus,
};
use async_trait::async_trait;
use domain::coupon::Coupon;
use domain::{Campaign, CampaignId, CouponId, IssueOutcome, Timestamp, UserId};
use journal::{Journal, JournalReader};
use owner::{Command, Owner, Revocation};
use state::State;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc, oneshot};
use view::Views;

/// A small write into the journal shows at most so often whether decisions can be kept.
const CHECKED_EVERY: Duration = Duration::from_secs(2);
/// Most commands waiting for the owner; past that, calls are refused with [`HotError::Unavailable`].
const COMMANDS_WAITING_MAX: usize = 1_024;
/// Coupons read from the owner at a time.
const PAGE: usize = 10_000;

fn coupon_of(winner: crate::winners::Winner<'_>) -> Option<Coupon> {
    Some(Coupon {
        coupon_id: winner.coupon.coupon_id,
        serial: winner.coupon.serial,
        user: UserId::stored(winner.user).ok()?,
        nth_of_user: winner.nth_of_user,
        issued_at: winner.issued_at,
        revoked: winner.revoked,
    })
}

/// The embedded engine. Cheap to clone; the last clone dropped stops the owner.
#[derive(Clone)]
pub struct EmbeddedEngine {
    commands: mpsc::Sender<Command>,
    views: Arc<Views>,
    reader: Arc<Mutex<JournalReader>>,
    checked: Arc<tokio::sync::Mutex<Option<(Instant, HotHealth)>>>,
    /// Notified when a round with coupons is on the disk.
    written: Arc<Notify>,
    owner: Arc<JoinedThread>,
}

impl EmbeddedEngine {
    /// Opens or makes the journal in `folder` and replays it.
    ///
    /// # Errors
    /// [`JournalError`]: in use by another process, of another format, damaged, or unreadable.
    pub fn open(folder: &Path, options: JournalOptions) -> Result<Self, JournalError> {
        let journal = Journal::open(folder, options)?;
        let reader = JournalReader::open(folder)?;
        let views = Arc::new(Views::new());
        let state = State::replay(&journal, views.clone(), clock::now())?;
        let (commands, receiver) = mpsc::channel(COMMANDS_WAITING_MAX);
        let written = Arc::new(Notify::new());
        let owner = Owner::new(journal, state, written.clone());
        let thread = std::thread::Builder::new().name("coupon-owner".into()).spawn(move || owner.run(receiver))?;
        Ok(Self {
            commands,
            views,
            reader: Arc::new(Mutex::new(reader)),
            checked: Arc::default(),
            written,
            owner: Arc::new(JoinedThread::new(thread)),
        })
    }

    /// Whether the owner has ended: it panicked, and nothing is decided until the engine is opened again.
    pub fn has_failed(&self) -> bool {
        self.owner.has_ended()
    }

    async fn ask<T>(&self, command: impl FnOnce(owner::Answer<T>) -> Command) -> Result<T, HotError> {
        let (answer, heard) = oneshot::channel();
        self.send(command(answer))?;
        heard.await.map_err(|_| HotError::unknown("the owner stopped"))?
    }

    fn send(&self, command: Command) -> Result<(), HotError> {
        self.commands.try_send(command).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => HotError::unavailable("too many decisions are waiting"),
            mpsc::error::TrySendError::Closed(_) => HotError::unavailable("the owner stopped"),
        })
    }

    async fn read_journal<T: Send + 'static>(
        &self,
        read: impl FnOnce(&JournalReader) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, HotError> {
        let reader = self.reader.clone();
        let task = tokio::task::spawn_blocking(move || {
            let reader = reader.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            read(&reader).map_err(|error| HotError::unavailable(error.to_string()).because(error))
        });
        task.await.map_err(|error| HotError::unavailable(error.to_string()).because(error))?
    }
}

#[async_trait]
impl CouponPort for EmbeddedEngine {
    async fn put_campaign(&self, campaign: Campaign) -> Result<Completeness, HotError> {
        self.ask(|answer| Command::PutCampaign { campaign: Box::new(campaign), now: clock::now(), answer }).await?;
        // No other process decides here: lost coupons are restored before the first request comes.
        Ok(Completeness::Whole)
    }

    async fn suspend(&self, _: &CampaignId) -> Result<(), HotError> {
        Ok(())
    }

    async fn complete(&self, _: &CampaignId) -> Result<(), HotError> {
        Ok(())
    }

    async fn campaign(&self, id: &CampaignId) -> Result<Option<Campaign>, HotError> {
        Ok(self.views.sales().get(id).map(|view| Campaign::clone(&view.campaign())))
    }

    async fn issue(&self, batch: Vec<IssueRequest>, now: Timestamp) -> Vec<Result<IssueOutcome, HotError>> {
        let count = batch.len();
        let (answer, heard) = oneshot::channel();
        if let Err(error) = self.send(Command::Issue { batch, now, answer }) {
            return vec![Err(error); count];
        }
        heard.await.unwrap_or_else(|_| vec![Err(HotError::unknown("the owner stopped")); count])
    }

    fn answer_locally(&self, question: &LocalQuestion<'_>, now: Timestamp) -> Option<IssueOutcome> {
        self.views.answer(question, now)
    }

    async fn status(&self, id: &CampaignId, now: Timestamp) -> Result<Option<SaleStatus>, HotError> {
        Ok(self.views.sales().get(id).map(|view| view.status(now)))
    }

    fn sale_now(&self, id: &CampaignId, now: Timestamp) -> Option<Option<(Arc<Campaign>, SaleStatus)>> {
        Some(self.views.sales().get(id).map(|view| (view.campaign(), view.status(now))))
    }

    async fn coupons_of(&self, id: &CampaignId, user: &UserId) -> Result<Option<Vec<Coupon>>, HotError> {
        let (id, user) = (id.clone(), user.clone());
        self.ask(|answer| Command::CouponsOf { id, user, answer }).await
    }

    fn coupons_of_now(&self, id: &CampaignId, user: &UserId) -> Option<(Arc<Campaign>, Vec<Coupon>)> {
        self.views.sales().get(id)?.coupons_of(user)
    }

    async fn coupons(&self, id: &CampaignId) -> Result<Vec<Coupon>, HotError> {
        let mut book = Vec::new();
        loop {
            // A page at a time: the owner has people waiting.
            let (id, skip) = (id.clone(), book.len());
            let page = self.ask(|answer| Command::Coupons { id, skip, limit: PAGE, answer }).await?;
            let last = page.len() < PAGE;
            book.extend(page);
            if last {
                return Ok(book);
            }
        }
    }

    async fn counts(&self, id: &CampaignId) -> Result<Option<SaleCounts>, HotError> {
        let id = id.clone();
        self.ask(|answer| Command::Counts { id, answer }).await
    }

    async fn revoke(
        &self,
        id: &CampaignId,
        user: &UserId,
        coupon_id: CouponId,
        return_to_stock: bool,
    ) -> Result<bool, HotError> {
        let target = Box::new(Revocation { id: id.clone(), user: user.clone(), coupon_id, return_to_stock });
        self.ask(|answer| Command::Revoke { target, now: clock::now(), answer }).await
    }

    async fn restore(&self, id: &CampaignId, coupons: Vec<Coupon>) -> Result<Vec<Coupon>, HotError> {
        let id = id.clone();
        self.ask(|answer| Command::Restore { id, coupons, now: clock::now(), answer }).await
    }

    async fn outbox(&self, limit: usize) -> Result<Vec<OutboxMessage>, HotError> {
        let messages = self.read_journal(move |reader| reader.outbox(limit)).await?;
        let message = |(position, envelope)| OutboxMessage { position, topic: journal::TOPIC, envelope };
        Ok(messages.into_iter().map(message).collect())
    }

    async fn outbox_written(&self) {
        self.written.notified().await;
    }

    fn hears_outbox(&self) -> bool {
        true
    }

    async fn acknowledge(&self, position: u64) -> Result<(), HotError> {
        self.ask(|answer| Command::Acknowledge { position, answer }).await
    }

    async fn campaigns(&self) -> Result<Vec<CampaignId>, HotError> {
        Ok(self.views.sales().ids())
    }

    async fn forget(&self, id: &CampaignId) -> Result<(), HotError> {
        let id = id.clone();
        self.ask(|answer| Command::Forget { id, answer }).await
    }

    fn may_have_changed_since(&self, id: &CampaignId, moment: Instant) -> bool {
        self.views.sales().get(id).is_none_or(|view| view.changed_at() >= moment)
    }

    async fn health(&self) -> HotHealth {
        let mut checked = self.checked.lock().await;
        if let Some((at, health)) = checked.as_ref()
            && at.elapsed() < CHECKED_EVERY
        {
            return health.clone();
        }
        let written = self.ask(|answer| Command::Check { now: clock::now(), answer }).await;
        let health = HotHealth { down: written.err().map(|error| error.to_string()), warnings: Vec::new() };
        *checked = Some((Instant::now(), health.clone()));
        health
    }

    async fn stats(&self) -> EngineStats {
        let stats = self.ask(|answer| Command::Stats { answer }).await.unwrap_or_default();
        // An unreadable count is not zero: a caller may be waiting for zero.
        let outbox_pending = self.read_journal(JournalReader::pending).await.unwrap_or(1);
        EngineStats { engine: "embedded", campaigns: self.views.sales().ids().len(), outbox_pending, ..stats }
    }
}
