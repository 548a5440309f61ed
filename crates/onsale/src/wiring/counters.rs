//! Counters that are shown with 0 from the start. A series that begins with its first event has no growth: the rule that
//! alerts on it stays silent the one time it matters.
//!
//! Those with labels that only their own code knows (a task, a line, a code) are shown where they are made.

use bus::{Handler, Reason};
use domain::message::topic::PLANS;
use metrics::{counter, gauge};
use onsale_http::Failures;
use std::sync::Arc;

/// Counters without labels, of every role.
const PLAIN: [&str; 28] = [
    "onsale_http_evicted_connections_total",
    "onsale_http_failed_handshakes_total",
    "onsale_http_stalled_connections_total",
    "onsale_internal_refused_total",
    "onsale_hot_connections_discarded_total",
    "onsale_hot_rebuilt_total",
    "onsale_hot_wait_failed_total",
    "onsale_issuer_refused_total",
    "onsale_issuer_requests_total",
    "onsale_issuer_rows_total",
    "onsale_issuer_untold_total",
    "onsale_line_stream_frames_total",
    "onsale_line_stream_frames_skipped_total",
    "onsale_line_streams_refused_total",
    "onsale_blacklist_failed_total",
    "onsale_notices_given_up_total",
    "onsale_password_hashing_refused_total",
    "onsale_refresh_reused_total",
    "onsale_sign_ups_total",
    "onsale_catalog_seats_repaired_total",
    "onsale_payment_adopted_total",
    "onsale_reservation_event_cancelled_total",
    "onsale_reservation_expired_total",
    "onsale_reservation_hot_news_lost_total",
    "onsale_reservation_unanswered_total",
    "onsale_seat_streams_refused_total",
    "onsale_queue_status_let_through_total",
    "onsale_appeal_left_out_total",
];

/// Counters with one label, and its usual value.
const LABELLED: [(&str, &str); 3] =
    [("onsale_logins_total", "success"), ("onsale_mails_total", "sent"), ("onsale_catalog_cache_total", "shared")];
/// Counters with another label: its name, and a usual value.
const OTHERS: [(&str, &str, &str); 5] = [
    ("onsale_reservation_put_right_total", "what", "made"),
    ("onsale_payment_alarms_total", "alarm", "contradiction"),
    ("onsale_payment_work_failed_total", "work", "due"),
    ("onsale_payment_refunds_done_total", "kind", "ALL"),
    ("onsale_wal_slot_lost_total", "schema", "coupon_service"),
];
/// Why a service gave no answer, as the gateway counts it.
const UNANSWERED: &str = "connection";

/// Why a connection gets no place.
const REFUSALS: [&str; 3] = ["full", "network", "descriptors"];
/// Work that reports its failures by itself.
const OWN_TASKS: [&str; 2] = ["line", "line stream"];

/// Shows them. `handlers`: the consumers of this process.
pub fn show(handlers: &[Arc<dyn Handler>]) {
    for name in PLAIN.iter().chain(gateway::COUNTERS).copied() {
        counter!(name).increment(0);
    }
    // Gauges that nobody sets before something has happened.
    gauge!("onsale_seat_streams").increment(0.0);
    gauge!("onsale_payment_portone_breaker_open").increment(0.0);
    for service in gateway::Service::ALL.map(gateway::Service::name) {
        gauge!("onsale_gateway_breaker_open", "service" => service).increment(0.0);
    }
    reservation::metrics::show();
    payment::metrics::show();
    for (name, outcome) in LABELLED {
        counter!(name, "outcome" => outcome).increment(0);
    }
    for (name, label, value) in OTHERS {
        counter!(name, label => value).increment(0);
    }
    counter!("onsale_payment_portone_calls_total", "call" => "get", "outcome" => "answered").increment(0);
    for service in gateway::Service::ALL.map(gateway::Service::name) {
        counter!("onsale_gateway_failures_total", "service" => service, "why" => UNANSWERED).increment(0);
        counter!("onsale_gateway_refused_at_rest_total", "service" => service).increment(0);
    }
    for reason in REFUSALS {
        counter!("onsale_http_refused_connections_total", "reason" => reason).increment(0);
    }
    OWN_TASKS.into_iter().for_each(Failures::know);
    // Nobody publishes dead letters: they are set aside.
    for topic in PLANS.into_iter().map(|plan| plan.name).filter(|name| !name.starts_with("dlq.")) {
        counter!("onsale_bus_published_total", "topic" => topic).increment(0);
        dead_letters_of(topic);
    }
    for handler in handlers {
        let group = handler.group().to_owned();
        counter!("onsale_bus_consumed_total", "group" => group.clone()).increment(0);
        counter!("onsale_bus_retried_total", "group" => group.clone()).increment(0);
        counter!("onsale_bus_commit_failed_total", "group" => group).increment(0);
        handler.topics().iter().for_each(|topic| dead_letters_of(topic));
    }
}

fn dead_letters_of(topic: &str) {
    for reason in [Reason::Malformed, Reason::Invalid, Reason::MaxRetryExceeded] {
        counter!("onsale_bus_dead_lettered_total", "topic" => topic.to_owned(), "reason" => reason.as_str())
            .increment(0);
    }
}
