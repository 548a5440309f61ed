//! PortOne's list of our store against our rows, daily and for `onsale reconcile --payments` (hole 9).

use super::{alarm, queries};
use crate::portone::Listed;
use crate::rows::marks;
use crate::rows::payments::Stored;
use crate::service::PaymentService;
use call::{Entry, Facts};
use domain::Timestamp;
use domain::id::PaymentKey;
use domain::payment::comparison::{Difference, difference};
use domain::payment::{Away, Changed, Payment};
use ledger::calls::audit::append_alone;
use onsale_http::ApiError;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Time between two comparisons, in seconds.
const EVERY_SECONDS: i64 = 86_400;
/// A comparison begins so long before the end of the last complete one, in seconds: PortOne may show a change late.
const OVERLAP_SECONDS: i64 = 86_400;
/// One that PortOne or reservation did not answer is begun again after so long, in seconds.
const AGAIN_SECONDS: i64 = 3_600;
/// The first comparison goes back so far, in seconds; PortOne's list goes no further without a word.
const FIRST_SECONDS: i64 = 90 * 86_400;
/// PortOne's clock may be ahead of ours by so much, in seconds.
const AHEAD_SECONDS: i64 = 60;
/// A process that starts compares at once, unless another one has begun so short a time ago, in seconds: whoever puts tables
/// back to a copy starts processes.
const STARTED_SECONDS: i64 = 600;
/// Time between two looks whether a comparison is due.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// Most differences that are told; more are counted.
const TOLD_MAX: usize = 1_000;
/// Most pages of one comparison.
const PAGES_MAX: u64 = 100_000;

/// The mark of the moment at which the last comparison began.
const BEGUN: &str = "comparison-begun";
/// The mark of the moment until which all was compared.
const COMPARED: &str = "comparison-until";

/// Whether differences are repaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// They are told alone.
    No,
    /// Unknown payments are adopted where reservation knows them, all others are looked up at once.
    Yes,
}

/// Which differences are repaired.
#[derive(Clone, Copy)]
enum Which<'a> {
    None,
    All,
    Named(&'a [String]),
}

impl Which<'_> {
    fn has(self, found: &DifferenceFound) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Named(keys) => keys.contains(&found.payment_key),
        }
    }
}

/// A payment that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DifferenceFound {
    /// How.
    pub kind: Difference,
    /// PortOne's `paymentId`: our key, if the payment is ours.
    pub payment_key: String,
    /// Taken there, in won.
    pub captured: i64,
    /// Given back there, in won.
    pub refunded: i64,
    /// Our payment, if there is one.
    pub payment: Option<Box<Payment>>,
    /// Whether a repair was begun.
    pub is_repaired: bool,
}

impl DifferenceFound {
    /// What differs, for people.
    pub fn details(&self) -> String {
        let here = self.payment.as_ref().map_or_else(
            || "unknown here".to_owned(),
            |ours| {
                let (taken, given_back) = (ours.captured_amount, ours.refunded_amount);
                format!("{} here, {taken} taken, {given_back} given back, payment {}", ours.status, ours.id)
            },
        );
        format!("{} taken and {} given back at PortOne; {here}", self.captured, self.refunded)
    }
}

/// What a comparison has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// When it ended.
    pub checked_at: Timestamp,
    /// Payments of PortOne's list.
    pub compared: u64,
    /// Payments of the list that cannot be read: an operator must look.
    pub unreadable: u64,
    /// What differs, the first thousand.
    pub differences: Vec<DifferenceFound>,
    /// How many more.
    pub left_out: u64,
}

impl PaymentService {
    /// Compares at the start and each day, until the process ends. Of any number of processes one does.
    pub async fn run_comparison(self) {
        let mut every_seconds = STARTED_SECONDS;
        loop {
            match self.compare_every(every_seconds).await {
                Ok(_) => every_seconds = EVERY_SECONDS,
                Err(error) => {
                    tracing::warn!(code = error.code.as_str(), detail = error.detail, "payments were not compared");
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Compares and repairs, if a day has passed since the last comparison began. None when it is not due, or another process
    /// does it.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`: PortOne, reservation or the tables are away; it is begun again within the hour.
    pub async fn compare_daily(&self) -> Result<Option<Comparison>, ApiError> {
        self.compare_every(EVERY_SECONDS).await
    }

    async fn compare_every(&self, every_seconds: i64) -> Result<Option<Comparison>, ApiError> {
        let now = clock::now();
        if !queries::take_mark(&self.ledger, BEGUN, now.plus_seconds(-every_seconds), now).await? {
            return Ok(None);
        }
        let since = marks::find(&self.ledger, COMPARED).await?;
        let since = since.map_or(now.plus_seconds(-FIRST_SECONDS), |at| at.plus_seconds(-OVERLAP_SECONDS));
        match self.compare(since, now.plus_seconds(AHEAD_SECONDS), Repair::Yes).await {
            Ok(comparison) => {
                marks::put(&self.ledger, COMPARED, now).await?;
                tell(&comparison);
                Ok(Some(comparison))
            }
            Err(error) => {
                let again = now.plus_seconds(AGAIN_SECONDS - EVERY_SECONDS);
                marks::put(&self.ledger, BEGUN, again).await?;
                Err(error)
            }
        }
    }

    /// Compares the last 90 days, for `onsale reconcile --payments`. A repair is in the audit log before.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn reconcile(&self, repair: Repair) -> Result<Comparison, ApiError> {
        if repair == Repair::Yes {
            self.note_repair(json!({"all": true})).await?;
        }
        let now = clock::now();
        self.compare(now.plus_seconds(-FIRST_SECONDS), now.plus_seconds(AHEAD_SECONDS), repair).await
    }

    /// Compares the last 90 days, and repairs the differences of these payments alone, by PortOne's `paymentId`. The change is in the
    /// audit log before.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn reconcile_named(&self, keys: &[String]) -> Result<Comparison, ApiError> {
        self.note_repair(json!({"ids": keys})).await?;
        let now = clock::now();
        let which = Which::Named(keys);
        self.compare_which(now.plus_seconds(-FIRST_SECONDS), now.plus_seconds(AHEAD_SECONDS), which).await
    }

    async fn note_repair(&self, which: Value) -> Result<(), ApiError> {
        let (target, after) = ("payments".to_owned(), Some(which));
        if let Some(entry) = Entry::of(Facts { action: "payments.repair", target, before: None, after }) {
            append_alone(&self.ledger, &entry).await?;
        }
        Ok(())
    }

    /// Compares what has changed at PortOne from `since` to `until` with our rows.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn compare(&self, since: Timestamp, until: Timestamp, repair: Repair) -> Result<Comparison, ApiError> {
        let which = if repair == Repair::Yes { Which::All } else { Which::None };
        self.compare_which(since, until, which).await
    }

    async fn compare_which(
        &self,
        since: Timestamp,
        until: Timestamp,
        which: Which<'_>,
    ) -> Result<Comparison, ApiError> {
        let mut comparison = Comparison::default();
        // A payment that changes while pages are read moves the others by one: it is met again, or by the next comparison.
        let mut seen = HashSet::new();
        for page in 0..PAGES_MAX {
            let listed = self.portone.list(since, until, page).await.map_err(away)?;
            comparison.unreadable += listed.unreadable as u64;
            let new: Vec<Listed> = listed.payments.into_iter().filter(|one| seen.insert(one.key.clone())).collect();
            comparison.compared += new.len() as u64;
            for found in self.differences(&new).await? {
                let found = if which.has(&found) { self.repair(found).await? } else { found };
                match comparison.differences.len() < TOLD_MAX {
                    true => comparison.differences.push(found),
                    false => comparison.left_out += 1,
                }
            }
            if !listed.has_next {
                break;
            }
        }
        comparison.checked_at = clock::now();
        Ok(comparison)
    }

    async fn differences(&self, listed: &[Listed]) -> Result<Vec<DifferenceFound>, ApiError> {
        let keys: Vec<PaymentKey> = listed.iter().filter_map(|one| one.key.parse().ok()).collect();
        let ours: HashMap<PaymentKey, Stored> = queries::by_keys(&self.ledger, &keys).await?;
        let ids: Vec<_> = ours.values().map(|one| one.payment.id).collect();
        let owed = queries::owed_among(&self.ledger, &ids).await?;
        let differs = |one: &Listed| {
            let payment = one.key.parse().ok().and_then(|key: PaymentKey| ours.get(&key)).map(|ours| &ours.payment);
            let is_owed = payment.is_some_and(|payment| owed.contains(&payment.id));
            let money = one.found.money;
            difference(payment, money, is_owed).map(|kind| DifferenceFound {
                kind,
                payment_key: one.key.clone(),
                captured: money.paid,
                refunded: money.cancelled,
                payment: payment.cloned().map(Box::new),
                is_repaired: false,
            })
        };
        Ok(listed.iter().filter_map(differs).collect())
    }

    /// Adopts what is unknown, and has all else looked up at once: the look-up does what is to be done.
    async fn repair(&self, found: DifferenceFound) -> Result<DifferenceFound, ApiError> {
        let is_repaired = match (&found.payment, found.payment_key.parse::<PaymentKey>()) {
            (Some(payment), _) => {
                let soon = |payment: &Payment, now| Ok(Changed::quietly(payment.noticed(now)));
                self.change(payment.id, soon).await?.is_some()
            }
            (None, Ok(key)) => self.is_known_or_adopted(key).await?,
            (None, Err(_)) => false,
        };
        Ok(DifferenceFound { is_repaired, ..found })
    }
}

fn away(away: Away) -> ApiError {
    tracing::warn!(%away, "PortOne's list could not be read");
    ApiError::unavailable().detail("PortOne's list could not be read")
}

/// Tells an operator of what a daily comparison has found.
fn tell(comparison: &Comparison) {
    let Comparison { compared, unreadable, differences, left_out, .. } = comparison;
    metrics::gauge!("onsale_payment_differences").set(differences.len() as f64 + *left_out as f64);
    tracing::info!(compared, unreadable, differences = differences.len(), left_out, "payments were compared");
    if *unreadable > 0 {
        alarm::count("unreadable");
        tracing::error!(unreadable, "PortOne's list has payments that cannot be read: look at them in its console");
    }
    for found in differences {
        alarm::count("difference");
        tracing::error!(
            kind = found.kind.as_str(),
            payment_key = found.payment_key,
            captured = found.captured,
            refunded = found.refunded,
            is_repaired = found.is_repaired,
            "a payment differs from PortOne's; a repair {}",
            found.kind.repair()
        );
    }
}
