//! Forms of the page of a payment. Each is one call of the API under the form's key; the API decides, not the button.

use super::load::{self, Known, Reservation};
use super::reservation_id;
use super::state::{Back, PayState};
use super::view::Scene;
use super::window::Window;
use crate::api::Nothing;
use crate::forms::{Fields, see_other};
use crate::{Pages, Problem, Visitor};
use axum::extract::{Path, State};
use axum::response::Response;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;

/// The fields; all as texts, since a browser may send anything.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wish {
    /// `pay`, `window`, `confirm`, `extend` or `release`.
    r#do: String,
    coupon: String,
    /// The seats' price as the buyer saw it, in won.
    total: String,
    /// As the window named it.
    transaction: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Started {
    payment_key: String,
    amount: i64,
}

/// A fault of the form: where the page is shown again, with what status and words.
struct Fault(StatusCode, &'static str);

pub(super) async fn submit(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields<Wish>,
) -> Result<Response, Problem> {
    let id = reservation_id(&visitor, &id)?;
    let reservation = match load::reservation(&pages, &visitor, &id).await {
        Err(problem) if problem.status == StatusCode::UNAUTHORIZED => return Err(visitor.to_login()),
        answer => answer?,
    };
    let form = Form {
        pages: &pages,
        visitor: &visitor,
        here: format!("/pay/{id}"),
        reservation: &reservation,
        fields: &fields,
    };
    match fields.value.r#do.as_str() {
        "extend" => form.extend().await,
        "release" => form.release().await,
        "confirm" => form.confirm().await,
        "window" => form.window().await,
        _ => form.pay().await,
    }
}

/// A form, with what is needed to answer it.
struct Form<'a> {
    pages: &'a Pages,
    visitor: &'a Visitor,
    here: String,
    reservation: &'a Reservation,
    fields: &'a Fields<Wish>,
}

impl Form<'_> {
    fn wish(&self) -> &Wish {
        &self.fields.value
    }

    async fn known(&self) -> Result<Known, Problem> {
        load::payment(self.pages, self.visitor, self.reservation).await
    }

    /// Begins to pay, or goes on with what has begun: the browser goes to the window.
    async fn pay(&self) -> Result<Response, Problem> {
        let of = self.reservation;
        if self.wish().total.parse() != Ok(of.total_amount) {
            return self.again(Fault(StatusCode::CONFLICT, "pay-error-amount")).await;
        }
        let mut body = json!({"reservationId": of.reservation_id, "amount": of.total_amount, "paymentMethod": "CARD"});
        if !self.wish().coupon.is_empty() {
            let discounts = load::discounts(self.pages, self.visitor, &of.reservation_id).await;
            let Some(coupon) = discounts.iter().find(|one| one.coupon_id == self.wish().coupon) else {
                return self.again(Fault(StatusCode::UNPROCESSABLE_ENTITY, "pay-error-coupon")).await;
            };
            body["amount"] = json!(coupon.payable);
            body["couponId"] = json!(coupon.coupon_id);
        }
        let sent =
            self.pages.api.send::<Started>(self.visitor, Method::POST, "/payments", &body, &self.fields.proof).await;
        match sent {
            Ok(started) if started.body.amount == 0 => Ok(see_other(&self.here)),
            Ok(started) => Ok(self.to_window(&started.body.payment_key)),
            Err(problem) => self.not_started(problem).await,
        }
    }

    fn to_window(&self, payment_key: &str) -> Response {
        let settings = &self.pages.settings;
        let window = Window::of(settings);
        see_other(&window.address(&settings.public_url, &self.reservation.reservation_id, payment_key))
    }

    /// Why it did not begin. The page itself knows how it stands; only faults of the form have words here.
    async fn not_started(&self, problem: Problem) -> Result<Response, Problem> {
        let fault = |id| Fault(problem.status, id);
        match problem.code.as_str() {
            // It has begun: in another tab, or by a press before this one.
            "PAYMENT_ALREADY_EXISTS" => self.standing().await,
            "PAYMENT_AMOUNT_MISMATCH" => self.again(fault("pay-error-amount")).await,
            code if code.starts_with("COUPON_") => self.again(fault("pay-error-coupon")).await,
            code if code.starts_with("QUEUE_TOKEN_") => self.again(fault("pay-error-pass")).await,
            "IDEMPOTENCY_KEY_REUSED" => self.again(fault("pay-error-amount")).await,
            "HOLD_EXPIRED" | "RESERVATION_NOT_PAYABLE" => Ok(see_other(&self.here)),
            // The payment has failed before it began, and the page says what follows.
            code if code.starts_with("PORTONE_") => Ok(see_other(&self.here)),
            _ if problem.status == StatusCode::TOO_MANY_REQUESTS => self.again(fault("pay-error-busy")).await,
            _ if problem.status.is_server_error() => self.again(fault("pay-error-away")).await,
            _ => self.refused(problem),
        }
    }

    /// The window of the payment that there is, or the page that says how it stands.
    async fn standing(&self) -> Result<Response, Problem> {
        let reservation = load::reservation(self.pages, self.visitor, &self.reservation.reservation_id).await?;
        let known = load::payment(self.pages, self.visitor, &reservation).await?;
        let state = PayState::of(&reservation, &known, &Back::default());
        match (state, known.payment().and_then(|payment| payment.payment_key.as_deref())) {
            (PayState::Window(_), Some(key)) => Ok(self.to_window(key)),
            _ => Ok(see_other(&self.here)),
        }
    }

    /// Opens the window once more, for the same payment.
    async fn window(&self) -> Result<Response, Problem> {
        self.standing().await
    }

    /// Asks the server to decide what the window calls paid. Needed without script alone.
    async fn confirm(&self) -> Result<Response, Problem> {
        let known = self.known().await?;
        let Some(payment) = known.payment().filter(|payment| payment.status == "PENDING") else {
            return Ok(see_other(&self.here));
        };
        let key = payment.payment_key.clone().unwrap_or_default();
        let transaction = &self.wish().transaction;
        let back = Back { payment_key: key.clone(), transaction: transaction.clone(), ..Back::default() };
        // Not after the hold's end: who is told so gets the money back, while a payment in time may still get its seats.
        if !matches!(PayState::of(self.reservation, &known, &back), PayState::Confirming { .. }) {
            return Ok(see_other(&self.here));
        }
        let body = json!({
            "reservationId": self.reservation.reservation_id,
            "paymentId": payment.payment_id,
            "paymentKey": key,
            "transactionId": transaction,
            "amount": payment.amount,
        });
        let path = "/payments/confirm";
        let sent = self.pages.api.send::<Nothing>(self.visitor, Method::POST, path, &body, &self.fields.proof).await;
        match sent {
            Err(problem) if problem.status.is_client_error() && problem.status != StatusCode::CONFLICT => {
                self.refused_unless_page_knows(problem)
            }
            // Decided, or nobody knows yet: the page says which. It keeps what the window said, and may be asked again.
            _ => {
                let fields = [("paymentId", key.as_str()), ("transactionId", transaction.as_str())];
                let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                Ok(see_other(&format!("{}?{query}", self.here)))
            }
        }
    }

    async fn extend(&self) -> Result<Response, Problem> {
        let path = format!("/reservations/hold/{}/extend", self.reservation.reservation_id);
        let sent = self.pages.api.send::<Nothing>(self.visitor, Method::POST, &path, &(), &self.fields.proof).await;
        match sent {
            Ok(_) => Ok(see_other(&self.here)),
            Err(problem) => match problem.code.as_str() {
                "HOLD_ALREADY_EXTENDED" => self.again(Fault(problem.status, "pay-error-extended")).await,
                "RESERVATION_IN_PROGRESS" => self.again(Fault(problem.status, "pay-error-paying")).await,
                code if code.starts_with("QUEUE_TOKEN_") => self.again(Fault(problem.status, "pay-error-pass")).await,
                _ => self.refused_unless_page_knows(problem),
            },
        }
    }

    async fn release(&self) -> Result<Response, Problem> {
        let path = format!("/reservations/hold/{}", self.reservation.reservation_id);
        let sent = self.pages.api.send::<Nothing>(self.visitor, Method::DELETE, &path, &(), &self.fields.proof).await;
        match sent {
            Ok(_) => Ok(see_other(&format!("/seats/{}?released=1", self.reservation.schedule_id))),
            Err(problem) if problem.code == "RESERVATION_IN_PROGRESS" => {
                self.again(Fault(problem.status, "pay-error-paying")).await
            }
            Err(problem) => self.refused_unless_page_knows(problem),
        }
    }

    /// What has ended meanwhile the page says better than an error.
    fn refused_unless_page_knows(&self, problem: Problem) -> Result<Response, Problem> {
        let is_known = matches!(
            problem.code.as_str(),
            "HOLD_EXPIRED" | "RESERVATION_ALREADY_CANCELLED" | "RESERVATION_NOT_MODIFIABLE" | "RESERVATION_NOT_PAYABLE"
        );
        if is_known { Ok(see_other(&self.here)) } else { self.refused(problem) }
    }

    fn refused(&self, problem: Problem) -> Result<Response, Problem> {
        let is_nobody = problem.status == StatusCode::UNAUTHORIZED && !problem.code.starts_with("QUEUE_TOKEN_");
        Err(if is_nobody { self.visitor.to_login() } else { problem })
    }

    /// The page as it stands now, with the fault on top.
    async fn again(&self, Fault(status, id): Fault) -> Result<Response, Problem> {
        let reservation = load::reservation(self.pages, self.visitor, &self.reservation.reservation_id).await?;
        let known = load::payment(self.pages, self.visitor, &reservation).await?;
        let state = PayState::of(&reservation, &known, &Back::default());
        let discounts = super::discounts_for(self.pages, self.visitor, &reservation, &state).await;
        let coupon = &self.wish().coupon;
        let scene =
            Scene { reservation: &reservation, known: &known, state, discounts: &discounts, coupon, is_opening: false };
        let text = self.visitor.t().get(id).to_owned();
        Ok(scene.page(self.pages, self.visitor, Some((status, text))))
    }
}
