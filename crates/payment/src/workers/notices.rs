//! Notices of payments that nobody here knows: kept, told, and answered once the payment is adopted (hole 9).

use super::rounds::ROUND_MAX;
use super::{alarm, queries};
use crate::rows::webhooks::{self, Notice};
use crate::service::PaymentService;
use domain::Timestamp;
use domain::id::PaymentKey;
use domain::payment::Changed;
use onsale_http::ApiError;
use std::collections::HashSet;
use std::time::Duration;

/// Time between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// A notice that nobody has claimed is closed after so long, and one that is done is kept so long, in seconds.
const KEPT_SECONDS: i64 = 30 * 86_400;
/// Rows of one statement that takes notices away.
const FORGOTTEN_AT_ONCE: u64 = 250;
/// Names that are remembered as told, so that the log has each once.
const TOLD_MAX: usize = 10_000;
/// Pages of one look: more is left to the next.
const PAGES_MAX: usize = 40;

impl PaymentService {
    /// Looks at kept notices, until the process ends. Any number of processes may.
    pub async fn run_notices(self) {
        let mut told = HashSet::new();
        loop {
            if let Err(error) = self.look_at_notices(&mut told).await {
                tracing::warn!(code = error.code.as_str(), "kept notices cannot be read now");
            }
            if let Err(error) = self.show_what_is_late().await {
                tracing::warn!(code = error.code.as_str(), "what is late cannot be counted now");
            }
            if let Err(error) = self.forget_notices().await {
                tracing::warn!(code = error.code.as_str(), "old notices cannot be taken away now");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Takes away notices that were answered a month ago, some thousand at a look. Returns how many.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn forget_notices(&self) -> Result<u64, ApiError> {
        let before = clock::now().plus_seconds(-KEPT_SECONDS);
        let mut gone = 0;
        for _ in 0..PAGES_MAX {
            let now = webhooks::forget_done(&self.ledger, before, FORGOTTEN_AT_ONCE).await?;
            gone += now;
            if now < FORGOTTEN_AT_ONCE {
                break;
            }
        }
        Ok(gone)
    }

    /// Looks once at the notices of payments that were unknown when they came. Returns how many still are. `told`: the names
    /// that were told before.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn look_at_notices(&self, told: &mut HashSet<String>) -> Result<u64, ApiError> {
        let mut unknown = 0;
        let mut last: Option<Notice> = None;
        for _ in 0..PAGES_MAX {
            let page = queries::unknown_after(&self.ledger, last.as_ref(), ROUND_MAX).await?;
            for notice in &page {
                unknown += u64::from(!self.is_answered(notice, told).await?);
            }
            let is_last = (page.len() as u64) < ROUND_MAX;
            last = page.into_iter().next_back();
            if is_last {
                break;
            }
        }
        metrics::gauge!("onsale_payment_unknown_notices").set(unknown as f64);
        Ok(unknown)
    }

    /// The gauges of an operator's alarms.
    async fn show_what_is_late(&self) -> Result<(), ApiError> {
        let late = queries::late(&self.ledger, clock::now()).await?;
        metrics::gauge!("onsale_payment_refunds_owed").set(late.refunds_owed as f64);
        metrics::gauge!("onsale_payment_refunds_late").set(late.refunds_late as f64);
        metrics::gauge!("onsale_payment_pending_late").set(late.pending_late as f64);
        metrics::gauge!("onsale_payment_coupons_owed").set(late.coupons_owed as f64);
        Ok(())
    }

    /// Whether the payment of a notice is known by now: then it is looked up at once.
    async fn is_answered(&self, notice: &Notice, told: &mut HashSet<String>) -> Result<bool, ApiError> {
        let now = clock::now();
        let name = notice.payment_key.clone().unwrap_or_default();
        let Ok(key) = name.parse::<PaymentKey>() else { return self.give_up(notice, &name, now).await };
        if !self.is_known_or_adopted(key).await? {
            if told.len() < TOLD_MAX && told.insert(name.clone()) {
                alarm::count("unknown_notice");
                tracing::error!(
                    payment_key = %key, kind = notice.kind, webhook_id = notice.id,
                    "PortOne tells of a payment that neither payment nor reservation knows: look it up in its console; \
                     if the database was put back to a copy, `onsale reconcile --payments --repair`"
                );
            }
            return self.give_up(notice, &name, now).await;
        }
        if let Some(stored) = crate::rows::payments::by_key(&self.ledger, key).await? {
            let soon = |payment: &domain::payment::Payment, now| Ok(Changed::quietly(payment.noticed(now)));
            self.change(stored.payment.id, soon).await?;
        }
        webhooks::done(&self.ledger, &name, now).await?;
        Ok(true)
    }

    /// A notice that nobody has claimed for a month is closed: the daily comparison names what is kept at PortOne.
    async fn give_up(&self, notice: &Notice, name: &str, now: Timestamp) -> Result<bool, ApiError> {
        let is_old = notice.received_at.plus_seconds(KEPT_SECONDS) <= now;
        if is_old {
            webhooks::done(&self.ledger, name, now).await?;
        }
        Ok(is_old)
    }
}
