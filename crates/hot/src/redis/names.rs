//! Names in Redis (`contract.md`, Hot state). All keys of a campaign, and all of a line, carry the same hash tag: one
//! slot, one script.

use domain::line::LineId;
use domain::{AccountId, CampaignId, IdempotencyKey, ScheduleId, SeatId, TenantName, UserId};

/// The set of all campaigns, as `<tenant>/<event>`: there is no `KEYS` (DATA-002).
pub(super) const CAMPAIGNS: &str = "coupon:campaigns";

/// The sorted set of campaigns that are asked for, as `<tenant>/<event>`.
pub(super) const ACTIVE_CAMPAIGNS: &str = "coupon:active";
/// The sorted set of lines that are asked for, as [`LineId`] writes them.
pub(super) const ACTIVE_LINES: &str = "line:active";

/// The channel on which the relay of this name is told of campaigns that messages were written of, as [`CampaignId`] writes
/// them.
pub(super) fn relay_channel(relay: &str) -> String {
    format!("coupon:relay:{relay}")
}

/// The keys of one campaign.
#[derive(Clone, Debug)]
pub(super) struct SaleKeys {
    /// Hash: the policy, and the counters that move with every decision.
    pub policy: String,
    /// String: coupons left.
    pub stock: String,
    /// Hash: user -> coupons (`coupon/record.rs`).
    pub participants: String,
    /// Stream: messages decided and not handed over.
    pub outbox: String,
    /// List: numbers taken back, the one that came back first in front.
    pub returned: String,
    /// String: the relay that hands messages over now.
    pub lease: String,
}

impl SaleKeys {
    pub fn new(id: &CampaignId) -> Self {
        let key = |name: &str| format!("coupon:{{{id}}}:{name}");
        Self {
            policy: key("policy"),
            stock: key("stock"),
            participants: key("participants"),
            outbox: key("outbox"),
            returned: key("returned"),
            lease: key("relay"),
        }
    }

    /// The keys of a decision, in their order.
    pub fn issue(&self) -> [&str; 6] {
        [&self.policy, &self.stock, &self.participants, &self.outbox, &self.returned, &self.lease]
    }

    /// The keys that most scripts use, in their order.
    pub fn decision(&self) -> [&str; 5] {
        [&self.policy, &self.stock, &self.participants, &self.outbox, &self.returned]
    }
}

/// The claim of a user's idempotency key: its value names the campaign.
pub(super) fn claim(tenant: &TenantName, user: &UserId, key: IdempotencyKey) -> String {
    format!("coupon:key:{{{tenant}/{user}}}:{}", key.0.simple())
}

/// The set of all lines, as [`LineId`] writes them.
pub(super) const LINES: &str = "line:all";
/// Hash: how lines were defined last, by the name that [`LineId`] writes.
pub(super) const DEFINITIONS: &str = "line:defs";
/// The sorted set of lines that may have entries for the audit log, by the time of the latest.
pub(super) const AUDITED_LINES: &str = "line:audited";

/// The answer kept under an `Idempotency-Key`.
pub(super) fn answer(name: &str) -> String {
    format!("queue:answer:{name}")
}

/// The set of the names of lines before schedules or sites.
pub(super) const QUEUES: &str = "queue:active-schedules";

/// The keys of one line. `gate:...` for those before campaigns, `queue:...` for all others.
#[derive(Clone, Debug)]
pub(super) struct LineKeys {
    /// Hash: the rule, the counters that have no key of their own, the pace (`gate:line:{c}`, `queue:line:{n}`).
    pub line: String,
    /// Sorted set of waiting users: by number (`gate:queue:{c}`), or by time of entry in microseconds (`queue:{n}`).
    /// Who has drawn a queue number stands before all others, by the queue number less 2^40.
    pub waiting: String,
    /// String: queue numbers given (`gate:queue:rank:{c}`, `queue:queue number:{n}`).
    pub numbers: String,
    /// Hash: user -> record, whose form stands in `line/common.lua` (`gate:place:{c}`, `queue:place:{n}`).
    pub places: String,
    /// Sorted set of those with a pass, by its end in milliseconds (`gate:inside:{c}`, `queue:inside:{n}`).
    pub inside: String,
    /// Sorted set of users in process, by the beginning in milliseconds (`gate:processing:{c}`).
    pub processing: String,
    /// Hash: user -> queue number of users in process (`gate:processing:rank:{c}`).
    pub processing_numbers: String,
    /// Sorted set of ranges `first:last` of given-up queue numbers, by the first (`gate:gone:{c}`, `queue:gone:{n}`).
    pub gone: String,
    /// Stream: operators' changes that are not in the audit log yet (`gate:audit:{c}`, `queue:audit:{n}`).
    pub audit: String,
    /// Sorted set of users in the line who were away, as [`LineKeys::waiting`] (`gate:returned:{c}`,
    /// `queue:returned:{n}`).
    pub returned: String,
    /// Sorted set of users in the line, by a moment in milliseconds at or before they were last heard of
    /// (`gate:heard:{c}`, `queue:heard:{n}`).
    pub heard: String,
    /// Sorted set of users who were passed over or have an outcome, likewise (`gate:remembered:{c}`,
    /// `queue:remembered:{n}`).
    pub remembered: String,
    /// Hash: network -> its users in the line (`gate:networks:{c}`, `queue:networks:{n}`).
    pub networks: String,
    /// String: the published entries of a draw, 32 bytes each (`gate:draw-entries:{c}`, `queue:draw-entries:{n}`).
    pub entries: String,
    passes: String,
}

impl LineKeys {
    pub fn new(line: &LineId) -> Self {
        let (kind, tag) = match line {
            LineId::Gate(campaign) => ("gate", campaign.to_string()),
            LineId::Queue(name) => ("queue", name.to_string()),
        };
        let key = |name: &str| format!("{kind}:{name}:{{{tag}}}");
        let (waiting, numbers, passes) = match line {
            LineId::Gate(_) => (key("queue"), key("queue:rank"), key("active")),
            LineId::Queue(_) => (format!("queue:{{{tag}}}"), key("ticket"), key("user-token")),
        };
        Self {
            line: key("line"),
            waiting,
            numbers,
            places: key("place"),
            inside: key("inside"),
            processing: key("processing"),
            processing_numbers: key("processing:rank"),
            gone: key("gone"),
            audit: key("audit"),
            returned: key("returned"),
            heard: key("heard"),
            remembered: key("remembered"),
            networks: key("networks"),
            entries: key("draw-entries"),
            passes,
        }
    }

    /// The keys that every script uses, in this order.
    pub fn all(&self) -> [&str; 12] {
        [
            &self.line,
            &self.waiting,
            &self.numbers,
            &self.places,
            &self.inside,
            &self.processing,
            &self.processing_numbers,
            &self.gone,
            &self.returned,
            &self.heard,
            &self.remembered,
            &self.networks,
        ]
    }

    /// A user's pass (`qr_...`) while it lives, for others to see: the truth stands in the user's record
    /// (`gate:active:{c}:<user>`, `queue:user-token:{n}:<user>`).
    pub fn pass(&self, user: &UserId) -> String {
        format!("{}:{user}", self.passes)
    }
}

/// The sorted set of schedules that have holds, by the moment in milliseconds at which they were listed last.
pub(super) const SCHEDULES: &str = "seat:schedules";

/// The keys of the seats of one schedule.
#[derive(Clone, Debug)]
pub(super) struct SeatKeys {
    /// Hash: what stands of each seat (`seat/common.lua`). All decisions are made by it.
    pub book: String,
    /// Set of held seats (`hold_seats:{s}`).
    held: String,
    /// Sorted set of seats that came back, by the end of their window in milliseconds (`seat:returned:{s}`).
    returned: String,
    schedule: ScheduleId,
}

impl SeatKeys {
    pub fn new(schedule: ScheduleId) -> Self {
        let key = |name: &str| format!("{name}:{{{schedule}}}");
        Self { book: key("seat:book"), held: key("hold_seats"), returned: key("seat:returned"), schedule }
    }

    /// The keys that every script uses, in this order.
    pub fn all(&self) -> [&str; 3] {
        [&self.book, &self.held, &self.returned]
    }

    /// String: whose hold is on a seat, for others to see (`seat:hold:{s}:<seat>`).
    pub fn hold(&self, seat: SeatId) -> String {
        format!("seat:hold:{{{}}}:{seat}", self.schedule)
    }

    /// Hash: seat -> reservation of a user's holds (`seat:user:{s}:<user>`).
    pub fn user(&self, user: AccountId) -> String {
        format!("seat:user:{{{}}}:{user}", self.schedule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::EventName;

    #[test]
    fn names_are_the_contracts() {
        let event = EventName::new("shoes").expect("valid");
        let own = SaleKeys::new(&CampaignId::new(TenantName::default_tenant(), event.clone()));
        assert_eq!(own.stock, "coupon:{shoes}:stock");
        assert_eq!(own.outbox, "coupon:{shoes}:outbox");
        let other = SaleKeys::new(&CampaignId::new(TenantName::new("acme").expect("valid"), event));
        assert_eq!(other.participants, "coupon:{acme/shoes}:participants");
    }
    #[test]
    fn names_of_seats_are_the_contracts() {
        let id = uuid::Uuid::from_u128;
        let (schedule, text) = (ScheduleId(id(7)), "00000000-0000-0000-0000-000000000007");
        let keys = SeatKeys::new(schedule);
        assert_eq!(
            keys.all().map(|key| key.replace(text, "s")),
            ["seat:book:{s}", "hold_seats:{s}", "seat:returned:{s}"]
        );
        assert_eq!(keys.hold(SeatId(id(7))).replace(text, "s"), "seat:hold:{s}:s");
        assert_eq!(keys.user(AccountId(id(7))).replace(text, "s"), "seat:user:{s}:s");
    }
    #[test]
    fn names_of_lines_are_the_contracts() {
        let (event, user) = (EventName::new("shoes").expect("valid"), UserId::new("me").expect("valid"));
        let gate = LineKeys::new(&LineId::Gate(CampaignId::new(TenantName::default_tenant(), event.clone())));
        assert_eq!((gate.waiting.as_str(), gate.numbers.as_str()), ("gate:queue:{shoes}", "gate:queue:rank:{shoes}"));
        assert_eq!(gate.processing, "gate:processing:{shoes}");
        assert_eq!(gate.processing_numbers, "gate:processing:rank:{shoes}");
        assert_eq!(gate.pass(&user), "gate:active:{shoes}:me");
        let queue = LineKeys::new(&LineId::Queue(event));
        assert_eq!(
            (queue.waiting.as_str(), queue.pass(&user).as_str()),
            ("queue:{shoes}", "queue:user-token:{shoes}:me")
        );
        assert!(gate.all().iter().all(|key| !queue.all().contains(key)), "a gate and a queue may have one name");
    }
}
