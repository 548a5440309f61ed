//! A payment that reservation knows and this database has lost is made again (hole 9).

use crate::rows::payments;
use crate::service::PaymentService;
use crate::steps::StepOutcome;
use crate::views::internal::{AdoptBody, InternalPayment};
use domain::payment::{AMOUNT_MAX, Begin, Payment};
use domain::{ErrorCode, Timestamp};
use ledger::LedgerError;
use onsale_http::ApiError;

impl PaymentService {
    /// Makes it as PENDING; a worker looks it up at once. One that is there is answered as it stands.
    ///
    /// # Errors
    /// `INVALID_INPUT`; `PAYMENT_ALREADY_EXISTS` when another payment has the key or the reservation; `SERVICE_UNAVAILABLE`.
    pub async fn adopt_told(&self, body: &AdoptBody) -> Result<InternalPayment, ApiError> {
        if !body.is_valid() {
            let limits = format!("amount must be 1 to {AMOUNT_MAX}, discountAmount 0 to {AMOUNT_MAX}");
            return Err(ApiError::invalid(limits));
        }
        let payment = self.adopt(body.begin(clock::now()), body.is_confirmed()).await?;
        self.internal_view(&payment).await
    }

    /// As [`PaymentService::adopt_told`]. `is_confirmed`: reservation has the ticket.
    ///
    /// # Errors
    /// As [`PaymentService::adopt_told`].
    pub async fn adopt(&self, new: Begin, is_confirmed: bool) -> Result<Payment, ApiError> {
        let (id, key) = (new.id, new.key.to_string());
        let make = move |now: Timestamp| Payment::adopt(new.clone(), is_confirmed, now);
        let payment = match self.steps.make(id, make).await {
            Ok(StepOutcome::Done(payment)) => {
                tracing::error!(payment_id = %id, "a payment that this database had lost was taken over from reservation");
                metrics::counter!("onsale_payment_adopted_total").increment(1);
                *payment
            }
            Ok(StepOutcome::Exists(payment)) => *payment,
            Ok(_) => return Err(ApiError::internal("a payment could not be made")),
            Err(LedgerError::Conflict(_)) => match payments::by_id(&self.ledger, id).await? {
                Some(standing) => standing.payment,
                None => return Err(ErrorCode::PaymentAlreadyExists.into()),
            },
            Err(error) => return Err(error.into()),
        };
        // Notices that nobody here could place.
        crate::rows::webhooks::done(&self.ledger, &key, clock::now()).await?;
        Ok(payment)
    }
}
