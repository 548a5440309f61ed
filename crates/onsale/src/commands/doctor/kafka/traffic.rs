//! What each role does with the topics. The checks of topics and of rights follow from this table.

use crate::cli::Role;
use crate::config::{Config, DispatchMode, HotAck};
use account::mails::UserReservationGroup;
use coupon::issuer::CouponGroup;
use coupon::messages::RevocationGroup;
use domain::message::topic::{self, PLANS, dead_letters_of};
use std::collections::BTreeSet;

/// The topics to which the relays of a role write.
fn relayed(role: Role) -> &'static [&'static str] {
    match role {
        Role::Coupon => coupon::schema::SCHEMA.topics,
        Role::User => account::schema::SCHEMA.topics,
        Role::Catalog => catalog::schema::SCHEMA.topics,
        Role::Reservation => reservation::schema::SCHEMA.topics,
        Role::Payment => payment::schema::SCHEMA.topics,
        // What an issuer writes is relayed by the role `coupon`.
        Role::Issuer | Role::Gate | Role::Queue | Role::Gateway => &[],
    }
}

/// The consumer groups of a role, each with a topic that it reads.
fn read(role: Role) -> &'static [(&'static str, &'static str)] {
    match role {
        Role::Coupon => &[(RevocationGroup::NAME, topic::COUPON_EVENTS)],
        Role::Issuer => &[(CouponGroup::NAME, topic::COUPON_EVENTS), (CouponGroup::NAME, topic::COUPON_REQUESTS)],
        Role::User => &[
            (UserReservationGroup::NAME, topic::RESERVATION_EVENTS),
            (UserReservationGroup::NAME, topic::PAYMENT_EVENTS),
        ],
        Role::Catalog => &[
            (catalog::PaymentGroup::NAME, topic::PAYMENT_EVENTS),
            (catalog::ReservationGroup::NAME, topic::RESERVATION_EVENTS),
        ],
        Role::Reservation => &[
            (reservation::PaymentGroup::NAME, topic::PAYMENT_EVENTS),
            (reservation::EventGroup::NAME, topic::EVENT_EVENTS),
        ],
        Role::Payment => &[(payment::ReservationGroup::NAME, topic::RESERVATION_EVENTS)],
        Role::Gate | Role::Queue | Role::Gateway => &[],
    }
}

/// What a process writes and reads.
pub(super) struct Traffic {
    writes: BTreeSet<&'static str>,
    reads: BTreeSet<(&'static str, &'static str)>,
}

impl Traffic {
    /// Of a process with these roles.
    pub(super) fn of(config: &Config, roles: &[Role]) -> Self {
        let requests = (config.gate.dispatch_mode == DispatchMode::Kafka).then_some(topic::COUPON_REQUESTS);
        // A gate decides, too, and then each decision is on Kafka before its caller is told.
        let decisions = (config.hot.ack == HotAck::Bus).then_some(topic::COUPON_EVENTS);
        Self::with(roles, &[requests, decisions])
    }

    /// `of_gates`: the topics to which gates write.
    fn with(roles: &[Role], of_gates: &[Option<&'static str>]) -> Self {
        let reads: BTreeSet<(&'static str, &'static str)> =
            roles.iter().flat_map(|role| read(*role)).copied().collect();
        let mut writes: BTreeSet<&'static str> = roles.iter().flat_map(|role| relayed(*role)).copied().collect();
        // A relay sets aside what the brokers refuse, a consumer what it cannot process.
        let handled = writes.iter().copied().chain(reads.iter().map(|(_, topic)| *topic));
        let set_aside: Vec<&'static str> = handled.filter_map(dead_letters).collect();
        writes.extend(set_aside);
        if roles.contains(&Role::Gate) {
            writes.extend(of_gates.iter().flatten().copied());
        }
        Self { writes, reads }
    }

    /// The topics, in the order of the contract.
    pub(super) fn topics(&self) -> Vec<&'static str> {
        let names = PLANS.into_iter().map(|plan| plan.name);
        names.filter(|name| self.writes_to(name) || self.readers_of(name).next().is_some()).collect()
    }

    /// Whether the process writes to the topic.
    pub(super) fn writes_to(&self, topic: &str) -> bool {
        self.writes.iter().any(|written| *written == topic)
    }

    /// The groups of the process that read the topic.
    pub(super) fn readers_of<'a>(&'a self, topic: &'a str) -> impl Iterator<Item = &'static str> + 'a {
        self.reads.iter().filter(move |(_, known)| *known == topic).map(|(group, _)| *group)
    }
}

/// The planned topic for the dead letters of a topic.
fn dead_letters(topic: &str) -> Option<&'static str> {
    let wanted = dead_letters_of(topic);
    PLANS.into_iter().map(|plan| plan.name).find(|name| *name == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wiring::ALL_SCHEMAS;

    const REQUESTS: &[Option<&str>] = &[Some(topic::COUPON_REQUESTS)];

    fn topics(roles: &[Role]) -> Vec<&'static str> {
        Traffic::with(roles, &[]).topics()
    }

    #[test]
    fn every_planned_topic_is_used_by_a_role_and_no_other_is() {
        let all = Traffic::with(&Role::ALL, REQUESTS);
        assert_eq!(all.topics(), PLANS.map(|plan| plan.name).to_vec());
        let used = all.writes.iter().chain(all.reads.iter().map(|(_, topic)| topic));
        let unplanned: Vec<_> = used.filter(|topic| PLANS.iter().all(|plan| plan.name != **topic)).collect();
        assert!(unplanned.is_empty(), "{unplanned:?}");
    }

    #[test]
    fn every_topic_but_those_of_dead_letters_has_a_writer_and_a_reader() {
        let all = Traffic::with(&Role::ALL, REQUESTS);
        for plan in PLANS {
            assert!(all.writes_to(plan.name), "{} has no writer", plan.name);
            let is_for_dead_letters = plan.name.starts_with("dlq.");
            assert_eq!(all.readers_of(plan.name).next().is_none(), is_for_dead_letters, "{}", plan.name);
        }
    }

    #[test]
    fn the_topics_of_every_schema_are_relayed_by_a_role() {
        for topic in ALL_SCHEMAS.iter().flat_map(|schema| schema.tables.topics) {
            assert!(Role::ALL.into_iter().any(|role| relayed(role).contains(topic)), "{topic}");
        }
    }

    #[test]
    fn a_role_uses_its_own_topics_and_their_dead_letters() {
        assert_eq!(topics(&[Role::Coupon]), [topic::COUPON_EVENTS, topic::DLQ_COUPON]);
        assert_eq!(topics(&[Role::Issuer]), [topic::COUPON_EVENTS, topic::COUPON_REQUESTS, topic::DLQ_COUPON]);
        assert!(topics(&[Role::Gate, Role::Queue, Role::Gateway]).is_empty());
        assert_eq!(Traffic::with(&[Role::Gate], REQUESTS).topics(), [topic::COUPON_REQUESTS]);
        let of_payment = Traffic::with(&[Role::Payment], REQUESTS);
        assert!(of_payment.writes_to(topic::PAYMENT_EVENTS) && !of_payment.writes_to(topic::RESERVATION_EVENTS));
        assert!(of_payment.writes_to(topic::DLQ_PAYMENT) && of_payment.writes_to(topic::DLQ_RESERVATION));
        assert!(of_payment.readers_of(topic::RESERVATION_EVENTS).eq([payment::ReservationGroup::NAME]));
    }
}
