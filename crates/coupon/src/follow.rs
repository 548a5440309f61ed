//! The hot state follows the ledger: every campaign is in it, and none that was deleted.
//!
//! Nothing is read while nothing changes: two numbers of the ledger say whether anything has ([`campaigns::changes`]). A few
//! campaigns are put again each time, in turn, since an engine may have lost one that nobody asks for.

use super::service::CouponService;
use crate::rows::campaigns;
use domain::{Campaign, CampaignId};
use futures::stream::{self, StreamExt};
use hot::Completeness;
use ledger::LedgerError;
use onsale_http::ApiError;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::time::Duration;

/// How often the hot state is brought up to date with the ledger's policies.
const FOLLOW_LEDGER_EVERY: Duration = Duration::from_secs(3);
/// Shortest pause between two updates, however often a loss is reported.
const FOLLOW_LEDGER_PAUSE: Duration = Duration::from_millis(200);

/// Campaigns that are put at the same time.
const PUT_TOGETHER: usize = 32;

/// Campaigns that are put again each time although nothing has changed, in turn: at rest each costs next to nothing.
const PUT_AGAIN: usize = 4;

/// The campaigns that this process has brought into the hot state.
#[derive(Default)]
struct Followed {
    /// The ledger's changes when the campaigns were read; none when they must be read again.
    changes: Option<(i64, i64)>,
    campaigns: Vec<Campaign>,
    /// The revision of each that was put.
    revisions: HashMap<CampaignId, u64>,
    next: usize,
}

impl Followed {
    /// The places that are put again this time.
    fn next_turn(&mut self) -> Range<usize> {
        let first = if self.next < self.campaigns.len() { self.next } else { 0 };
        self.next = first + PUT_AGAIN;
        first..self.next.min(self.campaigns.len())
    }

    /// The campaign could not be brought up to date: it is put again. Returns the error.
    fn failed(&mut self, campaign: &Campaign, error: ApiError) -> ApiError {
        tracing::error!(campaign = %campaign.id, code = error.code.as_str(), "cannot be brought up to date");
        self.revisions.remove(&campaign.id);
        error
    }

    /// The places that have to be put.
    fn due(&mut self, has_changed: bool) -> Vec<usize> {
        let turn = self.next_turn();
        if !has_changed {
            return turn.collect();
        }
        let is_due = |(place, campaign): (usize, &Campaign)| {
            let is_put = self.revisions.get(&campaign.id) == Some(&campaign.revision);
            (!is_put || turn.contains(&place)).then_some(place)
        };
        self.campaigns.iter().enumerate().filter_map(is_due).collect()
    }
}

impl CouponService {
    /// Brings every campaign of the ledger into the hot state: at the start, and regularly for a change whose second half
    /// was lost. Returns the number of campaigns.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn follow_ledger(&self) -> Result<usize, ApiError> {
        self.follow_changes(&mut Followed::default()).await
    }

    async fn follow_changes(&self, followed: &mut Followed) -> Result<usize, ApiError> {
        let changes = campaigns::changes(&self.ledger).await?;
        let has_changed = followed.changes != Some(changes);
        if has_changed {
            followed.changes = None;
            followed.campaigns = campaigns::all(&self.ledger).await?;
            self.gate_as_configured(&mut followed.campaigns).await?;
            self.forget_deleted(followed).await?;
        }
        let due: Vec<Campaign> =
            followed.due(has_changed).into_iter().map(|place| followed.campaigns[place].clone()).collect();
        // Many at once: those of a shard that is away each take as long as a call may, and must not keep the others waiting.
        let put = due.into_iter().map(|campaign| async move {
            let put = self.port.put_campaign(campaign.clone()).await;
            (campaign, put)
        });
        let mut putting = stream::iter(put).buffer_unordered(PUT_TOGETHER);
        let mut first_error = None;
        let mut lost = Vec::new();
        while let Some((campaign, put)) = putting.next().await {
            match put {
                Ok(Completeness::Whole) => drop(followed.revisions.insert(campaign.id, campaign.revision)),
                Ok(Completeness::Incomplete) => lost.push(campaign),
                Err(error) => first_error = first_error.or(Some(followed.failed(&campaign, error.into()))),
            }
        }
        // One after the other: each reads its books.
        for campaign in lost {
            match self.rebuild_lost(&campaign).await {
                Ok(()) => drop(followed.revisions.insert(campaign.id, campaign.revision)),
                Err(error) => first_error = first_error.or(Some(followed.failed(&campaign, error))),
            }
        }
        if let Some(error) = first_error {
            followed.changes = None;
            return Err(error);
        }
        followed.changes = Some(changes);
        Ok(followed.campaigns.len())
    }

    /// Gives campaigns the gate that the configuration wants before they are put: at a start a server has it before it serves
    /// anybody.
    async fn gate_as_configured(&self, all: &mut [Campaign]) -> Result<(), ApiError> {
        let is_due = |campaign: &&mut Campaign| !campaign.gated && self.gated_campaigns.contains(&campaign.id);
        for campaign in all.iter_mut().filter(is_due) {
            match campaigns::update(&self.ledger, &Campaign { gated: true, ..campaign.clone() }).await {
                Ok(gated) => *campaign = gated,
                // Another server has been first; what it has stored is read the next time.
                Err(LedgerError::Conflict(_)) => campaign.gated = true,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Takes deleted campaigns out of the hot state: whoever deleted one may have died in between, and each process has a
    /// memory of its own.
    async fn forget_deleted(&self, followed: &mut Followed) -> Result<(), ApiError> {
        let live: HashSet<&CampaignId> = followed.campaigns.iter().map(|campaign| &campaign.id).collect();
        let known = self.port.known_campaigns().await?;
        let gone: HashSet<CampaignId> =
            known.into_iter().chain(followed.revisions.keys().cloned()).filter(|id| !live.contains(id)).collect();
        for id in gone {
            if campaigns::is_archived(&self.ledger, &id).await? {
                self.port.forget(&id).await?;
                followed.revisions.remove(&id);
            }
        }
        Ok(())
    }

    /// Follows the ledger regularly until the process ends: a process may have died between the two halves of a change, or
    /// a shared engine may have lost a campaign.
    pub async fn follow_ledger_in_background(self) {
        let mut followed = Followed::default();
        loop {
            tokio::time::sleep(FOLLOW_LEDGER_PAUSE).await;
            if tokio::time::timeout(FOLLOW_LEDGER_EVERY, self.port.lost()).await.is_ok() {
                followed = Followed::default();
            }
            if let Err(error) = self.follow_changes(&mut followed).await {
                tracing::warn!(code = error.code.as_str(), "campaigns could not be brought up to date");
            }
        }
    }
}
