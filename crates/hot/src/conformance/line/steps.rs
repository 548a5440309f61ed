//! The steps of random histories.

use domain::Timestamp;
use domain::line::{
    Admits, Challenge, DrawPlan, DrawSeed, Exception, LineRule, LineTerms, Notice, Randomness, Sale, Switch,
};
use proptest::prelude::*;

/// The numbers of lines and users: few, so that steps concern the same ones.
pub(super) const LINES: u8 = 3;
pub(super) const USERS: u8 = 12;
/// Networks, the first of which is none.
pub(super) const NETWORKS: u8 = 4;

/// One step of a history.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Makes a line, or changes its rule as it is.
    Put(u8, LineRule),
    /// Creates a line that may exist.
    Make(u8, LineRule),
    /// Reads the rule, for a later change.
    Read(u8),
    /// Changes the rule that was read earlier. It may have changed since.
    ChangeAsRead(u8, LineRule),
    /// Users of lines, each from one of few networks, or from none.
    Enter(Vec<((u8, u8), u8)>),
    Look(Vec<(u8, u8)>),
    Leave(u8, u8),
    Admit(u8, usize),
    /// A user comes where perhaps nobody waits.
    Newcomer(u8, u8),
    /// A user's pass is used.
    Renew(u8, u8),
    PutBack(u8),
    PutAllBack(u8),
    Finish(u8, u8, bool),
    Draw(u8),
    /// Gives the draw this public randomness.
    Value(u8, Vec<u8>),
    Wait(i64),
    LineCounts(u8),
}

fn any_rule() -> impl Strategy<Value = LineRule> {
    let admits = prop_oneof![
        (100u32..4_000).prop_map(|ttl_ms| Admits::Pass { ttl_ms }),
        (100u32..2_000, 0u32..4)
            .prop_map(|(stale_after_ms, put_back_max)| Admits::Processing { stale_after_ms, put_back_max }),
    ];
    let limits = (0u32..8, 1u32..3_000, 1u32..10, 0u32..5, prop_oneof![Just(0u32), 1u32..1_500]);
    let switches =
        (proptest::option::weighted(0.2, 0i64..3_000), proptest::bool::weighted(0.1), proptest::bool::weighted(0.1));
    // A draw takes a line that opens late enough for people to come before.
    let draw = proptest::option::weighted(0.5, (any::<[u8; 32]>(), 0i64..5_000, 0i64..5_000, 0u8..5));
    let configured = proptest::option::of(0u32..8);
    let presence = (0u32..2_000, 0u32..4_000, prop_oneof![Just(0u32), 1u32..4], any_challenge());
    let sale = prop_oneof![4 => Just(Sale::Active), 1 => Just(Sale::SoldOut)];
    let parts = (limits, admits, switches, draw, (configured, presence), sale, any_terms());
    parts.prop_map(
        |(limits, admits, (opens_in, paused, closed), draw, (configured_rate_per_second, presence), sale, terms)| {
            let (return_ms, remember_ms, positions_per_network, challenge) = presence;
            let (rate_per_second, interval_ms, capacity, inside_max, abandon_after_ms) = limits;
            LineRule {
                rate_per_second,
                interval_ms,
                capacity,
                admits,
                inside_max,
                abandon_after_ms,
                return_ms,
                remember_ms,
                positions_per_network,
                challenge,
                // From the history's beginning.
                opens_at: draw.map(|(_, opens_in, ..)| opens_in).or(opens_in).map(Timestamp),
                paused,
                closed,
                draw: draw.map(|(seed, _, closes_in, kind)| any_plan(DrawSeed(seed), closes_in, kind)),
                configured_rate_per_second,
                sale,
                terms,
                revision: 1,
            }
        },
    )
}

/// Terms as an engine keeps them, and a switch that it follows.
fn any_terms() -> impl Strategy<Value = LineTerms> {
    let switch = prop_oneof![Just(Switch::On), Just(Switch::Off), Just(Switch::Auto)];
    let exceptions = prop_oneof![Just(Vec::new()), Just(vec![Exception::SignedLink])];
    let notice = proptest::option::of(Just("잠시 후 \"다시\"".to_owned()));
    let own = proptest::option::weighted(0.3, 0u32..3);
    let parts = (switch, proptest::option::weighted(0.8, 0u32..4), exceptions, notice, own);
    parts.prop_map(|(switch, on_above_inside, exceptions, ko, positions_per_network)| LineTerms {
        switch,
        on_above_inside,
        exceptions,
        notice: Notice::of(ko, None),
        positions_per_network,
        ..LineTerms::default()
    })
}

fn any_challenge() -> impl Strategy<Value = Challenge> {
    let all = [Challenge::None, Challenge::Pow, Challenge::Recaptcha, Challenge::Account];
    (0..all.len()).prop_map(move |at| all[at])
}

/// A plan as it is announced now, or as earlier versions announced it. It closes at another moment than the line opens.
fn any_plan(seed: DrawSeed, closes_in: i64, kind: u8) -> DrawPlan {
    let randomness = match kind {
        0 => return DrawPlan::of_earlier_version(seed),
        1 => Randomness::Drand {
            chain: "c".repeat(64),
            public_key: "8".repeat(96),
            round: u64::MAX,
            at_ms: Some(i64::MAX),
        },
        2 => Randomness::Manual { source: "the lottery \"6 of 45\", 복권".to_owned() },
        _ => Randomness::None,
    };
    DrawPlan::new(seed, Timestamp(closes_in), randomness)
}

pub(super) fn any_step() -> impl Strategy<Value = Step> {
    // One line more than there is.
    let who = || (0..=LINES, 0..USERS);
    prop_oneof![
        2 => (0..LINES, any_rule()).prop_map(|(line, rule)| Step::Put(line, rule)),
        1 => (0..LINES, any_rule()).prop_map(|(line, rule)| Step::Make(line, rule)),
        2 => (0..=LINES).prop_map(Step::Read),
        2 => (0..=LINES, any_rule()).prop_map(|(line, rule)| Step::ChangeAsRead(line, rule)),
        8 => proptest::collection::vec((who(), 0..NETWORKS), 1..6).prop_map(Step::Enter),
        6 => proptest::collection::vec(who(), 1..6).prop_map(Step::Look),
        3 => who().prop_map(|(line, user)| Step::Leave(line, user)),
        8 => (0..=LINES, 0usize..9).prop_map(|(line, most)| Step::Admit(line, most)),
        5 => who().prop_map(|(line, user)| Step::Newcomer(line, user)),
        5 => who().prop_map(|(line, user)| Step::Renew(line, user)),
        2 => (0..=LINES).prop_map(Step::PutBack),
        1 => (0..=LINES).prop_map(Step::PutAllBack),
        2 => (who(), any::<bool>()).prop_map(|((line, user), issued)| Step::Finish(line, user, issued)),
        8 => prop_oneof![10 => 0i64..700, 1 => -3_000i64..0].prop_map(Step::Wait),
        5 => (0..=LINES).prop_map(Step::Draw),
        3 => (0..=LINES, proptest::collection::vec(0u8..3, 0..2)).prop_map(|(line, value)| Step::Value(line, value)),
        2 => (0..=LINES).prop_map(Step::LineCounts),
    ]
}
