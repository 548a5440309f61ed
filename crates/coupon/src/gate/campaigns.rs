//! A line before every gated campaign, with the campaign's own times.
//!
//! Whose its rule is: opening and closing are the campaign's, and followed all the time; of the rest holds what holds of
//! other lines ([`queue::configured`]). A gate that is made while servers of different configuration run is as the
//! one that made it has it; each that starts later brings it up to date.

use super::service::GateService;
use crate::rows::{campaigns, coupons};
use domain::line::{Admits, LineId, LineRule};
use domain::{Campaign, CampaignId, CampaignStatus, Timestamp};
use lines::rules::change_rule;
use onsale_http::ApiError;
use std::mem::discriminant;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often campaigns are looked at.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);
/// Most people before one campaign: as many as a campaign may ever draw, for nobody is turned away from a gate.
const CAPACITY: u32 = 10_000_000;

/// Nobody knows when: an operator opens it.
const NOT_YET: Timestamp = Timestamp(i64::MAX / 4_096);

/// People whose requests may be on their way at once: what the rate gives in so many seconds. When issuers do less than
/// the rate, admission slows to what they do.
const REQUESTS_SECONDS: u32 = 10;
/// But so many may always be.
const REQUESTS_MIN: u32 = 100;

/// How people go on from a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DispatchMode {
    /// They get a pass and ask for the coupon themselves (GATE-005).
    ActiveQueue,
    /// An issuer does the work for them (GATE-004).
    Kafka,
}

/// How gates admit.
#[derive(Clone, Debug)]
pub struct GateSettings {
    /// Campaigns that have a gate even if they do not say so (GATE-007).
    pub campaigns: Vec<CampaignId>,
    /// How people go on.
    pub mode: DispatchMode,
    /// People a second (GATE-003).
    pub dispatch_per_second: u32,
    /// Milliseconds between two batches.
    pub dispatch_interval_ms: u32,
    /// How long an active pass lives (GATE-005).
    pub active_ttl_ms: u32,
    /// Who has been dealt with for so long is put back (GATE-006).
    pub stale_timeout_ms: u32,
    /// So many at a time.
    pub put_back_max: u32,
}

impl GateSettings {
    /// The rule of a line that is new.
    fn rule(&self) -> LineRule {
        LineRule {
            interval_ms: self.dispatch_interval_ms,
            capacity: CAPACITY,
            admits: self.admits(),
            inside_max: self.inside_max(self.dispatch_per_second),
            configured_rate_per_second: Some(self.dispatch_per_second),
            ..LineRule::new(self.dispatch_per_second)
        }
    }

    /// The rule of a line that is there, as this configuration has it.
    fn bring_up_to_date(&self, rule: LineRule) -> LineRule {
        LineRule {
            interval_ms: self.dispatch_interval_ms,
            admits: self.admits(),
            ..rule.configured(self.dispatch_per_second)
        }
    }

    fn admits(&self) -> Admits {
        match self.mode {
            DispatchMode::ActiveQueue => Admits::Pass { ttl_ms: self.active_ttl_ms },
            DispatchMode::Kafka => {
                Admits::Processing { stale_after_ms: self.stale_timeout_ms, put_back_max: self.put_back_max }
            }
        }
    }

    fn inside_max(&self, rate_per_second: u32) -> u32 {
        match self.mode {
            DispatchMode::ActiveQueue => 0,
            DispatchMode::Kafka => rate_per_second.saturating_mul(REQUESTS_SECONDS).max(REQUESTS_MIN),
        }
    }
}

/// What people at a gate are told of its campaign without asking anybody.
#[derive(Debug, Default)]
pub struct Gate {
    pub(super) sold_out: AtomicBool,
    /// The line has an opening draw, held or to come.
    pub(super) has_draw: AtomicBool,
    /// Every coupon that the hot state gave is a row: the rows may decide from now on.
    rows_decide: AtomicBool,
    /// This process has brought its line up to date, or made it.
    is_up_to_date: AtomicBool,
}

impl GateService {
    /// Keeps a line before every gated campaign until the process ends.
    pub async fn follow_in_background(self) {
        loop {
            if let Err(error) = self.follow().await {
                tracing::warn!(code = error.code.as_str(), "gates could not be brought up to date");
            }
            tokio::time::sleep(FOLLOW_EVERY).await;
        }
    }

    /// One campaign that can not be followed, its part of the hot state being away, keeps no other from its gate.
    pub(super) async fn follow(&self) -> Result<(), ApiError> {
        let mut followed = Ok(());
        for id in &self.settings.campaigns {
            followed = followed.and(self.set_gate(id).await);
        }
        for id in self.coupons.port.campaigns().await? {
            followed = followed.and(self.follow_campaign(&id).await.map(drop));
        }
        if followed.is_ok() {
            self.are_up_to_date.store(true, Ordering::Relaxed);
        }
        followed
    }

    /// A campaign that the configuration names gets its gate, whether or not it is open: nobody loses anything by it.
    async fn set_gate(&self, id: &CampaignId) -> Result<(), ApiError> {
        if self.coupons.port.campaign(id).await?.is_none_or(|known| known.gated) {
            return Ok(());
        }
        let Some(kept) = campaigns::get(&self.coupons.ledger, id).await?.filter(|kept| !kept.gated) else {
            return Ok(());
        };
        let gated = campaigns::update(&self.coupons.ledger, &Campaign { gated: true, ..kept }).await?;
        self.coupons.port.put_campaign(gated).await?;
        Ok(())
    }

    /// Rows must not decide while a coupon that the hot state gave is on its way to them: its number would be given
    /// twice. Passes count no more by then, so that the hot state gives no others.
    async fn may_rows_decide(&self, id: &CampaignId) -> Result<bool, ApiError> {
        let gate = self.gate(id);
        if gate.rows_decide.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let given = self.coupons.port.counts(id).await?.unwrap_or_default().given;
        let kept = coupons::counts(&self.coupons.ledger, id).await?.kept();
        gate.rows_decide.store(given <= kept, Ordering::Relaxed);
        Ok(given <= kept)
    }

    fn note_draw(&self, id: &CampaignId, has_draw: bool) {
        let had_draw = self.gate(id).has_draw.swap(has_draw, Ordering::Relaxed);
        if has_draw && !had_draw && self.receipts().is_none() {
            tracing::error!(campaign = %id, "people get no receipts here for the opening draw; set queue.receipt_key");
        }
    }

    /// Makes the line before a campaign, or brings it up to date. Whether the campaign has a gate; none if there is no
    /// such campaign.
    pub(super) async fn follow_campaign(&self, id: &CampaignId) -> Result<Option<bool>, ApiError> {
        let Some(campaign) = self.coupons.port.campaign(id).await? else { return Ok(None) };
        if !campaign.gated {
            return Ok(Some(false));
        }
        let now = clock::now();
        let status = self.coupons.port.status(id, now).await?.map_or(CampaignStatus::Scheduled, |sale| sale.status);
        let line = LineId::Gate(id.clone());
        let waits_for_rows = self.settings.mode == DispatchMode::Kafka && !self.may_rows_decide(id).await?;
        let gate = self.gate(id);
        let is_gone = matches!(status, CampaignStatus::SoldOut | CampaignStatus::Closed);
        // Told before the line is closed: whoever is not taken in any more must be able to hear why.
        gate.sold_out.fetch_or(is_gone, Ordering::Relaxed);
        let is_news = !self.are_up_to_date.load(Ordering::Relaxed) && !gate.is_up_to_date.load(Ordering::Relaxed);
        let follow = |rule: LineRule| {
            // Servers of different modes never run at once: such a line is from before.
            let is_of_other_mode = discriminant(&rule.admits) != discriminant(&self.settings.admits());
            let rule = if is_news || is_of_other_mode { self.settings.bring_up_to_date(rule) } else { rule };
            LineRule {
                inside_max: self.settings.inside_max(rule.rate_per_second),
                opens_at: if waits_for_rows { Some(NOT_YET) } else { opens_at(&campaign, status) },
                closed: status == CampaignStatus::Closed,
                ..rule
            }
        };
        let rule = match change_rule(&*self.lines.port, &line, |rule| Ok::<_, ApiError>(follow(rule))).await? {
            Some(rule) => rule,
            None => {
                let rule = follow(self.settings.rule());
                self.lines.port.make_line(&line, rule.clone()).await?;
                rule
            }
        };
        gate.is_up_to_date.store(true, Ordering::Relaxed);
        self.note_draw(id, rule.draw.is_some());
        gate.sold_out.store(is_gone, Ordering::Relaxed);
        Ok(Some(true))
    }
}

/// From when on people may go: not while the campaign would refuse them, or their passes would run out in vain.
fn opens_at(campaign: &Campaign, status: CampaignStatus) -> Option<Timestamp> {
    match status {
        CampaignStatus::Paused => Some(NOT_YET),
        CampaignStatus::Scheduled => Some(campaign.opens_at.unwrap_or(NOT_YET)),
        CampaignStatus::Active | CampaignStatus::SoldOut | CampaignStatus::Closed => None,
    }
}
