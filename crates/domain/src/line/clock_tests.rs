//! Clocks that jump, both ways and at any moment.

use super::tests::{NOBODY, PASSES, admit, enter_all, passes, rule, user};
use super::*;
use proptest::prelude::*;

const HOUR_MS: i64 = 3_600_000;
const RATE: u32 = 5;
const TTL_MS: u32 = 10_000;
const WORK: Admits = Admits::Processing { stale_after_ms: 5_000, put_back_max: 100 };
/// People in a line that is never empty.
const PEOPLE: u64 = 1_000;

#[test]
fn passes_of_a_clock_that_was_ahead_do_not_keep_the_room_for_so_long() {
    let mut line = Line::new(LineRule { inside_max: 2, ..rule(RATE, PASSES) });
    enter_all(&mut line, 1..=9, 0);
    assert_eq!(admit(&mut line, 9, HOUR_MS), [1, 2]);
    assert_eq!(admit(&mut line, 9, 0), NOBODY, "the room is taken");
    let status = line.check_in(&user(1), Timestamp(0));
    assert!(
        matches!(status, LineStatus::Inside { pass, .. } if pass.until == Timestamp(i64::from(TTL_MS))),
        "{status:?}"
    );
    assert_eq!(admit(&mut line, 9, i64::from(TTL_MS) - 1), NOBODY, "no pass is taken back");
    assert_eq!(admit(&mut line, 9, i64::from(TTL_MS)), [3, 4]);
}

#[test]
fn a_shorter_life_for_new_passes_takes_nothing_from_old_ones() {
    let mut line = Line::new(rule(RATE, PASSES));
    enter_all(&mut line, 1..=2, 0);
    let before = line.admit(&passes(1), Timestamp(0));
    line.change(LineRule { admits: Admits::Pass { ttl_ms: 10 }, ..line.rule().clone() });
    for now in [0, 500, -500] {
        admit(&mut line, 0, now);
        assert!(
            matches!(line.glance(&user(1), Timestamp(now)), LineStatus::Inside { pass, .. } if Some(pass) == before[0].pass)
        );
    }
}

/// A clock on the wall, and the time that has really passed.
struct Times {
    real_ms: i64,
    ahead_ms: i64,
    jumped_at: Vec<i64>,
}

impl Times {
    fn wall(&self) -> i64 {
        100 * HOUR_MS + self.real_ms + self.ahead_ms
    }

    fn pass(&mut self, ms: i64, jump_ms: i64) {
        self.real_ms += ms;
        self.ahead_ms += jump_ms;
        if jump_ms != 0 {
            self.jumped_at.push(self.real_ms);
        }
    }
}

/// Milliseconds that pass, and the jump of the clock after them.
fn any_time() -> impl Strategy<Value = Vec<(i64, i64)>> {
    let jump = prop_oneof![
        20 => Just(0),
        1 => Just(HOUR_MS),
        1 => Just(-HOUR_MS),
        1 => -HOUR_MS..HOUR_MS,
        1 => -2_000i64..2_000,
    ];
    proptest::collection::vec((0i64..700, jump), 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// A jump forward looks like time that passes, so each may admit the rate once more; other jumps admit no more.
    #[test]
    fn clock_jumps_neither_admit_a_crowd_nor_stop_a_line(
        admits in prop_oneof![Just(PASSES), Just(WORK)],
        inside_max in 0u32..8,
        interval_ms in 1u32..2_000,
        abandon_after_ms in prop_oneof![Just(0u32), Just(2_000u32)],
        times in any_time(),
    ) {
        let rule = LineRule { inside_max, interval_ms, abandon_after_ms, ..rule(RATE, admits) };
        let mut line = Line::new(rule);
        let mut clock = Times { real_ms: 0, ahead_ms: 0, jumped_at: Vec::new() };
        enter_all(&mut line, 1..=PEOPLE, clock.wall());
        // The line has been in use: a jump is told from people who went away.
        assert_eq!(admit(&mut line, 0, clock.wall()), NOBODY);
        let mut admissions: Vec<(i64, usize)> = Vec::new();
        let tick = |line: &mut Line, clock: &Times| {
            // All people who may be next are present.
            let serving = line.counts(0, Timestamp(clock.wall())).serving;
            for n in serving.saturating_sub(30)..serving + 30 {
                line.check_in(&user(n), Timestamp(clock.wall()));
            }
            line.put_back(Timestamp(clock.wall()));
            admit(line, 100, clock.wall()).len()
        };
        for (ms, jump_ms) in times {
            clock.pass(ms, jump_ms);
            admissions.push((clock.real_ms, tick(&mut line, &clock)));
            let recent = |at: &i64| *at > clock.real_ms - 1_000;
            let second: usize = admissions.iter().filter(|(at, _)| recent(at)).map(|(_, count)| count).sum();
            let jumps = clock.jumped_at.iter().filter(|at| recent(at)).count();
            prop_assert!(second <= RATE as usize * (1 + jumps), "{second} in a second with {jumps} jumps");
        }
        // The life of a pass or the time limit of a request, and the second whose admissions are unknown.
        let mut admits_again = false;
        for _ in 0..(i64::from(TTL_MS) + 2_000) / 500 {
            clock.pass(500, 0);
            admits_again |= tick(&mut line, &clock) > 0;
        }
        prop_assert!(admits_again, "no admission since the last jump: {:?}", line.counts(0, Timestamp(clock.wall())));
    }
}
