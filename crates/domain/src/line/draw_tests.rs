use super::tests::{NOBODY, PASSES, admit, enter_all, rank, rule, user};
use super::*;
use std::str::FromStr;

const SEED: DrawSeed = DrawSeed([7; 32]);

/// A draw that closes at 1,000.
fn plan(randomness: Randomness) -> DrawPlan {
    DrawPlan::new(SEED, Timestamp(1_000), randomness)
}

fn manual() -> Randomness {
    Randomness::Manual { source: "the lottery of Saturday".to_owned() }
}

fn id() -> LineId {
    "gate:shoes".parse().expect("valid")
}

/// Opens at 1,000 with a draw as earlier versions announced it.
fn drawn_rule() -> LineRule {
    let draw = Some(DrawPlan::of_earlier_version(SEED));
    LineRule { draw, opens_at: Some(Timestamp(1_000)), ..rule(10, PASSES) }
}

/// Opens and closes at 1,000.
fn planned_rule(randomness: Randomness) -> LineRule {
    LineRule { draw: Some(plan(randomness)), ..drawn_rule() }
}

fn check_in(line: &mut Line, n: u64) -> LineStatus {
    line.check_in(&user(n), Timestamp(1_000))
}

fn hex(text: &str) -> [u8; 4] {
    u32::from_str_radix(text, 16).expect("hex").to_be_bytes()
}

#[test]
fn a_draw_is_a_shuffle_that_anybody_can_repeat() {
    let order = drawn_order(&SEED.0, 1_000);
    let mut sorted = order.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (1..=1_000).collect::<Vec<_>>());
    assert_ne!(order, sorted);
    assert_ne!(order, drawn_order(&[8; 32], 1_000));
    // Worked out by `sha256sum` over the seed and the number.
    assert_eq!(commitment(&SEED)[..4], hex("4bb06f8e"));
    assert_eq!(drawn_order(&SEED.0, 5), [1, 2, 5, 4, 3]);
}

#[test]
fn of_many_some_lots_begin_alike_and_the_rest_of_them_decides() {
    use sha2::{Digest, Sha256};
    // Among this many entries two hashes begin with the same four bytes, except for one seed in a thousand.
    let count = 250_000;
    let whole = |entry: u32| -> [u8; 32] { Sha256::digest([&SEED.0[..], &entry.to_be_bytes()].concat()).into() };
    let mut lots: Vec<([u8; 32], u32)> = (1..=count).map(|entry| (whole(entry), entry)).collect();
    lots.sort_unstable();
    assert!(lots.windows(2).any(|pair| pair[0].0[..4] == pair[1].0[..4]), "another seed would show it");
    let order: Vec<u32> = lots.into_iter().map(|(_, entry)| entry).collect();
    assert!(drawn_order(&SEED.0, count) == order);
}

#[test]
fn a_seed_is_read_as_it_is_written_and_never_shown_by_accident() {
    let seed = DrawSeed(std::array::from_fn(|at| at as u8 * 7));
    assert_eq!(DrawSeed::from_str(&seed.hex()), Ok(seed));
    assert_eq!(DrawSeed::from_str(&seed.hex().to_uppercase()), Ok(seed));
    for wrong in ["", "00", &"g".repeat(64), &"0".repeat(63), &"é".repeat(32), &format!("+{}", "0".repeat(63))] {
        assert_eq!(DrawSeed::from_str(wrong), Err(SeedError), "{wrong}");
    }
    let rule = drawn_rule();
    assert!(!format!("{rule:?}").contains('7'), "{rule:?}");
    let text = serde_json::to_string(&rule).expect("writes");
    assert_eq!(serde_json::from_str::<LineRule>(&text).expect("reads").draw, rule.draw);
    let earlier = format!(r#""draw":"{}""#, SEED.hex());
    assert!(text.contains(&earlier), "as earlier versions wrote it: {text}");
    let without = serde_json::to_string(&LineRule { draw: None, ..rule }).expect("writes");
    let is_old = !without.contains("draw") && !without.contains("configured");
    assert!(is_old, "as it was written before there were these: {without}");
    assert_eq!(serde_json::from_str::<LineRule>(&without).expect("reads").draw, None);
}

#[test]
fn people_before_the_opening_are_shuffled_and_late_comers_follow() {
    let mut line = Line::new(drawn_rule());
    for n in 1..=5 {
        assert_eq!(line.enter(&user(n), Timestamp(0)), LineStatus::Drawing { entry: QueueNumber(n), is_new: true });
    }
    assert_eq!(line.enter(&user(3), Timestamp(0)), LineStatus::Drawing { entry: QueueNumber(3), is_new: false });
    assert!(line.leave(&user(2), Timestamp(0)));
    assert!(line.counts(9, Timestamp(0)).gone.is_empty(), "no one has a number yet");
    assert_eq!(line.draw(&id(), Timestamp(999)), DrawStep::NotDue);
    assert_eq!(check_in(&mut line, 1), LineStatus::Drawing { entry: QueueNumber(1), is_new: false });
    assert_eq!(admit(&mut line, 9, 1_000), NOBODY, "it is time, but nothing is drawn");
    assert!(!line.finish(&user(1), LineOutcome::Issued), "no one was admitted");
    assert_eq!(line.draw(&id(), Timestamp(1_000)), DrawStep::Drawn { count: 5 });
    assert_eq!(line.draw(&id(), Timestamp(1_000)), DrawStep::Drawn { count: 5 });
    assert_eq!(
        line.enter(&user(6), Timestamp(1_000)),
        LineStatus::Waiting { number: QueueNumber(6), rank: 5, is_new: true, is_late: false }
    );
    // 1, 2, 5, 4, 3, of whom 2 has left.
    for (n, number, rank) in [(1, 1, 1), (5, 3, 2), (4, 4, 3), (3, 5, 4)] {
        let number = QueueNumber(number);
        assert_eq!(check_in(&mut line, n), LineStatus::Waiting { number, rank, is_new: false, is_late: false });
        assert_eq!(line.entry_of(number), QueueNumber(n));
    }
    let counts = line.counts(9, Timestamp(1_000));
    assert_eq!((counts.gone, counts.drawn, counts.numbers), (vec![(2, 2)], Some(5), 6));
    let admitted: Vec<UserId> =
        line.admit(&super::tests::passes(9), Timestamp(1_000)).into_iter().map(|one| one.user).collect();
    assert_eq!(admitted, [1, 5, 4, 3, 6].map(user));
}

#[test]
fn a_person_who_comes_during_the_draw_is_late_and_one_who_leaves_is_gone() {
    let mut line = Line::new(drawn_rule());
    enter_all(&mut line, 1..=5, 0);
    assert_eq!(line.begin_draw(Timestamp(1_000)), DrawStep::UnderWay { count: 5 });
    assert_eq!(line.enter(&user(6), Timestamp(1_000)), LineStatus::Drawing { entry: QueueNumber(6), is_new: true });
    assert!(line.leave(&user(5), Timestamp(1_000)));
    assert_eq!(line.begin_draw(Timestamp(1_000)), DrawStep::UnderWay { count: 5 }, "no one can join now");
    assert!(!line.finish_draw(vec![1, 2, 3, 4, 5, 6], Timestamp(1_000)), "another draw's order");
    assert!(line.finish_draw(drawn_order(&SEED.0, 5), Timestamp(1_000)));
    assert!(!line.finish_draw(vec![5, 4, 3, 2, 1], Timestamp(1_000)), "it is drawn once");
    assert_eq!(rank(check_in(&mut line, 6)), Some(5));
    assert_eq!(line.counts(9, Timestamp(1_000)).gone, [(3, 3)]);
    assert_eq!(
        line.enter(&user(5), Timestamp(1_000)),
        LineStatus::Waiting { number: QueueNumber(7), rank: 6, is_new: true, is_late: false }
    );
}

#[test]
fn a_draw_is_set_once_and_before_anybody_has_a_place() {
    let with = |draw, revision| LineRule { draw, revision, ..drawn_rule() };
    let other = DrawPlan::new(DrawSeed([8; 32]), Timestamp(5_000), manual());
    let mut line = Line::new(with(None, 1));
    let progressed = DrawPlan { root: Some([1; 32]), value: Some(vec![2]), ..plan(Randomness::None) };
    line.change(with(Some(progressed), 1));
    assert_eq!(line.rule().draw, Some(plan(Randomness::None)), "no one announces a root or a value");
    line.change(with(Some(other.clone()), 2));
    line.change(with(None, 3));
    assert_eq!((line.rule().draw.as_ref(), line.rule().revision), (Some(&plan(Randomness::None)), 4));
    let mut line = Line::new(with(None, 1));
    assert_eq!(rank(line.enter(&user(1), Timestamp(0))), Some(1));
    line.change(with(Some(other), 1));
    assert_eq!((line.rule().draw.as_ref(), line.rule().revision), (None, 2), "a draw would take a shown rank");
    assert_eq!(rank(check_in(&mut line, 1)), Some(1));
}

/// What a tenant can do to the opening time of a line with an announced draw.
#[test]
fn an_opening_moved_or_opened_early_does_not_move_the_closing_of_a_draw() {
    for opens_at in [None, Some(Timestamp(5)), Some(Timestamp(1_000)), Some(Timestamp(90_000))] {
        let mut line = Line::new(planned_rule(Randomness::None));
        enter_all(&mut line, 1..=3, 0);
        line.change(LineRule { opens_at, ..line.rule().clone() });
        assert_eq!(line.draw(&id(), Timestamp(999)), DrawStep::NotDue, "{opens_at:?}");
        assert_eq!(line.enter(&user(4), Timestamp(999)), LineStatus::Drawing { entry: QueueNumber(4), is_new: true });
        assert_eq!(admit(&mut line, 9, 999), NOBODY, "{opens_at:?}");
        // At the closing, by whoever comes first.
        assert_eq!(line.enter(&user(5), Timestamp(1_000)), LineStatus::Drawing { entry: QueueNumber(5), is_new: true });
        assert_eq!(line.counts(9, Timestamp(1_000)).entrants, Some(4), "{opens_at:?}");
        assert_eq!(line.draw(&id(), Timestamp(1_000)), DrawStep::Drawn { count: 4 }, "{opens_at:?}");
        let is_open = opens_at.is_none_or(|opens_at| opens_at.millis() <= 1_000);
        assert_eq!(admit(&mut line, 9, 1_000).is_empty(), !is_open, "{opens_at:?}");
    }
}

#[test]
fn a_draw_waits_for_its_public_randomness_and_takes_one_value_after_its_root() {
    let mut line = Line::new(planned_rule(manual()));
    enter_all(&mut line, 1..=3, 0);
    line.leave(&user(2), Timestamp(0));
    assert_eq!(line.give_draw_value(b"4"), ValueOutcome::NotAwaited, "before the closing");
    assert_eq!(line.begin_draw(Timestamp(1_000)), DrawStep::UnderWay { count: 3 });
    assert_eq!(line.give_draw_value(b"4"), ValueOutcome::NotAwaited, "before the root");
    assert_eq!(line.draw(&id(), Timestamp(1_000)), DrawStep::AwaitsValue { count: 3 });
    let entries = line.entries().expect("frozen").clone();
    let held = |n| holder_hash(&id(), &user(n));
    assert_eq!(entries.hashes(), [held(1), UNHELD, held(3)]);
    assert_eq!(line.rule().draw.as_ref().expect("a draw").root, Some(*entries.root()));
    assert!(!line.freeze_entries(Arc::new(Entries::new(vec![held(3), held(1), held(2)]))), "once");
    assert_eq!(admit(&mut line, 9, 2_000), NOBODY);
    line.leave(&user(1), Timestamp(1_000));
    assert_eq!(line.give_draw_value(b"4 8 15"), ValueOutcome::Kept);
    assert_eq!(line.give_draw_value(b"4 8 15"), ValueOutcome::Kept, "again");
    assert_eq!(line.give_draw_value(b"4 8 16"), ValueOutcome::OtherStands);
    assert_eq!(line.draw(&id(), Timestamp(1_000)), DrawStep::Drawn { count: 3 });
    assert_eq!(line.give_draw_value(b"5"), ValueOutcome::OtherStands);
    let key = [&SEED.0[..], b"4 8 15", entries.root()].concat();
    assert_eq!(line.rule().draw.as_ref().and_then(DrawPlan::order_key), Some(key.clone()));
    let order = drawn_order(&key, 3);
    let drawn: Vec<u64> = (1..=3).map(|number| line.entry_of(QueueNumber(number)).get()).collect();
    assert_eq!(drawn, order.into_iter().map(u64::from).collect::<Vec<_>>());
}

/// The insider knows the seed and may enter where they like, and still computes another order than the one drawn.
#[test]
fn the_order_of_a_draw_with_public_randomness_cannot_be_known_before() {
    let key = |value: &[u8], root: [u8; 32]| {
        let plan = DrawPlan { root: Some(root), value: Some(value.to_vec()), ..plan(manual()) };
        drawn_order(&plan.order_key().expect("known"), 1_000)
    };
    assert_ne!(key(b"1", [1; 32]), key(b"2", [1; 32]), "another value");
    assert_ne!(key(b"1", [1; 32]), key(b"1", [2; 32]), "another list of entries");
    assert_eq!(plan(manual()).order_key(), None);
    assert_eq!(DrawPlan { root: Some([1; 32]), ..plan(manual()) }.order_key(), None);
}

fn drand(at_ms: Option<i64>) -> Randomness {
    Randomness::Drand { chain: "ab".to_owned(), public_key: "cd".to_owned(), round: u64::MAX, at_ms }
}

/// Kind: a value that somebody has before its time, since the chain is theirs.
#[test]
fn a_draw_takes_the_value_of_a_round_from_its_time_on() {
    let may = |randomness, now| plan(randomness).may_take_value(Timestamp(now));
    assert!(!may(drand(Some(100)), 99) && may(drand(Some(100)), 100));
    assert!(may(drand(None), 0) && may(manual(), 0) && may(Randomness::None, 0));
}

#[test]
fn a_plan_of_a_draw_is_read_as_it_is_written() {
    for randomness in [Randomness::None, manual(), drand(None), drand(Some(7))] {
        for (root, value) in [(None, None), (Some([3; 32]), None), (Some([3; 32]), Some(Vec::new()))] {
            let plan = DrawPlan { root, value, closes_at: Some(Timestamp(1_234)), ..plan(randomness.clone()) };
            let text = serde_json::to_string(&plan).expect("writes");
            assert_eq!(serde_json::from_str::<DrawPlan>(&text).expect("reads"), plan, "{text}");
        }
    }
}

#[test]
fn a_draw_of_an_earlier_version_follows_the_opening_and_an_empty_line_draws_no_one() {
    let mut line = Line::new(drawn_rule());
    enter_all(&mut line, 1..=2, 0);
    line.change(LineRule { opens_at: None, ..drawn_rule() });
    assert_eq!(line.draw(&id(), Timestamp(5)), DrawStep::Drawn { count: 2 });
    let mut line = Line::new(planned_rule(Randomness::None));
    assert_eq!(line.draw(&id(), Timestamp(1_000)), DrawStep::Drawn { count: 0 });
    assert_eq!(rank(line.enter(&user(1), Timestamp(1_000))), Some(1));
}

#[test]
fn no_one_is_passed_over_before_the_opening_and_absent_people_can_come_back() {
    let mut line = Line::new(LineRule { abandon_after_ms: 100, ..drawn_rule() });
    enter_all(&mut line, 1..=5, 0);
    line.check_in(&user(3), Timestamp(1_000));
    assert_eq!(admit(&mut line, 9, 1_000), NOBODY);
    assert_eq!(line.counts(9, Timestamp(1_000)).inactive, 0);
    line.draw(&id(), Timestamp(1_000));
    assert_eq!(admit(&mut line, 0, 1_100), NOBODY);
    assert_eq!(line.counts(9, Timestamp(1_100)).inactive, 0, "everybody was there when the order was drawn");
    line.check_in(&user(3), Timestamp(1_100));
    assert_eq!(admit(&mut line, 1, 1_101), [5], "the only person present is last");
    assert_eq!(
        line.glance(&user(4), Timestamp(1_101)),
        line.check_in(&user(4), Timestamp(1_101)),
        "a glance shows the same as a check-in"
    );
    assert_eq!(rank(line.check_in(&user(2), Timestamp(1_101))), Some(1));
}
