//! A line before every gated campaign, with the campaign's own times.

use super::service::GateService;
use domain::line::{Admits, LineId, LineRule};
use domain::{Campaign, CampaignId, CampaignStatus, Timestamp};
use hot::HotError;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How often campaigns are looked at.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);
/// Most people before one campaign: as many as a campaign may ever draw, for nobody is turned away from a gate.
const CAPACITY: u32 = 10_000_000;

/// Nobody knows when: an operator opens it.
const NOT_YET: Timestamp = Timestamp(i64::MAX / 4_096);

/// How gates admit.
#[derive(Clone, Copy, Debug)]
pub struct GateSettings {
    /// People a second (GATE-003).
    pub dispatch_per_second: u32,
    /// Milliseconds between two batches.
    pub dispatch_interval_ms: u32,
    /// How long an active pass lives (GATE-005).
    pub active_ttl_ms: u32,
}

impl GateSettings {
    /// The rule of a line that is new.
    fn rule(&self) -> LineRule {
        LineRule {
            rate_per_second: self.dispatch_per_second,
            interval_ms: self.dispatch_interval_ms,
            capacity: CAPACITY,
            admits: Admits::Pass { ttl_ms: self.active_ttl_ms },
            inside_max: 0,
            abandon_after_ms: 0,
            opens_at: None,
            paused: false,
            closed: false,
            revision: 1,
        }
    }
}

/// What people at a gate are told of its campaign without asking anybody.
#[derive(Debug, Default)]
pub struct Gate {
    pub(super) sold_out: std::sync::atomic::AtomicBool,
}

impl GateService {
    /// Keeps a line before every gated campaign until the process ends.
    pub async fn follow_in_background(self) {
        loop {
            if let Err(error) = self.follow().await {
                tracing::warn!(%error, "gates could not be brought up to date");
            }
            tokio::time::sleep(FOLLOW_EVERY).await;
        }
    }

    async fn follow(&self) -> Result<(), HotError> {
        for id in self.coupons.campaigns().await? {
            self.follow_campaign(&id).await?;
        }
        Ok(())
    }

    /// Makes the line before a campaign, or brings it up to date. Whether the campaign has a gate; none if there is no
    /// such campaign.
    pub(super) async fn follow_campaign(&self, id: &CampaignId) -> Result<Option<bool>, HotError> {
        let Some(campaign) = self.coupons.campaign(id).await? else { return Ok(None) };
        if !campaign.gated {
            return Ok(Some(false));
        }
        let now = crate::clock::now();
        let status = self.coupons.status(id, now).await?.map_or(CampaignStatus::Scheduled, |sale| sale.status);
        let line = LineId::Gate(id.clone());
        let known = self.desk.port.rule(&line).await?;
        let base = known.clone().unwrap_or_else(|| self.settings.rule());
        let wanted =
            LineRule { opens_at: opens_at(&campaign, status), closed: status == CampaignStatus::Closed, ..base };
        match known {
            Some(known) if known == wanted => {}
            Some(known) => {
                let wanted = LineRule { revision: known.revision + 1, ..wanted };
                self.desk.port.put_line(&line, wanted).await?;
            }
            None => self.desk.port.put_line(&line, wanted).await?,
        }
        let gone = matches!(status, CampaignStatus::SoldOut | CampaignStatus::Closed);
        self.gate(id).sold_out.store(gone, Ordering::Relaxed);
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
