//! What buyers and other services read of payments.

use crate::rows::{payments, refunds};
use crate::service::PaymentService;
use crate::views::internal::{InternalPayment, InternalPayments};
use crate::views::page::Page;
use crate::views::payment::{PaymentItem, PaymentView};
use domain::payment::{Payment, PaymentStatus, RefundKind, RefundStatus};
use domain::{AccountId, ErrorCode, PaymentId};
use onsale_http::ApiError;

impl PaymentService {
    /// A person's payments, newest first (PAY-014). Pages count from 0.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn payments(&self, user: AccountId, page: u64, size: u64) -> Result<Page<PaymentItem>, ApiError> {
        let (found, total_elements) = payments::list(&self.ledger, user, page, size).await?;
        let list = found.iter().map(|one| PaymentItem::of(&one.payment)).collect();
        Ok(Page { list, page, size, total_elements })
    }

    /// One payment (PAY-015).
    ///
    /// # Errors
    /// `NOT_FOUND`, `FORBIDDEN`, `SERVICE_UNAVAILABLE`.
    pub async fn payment(&self, user: AccountId, id: PaymentId) -> Result<PaymentView, ApiError> {
        let payment = payments::by_id(&self.ledger, id).await?.ok_or(ErrorCode::NotFound)?.payment;
        if payment.user != user {
            return Err(ErrorCode::Forbidden.into());
        }
        Ok(PaymentView::of(&payment, &self.settings.portone))
    }

    /// What reservation asks instead of relying on messages (hole 5).
    ///
    /// # Errors
    /// `NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn internal_payment(&self, id: PaymentId) -> Result<InternalPayment, ApiError> {
        let payment = payments::by_id(&self.ledger, id).await?.ok_or(ErrorCode::NotFound)?.payment;
        self.internal_view(&payment).await
    }

    /// Payments that are SUCCESS with a number of a hold above this one, by that number: what a reservation role that was put
    /// back takes over (hole 7).
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn paid_above(&self, hold_no: i64, most: u64) -> Result<InternalPayments, ApiError> {
        let found = payments::paid_above(&self.ledger, hold_no, most).await?;
        let mut list = Vec::with_capacity(found.len());
        for one in &found {
            list.push(self.internal_view(&one.payment).await?);
        }
        Ok(InternalPayments { list })
    }

    pub(crate) async fn internal_view(&self, payment: &Payment) -> Result<InternalPayment, ApiError> {
        let refunds = refunds::of_payment(&self.ledger, payment.id).await?;
        let whole = refunds.iter().find(|one| one.refund.kind == RefundKind::All);
        let done = whole.map(|one| one.refund.status == RefundStatus::Done);
        // Given back in PortOne's console: nobody here owed it.
        let is_given_back = payment.status == PaymentStatus::Refunded;
        Ok(InternalPayment::of(payment, done.or(is_given_back.then_some(true))))
    }

    /// The greatest number of a hold that is stored here (hole 7).
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn greatest_hold_no(&self) -> Result<i64, ApiError> {
        Ok(payments::max_hold_no(&self.ledger).await?)
    }
}
