//! A payment as PortOne shows it. Fields that nobody here reads are there as well: a client must bear them.

use super::moment;
use crate::books::payments::{Cancellation, Payment, Status};
use crate::settings::PortOneSettings;
use serde_json::{Value, json};

/// The JSON of a payment.
pub fn payment_view(payment: &Payment, cancellations: &[Cancellation], portone: &PortOneSettings) -> Value {
    let vat = payment.total / 11;
    let mut view = json!({
        "status": payment.status.as_str(),
        "id": payment.key,
        "merchantId": "merchant-sandbox",
        "storeId": portone.store_id,
        "channel": {
            "type": if portone.is_test_channel { "TEST" } else { "LIVE" },
            "id": "channel-id-sandbox",
            "key": portone.channel_key,
            "name": "sandbox",
            "pgProvider": "SANDBOX",
            "pgMerchantId": "sandbox",
        },
        "version": "V2",
        "requestedAt": moment(payment.requested_ms),
        "updatedAt": moment(payment.changed_ms),
        "statusChangedAt": moment(payment.changed_ms),
        "orderName": "sandbox",
        "amount": {
            "total": payment.total, "taxFree": 0, "vat": vat, "supply": payment.total - vat, "discount": 0,
            "paid": payment.captured, "cancelled": payment.refunded, "cancelledTaxFree": 0,
        },
        "currency": payment.currency,
        "customer": {},
        "isCulturalExpense": true,
    });
    if let Some(transaction_id) = &payment.transaction_id {
        view["transactionId"] = json!(transaction_id);
    }
    if let Some(paid_ms) = payment.paid_ms {
        view["paidAt"] = json!(moment(paid_ms));
        view["pgTxId"] = json!(format!("pg-{}", payment.key));
        view["method"] = method();
    }
    if payment.status == Status::Failed {
        let reason = payment.failure.as_deref().unwrap_or("the card was refused");
        view["failedAt"] = json!(moment(payment.changed_ms));
        view["failure"] = json!({"reason": reason, "pgCode": "SANDBOX", "pgMessage": reason});
    }
    if payment.status == Status::Cancelled {
        view["cancelledAt"] = json!(moment(payment.changed_ms));
    }
    if !cancellations.is_empty() {
        view["cancellations"] = cancellations.iter().map(cancellation_view).collect();
    }
    view
}

/// The JSON of a cancellation.
pub fn cancellation_view(cancellation: &Cancellation) -> Value {
    let mut view = json!({
        "status": cancellation.status,
        "id": cancellation.id,
        "pgCancellationId": format!("pg-{}", cancellation.id),
        "totalAmount": cancellation.amount,
        "taxFreeAmount": 0,
        "vatAmount": cancellation.amount / 11,
        "reason": cancellation.reason,
        "requestedAt": moment(cancellation.requested_ms),
        "trigger": "API",
    });
    if let Some(cancelled_ms) = cancellation.cancelled_ms {
        view["cancelledAt"] = json!(moment(cancelled_ms));
    }
    view
}

fn method() -> Value {
    json!({
        "type": "PaymentMethodCard",
        "card": {
            "publisher": "SHINHAN_CARD", "issuer": "SHINHAN_CARD", "brand": "LOCAL", "type": "CREDIT",
            "ownerType": "PERSONAL", "bin": "123456", "name": "신한카드", "number": "123456******5678",
        },
        "approvalNumber": "30012345",
        "installment": {"month": 0, "isInterestFree": false},
        "pointUsed": false,
    })
}
