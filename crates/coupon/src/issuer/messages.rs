//! The messages that the issuer receives: decisions (`coupon.events`) and the gate's requests (`coupon.requests`).

use super::requests::{Request, Requests};
use super::service::{CouponEvent, Issuer};
use async_trait::async_trait;
use bus::{Failure, FailureKind, HandleError, Handler, Message, Places};
use domain::message::{CouponIssued, CouponRequested, Envelope, Place, check_payload, event_type, topic};
use domain::{CampaignId, EventName, TenantName, UserId};
use ledger::{LedgerError, places};
use serde::Deserialize;

/// The consumer group `coupon-group`.
pub struct CouponGroup {
    issuer: Issuer,
    requests: Requests,
    places: Places,
}

impl CouponGroup {
    /// The group's name (`contract.md`, Messages).
    pub const NAME: &str = "coupon-group";

    /// A group that processes its messages with these.
    pub fn new(issuer: Issuer, requests: Requests, places: Places) -> Self {
        Self { issuer, requests, places }
    }

    async fn keep(
        &self,
        events: &[CouponEvent<'_>],
        reached: &[Place],
        failures: &mut Vec<Failure>,
    ) -> Result<(), LedgerError> {
        let refused = self.issuer.keep(Self::NAME, events, reached).await?;
        failures.extend(refused.into_iter().map(|rejection| invalid(rejection.index, rejection.reason)));
        Ok(())
    }

    async fn decide(
        &self,
        requests: &[Request<'_>],
        reached: &[Place],
        failures: &mut Vec<Failure>,
    ) -> Result<(), LedgerError> {
        let unknown = self.requests.decide(Self::NAME, requests, reached).await?;
        failures.extend(unknown.into_iter().map(|index| invalid(index, "the campaign does not exist".to_owned())));
        Ok(())
    }
}

fn invalid(index: usize, error: String) -> Failure {
    Failure { index, kind: FailureKind::Invalid, error }
}

#[async_trait]
impl Handler for CouponGroup {
    fn group(&self) -> &str {
        Self::NAME
    }

    fn topics(&self) -> &[&str] {
        &[topic::COUPON_EVENTS, topic::COUPON_REQUESTS]
    }

    async fn places(&self, counted: &[Place]) -> Result<Vec<Place>, HandleError> {
        self.places.begin(places::begin(self.issuer.ledger(), Self::NAME, counted)).await
    }

    async fn went_past(&self, reached: &[Place]) -> Result<(), HandleError> {
        self.places.pass(places::pass(self.issuer.ledger(), Self::NAME, reached)).await
    }

    async fn handle(&self, batch: &[Message]) -> Result<(), HandleError> {
        let (mut failures, mut events, mut requests) = (Vec::new(), Vec::new(), Vec::new());
        for (index, message) in batch.iter().enumerate() {
            let envelope = message.envelope.as_ref();
            let decoded = check_kind(message).and_then(|()| match is_request(message) {
                true => decode_request(index, envelope).map(|request| requests.push(request)),
                false => decode_event(envelope).map(|issued| events.push(CouponEvent { index, envelope, issued })),
            });
            failures.extend(decoded.err().map(|error| invalid(index, error)));
        }
        let failed = |error: LedgerError| match error {
            error @ LedgerError::Unavailable(_) => HandleError::Unavailable(error.into()),
            other => HandleError::Batch(other.into()),
        };
        // Two changes: each notes the places of its own topic, since the other one may fail.
        let of_events = self.places.after(batch.iter().filter(|message| !is_request(message)));
        let of_requests = self.places.after(batch.iter().filter(|message| is_request(message)));
        self.keep(&events, &of_events, &mut failures).await.map_err(failed)?;
        self.decide(&requests, &of_requests, &mut failures).await.map_err(failed)?;
        if failures.is_empty() { Ok(()) } else { Err(HandleError::Failed(failures)) }
    }
}

/// By the topic, as places are: no message is handled by one change and passed by the place of the other.
fn is_request(message: &Message) -> bool {
    *message.delivery.topic == *topic::COUPON_REQUESTS
}

/// Refuses a kind that travels on another topic.
fn check_kind(Message { delivery, envelope }: &Message) -> Result<(), String> {
    match topic::carries(&delivery.topic, &envelope.event_type) {
        true => Ok(()),
        false => Err(format!("eventType {:?} does not travel on {}", envelope.event_type, delivery.topic)),
    }
}

/// The request of a user whose turn has come.
fn decode_request(index: usize, envelope: &Envelope) -> Result<Request<'_>, String> {
    let requested: CouponRequested = payload(envelope)?;
    let invalid_name = |field: &'static str| move |error| format!("payload: {field} {error}");
    let tenant = TenantName::stored(&requested.tenant).map_err(invalid_name("tenant"))?;
    let event = EventName::stored(&requested.campaign_id).map_err(invalid_name("campaignId"))?;
    let user = UserId::stored(&requested.user_id).map_err(invalid_name("userId"))?;
    Ok(Request { index, envelope, campaign: CampaignId::new(tenant, event), user })
}

/// The coupon to store, if the message has one. Messages of the other kinds were written by the transaction of their step,
/// so they are only checked.
fn decode_event(envelope: &Envelope) -> Result<Option<CouponIssued>, String> {
    match envelope.event_type.as_str() {
        event_type::COUPON_ISSUED => {
            let issued: CouponIssued = payload(envelope)?;
            check(&issued)?;
            Ok(Some(issued))
        }
        other => check_payload(other, &envelope.payload).map(|()| None),
    }
}

fn payload<'a, P: Deserialize<'a>>(envelope: &'a Envelope) -> Result<P, String> {
    P::deserialize(&envelope.payload).map_err(|error| format!("payload: {error}"))
}

/// Refuses values that the tables could store but must not.
fn check(issued: &CouponIssued) -> Result<(), String> {
    let invalid = |field: &'static str| move |error| format!("payload: {field} {error}");
    TenantName::stored(&issued.tenant).map_err(invalid("tenant"))?;
    EventName::stored(&issued.campaign_id).map_err(invalid("campaignId"))?;
    UserId::stored(&issued.user_id).map_err(invalid("userId"))?;
    if issued.issued_at_ms < 0 {
        return Err("payload: issuedAtMs must not be negative".to_owned());
    }
    Ok(())
}
