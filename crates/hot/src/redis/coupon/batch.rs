//! A batch as it comes: split where two campaigns use one key, keys claimed, grouped by campaign, decided in parallel.

use super::Inner;
use super::idempotency::{self, Claim};
use super::issue::Proposal;
use super::sale::Sale;
use crate::port::{HotError, IssueRequest};
use domain::{CampaignId, IssueOutcome, Timestamp};
use futures::future::join_all;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The parts of a batch: in one part a user's key belongs to one campaign, or two campaigns would race for it.
pub(super) fn parts(batch: &[IssueRequest]) -> Vec<std::ops::Range<usize>> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let mut claimed = HashMap::new();
    for (index, request) in batch.iter().enumerate() {
        let Some(key) = request.key else { continue };
        let before = claimed.insert((&request.campaign.tenant, &request.user, key), &request.campaign);
        if before.is_some_and(|campaign| *campaign != request.campaign) {
            parts.push(start..index);
            start = index;
            claimed.clear();
            claimed.insert((&request.campaign.tenant, &request.user, key), &request.campaign);
        }
    }
    parts.push(start..batch.len());
    parts
}

impl Inner {
    /// Decides a part of a batch: claims keys, decides all campaigns in parallel, and releases the keys of refused requests.
    pub(super) async fn issue_part(
        &self,
        batch: &[IssueRequest],
        first: usize,
        now: Timestamp,
        answers: &mut [Option<Result<IssueOutcome, HotError>>],
    ) {
        let proposals: Vec<Proposal<'_>> =
            batch.iter().zip(first..).map(|(request, index)| Proposal::new(index, request)).collect();
        let keyed = batch.iter().any(|request| request.key.is_some());
        let claims = if keyed { self.claim(&proposals, clock::now().millis()).await } else { Vec::new() };
        let mut held = HashMap::new();
        let mut by_campaign: HashMap<&CampaignId, Vec<Proposal<'_>>> = HashMap::new();
        let mut claims = claims.into_iter();
        for proposal in proposals {
            match claims.next() {
                None | Some(Ok(Claim::Decide(None))) => {}
                Some(Ok(Claim::Decide(Some(claim)))) => drop(held.insert(proposal.index, claim)),
                Some(Ok(Claim::Reused)) => {
                    answers[proposal.index] = Some(self.reused(&proposal.request.campaign).await);
                    continue;
                }
                Some(Err(error)) => {
                    answers[proposal.index] = Some(Err(error));
                    continue;
                }
            }
            by_campaign.entry(&proposal.request.campaign).or_default().push(proposal);
        }
        let mut deciding = Vec::with_capacity(by_campaign.len());
        for proposals in by_campaign.into_values() {
            deciding.push(self.decide_indexed(proposals, now));
        }
        let decided = join_all(deciding).await;
        let mut remembered = HashSet::new();
        for (index, outcome) in decided.into_iter().flatten() {
            if idempotency::is_remembered(&outcome) {
                let request = &batch[index - first];
                remembered.insert((&request.campaign.tenant, &request.user, request.key));
            }
            answers[index] = Some(outcome);
        }
        // Of two requests with one key the first may be refused and the second not.
        held.retain(|index, _| {
            let request = &batch[index - first];
            !remembered.contains(&(&request.campaign.tenant, &request.user, request.key))
        });
        let mut releasing = Vec::with_capacity(held.len());
        for claim in held.into_values() {
            releasing.push(self.release(claim));
        }
        join_all(releasing).await;
    }

    async fn decide_indexed(
        &self,
        proposals: Vec<Proposal<'_>>,
        now: Timestamp,
    ) -> Vec<(usize, Result<IssueOutcome, HotError>)> {
        let outcomes = self.decide(&proposals, now).await;
        proposals.iter().map(|proposal| proposal.index).zip(outcomes).collect()
    }

    /// The outcome where the key belongs to another campaign: an unknown campaign comes first.
    async fn reused(&self, id: &CampaignId) -> Result<IssueOutcome, HotError> {
        let sale = self.sales.get(id).unwrap_or_else(|| Arc::new(Sale::new(id.clone())));
        Ok(if self.policy(&sale).await?.is_some() { IssueOutcome::KeyReused } else { IssueOutcome::NoCampaign })
    }
}
