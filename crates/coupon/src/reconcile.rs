//! Compares the coupons of the hot state with the rows of the ledger, one by one, and repairs differences (FCFS-010).
//!
//! The ledger is read first and the hot state second: a coupon given meanwhile can seem missing, but none can seem
//! surplus. A coupon that seems missing is read again once every message decided by then has been published.

use super::audit;
use super::books::{coupon_of_row, entry_of, entry_of_row, ledger_book};
use super::service::CouponService;
use crate::rows::coupons;
use domain::coupon::reconcile::{Comparison, Entry, Finding, compare};
use domain::{Campaign, CampaignId, CouponId, ErrorCode, Timestamp, UserId, ZonedTime};
use hot::Completeness;
use ledger::calls::audit::append_alone;
use metrics::gauge;
use onsale_http::ApiError;
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

/// Pause between two reads while messages are in flight, and the number of reads.
const WAIT_STEP: Duration = Duration::from_millis(100);
const WAIT_STEPS: usize = 30;
/// How often coupons that differ are read again.
const REREADS_MAX: usize = 3;

/// The comparison of all campaigns.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether every campaign balances.
    pub balances: bool,
    /// When the books were compared.
    pub checked_at: ZonedTime,
    /// Each campaign.
    pub campaigns: Vec<CampaignReport>,
}

/// The comparison of one campaign.
#[derive(Clone, Debug, Serialize)]
pub struct CampaignReport {
    /// The campaign's tenant.
    pub tenant: String,
    /// The campaign's name.
    pub event_id: String,
    /// The campaign's stock.
    pub stock: u32,
    /// Coupons in the hot state.
    pub hot_count: usize,
    /// Coupons in the ledger.
    pub ledger_count: usize,
    /// Coupons whose message is still on its way to the ledger; this is no fault.
    pub in_flight: usize,
    /// Whether there are no findings.
    pub balances: bool,
    /// The differences.
    pub findings: Vec<Finding>,
    /// Repairs that were made.
    pub repaired: Vec<String>,
    /// Findings that could not be repaired, with the reason.
    pub not_repaired: Vec<String>,
    /// The findings that a repair was tried of, and why it was not made.
    #[serde(skip)]
    pub outcomes: Vec<(String, Option<String>)>,
}

/// What is repaired of what a comparison finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair<'a> {
    /// Nothing.
    None,
    /// All that can be.
    All,
    /// These findings, by [`Finding::id`].
    Named(&'a [String]),
}

impl Repair<'_> {
    fn has(self, campaign: &CampaignId, finding: &Finding) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Named(ids) => ids.contains(&finding.id(campaign)),
        }
    }
}

impl CouponService {
    /// Compares the books of all campaigns, or of one; with `repair` it also repairs differences.
    ///
    /// # Errors
    /// `CAMPAIGN_NOT_FOUND` when the named campaign does not exist, `SERVICE_UNAVAILABLE` when one of the books cannot be
    /// read.
    pub async fn reconcile(&self, only: Option<&CampaignId>, repair: bool) -> Result<Report, ApiError> {
        self.reconcile_which(only, if repair { Repair::All } else { Repair::None }).await
    }

    /// As [`CouponService::reconcile`], with a choice of what is repaired.
    ///
    /// # Errors
    /// As [`CouponService::reconcile`].
    pub async fn reconcile_which(&self, only: Option<&CampaignId>, repair: Repair<'_>) -> Result<Report, ApiError> {
        let mut campaigns = crate::rows::campaigns::all(&self.ledger).await?;
        campaigns.retain(|campaign| only.is_none_or(|only| *only == campaign.id));
        if campaigns.is_empty() && only.is_some() {
            return Err(ErrorCode::CampaignNotFound.into());
        }
        // Before the repairs, which are many changes in two books.
        if let Some(entry) = (repair != Repair::None).then(|| audit::repair(only)).flatten() {
            append_alone(&self.ledger, &entry).await?;
        }
        let mut reports = Vec::with_capacity(campaigns.len());
        for campaign in &campaigns {
            reports.push(self.reconcile_campaign(campaign, repair).await?);
        }
        let balances = reports.iter().all(|report| report.balances);
        Ok(Report { balances, checked_at: ZonedTime(clock::now()), campaigns: reports })
    }

    async fn reconcile_campaign(&self, campaign: &Campaign, which: Repair<'_>) -> Result<CampaignReport, ApiError> {
        let (mut repaired, mut not_repaired, mut outcomes) = (Vec::new(), Vec::new(), Vec::new());
        if which == Repair::All {
            repaired.extend(self.complete_campaign(campaign).await?);
        }
        let mut books = self.books(campaign).await?;
        if which != Repair::None && !books.comparison.balances() {
            for finding in books.comparison.findings.iter().filter(|finding| which.has(&campaign.id, finding)) {
                let done = self.repair(campaign, finding).await?;
                outcomes.push((finding.id(&campaign.id), done.clone().err()));
                match done {
                    Ok(repair) => repaired.push(repair),
                    Err(reason) => not_repaired.push(reason),
                }
            }
            books = self.books(campaign).await?;
        }
        Ok(CampaignReport {
            tenant: campaign.id.tenant.to_string(),
            event_id: campaign.id.event.to_string(),
            stock: campaign.stock,
            hot_count: books.hot_count,
            ledger_count: books.ledger_count,
            in_flight: books.in_flight,
            balances: books.comparison.balances(),
            findings: books.comparison.findings,
            repaired,
            not_repaired,
            outcomes,
        })
    }

    /// Rebuilds a campaign that the hot state has lost, wholly or in part. Returns a description of the repair.
    async fn complete_campaign(&self, campaign: &Campaign) -> Result<Option<String>, ApiError> {
        let completeness = self.port.put_campaign(campaign.clone()).await?;
        let kept = coupons::counts(&self.ledger, &campaign.id).await?;
        let in_flight = self.in_flight.count().await.unwrap_or(u64::MAX);
        // Read last: decisions made meanwhile can only raise this count above the other two.
        let decided = self.port.counts(&campaign.id).await?.unwrap_or_default();
        if completeness == Completeness::Whole && kept.kept().saturating_add(in_flight) <= decided.given {
            // Servers that have seen more coupons than the hot state has refuse to decide. The books show now that nothing
            // is missing, so they may continue.
            self.port.complete(&campaign.id).await?;
            return Ok(None);
        }
        let restored = self.rebuild(campaign).await?.restored;
        Ok((restored > 0).then(|| format!("{restored} coupons were restored in the hot state")))
    }

    async fn books(&self, campaign: &Campaign) -> Result<Books, ApiError> {
        let mut kept = by_id(ledger_book(self, &campaign.id).await?);
        let mut decided = by_id(self.port.coupons(&campaign.id).await?.iter().map(entry_of).collect());
        let hot_count = decided.len();
        let unsettled: Vec<Entry> = decided.values().filter(|e| kept.get(&e.coupon_id) != Some(e)).cloned().collect();
        let mut in_flight = 0;
        if !unsettled.is_empty() {
            let all_published = self.wait_for_messages().await;
            for _ in 0..REREADS_MAX {
                self.read_again(&campaign.id, &unsettled, &mut decided, &mut kept).await?;
                // A change between the two reads seems a fault in one comparison, but not in the next.
                if unsettled.iter().all(|entry| decided.get(&entry.coupon_id) == kept.get(&entry.coupon_id)) {
                    break;
                }
                tokio::time::sleep(WAIT_STEP).await;
            }
            if !all_published {
                let late = unsettled.iter().filter(|entry| !kept.contains_key(&entry.coupon_id));
                in_flight = late.filter_map(|entry| decided.remove(&entry.coupon_id)).count();
            }
        }
        let ledger_count = kept.len();
        let (hot, ledger): (Vec<Entry>, Vec<Entry>) = (decided.into_values().collect(), kept.into_values().collect());
        let comparison = compare(campaign.stock, campaign.per_user_limit, &hot, &ledger);
        Ok(Books { comparison, hot_count, ledger_count, in_flight })
    }

    /// Waits until every message decided so far has been published and processed. Returns false if that took too long.
    async fn wait_for_messages(&self) -> bool {
        for _ in 0..WAIT_STEPS {
            if self.messages_in_flight().await == 0 {
                return true;
            }
            tokio::time::sleep(WAIT_STEP).await;
        }
        false
    }

    /// Reads single coupons in both books again: they may have changed between the two reads.
    async fn read_again(
        &self,
        id: &CampaignId,
        unsettled: &[Entry],
        decided: &mut HashMap<CouponId, Entry>,
        kept: &mut HashMap<CouponId, Entry>,
    ) -> Result<(), ApiError> {
        let ids: Vec<CouponId> = unsettled.iter().map(|entry| entry.coupon_id).collect();
        let rows = coupons::by_ids(&self.ledger, &id.tenant, &ids).await?;
        kept.extend(rows.iter().map(|row| (row.coupon_id, entry_of_row(row))));
        for user in unsettled.iter().map(|entry| entry.user_id.as_str()).collect::<HashSet<_>>() {
            let user = UserId::stored(user).map_err(ApiError::internal)?;
            for coupon in self.port.coupons_of(id, &user).await?.unwrap_or_default() {
                if decided.contains_key(&coupon.coupon_id) {
                    decided.insert(coupon.coupon_id, entry_of(&coupon));
                }
            }
        }
        Ok(())
    }

    /// Repairs one finding. Returns a description of the repair, or the reason why there is none.
    async fn repair(&self, campaign: &Campaign, finding: &Finding) -> Result<Result<String, String>, ApiError> {
        match finding {
            Finding::Missing { hot } => self.store_missing(&campaign.id, hot).await,
            Finding::Surplus { ledger } => self.restore_surplus(&campaign.id, ledger).await,
            Finding::Differs { hot, ledger } if ledger.revoked && !hot.revoked => {
                let user = UserId::stored(&hot.user_id).map_err(ApiError::internal)?;
                let row = coupons::find(&self.ledger, &campaign.id.tenant, hot.coupon_id).await?;
                let returned = row.is_some_and(|row| row.serial.is_none());
                self.port.revoke(&campaign.id, &user, hot.coupon_id, returned).await?;
                Ok(Ok(format!("coupon {} is revoked in the hot state as in the ledger", hot.coupon_id)))
            }
            Finding::Differs { hot, .. } => {
                Ok(Err(format!("coupon {}: hot state and ledger disagree; an operator must decide", hot.coupon_id)))
            }
            Finding::DuplicateSerial { book, serial, .. } => {
                Ok(Err(format!("serial {serial} appears twice in the {book}; revoke one of the two coupons")))
            }
            Finding::OverLimit { book, user_id, count } => {
                Ok(Err(format!("user {user_id} has {count} coupons in the {book}; revoke those beyond the limit")))
            }
            Finding::SerialBeyondStock { book, entry } => {
                Ok(Err(format!("coupon {} in the {book} is beyond the stock; add stock or revoke it", entry.coupon_id)))
            }
        }
    }

    async fn store_missing(&self, id: &CampaignId, hot: &Entry) -> Result<Result<String, String>, ApiError> {
        let user = UserId::stored(&hot.user_id).map_err(ApiError::internal)?;
        let given = self.port.coupons_of(id, &user).await?.unwrap_or_default();
        let Some(coupon) = given.into_iter().find(|coupon| coupon.coupon_id == hot.coupon_id) else {
            return Ok(Err(format!("coupon {} is no longer in the hot state", hot.coupon_id)));
        };
        match coupons::keep_entry(&self.ledger, id, hot, coupon.issued_at).await {
            Ok(_) => Ok(Ok(format!("coupon {} of {} was stored in the ledger", hot.coupon_id, hot.user_id))),
            Err(ledger::LedgerError::Conflict(reason)) => Ok(Err(format!("coupon {}: {reason}", hot.coupon_id))),
            Err(error) => Err(error.into()),
        }
    }

    async fn restore_surplus(&self, id: &CampaignId, kept: &Entry) -> Result<Result<String, String>, ApiError> {
        let Some(row) = coupons::find(&self.ledger, &id.tenant, kept.coupon_id).await? else {
            return Ok(Err(format!("coupon {} is no longer in the ledger", kept.coupon_id)));
        };
        let refused = self.port.restore(id, vec![coupon_of_row(&row)?]).await?;
        if refused.is_empty() {
            return Ok(Ok(format!("coupon {} of {} was restored in the hot state", kept.coupon_id, kept.user_id)));
        }
        Ok(Err(format!(
            "coupon {}: another coupon in the hot state has its number or the user's position",
            kept.coupon_id
        )))
    }

    /// Compares the books at this interval and publishes the result as metrics, until the process ends.
    pub async fn reconcile_in_background(self, every: Duration) {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        ticks.tick().await;
        // From here on: an alert on its age must fire, too, where no comparison has ever succeeded.
        checked_at(clock::now());
        let mut balanced = HashMap::new();
        loop {
            ticks.tick().await;
            match self.reconcile_changed(&mut balanced).await {
                Ok(report) => record_metrics(&report),
                Err(error) => tracing::warn!(code = error.code.as_str(), "the books could not be compared"),
            }
        }
    }

    /// Compares the campaigns that have changed since they last balanced: a million sold-out coupons need not be read
    /// again every minute.
    async fn reconcile_changed(&self, balanced: &mut HashMap<CampaignId, Balanced>) -> Result<Report, ApiError> {
        let mut reports = Vec::new();
        for campaign in crate::rows::campaigns::all(&self.ledger).await? {
            let at = Instant::now();
            let rows = (campaign.stock, coupons::counts(&self.ledger, &campaign.id).await?);
            let before = balanced.get(&campaign.id).filter(|before| before.rows == rows);
            if before.is_some_and(|before| !self.port.may_have_changed_since(&campaign.id, before.at)) {
                continue;
            }
            let sale = self.port.status(&campaign.id, clock::now()).await?;
            let sale = sale.map(|sale| (sale.remaining, sale.participants));
            let is_same = before.is_some_and(|before| before.sale == sale);
            let now_balanced = Balanced { rows, sale, at };
            if is_same {
                balanced.insert(campaign.id.clone(), now_balanced);
                continue;
            }
            let report = self.reconcile_campaign(&campaign, Repair::None).await?;
            if report.balances && report.in_flight == 0 {
                balanced.insert(campaign.id.clone(), now_balanced);
            }
            reports.push(report);
        }
        let balances = reports.iter().all(|report| report.balances);
        Ok(Report { balances, checked_at: ZonedTime(clock::now()), campaigns: reports })
    }
}

/// The totals that change whenever a campaign's books change, as they were when its books balanced.
struct Balanced {
    /// Stock, and rows by status.
    rows: (u32, coupons::Counts),
    /// Remaining coupons and participants in the hot state.
    sale: Option<(u32, u32)>,
    /// Before they were read.
    at: Instant,
}

/// The books of one campaign side by side.
struct Books {
    comparison: Comparison,
    hot_count: usize,
    ledger_count: usize,
    in_flight: usize,
}

fn by_id(entries: Vec<Entry>) -> HashMap<CouponId, Entry> {
    entries.into_iter().map(|entry| (entry.coupon_id, entry)).collect()
}

fn checked_at(at: Timestamp) {
    gauge!("onsale_reconcile_checked_at_seconds").set(at.millis() as f64 / 1000.0);
}

fn record_metrics(report: &Report) {
    let findings: usize = report.campaigns.iter().map(|campaign| campaign.findings.len()).sum();
    let in_flight: usize = report.campaigns.iter().map(|campaign| campaign.in_flight).sum();
    gauge!("onsale_reconcile_findings").set(findings as f64);
    gauge!("onsale_reconcile_in_flight").set(in_flight as f64);
    checked_at(report.checked_at.0);
    if findings > 0 {
        tracing::error!(findings, "the books do not balance; see `onsale reconcile`");
    }
}
