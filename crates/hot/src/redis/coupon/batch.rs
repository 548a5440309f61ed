//! A batch as it comes: cut where keys meet, claimed, sorted by campaign, decided side by side.

use super::Inner;
use super::idempotency::{self, Claim};
use super::issue::Asked;
use super::sale::Sale;
use crate::port::{HotError, IssueRequest};
use domain::{CampaignId, IssueOutcome, Timestamp};
use futures::future::join_all;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Where a batch must be cut: a key of a user may be spoken of once a part, or two campaigns would race for it.
pub(super) fn parts(batch: &[IssueRequest]) -> Vec<std::ops::Range<usize>> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let mut claimed = HashMap::new();
    for (place, request) in batch.iter().enumerate() {
        let Some(key) = request.key else { continue };
        let before = claimed.insert((&request.campaign.tenant, &request.user, key), &request.campaign);
        if before.is_some_and(|campaign| *campaign != request.campaign) {
            parts.push(start..place);
            start = place;
            claimed.clear();
            claimed.insert((&request.campaign.tenant, &request.user, key), &request.campaign);
        }
    }
    parts.push(start..batch.len());
    parts
}

impl Inner {
    /// Decides a part of a batch: keys are claimed, campaigns decide beside each other, refusals let go of their keys.
    pub(super) async fn issue_part(
        &self,
        batch: &[IssueRequest],
        first: usize,
        now: Timestamp,
        answers: &mut [Option<Result<IssueOutcome, HotError>>],
    ) {
        let asked: Vec<Asked<'_>> =
            batch.iter().zip(first..).map(|(request, place)| Asked::new(place, request)).collect();
        let keyed = batch.iter().any(|request| request.key.is_some());
        let claims = if keyed { self.claim(&asked, clock::now().millis()).await } else { Vec::new() };
        let mut held = HashMap::new();
        let mut by_campaign: HashMap<&CampaignId, Vec<Asked<'_>>> = HashMap::new();
        let mut claims = claims.into_iter();
        for asked in asked {
            match claims.next() {
                None | Some(Ok(Claim::Decide(None))) => {}
                Some(Ok(Claim::Decide(Some(claim)))) => drop(held.insert(asked.place, claim)),
                Some(Ok(Claim::Reused)) => {
                    answers[asked.place] = Some(self.reused(&asked.request.campaign).await);
                    continue;
                }
                Some(Err(error)) => {
                    answers[asked.place] = Some(Err(error));
                    continue;
                }
            }
            by_campaign.entry(&asked.request.campaign).or_default().push(asked);
        }
        let mut deciding = Vec::with_capacity(by_campaign.len());
        for asked in by_campaign.into_values() {
            deciding.push(self.decide_places(asked, now));
        }
        let decided = join_all(deciding).await;
        let mut remembered = HashSet::new();
        for (place, outcome) in decided.into_iter().flatten() {
            if idempotency::is_remembered(&outcome) {
                let request = &batch[place - first];
                remembered.insert((&request.campaign.tenant, &request.user, request.key));
            }
            answers[place] = Some(outcome);
        }
        // Of two requests with one key the first may be refused and the second not.
        held.retain(|place, _| {
            let request = &batch[place - first];
            !remembered.contains(&(&request.campaign.tenant, &request.user, request.key))
        });
        let mut releasing = Vec::with_capacity(held.len());
        for claim in held.into_values() {
            releasing.push(self.release(claim));
        }
        join_all(releasing).await;
    }

    async fn decide_places(
        &self,
        asked: Vec<Asked<'_>>,
        now: Timestamp,
    ) -> Vec<(usize, Result<IssueOutcome, HotError>)> {
        let outcomes = self.decide(&asked, now).await;
        asked.iter().map(|asked| asked.place).zip(outcomes).collect()
    }

    /// A key of another campaign; but what is not there is not there.
    async fn reused(&self, id: &CampaignId) -> Result<IssueOutcome, HotError> {
        let sale = self.sales.get(id).unwrap_or_else(|| Arc::new(Sale::new(id.clone())));
        Ok(if self.policy(&sale).await?.is_some() { IssueOutcome::KeyReused } else { IssueOutcome::NoCampaign })
    }
}
