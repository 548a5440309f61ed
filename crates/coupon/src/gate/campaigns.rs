//! A line before every gated campaign, with the campaign's own times.
//!
//! Opening and closing are the campaign's, and the line follows them all the time. The other fields of the line's rule
//! follow the same policy as other lines ([`LineRule::configured`]). While servers with different configurations run, a gate
//! has the configuration of the server that made it; each server that starts later brings it up to date.

use super::rest::Followed;
use super::service::GateService;
use super::settings::DispatchMode;
use crate::rows::{campaigns, coupons};
use domain::line::{LineId, LineRule, Sale};
use domain::{Campaign, CampaignId, CampaignStatus, Timestamp};
use hot::line::Recovery;
use lines::rules::change_rule;
use onsale_http::ApiError;
use std::mem::discriminant;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How often the campaigns are read.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);

/// The opening time of a line that an operator has to open.
const NOT_YET: Timestamp = Timestamp(i64::MAX / 4_096);

impl GateService {
    /// Keeps a line before every gated campaign until the process ends.
    pub async fn follow_in_background(self) {
        loop {
            if let Err(error) = self.follow().await {
                tracing::warn!(code = error.code.as_str(), "gates could not be brought up to date");
            }
            // A change in this process ends the pause.
            let _ = tokio::time::timeout(FOLLOW_EVERY, self.coupons.changed.notified()).await;
        }
    }

    /// Brings all gates up to date. A campaign that fails, because its part of the hot state is unavailable, does not
    /// stop the others.
    pub(super) async fn follow(&self) -> Result<(), ApiError> {
        let mut followed = Ok(());
        for id in &self.settings.campaigns {
            followed = followed.and(self.set_gate(id).await);
        }
        let now = clock::now();
        let there = self.coupons.port.known_campaigns().await?;
        followed = followed.and(self.end_deleted(&there).await);
        for id in there {
            if self.is_at_rest(&id, now) {
                continue;
            }
            followed = followed.and(self.follow_campaign(&id).await.map(drop));
        }
        if followed.is_ok() {
            self.are_up_to_date.store(true, Ordering::Relaxed);
        }
        followed
    }

    /// Gives a gate to a campaign that the configuration names, open or not: no user loses anything by it.
    async fn set_gate(&self, id: &CampaignId) -> Result<(), ApiError> {
        if self.is_gated_at_rest(id) {
            return Ok(());
        }
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

    /// Rows must not decide while a coupon that the hot state gave is still on its way to them: its number would be
    /// given twice. By then passes are no longer valid, so the hot state gives no further coupons.
    async fn may_rows_decide(&self, id: &CampaignId) -> Result<bool, ApiError> {
        let gate = self.state(id);
        if gate.rows_decide.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let given = self.coupons.port.counts(id).await?.unwrap_or_default().given;
        let kept = coupons::counts(&self.coupons.ledger, id).await?.kept();
        gate.rows_decide.store(given <= kept, Ordering::Relaxed);
        Ok(given <= kept)
    }

    fn note_draw(&self, id: &CampaignId, has_draw: bool) {
        let had_draw = self.state(id).has_draw.swap(has_draw, Ordering::Relaxed);
        if has_draw && !had_draw && self.receipts().is_none() {
            tracing::error!(campaign = %id, "this server gives no receipts for the opening draw; set queue.receipt_key");
        }
    }

    /// Changes the rule of a gate. One that the hot state has lost is made again as it was defined last: with the draw that
    /// was announced, a pause, a rate and a notice of its own. `None` where there is none.
    async fn change_gate(
        &self,
        line: &LineId,
        is_news: bool,
        follow: &impl Fn(LineRule) -> LineRule,
    ) -> Result<Option<LineRule>, ApiError> {
        let change = || change_rule(&*self.lines.port, line, |rule| Ok::<_, ApiError>(follow(rule)));
        // A gate that this server has just found may be of a version that kept no definition: it is kept from now on.
        if !is_news && let Some(rule) = change().await? {
            return Ok(Some(rule));
        }
        match self.lines.port.recover_line(line).await? {
            Recovery::There => change().await,
            Recovery::Lost if !is_news => {
                tracing::error!(%line, "what was known of the gate is lost, an announced draw, too: it is made as configured");
                Ok(None)
            }
            Recovery::Lost | Recovery::Ended => Ok(None),
        }
    }

    /// Makes the line before a campaign, or brings it up to date. Returns whether the campaign has a gate; `None` if the
    /// campaign does not exist.
    pub(super) async fn follow_campaign(&self, id: &CampaignId) -> Result<Option<bool>, ApiError> {
        let at = Instant::now();
        let Some(campaign) = self.coupons.port.campaign(id).await? else { return Ok(None) };
        if !campaign.gated {
            let status = CampaignStatus::Scheduled;
            self.note_followed(Followed { at, campaign, remaining: 0, status });
            return Ok(Some(false));
        }
        let now = clock::now();
        let sale = self.coupons.port.status(id, now).await?;
        let (status, remaining) =
            sale.map_or((CampaignStatus::Scheduled, campaign.stock), |sale| (sale.status, sale.remaining));
        let line = LineId::Gate(id.clone());
        let waits_for_rows = self.settings.mode == DispatchMode::Kafka && !self.may_rows_decide(id).await?;
        let gate = self.state(id);
        let is_gone = matches!(status, CampaignStatus::SoldOut | CampaignStatus::Closed);
        // Set before the line closes, so that a user whom the closed line refuses gets the reason.
        gate.sold_out.fetch_or(is_gone, Ordering::Relaxed);
        let is_news = !self.are_up_to_date.load(Ordering::Relaxed) && !gate.is_up_to_date.load(Ordering::Relaxed);
        let follow = |rule: LineRule| {
            // Servers with different modes never run at once: such a line is from an earlier configuration.
            let is_of_other_mode = discriminant(&rule.admits) != discriminant(&self.settings.admits());
            let rule = if is_news || is_of_other_mode { self.settings.bring_up_to_date(rule) } else { rule };
            LineRule {
                inside_max: self.settings.inside_max(rule.rate_per_second),
                // Neither a pause nor rows on their way move the opening that a draw was announced for.
                opens_at: match rule.fixed_opening(now) {
                    Some(fixed) => Some(fixed),
                    None if waits_for_rows => Some(NOT_YET),
                    None => opens_at(&campaign, status),
                },
                closed: status == CampaignStatus::Closed,
                sale: sale_of(status),
                ..rule
            }
        };
        let rule = match self.change_gate(&line, is_news, &follow).await? {
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
        self.note_followed(Followed { at, campaign, remaining, status });
        Ok(Some(true))
    }
}

/// The campaign's status as the line tells it to everybody.
fn sale_of(status: CampaignStatus) -> Sale {
    match status {
        CampaignStatus::Scheduled => Sale::Scheduled,
        CampaignStatus::Active => Sale::Active,
        CampaignStatus::Paused => Sale::Paused,
        CampaignStatus::SoldOut => Sale::SoldOut,
        CampaignStatus::Closed => Sale::Closed,
    }
}

/// The time from which the line admits people. While the campaign would refuse them it admits no one, or their passes
/// would expire unused.
fn opens_at(campaign: &Campaign, status: CampaignStatus) -> Option<Timestamp> {
    match status {
        CampaignStatus::Paused => Some(NOT_YET),
        CampaignStatus::Scheduled => Some(campaign.opens_at.unwrap_or(NOT_YET)),
        CampaignStatus::Active | CampaignStatus::SoldOut | CampaignStatus::Closed => None,
    }
}
