//! What idempotency keys were used for. Within a campaign the winner's record knows; that the same key of the same user
//! is not used for another campaign is known by a claim, which lives in a slot of its own.

use super::issue::Proposal;
use super::{Inner, names, record, scripts};
use crate::port::HotError;
use crate::redis::client::{Lane, Wait};
use domain::{CampaignId, EventName, IdempotencyKey, IssueOutcome, TenantName, UserId};
use futures::future::join_all;
use redis::Value;

/// How long a claim is remembered.
const CLAIM_MS: u64 = 24 * 3_600_000;
/// A claim younger than this may belong to a request that is being decided right now.
const UNDECIDED_MS: i64 = 10_000;

/// The result of claiming the key of a request.
pub(super) enum Claim {
    /// Be decided. With what was claimed, if this request was the first.
    Decide(Option<HeldClaim>),
    /// Nothing: the key led to a coupon of another campaign.
    Reused,
}

/// A claim made by this request.
pub(super) struct HeldClaim {
    name: String,
    value: String,
}

/// `<event>@<when, in milliseconds>`.
fn claimed_for(value: &str) -> Option<(&str, i64)> {
    let (event, at) = value.rsplit_once('@')?;
    Some((event, at.parse().ok()?))
}

impl Inner {
    /// Claims the keys of requests that have one.
    pub(super) async fn claim(&self, batch: &[Proposal<'_>], now_ms: i64) -> Vec<Result<Claim, HotError>> {
        let mut claims = Vec::with_capacity(batch.len());
        for proposal in batch {
            claims.push(self.claim_one(proposal, now_ms));
        }
        join_all(claims).await
    }

    async fn claim_one(&self, proposal: &Proposal<'_>, now_ms: i64) -> Result<Claim, HotError> {
        let Some(key) = proposal.request.key else { return Ok(Claim::Decide(None)) };
        let (id, user) = (&proposal.request.campaign, &proposal.request.user);
        let name = names::claim(&id.tenant, user, key);
        let value = format!("{}@{now_ms}", id.event);
        let mut pipeline = redis::pipe();
        pipeline.cmd("SET").arg(&name).arg(&value).arg("NX").arg("GET").arg("PX").arg(CLAIM_MS);
        let found = self.connections.send(&name, pipeline).await?.into_iter().next().unwrap_or(Value::Nil);
        let Value::BulkString(found) = found else { return Ok(Claim::Decide(Some(HeldClaim { name, value }))) };
        let found = String::from_utf8_lossy(&found).into_owned();
        match claimed_for(&found) {
            Some((event, _)) if event == id.event.as_str() => Ok(Claim::Decide(None)),
            Some((event, at_ms)) => {
                if self.led_to_coupon(&id.tenant, event, user, key).await? {
                    return Ok(Claim::Reused);
                }
                if (now_ms - at_ms).abs() < UNDECIDED_MS {
                    return Err(HotError::unavailable("a request with this idempotency key is being decided"));
                }
                self.take_over(name, found, value).await
            }
            None => self.take_over(name, found, value).await,
        }
    }

    async fn led_to_coupon(
        &self,
        tenant: &TenantName,
        event: &str,
        user: &UserId,
        key: IdempotencyKey,
    ) -> Result<bool, HotError> {
        let Ok(event) = EventName::stored(event) else { return Ok(false) };
        let other = CampaignId::new(tenant.clone(), event);
        let held = self.look(&other, user).await?.unwrap_or_default();
        Ok(held.iter().any(|entry: &record::Entry| entry.key == Some(key)))
    }

    async fn take_over(&self, name: String, seen: String, value: String) -> Result<Claim, HotError> {
        if self.change_claim(&name, &seen, &value).await? {
            return Ok(Claim::Decide(Some(HeldClaim { name, value })));
        }
        Err(HotError::unavailable("another request with this idempotency key was faster"))
    }

    async fn change_claim(&self, name: &str, seen: &str, value: &str) -> Result<bool, HotError> {
        let life = CLAIM_MS.to_string();
        let arguments = [seen.as_bytes(), value.as_bytes(), life.as_bytes()];
        let reply = self.connections.run(&scripts::CLAIM, &[name], &arguments, (Lane::Other, Wait::Nobody)).await?;
        Ok(reply.value == Value::Int(1))
    }

    /// A refusal is not remembered: lets go of what was claimed for it. If that fails, the claim is void all the same
    /// after [`UNDECIDED_MS`].
    pub(super) async fn release(&self, held: HeldClaim) {
        if let Err(error) = self.change_claim(&held.name, &held.value, "").await {
            tracing::debug!(%error, "a claim of a refused request stays for a while");
        }
    }
}

/// Whether an outcome is remembered under its key.
pub(super) fn is_remembered(outcome: &Result<IssueOutcome, HotError>) -> bool {
    !matches!(outcome, Ok(outcome) if !matches!(outcome, IssueOutcome::Issued { .. }))
}
