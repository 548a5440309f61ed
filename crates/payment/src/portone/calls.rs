//! The calls about one payment.

use super::http::{Answer, NoAnswer};
use super::wire::{Cancelled, PaymentView, RefusalView};
use super::{Looked, PortOne};
use domain::id::PaymentKey;
use domain::payment::Away;
use domain::payment::decision::CURRENCY;
use domain::payment::lookup::{GivenBackStatus, Lookup};
use domain::payment::refund::{self, Answer as RefundAnswer};
use reqwest::RequestBuilder;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Value, json};

/// What came of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreRegistered {
    /// The amount is registered.
    Done,
    /// It is paid already: only a look-up says what.
    AlreadyPaid,
    /// PortOne refuses it.
    Refused,
}

/// A cancellation, as it is asked for under one key (hole 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelRequest {
    /// `Idempotency-Key`: `<refund id>-<n>`.
    pub key: String,
    /// What is to be given back, in won.
    pub amount: i64,
    /// What can be given back, as the look-up before said.
    pub cancellable: i64,
    /// Why, for PortOne's console.
    pub reason: String,
}

/// The type of a refusal; empty where it is not in PortOne's form.
fn kind_of(answer: &Answer) -> String {
    answer.json::<RefusalView>().unwrap_or_default().kind
}

impl PortOne {
    fn with_secret(&self, request: RequestBuilder) -> RequestBuilder {
        request.header(AUTHORIZATION, self.0.authorization.clone())
    }

    fn post(&self, segments: &[&str], body: &Value) -> Result<RequestBuilder, Away> {
        let request = self.0.client.post(self.url(segments)?).header(CONTENT_TYPE, "application/json");
        Ok(self.with_secret(request).body(body.to_string()))
    }

    /// Registers the amount of a payment (PAY-007), so that nobody pays another one.
    ///
    /// # Errors
    /// [`Away`]: it may be registered or not.
    pub async fn pre_register(&self, key: PaymentKey, amount: i64) -> Result<PreRegistered, Away> {
        let body = json!({"storeId": self.0.store_id, "totalAmount": amount, "currency": CURRENCY});
        let request = self.post(&["payments", &key.to_string(), "pre-register"], &body)?;
        let read = |answer: &Answer| match answer.status.as_u16() {
            // Nothing in the body is looked at, but a body that is none is a proxy's.
            200 => answer.json::<Value>().map(|_| PreRegistered::Done),
            409 if kind_of(answer) == "ALREADY_PAID" => Ok(PreRegistered::AlreadyPaid),
            400..500 => Ok(PreRegistered::Refused),
            _ => Err(NoAnswer::Nonsense),
        };
        self.0.guard.call("preRegister", request, read).await
    }

    /// What PortOne says of a payment (PAY-010).
    ///
    /// # Errors
    /// [`Away`]: it says nothing of it.
    pub async fn look_up(&self, key: PaymentKey) -> Looked {
        let name = key.to_string();
        let mut url = self.url(&["payments", &name])?;
        url.query_pairs_mut().append_pair("storeId", &self.0.store_id);
        let read = |answer: &Answer| match answer.status.as_u16() {
            200 => {
                let view: PaymentView = answer.json()?;
                // An answer about another payment is none.
                if view.id != name {
                    return Err(NoAnswer::Nonsense);
                }
                view.found(&self.0.store_id).map(|found| Lookup::Found(Box::new(found)))
            }
            // Only PortOne's own word says that there is no such payment: a bare 404 may be any proxy's (hole 2).
            404 if kind_of(answer) == "PAYMENT_NOT_FOUND" => Ok(Lookup::NotFound),
            404 => Err(NoAnswer::Nonsense),
            _ => Err(NoAnswer::Declined),
        };
        self.0.guard.call("get", self.with_secret(self.0.client.get(url)), read).await
    }

    /// Asks for money back. What it answers ends no refund: a look-up does (hole 1).
    pub async fn cancel(&self, key: PaymentKey, asked: &CancelRequest) -> RefundAnswer {
        let body = json!({
            "storeId": self.0.store_id, "amount": asked.amount, "reason": asked.reason,
            "currentCancellableAmount": asked.cancellable,
        });
        let Ok(request) = self.post(&["payments", &key.to_string(), "cancel"], &body) else {
            return RefundAnswer::Unknown;
        };
        let request = request.header("Idempotency-Key", asked.key.as_str());
        let read = |answer: &Answer| match answer.status.as_u16() {
            200 => {
                let Cancelled { cancellation } = answer.json()?;
                let taken_up = |is_done| RefundAnswer::TakenUp { cancellation: Some(cancellation.id.clone()), is_done };
                Ok(match GivenBackStatus::parse(&cancellation.status) {
                    GivenBackStatus::Succeeded => taken_up(true),
                    GivenBackStatus::Failed => RefundAnswer::Refused,
                    GivenBackStatus::Requested | GivenBackStatus::Unknown => taken_up(false),
                })
            }
            status @ 400..500 => Ok(refund::refusal(status, &kind_of(answer))),
            _ => Err(NoAnswer::Nonsense),
        };
        self.0.guard.call("cancel", request, read).await.unwrap_or(RefundAnswer::Unknown)
    }
}
