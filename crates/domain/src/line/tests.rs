//! One rule of a line at a time, and what the tests beside this share.

use super::*;
use crate::id::PassId;
use uuid::Uuid;

pub(super) const PASSES: Admits = Admits::Pass { ttl_ms: 10_000 };
const WORK: Admits = Admits::Processing { stale_after_ms: 5_000, put_back_max: 3 };

pub(super) const NOBODY: [u64; 0] = [];

pub(super) fn rule(rate_per_second: u32, admits: Admits) -> LineRule {
    LineRule { capacity: 50_000, admits, ..LineRule::new(rate_per_second) }
}

pub(super) fn user(n: u64) -> UserId {
    UserId::new(&format!("user-{n}")).expect("valid")
}

pub(super) fn passes(count: usize) -> Vec<PassId> {
    (1..=count as u128).map(|n| PassId(Uuid::from_u128(n))).collect()
}

pub(super) fn enter_all(line: &mut Line, users: std::ops::RangeInclusive<u64>, now: i64) {
    for n in users {
        line.enter(&user(n), Timestamp(now));
    }
}

pub(super) fn admit(line: &mut Line, most: usize, now: i64) -> Vec<u64> {
    line.admit(&passes(most), Timestamp(now)).into_iter().map(|one| one.number.get()).collect()
}

pub(super) fn rank(standing: LineStatus) -> Option<u64> {
    match standing {
        LineStatus::Waiting { rank, .. } => Some(rank),
        _ => None,
    }
}

#[test]
fn a_user_who_enters_again_keeps_the_number() {
    let mut line = Line::new(rule(10, PASSES));
    assert_eq!(
        line.enter(&user(7), Timestamp(0)),
        LineStatus::Waiting { number: QueueNumber(1), rank: 1, is_new: true, is_late: false }
    );
    assert_eq!(
        line.enter(&user(8), Timestamp(0)),
        LineStatus::Waiting { number: QueueNumber(2), rank: 2, is_new: true, is_late: false }
    );
    assert_eq!(
        line.enter(&user(7), Timestamp(0)),
        LineStatus::Waiting { number: QueueNumber(1), rank: 1, is_new: false, is_late: false }
    );
    assert_eq!(line.check_in(&user(9), Timestamp(0)), LineStatus::Absent);
}

#[test]
fn it_is_full_and_closed_for_newcomers_only() {
    let mut line = Line::new(LineRule { capacity: 2, ..rule(10, PASSES) });
    enter_all(&mut line, 1..=2, 0);
    assert_eq!(line.enter(&user(3), Timestamp(0)), LineStatus::Full);
    assert_eq!(rank(line.enter(&user(2), Timestamp(0))), Some(2));
    assert_eq!(admit(&mut line, 1, 0), [1]);
    assert_eq!(rank(line.enter(&user(3), Timestamp(0))), Some(2));
    line.change(LineRule { closed: true, ..line.rule().clone() });
    assert_eq!(line.enter(&user(4), Timestamp(0)), LineStatus::Closed);
    assert_eq!(rank(line.enter(&user(3), Timestamp(0))), Some(2));
    assert_eq!(admit(&mut line, 9, 0), [2, 3]);
}

#[test]
fn a_place_that_was_given_up_in_a_full_line_can_be_taken_by_one() {
    let mut line = Line::new(LineRule { capacity: 3, ..rule(10, PASSES) });
    enter_all(&mut line, 1..=3, 0);
    assert_eq!(line.enter(&user(4), Timestamp(0)), LineStatus::Full);
    assert_eq!(line.check_in(&user(4), Timestamp(0)), LineStatus::Absent, "a refused user is not in the line");
    assert!(line.leave(&user(2), Timestamp(0)));
    assert_eq!(
        line.enter(&user(5), Timestamp(0)),
        LineStatus::Waiting { number: QueueNumber(4), rank: 3, is_new: true, is_late: false }
    );
    assert_eq!(line.enter(&user(2), Timestamp(0)), LineStatus::Full, "a user who left enters anew");
    assert_eq!(rank(line.check_in(&user(3), Timestamp(0))), Some(2));
}

#[test]
fn no_one_is_admitted_before_the_opening_or_during_a_pause() {
    let mut line = Line::new(LineRule { opens_at: Some(Timestamp(500)), ..rule(10, PASSES) });
    enter_all(&mut line, 1..=3, 0);
    assert_eq!(admit(&mut line, 1, 499), NOBODY);
    assert_eq!(admit(&mut line, 1, 500), [1]);
    line.change(LineRule { paused: true, ..line.rule().clone() });
    assert_eq!(admit(&mut line, 1, 600), NOBODY);
    line.change(LineRule { paused: false, rate_per_second: 0, ..line.rule().clone() });
    assert_eq!(admit(&mut line, 1, 800), NOBODY);
}

#[test]
fn a_change_counts_only_if_it_was_made_from_the_rule_in_force() {
    let mut line = Line::new(rule(10, PASSES));
    let read = line.rule().clone();
    assert!(line.change(LineRule { rate_per_second: 20, ..read.clone() }));
    assert!(!line.change(LineRule { paused: true, ..read.clone() }), "it would take the rate back");
    assert!(!line.change(LineRule { paused: true, revision: 3, ..read.clone() }), "this revision does not exist yet");
    assert_eq!(line.rule(), &LineRule { rate_per_second: 20, revision: 2, ..read });
    assert!(line.change(LineRule { paused: true, ..line.rule().clone() }));
    let rule = line.rule();
    assert_eq!((rule.rate_per_second, rule.paused, rule.revision), (20, true, 3));
}

#[test]
fn the_configured_rate_counts_when_it_is_another_and_an_administrators_until_then() {
    let made = LineRule { configured_rate_per_second: Some(10), ..rule(10, PASSES) };
    assert_eq!(made.clone().configured(10), made, "nothing is new");
    let changed = LineRule { rate_per_second: 3, ..made };
    assert_eq!(changed.clone().configured(10), changed, "the administrator's stands");
    let news = changed.configured(20);
    assert_eq!((news.rate_per_second, news.configured_rate_per_second), (20, Some(20)));
    assert_eq!(LineRule { rate_per_second: 3, ..news }.configured(20).rate_per_second, 3);
    let old = rule(7, PASSES).configured(20);
    assert_eq!(
        (old.rate_per_second, old.configured_rate_per_second),
        (7, Some(20)),
        "the origin of the rate is unknown"
    );
    assert_eq!(old.configured(30).rate_per_second, 30);
}

#[test]
fn a_pass_runs_out_and_its_holder_may_queue_again() {
    let mut line = Line::new(rule(10, PASSES));
    enter_all(&mut line, 1..=2, 0);
    assert_eq!(admit(&mut line, 1, 0), [1]);
    let inside = line.check_in(&user(1), Timestamp(9_999));
    assert!(
        matches!(inside, LineStatus::Inside { number: QueueNumber(1), pass } if pass.id == PassId(Uuid::from_u128(1))),
        "{inside:?}"
    );
    assert_eq!(line.enter(&user(1), Timestamp(9_999)), inside, "a user inside cannot queue");
    assert_eq!(line.check_in(&user(1), Timestamp(10_000)), LineStatus::Absent);
    assert_eq!(
        line.enter(&user(1), Timestamp(10_000)),
        LineStatus::Waiting { number: QueueNumber(3), rank: 2, is_new: true, is_late: false }
    );
}

#[test]
fn a_finished_user_cannot_queue_again() {
    let mut line = Line::new(rule(10, WORK));
    enter_all(&mut line, 1..=2, 0);
    assert_eq!(admit(&mut line, 1, 0), [1]);
    assert!(!line.leave(&user(1), Timestamp(0)), "the request is on its way");
    assert!(line.finish(&user(1), LineOutcome::Issued));
    assert!(line.finish(&user(1), LineOutcome::SoldOut), "again");
    let finished = LineStatus::Finished { number: QueueNumber(1), outcome: LineOutcome::Issued };
    assert_eq!(line.enter(&user(1), Timestamp(1)), finished, "the first outcome stands");
    assert!(!line.finish(&user(9), LineOutcome::Issued));
}

#[test]
fn the_stale_go_back_to_their_places_a_few_at_a_time() {
    let mut line = Line::new(rule(10, WORK));
    enter_all(&mut line, 1..=8, 0);
    assert_eq!(rank(line.check_in(&user(6), Timestamp(0))), Some(6));
    assert_eq!(admit(&mut line, 5, 0), [1, 2, 3, 4, 5]);
    assert_eq!(rank(line.check_in(&user(6), Timestamp(0))), Some(1));
    assert!(line.put_back(Timestamp(4_999)).is_empty());
    let back: Vec<u64> = line.put_back(Timestamp(5_000)).into_iter().map(|(_, number)| number.get()).collect();
    assert_eq!(back, [1, 2, 3]);
    assert_eq!(rank(line.check_in(&user(2), Timestamp(5_000))), Some(2));
    assert_eq!(rank(line.check_in(&user(6), Timestamp(5_000))), Some(1), "a rank that was shown never gets worse");
    assert_eq!(line.put_back(Timestamp(5_000)).len(), 2);
    assert_eq!(admit(&mut line, 9, 5_000), [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn a_rank_shown_before_a_put_back_is_no_worse_after_a_restart() {
    let mut line = Line::new(rule(10, WORK));
    enter_all(&mut line, 1..=4, 0);
    assert_eq!(admit(&mut line, 2, 0), [1, 2]);
    assert_eq!(rank(line.check_in(&user(4), Timestamp(0))), Some(2));
    assert_eq!(line.put_back(Timestamp(5_000)).len(), 2);
    let counts = line.counts(9, Timestamp(5_000));
    let place = |n: u64| RestoredPlace { user: user(n), number: QueueNumber(n), state: State::Waiting, network: None };
    let kept = RestoredLine {
        rule: rule(10, WORK),
        numbers: 4,
        serving: counts.serving,
        admitted: 2,
        entrants: None,
        entries: None,
        drawn: None,
    };
    let mut restored = Line::restore(kept, (1..=4).map(place), Timestamp(5_000));
    for line in [&mut line, &mut restored] {
        assert_eq!(rank(line.check_in(&user(4), Timestamp(5_000))), Some(2), "as before anybody was put back");
    }
    assert_eq!(admit(&mut restored, 4, 7_000), [1, 2, 3, 4], "all the same the others go first");
}

#[test]
fn a_moment_from_a_clock_ahead_is_stale() {
    let mut line = Line::new(rule(10, WORK));
    enter_all(&mut line, 1..=1, 0);
    assert_eq!(admit(&mut line, 1, 9_000_000), [1]);
    assert!(line.put_back(Timestamp(8_999_500)).is_empty());
    assert_eq!(line.put_back(Timestamp(1_000)).len(), 1);
}

#[test]
fn a_crowd_that_went_home_jams_nothing() {
    let mut line = Line::new(LineRule { abandon_after_ms: 1_000, ..rule(10, PASSES) });
    enter_all(&mut line, 1..=2_500, 0);
    enter_all(&mut line, 2_501..=2_501, 2_000);
    assert_eq!(admit(&mut line, 1, 2_000), NOBODY);
    assert_eq!(admit(&mut line, 1, 2_000), NOBODY);
    assert_eq!(admit(&mut line, 1, 2_000), [2_501]);
}

#[test]
fn so_many_inside_and_no_more() {
    let mut line = Line::new(LineRule { inside_max: 2, ..rule(10, PASSES) });
    enter_all(&mut line, 1..=9, 0);
    assert_eq!(admit(&mut line, 9, 0), [1, 2]);
    assert_eq!(admit(&mut line, 9, 5_000), NOBODY);
    assert!(line.leave(&user(1), Timestamp(5_000)));
    assert_eq!(admit(&mut line, 9, 5_000), [3]);
    assert!(line.finish(&user(2), LineOutcome::Issued));
    assert_eq!(admit(&mut line, 9, 6_000), [4]);
    assert_eq!(admit(&mut line, 9, 14_999), NOBODY);
    assert_eq!(admit(&mut line, 9, 15_000), [5], "the pass of the third has run out");
}

#[test]
fn admission_slows_to_the_speed_of_issuers_and_keeps_the_order() {
    let mut line = Line::new(LineRule { inside_max: 3, ..rule(10, WORK) });
    enter_all(&mut line, 1..=9, 0);
    assert_eq!(admit(&mut line, 9, 0), [1, 2, 3]);
    assert_eq!(admit(&mut line, 9, 1_000), NOBODY, "nothing was done with them yet");
    assert!(line.finish(&user(2), LineOutcome::Issued));
    assert_eq!(admit(&mut line, 9, 1_000), [4]);
    assert_eq!(line.put_back(Timestamp(60_000)).len(), 3);
    assert_eq!(admit(&mut line, 9, 60_000), [1, 3, 4], "their own places come first");
}

#[test]
fn a_user_who_left_is_not_admitted_and_shortens_the_line() {
    let mut line = Line::new(rule(10, PASSES));
    enter_all(&mut line, 1..=10, 0);
    for n in [2, 4, 5, 9] {
        assert!(line.leave(&user(n), Timestamp(0)));
        assert!(!line.leave(&user(n), Timestamp(0)));
    }
    assert_eq!(line.counts(9, Timestamp(0)).gone, [(2, 2), (4, 5), (9, 9)]);
    assert_eq!(line.counts(1, Timestamp(0)).gone, [(2, 2)]);
    assert_eq!(rank(line.check_in(&user(10), Timestamp(0))), Some(6));
    assert_eq!(admit(&mut line, 2, 0), [1, 3]);
    let counts = line.counts(9, Timestamp(0));
    assert_eq!((counts.serving, counts.gone), (3, vec![(4, 5), (9, 9)]));
    assert_eq!(rank(line.check_in(&user(10), Timestamp(0))), Some(4));
    assert_eq!(
        line.enter(&user(2), Timestamp(0)),
        LineStatus::Waiting { number: QueueNumber(11), rank: 5, is_new: true, is_late: false }
    );
}

#[test]
fn a_clock_set_back_neither_stops_admission_nor_admits_twice() {
    let mut line = Line::new(rule(10, PASSES));
    enter_all(&mut line, 1..=99, 0);
    assert_eq!(admit(&mut line, 99, 3_600_000).len(), 10);
    assert_eq!(admit(&mut line, 99, 3_599_500).len(), 0, "a little back stands still");
    assert_eq!(admit(&mut line, 99, 1_000).len(), 0, "set back: as if all had gone this second");
    assert_eq!(admit(&mut line, 99, 2_000).len(), 10);
    assert_eq!(admit(&mut line, 99, 9_000_000_000).len(), 10, "and forward");
}

/// QUEUE-014: with `switch: auto` nobody waits while few are inside, and the rate counts while many are.
#[test]
fn an_automatic_line_lets_everybody_in_until_too_many_are_inside() {
    let terms = LineTerms { switch: Switch::Auto, on_above_inside: Some(4), ..LineTerms::default() };
    let admits = Admits::Pass { ttl_ms: 60_000 };
    let mut line = Line::new(LineRule { admits, terms, ..LineRule::new(1) });
    let at = |second: i64| Timestamp(1_700_000_000_000 + second * 1_000);
    for number in 0..20 {
        line.enter(&user(number), at(0));
    }
    assert_eq!(line.admit(&passes(100), at(0)).len(), 5, "one more than 4 inside switches it on");
    let told: Vec<usize> = (1..=3).map(|second| line.admit(&passes(100), at(second)).len()).collect();
    assert!(told.iter().all(|count| *count <= 1) && told.iter().sum::<usize>() >= 1, "{told:?}: the rate counts");
    // At the end of the first passes three people or fewer are inside: it goes off, and lets in as many as before.
    let inside = line.counts(0, at(60)).inside as usize;
    assert!(inside <= 3, "{inside} are inside");
    assert_eq!(line.admit(&passes(100), at(60)).len(), 5 - inside);
}
