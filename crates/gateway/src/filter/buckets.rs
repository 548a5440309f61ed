//! The buckets of persons and payments, which all gateways share (GW-005, GW-018).

use super::metrics::LIMITS_LET_THROUGH;
use crate::Parts;
use crate::routes::Buckets;
use access::Person;
use clock::now_us;
use domain::ErrorCode;
use domain::limit::{Rate, RateDecision};
use onsale_http::limits::{OneVisit, RateNote};
use onsale_http::{ApiError, Network};

/// A bucket: its policy's name, its own, and its rate.
struct Bucket {
    policy: &'static str,
    name: String,
    rate: Rate,
}

/// What the buckets say: the note for the answer's headers, and the refusal.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) note: Option<RateNote>,
    pub(super) refusal: Option<ApiError>,
}

impl Parts {
    /// Takes a unit of each bucket of the route. The first empty one refuses. What all share is asked last: somebody who is
    /// refused anyway takes nothing from it. The calls of one visit to a page take one from the person's bucket together.
    pub(super) async fn take(
        &self,
        buckets: Buckets,
        (person, visit): (Option<Person>, Option<&OneVisit>),
        network: Option<Network>,
    ) -> Taken {
        let settings = &self.settings;
        if !settings.limits_enabled {
            return Taken::default();
        }
        let payment = buckets == Buckets::Payment;
        let mut own = Vec::new();
        if let Some(person) = person.filter(|_| matches!(buckets, Buckets::Person | Buckets::Payment)) {
            if visit.is_none_or(OneVisit::counts) {
                let name = format!("user:{}", person.id);
                own.push(Bucket { policy: "user", name, rate: Rate::per_minute(settings.per_user_per_minute) });
            }
            if payment {
                let name = format!("payment:user:{}", person.id);
                let rate = Rate::per_minute(settings.payments_per_user_per_minute);
                own.push(Bucket { policy: "payment-user", name, rate });
            }
        }
        if let Some(network) = network.filter(|_| payment) {
            let rate = Rate::per_minute(settings.payments_per_ip_per_minute);
            own.push(Bucket { policy: "payment-ip", name: format!("payment:ip:{network}"), rate });
        }
        let taken = self.take_all(&own).await;
        if taken.refusal.is_some() {
            return taken;
        }
        let shared = match buckets {
            Buckets::Payment => ("payment-all", "payment:all", settings.payments_per_second),
            Buckets::Notice => ("webhook", "payment:webhook", settings.webhooks_per_second),
            Buckets::Person | Buckets::Unlimited => return taken,
        };
        let (policy, name, per_second) = shared;
        let rate = Rate::per_second(per_second, per_second);
        let of_all = self.take_all(&[Bucket { policy, name: name.to_owned(), rate }]).await;
        match of_all.refusal {
            Some(_) => of_all,
            // The person's own bucket says more.
            None => Taken { note: taken.note.or(of_all.note), refusal: None },
        }
    }

    async fn take_all(&self, buckets: &[Bucket]) -> Taken {
        if buckets.is_empty() {
            return Taken::default();
        }
        let names: Vec<(String, Rate)> = buckets.iter().map(|bucket| (bucket.name.clone(), bucket.rate)).collect();
        let asked = self.limits.take(&names, now_us());
        let decisions = match tokio::time::timeout(self.settings.time_limits.store, asked).await {
            Ok(Ok(decisions)) => decisions,
            Ok(Err(_)) | Err(_) => {
                metrics::counter!(LIMITS_LET_THROUGH).increment(1);
                return Taken::default();
            }
        };
        let all: Vec<_> = buckets.iter().zip(decisions).collect();
        if let Some((bucket, decision)) = all.iter().find(|(_, decision)| !decision.allowed) {
            let seconds = u32::try_from(decision.retry_after_us.div_ceil(1_000_000).max(1)).unwrap_or(u32::MAX);
            let refusal = ApiError::new(ErrorCode::RateLimitExceeded).retry_after(seconds);
            return Taken { note: Some(note(bucket, decision)), refusal: Some(refusal) };
        }
        // The last one is the narrowest that is the person's or the network's.
        let shown = all.iter().find(|(bucket, _)| bucket.policy == "payment-user").or_else(|| all.first());
        Taken { note: shown.map(|(bucket, decision)| note(bucket, decision)), refusal: None }
    }
}

fn note(bucket: &Bucket, decision: &RateDecision) -> RateNote {
    RateNote {
        policy: bucket.policy,
        burst: bucket.rate.burst,
        window_seconds: bucket.rate.window_seconds(),
        remaining: decision.remaining,
        reset_seconds: decision.reset_after_us.div_ceil(1_000_000),
    }
}
