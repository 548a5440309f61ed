//! What an operator is told: a metric to be woken by, and a line of the log that says what to do.

use domain::payment::look_back::Alarm;
use domain::payment::{Payment, pause};

/// Counts an alarm of this name.
pub(crate) fn count(name: &'static str) {
    metrics::counter!("onsale_payment_alarms_total", "alarm" => name).increment(1);
}

/// What a look-up of a decided payment has shown.
pub(super) fn of_payment(alarm: Alarm, payment: &Payment) {
    count(alarm.as_str());
    let (id, key, status) = (payment.id, payment.key, payment.status.as_str());
    tracing::error!(alarm = alarm.as_str(), payment_id = %id, payment_key = %key, status, "{}", alarm.advice());
}

/// A payment could not be looked up for the tenth time, or each tenth time after it.
pub(crate) fn of_silence(payment: &Payment, tries: u32, why: &str) {
    if !pause::is_alarm(tries) {
        return;
    }
    count("not_looked_up");
    tracing::error!(
        payment_id = %payment.id, payment_key = %payment.key, tries, why,
        "a payment cannot be looked up; it is tried on: check PortOne's status page and payment.portone.api_secret"
    );
}
