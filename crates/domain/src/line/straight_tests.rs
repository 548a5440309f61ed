//! Newcomers where nobody waits, and passes that use lengthens.

use super::tests::{PASSES, admit, enter_all, passes, rule, user};
use super::*;
use crate::id::PassId;
use uuid::Uuid;

const TTL_MS: i64 = 10_000;

fn newcomer(line: &mut Line, n: u64, now: i64) -> Option<Pass> {
    line.admit_newcomer(&user(n), PassId(Uuid::from_u128(u128::from(n))), Timestamp(now))
}

#[test]
fn a_newcomer_goes_straight_through_where_nobody_waits_and_never_above_the_rate() {
    let mut line = Line::new(rule(2, PASSES));
    let pass = newcomer(&mut line, 1, 0).expect("admitted");
    assert_eq!(line.check_in(&user(1), Timestamp(1)), LineStatus::Inside { number: QueueNumber(1), pass });
    assert!(newcomer(&mut line, 2, 1).is_some());
    let before = line.counts(9, Timestamp(2));
    for n in 3..9 {
        assert_eq!(newcomer(&mut line, n, 2), None, "the rate is used up");
        assert_eq!(line.check_in(&user(n), Timestamp(2)), LineStatus::Absent);
    }
    assert_eq!(line.counts(9, Timestamp(2)), before, "who is refused leaves nothing behind");
    assert!(newcomer(&mut line, 3, 1_002).is_some());
    let counts = line.counts(9, Timestamp(1_002));
    assert_eq!((counts.inside, counts.admitted, counts.waiting, counts.serving, counts.numbers), (3, 3, 0, 3, 3));
}

#[test]
fn nobody_overtakes_who_waits_and_closed_lines_take_nobody() {
    let mut line = Line::new(rule(10, PASSES));
    enter_all(&mut line, 1..=1, 0);
    assert_eq!(newcomer(&mut line, 2, 0), None, "somebody waits");
    assert_eq!(newcomer(&mut line, 1, 0), None, "who waits is admitted in order");
    assert_eq!(admit(&mut line, 9, 0), [1]);
    assert!(newcomer(&mut line, 2, 500).is_some());
    assert_eq!(newcomer(&mut line, 2, 1_600), None, "a second pass");
    let open = line.rule().clone();
    let closings: [fn(&mut LineRule); 4] = [
        |rule| rule.paused = true,
        |rule| rule.closed = true,
        |rule| rule.rate_per_second = 0,
        |rule| rule.opens_at = Some(Timestamp(9_000)),
    ];
    for close in closings {
        let mut rule = LineRule { revision: line.rule().revision, ..open.clone() };
        close(&mut rule);
        line.change(rule);
        assert_eq!(newcomer(&mut line, 3, 3_000), None);
    }
}

#[test]
fn a_newcomer_needs_room_inside_which_dead_passes_do_not_take() {
    let mut line = Line::new(LineRule { inside_max: 1, ..rule(10, PASSES) });
    assert!(newcomer(&mut line, 1, 0).is_some());
    assert_eq!(newcomer(&mut line, 2, TTL_MS - 1), None);
    assert!(newcomer(&mut line, 2, TTL_MS).is_some());
    assert_eq!(line.counts(9, Timestamp(TTL_MS)).inside, 1);
    assert!(newcomer(&mut line, 1, 2 * TTL_MS).is_some(), "again, after the own pass has run out");
}

#[test]
fn use_lengthens_a_pass_up_to_its_longest_life_and_the_count_inside_follows() {
    let mut line = Line::new(LineRule { inside_max: 1, ..rule(10, PASSES) });
    let first = newcomer(&mut line, 1, 0).expect("admitted");
    assert_eq!(line.renew(&user(1), Timestamp(TTL_MS / 10 - 1)), None, "not so often");
    let renewed = line.renew(&user(1), Timestamp(TTL_MS / 10)).expect("renewed");
    assert_eq!((renewed.id, renewed.since, renewed.until.millis()), (first.id, first.since, TTL_MS + TTL_MS / 10));
    // Used every second: inside all the time, alone, until the longest life is over.
    let last = TTL_MS * RENEWED_LIVES_MAX;
    for now in (TTL_MS / 10..last).step_by(1_000) {
        line.renew(&user(1), Timestamp(now));
        assert!(
            matches!(line.check_in(&user(1), Timestamp(now)), LineStatus::Inside { pass, .. } if pass.until.millis() <= last)
        );
        assert_eq!(line.counts(0, Timestamp(now)).inside, 1);
        assert_eq!(newcomer(&mut line, 2, now), None, "no room");
    }
    assert_eq!(line.renew(&user(1), Timestamp(last)), None);
    assert_eq!(line.check_in(&user(1), Timestamp(last)), LineStatus::Absent);
    assert_eq!(line.counts(0, Timestamp(last)).inside, 0);
}

#[test]
fn only_a_living_pass_is_renewed() {
    let mut line = Line::new(rule(10, PASSES));
    enter_all(&mut line, 1..=1, 0);
    for who in [1, 2] {
        assert_eq!(line.renew(&user(who), Timestamp(0)), None, "waits, or is not there");
    }
    drop(line.admit(&passes(1), Timestamp(0)));
    assert_eq!(line.renew(&user(1), Timestamp(TTL_MS)), None, "has run out");
    // A pass of an earlier version, whose admission is not known.
    let place = RestoredPlace {
        user: user(1),
        number: QueueNumber(1),
        network: None,
        state: State::Inside(Pass {
            id: PassId(Uuid::from_u128(1)),
            since: Timestamp(i64::MIN),
            until: Timestamp(TTL_MS),
        }),
    };
    let kept = RestoredLine {
        rule: rule(10, PASSES),
        numbers: 1,
        serving: 1,
        admitted: 1,
        entrants: None,
        entries: None,
        drawn: None,
    };
    let mut line = Line::restore(kept, [place], Timestamp(0));
    assert_eq!(line.renew(&user(1), Timestamp(TTL_MS - 1)), None);
}
