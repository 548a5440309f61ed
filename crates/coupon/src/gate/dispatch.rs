//! Requests to issuers for the people whose turn has come (GATE-004).
//!
//! A request that is lost on the way, with this process or with an issuer, is sent again: a person whose request takes too
//! long is put back at the original position in the line (GATE-006). Every request of one turn has the same message id, so
//! one turn gives at most one coupon.

use async_trait::async_trait;
use bus::{BATCH_MAX, PublishError, Publisher};
use domain::CampaignId;
use domain::line::{Admitted, LineId};
use domain::message::{self, CouponRequested, Envelope, event_type, topic};
use futures::future::join_all;
use hot::lease::{Hold, Lease};
use hot::{HotError, KeyPort};
use lines::scheduler::Dispatch;
use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Wait before the next attempt while the bus is unavailable.
const UNAVAILABLE_PAUSE: Duration = Duration::from_millis(500);

/// How often the lease is renewed while the bus does not answer: well within the life of a lease.
const RENEW_EVERY: Duration = Duration::from_secs(1);
/// Longest wait for leases to be released at shutdown: they expire by themselves.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(2);

/// Sends requests to issuers over the bus.
pub struct ToIssuers {
    publisher: Arc<dyn Publisher>,
    keys: Arc<dyn KeyPort>,
    leases: Mutex<HashMap<LineId, Arc<Lease>>>,
}

impl ToIssuers {
    /// Sends over this bus. A lease among these keys lets one process at a time serve a line.
    pub fn new(publisher: Arc<dyn Publisher>, keys: Arc<dyn KeyPort>) -> Self {
        Self { publisher, keys, leases: Mutex::default() }
    }

    fn lease(&self, line: &LineId) -> Arc<Lease> {
        let mut leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
        let new = |line: &LineId| Arc::new(Lease::new(self.keys.clone(), &line.to_string()));
        leases.entry(line.clone()).or_insert_with_key(new).clone()
    }

    async fn publish(&self, requests: &[Arc<Envelope>]) -> Result<(), PublishError> {
        loop {
            match self.publisher.publish(topic::COUPON_REQUESTS, requests).await {
                Err(PublishError::Unavailable(why)) => tracing::warn!(%why, "requests for coupons wait for the bus"),
                done => return done,
            }
            tokio::time::sleep(UNAVAILABLE_PAUSE).await;
        }
    }

    /// While the bus is unavailable, the line waits and this process keeps its lease, so that no one overtakes the people
    /// who were admitted. People who are put back meanwhile are requested again with the same message.
    async fn hand_over(&self, line: &LineId, requests: &[Arc<Envelope>]) -> Result<(), String> {
        let lease = self.lease(line);
        let mut publishing = pin!(self.publish(requests));
        loop {
            if let Ok(done) = tokio::time::timeout(RENEW_EVERY, &mut publishing).await {
                return done.map_err(|refused| refused.to_string());
            }
            if lease.hold().await == Ok(Hold::Others) {
                return Err("another process serves the line now".to_owned());
            }
        }
    }
}

#[async_trait]
impl Dispatch for ToIssuers {
    async fn hold(&self, line: &LineId) -> Result<Hold, HotError> {
        self.lease(line).hold().await
    }

    async fn release(&self) {
        let leases: Vec<Arc<Lease>> =
            self.leases.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        let releasing = join_all(leases.iter().map(|lease| lease.release()));
        match tokio::time::timeout(RELEASE_TIMEOUT, releasing).await {
            Ok(released) if released.iter().all(Result::is_ok) => {}
            _ => tracing::warn!("not every line could be released; another process takes over a few seconds later"),
        }
    }

    async fn dispatch(&self, line: &LineId, admitted: &[Admitted]) -> bool {
        let LineId::Gate(campaign) = line else { return true };
        let requests: Vec<Arc<Envelope>> = admitted.iter().map(|one| Arc::new(request(campaign, one))).collect();
        for batch in requests.chunks(BATCH_MAX) {
            if let Err(why) = self.hand_over(line, batch).await {
                tracing::warn!(%campaign, why, "requests for coupons were not published; they will be sent again");
                return false;
            }
        }
        true
    }
}

/// The message of a turn: the same id each time.
fn request(campaign: &CampaignId, admitted: &Admitted) -> Envelope {
    let turn = format!("{campaign}|{}|{}", admitted.user, admitted.number);
    let payload = CouponRequested {
        tenant: campaign.tenant.to_string(),
        campaign_id: campaign.event.to_string(),
        user_id: admitted.user.to_string(),
        number: admitted.number,
    };
    let user = Some(payload.user_id.clone());
    // Keyed by campaign, so that requests are processed in their order.
    Envelope::about_campaign(
        message::id::of_text(&turn),
        event_type::COUPON_REQUESTED,
        campaign.to_string(),
        clock::now(),
        user,
        &payload,
    )
}
