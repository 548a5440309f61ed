//! PortOne's JSON. Unknown fields and words are borne; what says nothing of amounts is no answer (hole 2).

use super::http::NoAnswer;
use crate::schema::TEXT_LENGTH;
use domain::Timestamp;
use domain::payment::{Card, Channel, Found, GivenBack, GivenBackStatus, Money, ProviderStatus};
use serde::Deserialize;

/// Largest amount that is believed, in won.
const AMOUNT_MAX: i64 = 1_000_000_000_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PaymentView {
    status: String,
    pub id: String,
    transaction_id: Option<String>,
    store_id: String,
    amount: Amount,
    currency: String,
    channel: Option<ChannelView>,
    method: Option<Method>,
    paid_at: Option<String>,
    #[serde(default)]
    cancellations: Vec<CancellationView>,
}

#[derive(Deserialize)]
struct Amount {
    total: i64,
    paid: i64,
    cancelled: i64,
}

#[derive(Deserialize)]
struct ChannelView {
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Method {
    card: Option<CardView>,
}

#[derive(Deserialize)]
struct CardView {
    publisher: Option<String>,
    issuer: Option<String>,
    name: Option<String>,
    number: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CancellationView {
    pub status: String,
    pub id: String,
    #[serde(default)]
    total_amount: i64,
}

/// The answer to a cancellation.
#[derive(Deserialize)]
pub(super) struct Cancelled {
    pub cancellation: CancellationView,
}

/// A refusal in PortOne's form. A proxy's 404 has no such type.
#[derive(Default, Deserialize)]
pub(super) struct RefusalView {
    #[serde(rename = "type", default)]
    pub kind: String,
}

/// A page of the list.
#[derive(Deserialize)]
pub(super) struct Page {
    pub items: Vec<PaymentView>,
    pub page: PageInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageInfo {
    pub total_count: u64,
}

fn is_text(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= TEXT_LENGTH as usize && !text.contains(char::is_control)
}

impl PaymentView {
    /// What it says of the payment.
    pub fn found(self, store_id: &str) -> Result<Found, NoAnswer> {
        let Amount { total, paid, cancelled } = self.amount;
        let is_amount = [total, paid, cancelled].iter().all(|amount| (0..=AMOUNT_MAX).contains(amount));
        let is_named = self.transaction_id.as_deref().is_none_or(is_text);
        if !is_amount || !is_named {
            return Err(NoAnswer::Nonsense);
        }
        let channel = match self.channel.and_then(|channel| channel.kind).as_deref() {
            Some("LIVE") => Channel::Live,
            Some("TEST") => Channel::Test,
            _ => Channel::Unknown,
        };
        let given_back = self.cancellations.into_iter().map(|one| GivenBack {
            status: GivenBackStatus::parse(&one.status),
            amount: one.total_amount,
            id: one.id,
        });
        Ok(Found {
            status: ProviderStatus::parse(&self.status),
            transaction: self.transaction_id,
            is_our_store: self.store_id == store_id,
            currency: self.currency,
            channel,
            money: Money { total, paid, cancelled },
            paid_at: self.paid_at.and_then(|at| Timestamp::parse(&at).ok()),
            given_back: given_back.collect(),
            card: self.method.and_then(|method| method.card).map(CardView::shown),
        })
    }
}

impl CardView {
    fn shown(self) -> Card {
        let name = [self.publisher, self.issuer, self.name].into_iter().flatten().find(|name| is_text(name));
        Card { name, number: self.number.as_deref().and_then(masked) }
    }
}

/// `1234-****-****-5678`: the first and the last four digits, whatever stands between them (contract, Payment).
fn masked(number: &str) -> Option<String> {
    let digits: Vec<char> = number.chars().filter(|one| one.is_ascii_digit() || *one == '*').collect();
    let (first, last) = (digits.get(..4)?, digits.get(digits.len().checked_sub(4)?..)?);
    let text = |four: &[char]| four.iter().collect::<String>();
    (digits.len() >= 12).then(|| format!("{}-****-****-{}", text(first), text(last)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn paid() -> Value {
        json!({"status": "PAID", "id": "p", "transactionId": "t", "storeId": "ours", "currency": "KRW", "more": [1],
            "amount": {"total": 100, "paid": 100, "cancelled": 0, "vat": 9}, "channel": {"type": "LIVE"},
            "paidAt": "2026-12-01T20:00:00.25+09:00",
            "method": {"type": "PaymentMethodCard", "card": {"issuer": "SHINHAN", "number": "123456******5678"}}})
    }

    fn read(value: Value) -> Option<Found> {
        serde_json::from_value::<PaymentView>(value).ok()?.found("ours").ok()
    }

    #[test]
    fn a_payment_is_read_with_what_it_says_of_money() {
        let found = read(paid()).expect("read");
        assert_eq!((found.status, found.is_our_store, found.channel), (ProviderStatus::Paid, true, Channel::Live));
        assert_eq!(found.money, Money { total: 100, paid: 100, cancelled: 0 });
        assert_eq!(found.paid_at.map(|at| at.to_string()).as_deref(), Some("2026-12-01T11:00:00"));
        let card = found.card.expect("a card");
        assert_eq!((card.name.as_deref(), card.number.as_deref()), (Some("SHINHAN"), Some("1234-****-****-5678")));
    }

    #[test]
    fn what_says_nothing_of_amounts_is_no_answer() {
        for field in ["status", "id", "storeId", "currency", "amount"] {
            let mut value = paid();
            value.as_object_mut().expect("an object").remove(field);
            assert!(read(value).is_none(), "{field}");
        }
        for (field, wrong) in [("paid", json!(-1)), ("cancelled", json!(null)), ("total", json!("100"))] {
            let mut value = paid();
            value["amount"][field] = wrong;
            assert!(read(value).is_none(), "{field}");
        }
        let mut value = paid();
        value["status"] = json!("SOMETHING_NEW");
        assert_eq!(read(value).map(|found| found.status), Some(ProviderStatus::Unknown));
    }

    #[test]
    fn a_card_number_is_masked_however_it_came() {
        for (number, shown) in [
            ("1234567812345678", Some("1234-****-****-5678")),
            ("1234-56**-****-5678", Some("1234-****-****-5678")),
            ("123412******678", Some("1234-****-****-*678")),
            ("1234", None),
            ("", None),
        ] {
            assert_eq!(masked(number).as_deref(), shown, "{number}");
        }
    }
}
