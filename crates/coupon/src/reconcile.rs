//! Comparing what was decided with what is kept, coupon by coupon, and mending what can be mended (FCFS-010).
//!
//! The ledger is read first and the hot state second: a coupon given meanwhile can look missing, but none can look
//! surplus. What looks missing is looked at again once every message decided by then has been handed over.

use super::rebuild::coupon_of_row;
use super::service::CouponService;
use crate::rows::coupons::{self, KeptCoupon};
use domain::coupon::Coupon;
use domain::coupon::reconcile::{Comparison, Entry, Finding, compare};
use domain::{Campaign, CampaignId, CouponStatus, ErrorCode, Timestamp, UserId};
use hot::Completeness;
use metrics::gauge;
use onsale_http::ApiError;
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use uuid::Uuid;

/// Coupons read at a time.
const PAGE: usize = 5_000;
/// How long messages on their way are waited for.
const WAIT_STEP: Duration = Duration::from_millis(100);
const WAIT_STEPS: usize = 30;
/// How often coupons that differ are read again.
const LOOKS_AGAIN_MAX: usize = 3;

/// What was found in all campaigns.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether every campaign balances.
    pub balances: bool,
    /// When it was looked at.
    pub checked_at: Timestamp,
    /// Each campaign.
    pub campaigns: Vec<CampaignReport>,
}

/// What was found in one campaign.
#[derive(Clone, Debug, Serialize)]
pub struct CampaignReport {
    /// Whose campaign.
    pub tenant: String,
    /// Which campaign.
    pub event_id: String,
    /// Coupons in all.
    pub stock: u32,
    /// Coupons decided.
    pub hot_count: usize,
    /// Coupons kept.
    pub ledger_count: usize,
    /// Coupons decided whose message is still on its way to the ledger: no fault.
    pub in_flight: usize,
    /// Whether nothing is wrong.
    pub balances: bool,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What was mended.
    pub repaired: Vec<String>,
    /// What could not be mended, and why.
    pub not_repaired: Vec<String>,
}

/// A coupon of the hot state as an entry of its book. A revoked one has no number: it may be another's by now.
fn entry_of(coupon: &Coupon) -> Entry {
    Entry {
        coupon_id: coupon.coupon_id,
        serial: (!coupon.revoked).then_some(coupon.serial),
        user_id: coupon.user.to_string(),
        nth_of_user: coupon.nth_of_user,
        revoked: coupon.revoked,
    }
}

pub(super) async fn ledger_book(service: &CouponService, id: &CampaignId) -> Result<Vec<Entry>, ApiError> {
    let mut book: Vec<Entry> = Vec::new();
    loop {
        let page = coupons::entries(&service.ledger, id, book.last(), PAGE as u64).await?;
        let last = page.len() < PAGE;
        book.extend(page);
        if last {
            for entry in book.iter_mut().filter(|entry| entry.revoked) {
                entry.serial = None;
            }
            return Ok(book);
        }
    }
}

impl CouponService {
    /// Compares the books of all campaigns, or of one; with `repair` mends what can be mended.
    ///
    /// # Errors
    /// `CAMPAIGN_NOT_FOUND` where one is named that is not there, `SERVICE_UNAVAILABLE` when one of the books can not
    /// be read.
    pub async fn reconcile(&self, only: Option<&CampaignId>, repair: bool) -> Result<Report, ApiError> {
        let mut reports = Vec::new();
        for campaign in crate::rows::campaigns::all(&self.ledger).await? {
            if only.is_none_or(|only| *only == campaign.id) {
                reports.push(self.reconcile_campaign(&campaign, repair).await?);
            }
        }
        if reports.is_empty() && only.is_some() {
            return Err(ErrorCode::CampaignNotFound.into());
        }
        let balances = reports.iter().all(|report| report.balances);
        Ok(Report { balances, checked_at: clock::now(), campaigns: reports })
    }

    async fn reconcile_campaign(&self, campaign: &Campaign, repair: bool) -> Result<CampaignReport, ApiError> {
        let (mut repaired, mut not_repaired) = (Vec::new(), Vec::new());
        if repair {
            repaired.extend(self.make_whole(campaign).await?);
        }
        let mut books = self.books(campaign).await?;
        if repair && !books.comparison.balances() {
            for finding in &books.comparison.findings {
                match self.mend(campaign, finding).await? {
                    Ok(done) => repaired.push(done),
                    Err(why_not) => not_repaired.push(why_not),
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
        })
    }

    /// Puts a campaign together again that the hot state has lost, or has lost a part of. Says what was done.
    async fn make_whole(&self, campaign: &Campaign) -> Result<Option<String>, ApiError> {
        let standing = self.port.put_campaign(campaign.clone()).await?;
        let kept = coupons::counts(&self.ledger, &campaign.id).await?;
        let travelling = self.on_their_way.count().await.unwrap_or(u64::MAX);
        // Read last: what is decided meanwhile may make it more, but never less, than what is told of it elsewhere.
        let decided = self.port.counts(&campaign.id).await?.unwrap_or_default();
        if standing == Completeness::Whole && kept.kept().saturating_add(travelling) <= decided.given {
            // Servers that have seen more than there is refuse to decide; now that the books tell what there was, they
            // may go on from here.
            self.port.complete(&campaign.id).await?;
            return Ok(None);
        }
        let restored = self.put_together(campaign).await?.restored;
        Ok((restored > 0).then(|| format!("{restored} coupons were put back into the hot state")))
    }

    async fn books(&self, campaign: &Campaign) -> Result<Books, ApiError> {
        let mut kept = by_id(ledger_book(self, &campaign.id).await?);
        let mut decided = by_id(self.port.coupons(&campaign.id).await?.iter().map(entry_of).collect());
        let hot_count = decided.len();
        let unsettled: Vec<Entry> = decided.values().filter(|e| kept.get(&e.coupon_id) != Some(e)).cloned().collect();
        let mut in_flight = 0;
        if !unsettled.is_empty() {
            let all_handed_over = self.wait_for_messages().await;
            for _ in 0..LOOKS_AGAIN_MAX {
                self.look_again(&campaign.id, &unsettled, &mut decided, &mut kept).await?;
                // A step between the two reads looks like a fault once, but not twice.
                if unsettled.iter().all(|entry| decided.get(&entry.coupon_id) == kept.get(&entry.coupon_id)) {
                    break;
                }
                tokio::time::sleep(WAIT_STEP).await;
            }
            if !all_handed_over {
                let late = unsettled.iter().filter(|entry| !kept.contains_key(&entry.coupon_id));
                in_flight = late.filter_map(|entry| decided.remove(&entry.coupon_id)).count();
            }
        }
        let ledger_count = kept.len();
        let (hot, ledger): (Vec<Entry>, Vec<Entry>) = (decided.into_values().collect(), kept.into_values().collect());
        let comparison = compare(campaign.stock, campaign.per_user_limit, &hot, &ledger);
        Ok(Books { comparison, hot_count, ledger_count, in_flight })
    }

    /// Waits until every message decided so far has been handed over and dealt with. Whether that was so in time.
    async fn wait_for_messages(&self) -> bool {
        for _ in 0..WAIT_STEPS {
            if self.messages_on_their_way().await == 0 {
                return true;
            }
            tokio::time::sleep(WAIT_STEP).await;
        }
        false
    }

    /// Messages decided and not dealt with, wherever they are. What nobody knows counts as one.
    pub(super) async fn messages_on_their_way(&self) -> u64 {
        let waiting = self.port.stats().await.outbox_pending;
        let travelling = self.on_their_way.count().await;
        waiting + travelling.unwrap_or(1)
    }

    /// Reads single coupons in both books again: they may have changed between the two reads.
    async fn look_again(
        &self,
        id: &CampaignId,
        unsettled: &[Entry],
        decided: &mut HashMap<Uuid, Entry>,
        kept: &mut HashMap<Uuid, Entry>,
    ) -> Result<(), ApiError> {
        let ids: Vec<Uuid> = unsettled.iter().map(|entry| entry.coupon_id).collect();
        let rows = coupons::by_ids(&self.ledger, &id.tenant, &ids).await?;
        kept.extend(rows.iter().map(|row| (row.coupon_id, entry_of_row(row))));
        for user in unsettled.iter().map(|entry| entry.user_id.as_str()).collect::<HashSet<_>>() {
            let user = UserId::new(user).map_err(ApiError::internal)?;
            for coupon in self.port.coupons_of(id, &user).await?.unwrap_or_default() {
                if decided.contains_key(&coupon.coupon_id) {
                    decided.insert(coupon.coupon_id, entry_of(&coupon));
                }
            }
        }
        Ok(())
    }

    /// Mends one fault. Says what was done, or why it can not be mended.
    async fn mend(&self, campaign: &Campaign, finding: &Finding) -> Result<Result<String, String>, ApiError> {
        match finding {
            Finding::Missing { hot } => self.keep_missing(&campaign.id, hot).await,
            Finding::Surplus { ledger } => self.restore_surplus(&campaign.id, ledger).await,
            Finding::Differs { hot, ledger } if ledger.revoked && !hot.revoked => {
                let user = UserId::new(&hot.user_id).map_err(ApiError::internal)?;
                let row = coupons::find(&self.ledger, &campaign.id.tenant, hot.coupon_id).await?;
                let returned = row.is_some_and(|row| row.serial.is_none());
                self.port.revoke(&campaign.id, &user, hot.coupon_id, returned).await?;
                Ok(Ok(format!("coupon {} is revoked in the hot state as in the ledger", hot.coupon_id)))
            }
            Finding::Differs { hot, .. } => {
                Ok(Err(format!("coupon {}: hot state and ledger disagree; a person must decide", hot.coupon_id)))
            }
            Finding::DuplicateSerial { book, serial, .. } => {
                Ok(Err(format!("serial {serial} stands twice in the {book}; revoke one of the two")))
            }
            Finding::OverLimit { book, user_id, count } => {
                Ok(Err(format!("user {user_id} has {count} coupons in the {book}; revoke those beyond the limit")))
            }
            Finding::SerialBeyondStock { book, entry } => {
                Ok(Err(format!("coupon {} in the {book} is beyond the stock; add stock or revoke it", entry.coupon_id)))
            }
        }
    }

    async fn keep_missing(&self, id: &CampaignId, hot: &Entry) -> Result<Result<String, String>, ApiError> {
        let user = UserId::new(&hot.user_id).map_err(ApiError::internal)?;
        let given = self.port.coupons_of(id, &user).await?.unwrap_or_default();
        let Some(coupon) = given.into_iter().find(|coupon| coupon.coupon_id == hot.coupon_id) else {
            return Ok(Err(format!("coupon {} is gone from the hot state", hot.coupon_id)));
        };
        match coupons::keep_entry(&self.ledger, id, hot, coupon.issued_at).await {
            Ok(_) => Ok(Ok(format!("coupon {} of {} is kept in the ledger", hot.coupon_id, hot.user_id))),
            Err(ledger::LedgerError::Conflict(why)) => Ok(Err(format!("coupon {}: {why}", hot.coupon_id))),
            Err(error) => Err(error.into()),
        }
    }

    async fn restore_surplus(&self, id: &CampaignId, kept: &Entry) -> Result<Result<String, String>, ApiError> {
        let Some(row) = coupons::find(&self.ledger, &id.tenant, kept.coupon_id).await? else {
            return Ok(Err(format!("coupon {} is gone from the ledger", kept.coupon_id)));
        };
        let refused = self.port.restore(id, vec![coupon_of_row(&row)?]).await?;
        if refused.is_empty() {
            return Ok(Ok(format!("coupon {} of {} is back in the hot state", kept.coupon_id, kept.user_id)));
        }
        Ok(Err(format!("coupon {}: its number or its place with the user is taken in the hot state", kept.coupon_id)))
    }

    /// Compares the books now and then and shows the result as metrics, until the process ends.
    pub async fn reconcile_in_background(self, every: Duration) {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        ticks.tick().await;
        let mut balanced = HashMap::new();
        loop {
            ticks.tick().await;
            match self.reconcile_changed(&mut balanced).await {
                Ok(report) => show(&report),
                Err(error) => tracing::warn!(code = error.code.as_str(), "the books could not be compared"),
            }
        }
    }

    /// Compares the campaigns that have changed since they last balanced: a sold-out million need not be read again
    /// every minute.
    async fn reconcile_changed(&self, balanced: &mut HashMap<CampaignId, Figures>) -> Result<Report, ApiError> {
        let mut reports = Vec::new();
        for campaign in crate::rows::campaigns::all(&self.ledger).await? {
            let sale = self.port.status(&campaign.id, clock::now()).await?;
            let sale = sale.map(|sale| (sale.remaining, sale.participants));
            let figures = (campaign.stock, sale, coupons::counts(&self.ledger, &campaign.id).await?);
            if balanced.get(&campaign.id) == Some(&figures) {
                continue;
            }
            let report = self.reconcile_campaign(&campaign, false).await?;
            if report.balances && report.in_flight == 0 {
                balanced.insert(campaign.id.clone(), figures);
            }
            reports.push(report);
        }
        let balances = reports.iter().all(|report| report.balances);
        Ok(Report { balances, checked_at: clock::now(), campaigns: reports })
    }
}

/// What changes when a campaign's books do: stock, coupons left and people in the hot state, rows by status.
type Figures = (u32, Option<(u32, u32)>, coupons::Counts);

/// The books of one campaign side by side.
struct Books {
    comparison: Comparison,
    hot_count: usize,
    ledger_count: usize,
    in_flight: usize,
}

fn by_id(entries: Vec<Entry>) -> HashMap<Uuid, Entry> {
    entries.into_iter().map(|entry| (entry.coupon_id, entry)).collect()
}

fn entry_of_row(row: &KeptCoupon) -> Entry {
    let revoked = row.usage.status == CouponStatus::Revoked;
    Entry {
        coupon_id: row.coupon_id,
        serial: row.serial.filter(|_| !revoked),
        user_id: row.user_id.clone(),
        nth_of_user: row.nth_of_user,
        revoked,
    }
}

fn show(report: &Report) {
    let findings: usize = report.campaigns.iter().map(|campaign| campaign.findings.len()).sum();
    let in_flight: usize = report.campaigns.iter().map(|campaign| campaign.in_flight).sum();
    gauge!("onsale_reconcile_findings").set(findings as f64);
    gauge!("onsale_reconcile_in_flight").set(in_flight as f64);
    gauge!("onsale_reconcile_checked_at_seconds").set(report.checked_at.millis() as f64 / 1000.0);
    if findings > 0 {
        tracing::error!(findings, "the books do not balance; see `onsale reconcile`");
    }
}
