//! The table of configuration keys and their permitted values, in the order of `default.toml` (a test compares both).

use super::engine;
use super::kind::Kind;

/// A key and its permitted values.
#[derive(Debug)]
pub struct Key {
    /// `section.name`.
    pub name: &'static str,
    /// Its permitted values.
    pub kind: Kind,
}

const fn key(name: &'static str, kind: Kind) -> Key {
    Key { name, kind }
}

const fn whole(min: i64, max: i64) -> Kind {
    Kind::Whole { min, max }
}

/// The contract bounds no length; a key that can be guessed is refused at the start (`safety/strength.rs`), which judges each
/// secret of ours: those with a minimum above 1.
const INTERNAL_KEY: Kind = Kind::Secret { min: 2 };

/// Most things of one kind of a tenant.
const TENANT_MAX: i64 = 1_000_000_000;

/// All keys.
pub const KEYS: &[Key] = &[
    key("http.listen", Kind::Address { may_be_empty: false }),
    key("http.management_listen", Kind::Address { may_be_empty: true }),
    key("http.allow_unsafe", Kind::Flag),
    key("http.workers", whole(0, 1024)),
    key("http.max_connections", whole(1, 1_000_000)),
    key("http.max_connections_per_network", whole(0, 1_000_000)),
    key("http.idle_timeout_ms", whole(100, 3_600_000)),
    key("http.body_limit_bytes", whole(1024, 67_108_864)),
    key("http.body_budget_bytes", whole(65_536, 1_099_511_627_776)),
    key("http.header_limit_bytes", whole(1024, 1_048_576)),
    key("http.header_timeout_ms", whole(100, 600_000)),
    key("http.request_timeout_ms", whole(100, 600_000)),
    key("http.leave_seconds", whole(0, 3600)),
    key("http.drain_seconds", whole(0, 3600)),
    key("http.trusted_proxies", Kind::Networks),
    key("http.public_url", Kind::HttpUrlOrNone),
    key("cors.origins", Kind::Origins),
    key("tls.cert", Kind::FileOrNone),
    key("tls.key", Kind::FileOrNone),
    key("data.dir", Kind::Folder),
    key("demo.enabled", Kind::FlagOrAuto),
    key("demo.admin_email", Kind::Text),
    key("demo.admin_password", Kind::Secret { min: 1 }),
    key("demo.user_email", Kind::Text),
    key("demo.user_password", Kind::Secret { min: 1 }),
    key("hot.url", Kind::Engine { is_url: engine::is_hot_url, forms: engine::HOT_FORMS }),
    key("hot.ca_file", Kind::FileOrNone),
    key("hot.ack", Kind::OneOf(&["none", "replica", "bus"])),
    key("hot.allow_unsafe", Kind::Flag),
    key("hot.flush", Kind::Flag),
    key("bus.url", Kind::Engine { is_url: engine::is_bus_url, forms: engine::BUS_FORMS }),
    key("bus.ca_file", Kind::FileOrNone),
    key("bus.sasl_mechanism", Kind::OneOf(&["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])),
    key("bus.sasl_username", Kind::Text),
    key("bus.sasl_password", Kind::Secret { min: 1 }),
    key("ledger.url", Kind::Engine { is_url: engine::is_ledger_url, forms: engine::LEDGER_FORMS }),
    key(
        "ledger.coupon.url",
        Kind::Engine { is_url: engine::is_ledger_url_or_none, forms: engine::LEDGER_FORMS_OR_NONE },
    ),
    key("ledger.gate.url", Kind::Engine { is_url: engine::is_ledger_url_or_none, forms: engine::LEDGER_FORMS_OR_NONE }),
    key(
        "ledger.issuer.url",
        Kind::Engine { is_url: engine::is_ledger_url_or_none, forms: engine::LEDGER_FORMS_OR_NONE },
    ),
    key("ledger.user.url", Kind::Engine { is_url: engine::is_ledger_url_or_none, forms: engine::LEDGER_FORMS_OR_NONE }),
    key(
        "ledger.catalog.url",
        Kind::Engine { is_url: engine::is_ledger_url_or_none, forms: engine::LEDGER_FORMS_OR_NONE },
    ),
    key(
        "ledger.reservation.url",
        Kind::Engine { is_url: engine::is_ledger_url_or_none, forms: engine::LEDGER_FORMS_OR_NONE },
    ),
    key(
        "ledger.payment.url",
        Kind::Engine { is_url: engine::is_ledger_url_or_none, forms: engine::LEDGER_FORMS_OR_NONE },
    ),
    key("ledger.ca_file", Kind::FileOrNone),
    key("coupon.open_issue", Kind::FlagOrAuto),
    key("coupon.public_list", Kind::Flag),
    key("coupon.redeem_hold_seconds", whole(1, 604_800)),
    key("coupon.body_limit_bytes", whole(1024, 1_048_576)),
    key("gate.event_ids", Kind::Campaigns),
    key("gate.dispatch_mode", Kind::OneOf(&["active-queue", "kafka"])),
    key("gate.dispatch_per_second", whole(0, 1_000_000)),
    key("gate.dispatch_interval_ms", whole(1, 60_000)),
    key("gate.active_ttl_seconds", whole(1, 86_400)),
    key("gate.stale_timeout_ms", whole(100, 86_400_000)),
    key("gate.max_requeue", whole(1, 10_000)),
    key("queue.lines", Kind::Lines),
    key("queue.rate_per_second", whole(0, 1_000_000)),
    key("queue.batch_interval_ms", whole(1, 60_000)),
    key("queue.capacity", whole(1, 10_000_000)),
    key("queue.token_ttl_seconds", whole(1, 86_400)),
    key("queue.status_per_minute", whole(1, 1_000_000)),
    key("queue.abandon_after_seconds", whole(0, 86_400)),
    key("queue.return_seconds", whole(0, 86_400)),
    key("queue.positions_per_network", whole(0, 1_000_000)),
    key("queue.challenge", Kind::OneOf(&["none", "pow", "recaptcha", "account"])),
    key("queue.pow_bits", whole(1, 30)),
    key("queue.max_inside", whole(0, 10_000_000)),
    key("queue.inside_per_free_seat", whole(0, 1_000)),
    key("queue.streams_max", whole(0, 1_000_000)),
    key("queue.streams_max_per_network", whole(0, 1_000_000)),
    key("queue.cookie_key", Kind::Secret { min: 32 }),
    key("queue.cookie_key_file", Kind::FileOrNone),
    key("queue.cookie_previous_key", Kind::Secret { min: 32 }),
    key("queue.bind_network", Kind::Flag),
    key("queue.cookie_same_site", Kind::OneOf(&["lax", "none"])),
    key("queue.pass_renewed_by_use", Kind::Flag),
    key("queue.receipt_key", Kind::Secret { min: 43 }),
    key("queue.receipt_key_file", Kind::FileOrNone),
    key("auth.jwt_secret", Kind::Secret { min: 64 }),
    key("auth.jwt_secret_file", Kind::FileOrNone),
    key("auth.jwt_previous_secret", Kind::Secret { min: 64 }),
    key("user.bcrypt_cost", whole(4, 16)),
    key("user.hash_queue", whole(1, 100_000)),
    key("user.access_ttl_seconds", whole(1, 86_400)),
    key("user.refresh_ttl_seconds", whole(1, 31_536_000)),
    key("user.rejoin_after_days", whole(0, 3_650)),
    key("user.dormant_after_days", whole(1, 3_650)),
    key("user.consents_required", Kind::Flag),
    key("user.email_verification_required", Kind::Flag),
    key("user.personal_data_key", Kind::Secret { min: 43 }),
    key("user.personal_data_key_file", Kind::FileOrNone),
    key("user.personal_data_key_previous", Kind::Secret { min: 43 }),
    key("user.lookup_key", Kind::Secret { min: 43 }),
    key("user.lookup_key_file", Kind::FileOrNone),
    key("user.recaptcha.base_url", Kind::PageUrlOrNone),
    key("user.recaptcha.script_url", Kind::PageUrlOrNone),
    key("user.recaptcha.site_key", Kind::Text),
    key("user.recaptcha.secret", Kind::Secret { min: 1 }),
    key("user.recaptcha.secret_file", Kind::FileOrNone),
    key("user.recaptcha.min_score", Kind::Fraction),
    key("user.portone.base_url", Kind::PageUrlOrNone),
    key("user.portone.sdk_url", Kind::PageUrlOrNone),
    key("user.portone.api_secret", Kind::Secret { min: 1 }),
    key("user.portone.api_secret_file", Kind::FileOrNone),
    key("user.portone.store_id", Kind::Text),
    key("user.portone.channel_key", Kind::Text),
    key("user.oauth.kakao.client_id", Kind::Text),
    key("user.oauth.kakao.client_secret", Kind::Secret { min: 1 }),
    key("user.oauth.kakao.authorize_url", Kind::PageUrlOrNone),
    key("user.oauth.kakao.token_url", Kind::PageUrlOrNone),
    key("user.oauth.kakao.profile_url", Kind::PageUrlOrNone),
    key("user.oauth.naver.client_id", Kind::Text),
    key("user.oauth.naver.client_secret", Kind::Secret { min: 1 }),
    key("user.oauth.naver.authorize_url", Kind::PageUrlOrNone),
    key("user.oauth.naver.token_url", Kind::PageUrlOrNone),
    key("user.oauth.naver.profile_url", Kind::PageUrlOrNone),
    key("user.oauth.google.client_id", Kind::Text),
    key("user.oauth.google.client_secret", Kind::Secret { min: 1 }),
    key("user.oauth.google.authorize_url", Kind::PageUrlOrNone),
    key("user.oauth.google.token_url", Kind::PageUrlOrNone),
    key("user.oauth.google.profile_url", Kind::PageUrlOrNone),
    key("user.smtp.url", Kind::Engine { is_url: engine::is_smtp_url, forms: engine::SMTP_FORMS }),
    key("user.smtp.from", Kind::Text),
    key("catalog.cache_ttl_seconds", whole(1, 86_400)),
    key("catalog.cache_ttl_open_seconds", whole(1, 3_600)),
    key("reservation.hold_ttl_seconds", whole(1, 86_400)),
    key("reservation.max_seats", whole(1, domain::reservation::SEATS_MAX as i64)),
    key("reservation.wait_max_ms", whole(0, 25_000)),
    key("reservation.day_zone", Kind::Text),
    key("reservation.returned_seats", Kind::OneOf(&["line", "open"])),
    key("reservation.returned_seconds", whole(0, 3_600)),
    key("reservation.hold_extend_seconds", whole(0, 3_600)),
    key("reservation.ticket_key", Kind::Secret { min: 43 }),
    key("reservation.ticket_key_file", Kind::FileOrNone),
    key("reservation.ticket_key_previous", Kind::Secret { min: 43 }),
    key("payment.timeout_ms", whole(100, 50_000)),
    key("payment.breaker_open_seconds", whole(1, 3_600)),
    key("payment.settle_after_seconds", whole(1, 3_600)),
    key("payment.portone.base_url", Kind::PageUrlOrNone),
    key("payment.portone.sdk_url", Kind::PageUrlOrNone),
    key("payment.portone.api_secret", Kind::Secret { min: 1 }),
    key("payment.portone.api_secret_file", Kind::FileOrNone),
    key("payment.portone.webhook_secret", Kind::Secret { min: 1 }),
    key("payment.portone.webhook_secret_file", Kind::FileOrNone),
    key("payment.portone.store_id", Kind::Text),
    key("payment.portone.channel_key", Kind::Text),
    key("payment.portone.accept_test_channel", Kind::Flag),
    key("outbox.source", Kind::OneOf(&["poll", "wal"])),
    key("gateway.url.user", Kind::HttpUrls),
    key("gateway.url.catalog", Kind::HttpUrls),
    key("gateway.url.queue", Kind::HttpUrls),
    key("gateway.url.coupon", Kind::HttpUrls),
    key("gateway.url.gate", Kind::HttpUrls),
    key("gateway.url.reservation", Kind::HttpUrls),
    key("gateway.url.payment", Kind::HttpUrls),
    key("gateway.url.issuer", Kind::HttpUrls),
    key("sandbox.url", Kind::HttpUrlOrNone),
    key("rehearsal.people", whole(1, 100_000_000)),
    key("rehearsal.connections", whole(1, 25_000)),
    key("rehearsal.coupons", whole(0, 100_000_000)),
    key("rehearsal.admit_per_second", whole(0, 1_000_000)),
    key("rehearsal.seats", whole(0, 100_000)),
    key("rehearsal.p99_ms", whole(1, 600_000)),
    key("draw.randomness", Kind::OneOf(&["none", "drand", "manual"])),
    key("draw.drand_url", Kind::HttpUrlOrNone),
    key("draw.drand_chain", Kind::Hex { digits: 64 }),
    key("draw.drand_public_key", Kind::Hex { digits: 192 }),
    key("internal.listen", Kind::Address { may_be_empty: true }),
    key("internal.key.issuer", INTERNAL_KEY),
    key("internal.key.issuer_file", Kind::FileOrNone),
    key("internal.key.queue", INTERNAL_KEY),
    key("internal.key.queue_file", Kind::FileOrNone),
    key("internal.key.gate", INTERNAL_KEY),
    key("internal.key.gate_file", Kind::FileOrNone),
    key("internal.key.coupon", INTERNAL_KEY),
    key("internal.key.coupon_file", Kind::FileOrNone),
    key("internal.key.gateway", INTERNAL_KEY),
    key("internal.key.gateway_file", Kind::FileOrNone),
    key("internal.key.user", INTERNAL_KEY),
    key("internal.key.user_file", Kind::FileOrNone),
    key("internal.key.catalog", INTERNAL_KEY),
    key("internal.key.catalog_file", Kind::FileOrNone),
    key("internal.key.reservation", INTERNAL_KEY),
    key("internal.key.reservation_file", Kind::FileOrNone),
    key("internal.key.payment", INTERNAL_KEY),
    key("internal.key.payment_file", Kind::FileOrNone),
    key("internal.previous_key.issuer", INTERNAL_KEY),
    key("internal.previous_key.queue", INTERNAL_KEY),
    key("internal.previous_key.gate", INTERNAL_KEY),
    key("internal.previous_key.coupon", INTERNAL_KEY),
    key("internal.previous_key.gateway", INTERNAL_KEY),
    key("internal.previous_key.user", INTERNAL_KEY),
    key("internal.previous_key.catalog", INTERNAL_KEY),
    key("internal.previous_key.reservation", INTERNAL_KEY),
    key("internal.previous_key.payment", INTERNAL_KEY),
    key("internal.url.gate", Kind::HttpUrls),
    key("internal.url.coupon", Kind::HttpUrls),
    key("internal.url.catalog", Kind::HttpUrls),
    key("internal.url.queue", Kind::HttpUrls),
    key("internal.url.reservation", Kind::HttpUrls),
    key("internal.url.payment", Kind::HttpUrls),
    key("internal.url.user", Kind::HttpUrls),
    key("internal.url.issuer", Kind::HttpUrls),
    key("internal.ca_file", Kind::FileOrNone),
    key("limits.enabled", Kind::Flag),
    key("limits.ipv4_prefix", whole(8, 32)),
    key("limits.ipv6_prefix", whole(16, 128)),
    key("limits.per_ip_per_second", whole(1, 1_000_000)),
    key("limits.per_ip_burst", whole(1, 1_000_000)),
    key("limits.issue_per_user_per_second", whole(1, 1_000_000)),
    key("limits.per_user_per_minute", whole(1, 1_000_000)),
    key("limits.payments_per_user_per_minute", whole(1, 1_000_000)),
    key("limits.payments_per_ip_per_minute", whole(1, 1_000_000)),
    key("limits.payments_per_second", whole(1, 1_000_000)),
    key("tenant.max_campaigns", whole(1, TENANT_MAX)),
    key("tenant.max_lines", whole(1, TENANT_MAX)),
    key("tenant.max_keys", whole(1, TENANT_MAX)),
    key("tenant.max_streams", whole(1, TENANT_MAX)),
    key("tenant.max_coupons", whole(1, 1_000_000_000_000)),
    key("tenant.requests_per_second", whole(0, 1_000_000)),
    key("reconcile.interval_seconds", whole(0, 86_400)),
    key("log.level", Kind::Filter),
    key("log.format", Kind::OneOf(&["json", "text"])),
    key("log.access", Kind::Flag),
    key("log.access_hot_every", whole(1, 1_000_000_000)),
    key("log.appeal_days", whole(1, 3_650)),
    key("log.appeal_rows", whole(1_000, 1_000_000_000)),
];

/// The key with this name.
pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The key with the most similar name, as a suggestion.
pub fn nearest(name: &str) -> &'static str {
    let likeness = |key: &&Key| strsim::normalized_damerau_levenshtein(key.name, name);
    let best = KEYS.iter().max_by(|left, right| likeness(left).total_cmp(&likeness(right)));
    best.map_or("", |key| key.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_similar_key_is_suggested() {
        for (typed, meant) in [
            ("http.listn", "http.listen"),
            ("limit.per_ip_burst", "limits.per_ip_burst"),
            ("log.fromat", "log.format"),
            ("coupon.openissue", "coupon.open_issue"),
            ("per_ip_per_second", "limits.per_ip_per_second"),
        ] {
            assert_eq!(nearest(typed), meant);
            assert!(find(typed).is_none());
        }
    }
}
