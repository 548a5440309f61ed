//! Choices in halls that are drawn: `.` free, `x` taken, `w` a free place for a wheelchair, `c` its companion's, `o` free with
//! an obstructed view, `a` free at an aisle, `#` blocked.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

const NONE: [u32; 0] = [];

struct Drawn {
    hall: Hall,
    free: BTreeSet<u32>,
}

fn flag(mark: char) -> Option<Flag> {
    match mark {
        'w' => Some(Flag::Wheelchair),
        'c' => Some(Flag::Companion),
        'o' => Some(Flag::Obstructed),
        'a' => Some(Flag::Aisle),
        '#' => Some(Flag::Blocked),
        _ => None,
    }
}

/// Rows from the front to the back; of grade S, or of the grade that is named.
fn drawn_of(rows: &[(&str, Grade)]) -> Drawn {
    let names: Vec<String> = (0..rows.len()).map(|n| format!("R{n}")).collect();
    let (mut seats, mut free) = (Vec::new(), BTreeSet::new());
    for (name, (marks, grade)) in names.iter().zip(rows) {
        for (number, mark) in (1..).zip(marks.chars()) {
            let index = seats.len() as u32;
            seats.push(HallSeat { index, row: name, number, grade: *grade, flags: flag(mark).into_iter().collect() });
            if mark != 'x' {
                free.insert(index);
            }
        }
    }
    Drawn { hall: Hall::new(seats), free }
}

fn drawn(rows: &[&str]) -> Drawn {
    drawn_of(&rows.iter().map(|row| (*row, Grade::S)).collect::<Vec<_>>())
}

fn wish(count: u8) -> Wish {
    Wish { count, grade: None, flags: BTreeSet::new() }
}

impl Drawn {
    fn best(&self, wish: &Wish) -> Vec<u32> {
        self.hall.best(wish, |index| self.free.contains(&index)).unwrap_or_default()
    }

    fn best_with(&self, count: u8, flags: &[Flag]) -> Vec<u32> {
        self.best(&Wish { flags: flags.iter().copied().collect(), ..wish(count) })
    }

    fn instead(&self, asked: &[u32]) -> Vec<u32> {
        self.hall.instead(asked, |index| self.free.contains(&index))
    }
}

#[test]
fn the_middle_of_the_front_comes_first() {
    let hall = drawn(&["..........", ".........."]);
    assert_eq!(hall.best(&wish(2)), [4, 5]);
    assert_eq!(hall.best(&wish(4)), [3, 4, 5, 6]);
    // A row is as deep as two seats are wide.
    let hall = drawn(&["..xxxxxxxxxxxx", "xxxxxx..xxxxxx"]);
    assert_eq!(hall.best(&wish(2)), [20, 21], "behind, but in the middle");
    let hall = drawn(&["xxxx..xxxxxxxx", "xxxxxxxxxxxxxx", "xxxxxx..xxxxxx"]);
    assert_eq!(hall.best(&wish(2)), [4, 5], "two seats aside are nearer than two rows behind");
}

#[test]
fn no_single_seat_is_left_over_while_there_is_another_choice() {
    let hall = drawn(&["x...x", ".....", "..xxx"]);
    assert_eq!(hall.best(&wish(2)), [5, 6], "not the three in front");
    assert_eq!(hall.best(&wish(1)), [1], "not their middle");
    assert_eq!(hall.best(&wish(3)), [1, 2, 3], "all of them leave none");
    let hall = drawn(&["x...x", "xxxxx"]);
    assert_eq!(hall.best(&wish(2)), [1, 2], "nothing else is left to choose");
}

#[test]
fn a_step_in_the_numbers_and_an_aisle_part_neighbours() {
    let row = |numbers: &[u32]| {
        let seat = |(index, number): (u32, &u32)| HallSeat {
            index,
            row: "A",
            number: *number,
            grade: Grade::A,
            flags: BTreeSet::new(),
        };
        Hall::new((0..).zip(numbers).map(seat).collect::<Vec<_>>())
    };
    let runs =
        |hall: &Hall| hall.spots.chunk_by(|one, next| one.run == next.run).map(<[Spot]>::len).collect::<Vec<_>>();
    assert_eq!(runs(&row(&[1, 2, 3, 11, 12])), [3, 2]);
    assert_eq!(runs(&row(&[1, 3, 5, 4, 2])), [5], "odd numbers to the left, even ones to the right");
    assert_eq!(runs(&drawn(&["..aa..", "..a..."]).hall), [3, 3, 6]);
}

#[test]
fn flags_are_honoured() {
    let hall = drawn(&["..wc..", "a....a"]);
    assert_eq!(hall.best(&wish(2)), [0, 1], "places for wheelchairs are for those who ask");
    assert_eq!(hall.best_with(2, &[Flag::Wheelchair]), [2, 3]);
    assert_eq!(hall.best_with(3, &[Flag::Wheelchair]), [0, 1, 2], "at least one, and no single seat left over");
    assert_eq!(hall.best_with(2, &[Flag::Aisle]), [6, 7]);
    assert_eq!(hall.best_with(2, &[Flag::Aisle, Flag::Wheelchair]), [2, 6], "not side by side, but there");
    let hall = drawn(&["..oo..", "....##"]);
    assert_eq!(hall.best(&wish(2)), [0, 1]);
    assert_eq!(hall.best_with(2, &[Flag::Obstructed]), [2, 3]);
    assert_eq!(hall.best(&wish(4)), [6, 7, 8, 9], "an obstructed view is worse than a row behind");
    assert_eq!(hall.best(&wish(6)), [0, 1, 2, 3, 4, 5], "and better than none; blocked ones are never sold");
    assert_eq!(drawn(&["##"]).best(&wish(1)), NONE);
}

#[test]
fn seats_that_are_not_side_by_side_are_near_each_other() {
    let hall = drawn(&[".x.x.x.x.", "xxxxxxxxx"]);
    assert_eq!(hall.best(&wish(2)), [2, 4], "the middle one and its nearest");
    assert_eq!(hall.best(&wish(3)), [2, 4, 6]);
    assert_eq!(hall.best(&wish(5)), [0, 2, 4, 6, 8]);
    assert_eq!(hall.best(&wish(6)), NONE);
    assert_eq!(hall.best(&wish(0)), NONE);
}

#[test]
fn a_grade_is_kept_to() {
    let hall = drawn_of(&[(".x.", Grade::Vip), ("...", Grade::S)]);
    assert_eq!(hall.best(&Wish { grade: Some(Grade::Vip), ..wish(2) }), [0, 2]);
    assert_eq!(hall.best(&Wish { grade: Some(Grade::Vip), ..wish(3) }), NONE);
    assert_eq!(hall.best(&wish(3)), [3, 4, 5], "of one grade where there are so many");
    assert_eq!(hall.best(&wish(4)), [0, 3, 4, 5], "else of any");
    assert_eq!(hall.best(&Wish { grade: Some(Grade::B), ..wish(1) }), NONE);
}

#[test]
fn what_was_taken_is_replaced_beside_the_rest() {
    let hall = drawn(&["..x.......", ".........."]);
    assert_eq!(hall.instead(&[1, 2]), [0, 1], "the free one is kept");
    assert_eq!(hall.instead(&[2, 3]), [3, 4]);
    assert_eq!(hall.instead(&[2, 3, 9]), [3, 4, 9], "those that were apart stay apart");
    assert_eq!(drawn(&["x.x...", "xxxxxx"]).instead(&[0, 1]), [3, 4], "no other beside it: a whole new choice");
    assert_eq!(drawn(&["x.x.xx"]).instead(&[0, 1]), [1, 3], "the nearest ones");
    assert_eq!(drawn(&["x.xxxx"]).instead(&[0, 1]), NONE);
    assert_eq!(hall.instead(&[2, 99]), NONE, "no such seat");
    assert_eq!(drawn(&["x..", "..."]).instead(&[0]), [3], "not one that leaves a single seat");
}

#[test]
fn another_choice_has_the_grades_that_were_asked_for() {
    let hall = drawn_of(&[("x.x.", Grade::Vip), ("..x.", Grade::S)]);
    let choice = hall.instead(&[0, 6]);
    assert_eq!(choice.len(), 2);
    assert!(choice[0] < 4 && choice[1] >= 4, "one of each: {choice:?}");
    assert_eq!(hall.instead(&[0, 2, 1, 5]), NONE, "no three of the first grade");
    let hall = drawn(&["wx", "wc"]);
    assert_eq!(hall.instead(&[0, 1]), [2, 3], "of the kind that was asked for");
}

fn any_hall() -> impl Strategy<Value = Vec<(String, Grade)>> {
    let mark =
        prop_oneof![6 => Just('.'), 5 => Just('x'), 1 => Just('o'), 1 => Just('a'), 1 => Just('w'), 1 => Just('#')];
    let row = proptest::collection::vec(mark, 1..9).prop_map(|marks| marks.into_iter().collect());
    let grade = prop_oneof![Just(Grade::Vip), Just(Grade::S)];
    proptest::collection::vec((row, grade), 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn a_choice_is_free_whole_and_the_best_of_its_kind(
        rows in any_hall(),
        count in 1u8..5,
        grade in proptest::option::of(prop_oneof![Just(Grade::Vip), Just(Grade::S)]),
    ) {
        let rows: Vec<(&str, Grade)> = rows.iter().map(|(marks, grade)| (marks.as_str(), *grade)).collect();
        let drawn = drawn_of(&rows);
        let wish = Wish { count, grade, flags: BTreeSet::new() };
        let terms = Terms::of(&wish);
        let is_open = |spot: &&Spot| terms.may_be(spot) && drawn.free.contains(&spot.index);
        let open: Vec<Spot> = drawn.hall.spots.iter().filter(is_open).copied().collect();
        let choice = drawn.hall.best(&wish, |index| drawn.free.contains(&index));
        prop_assert_eq!(choice.is_some(), open.len() >= usize::from(count), "a choice wherever there are so many");
        // Without what is known of the runs, every one of them is looked at.
        let mut slow = drawn.hall.clone();
        slow.runs.iter_mut().for_each(|run| run.distance = 0);
        prop_assert_eq!(&slow.best(&wish, |index| drawn.free.contains(&index)), &choice);
        let Some(choice) = choice else { return Ok(()) };
        let chosen: BTreeSet<u32> = choice.iter().copied().collect();
        prop_assert_eq!(chosen.len(), usize::from(count));
        prop_assert!(chosen.iter().all(|index| open.iter().any(|spot| spot.index == *index)));
        let is_block = |spots: &[Spot]| {
            spots.windows(2).all(|pair| pair[0].index + 1 == pair[1].index && pair[0].run == pair[1].run)
        };
        let blocks: Vec<&[Spot]> = open.windows(usize::from(count)).filter(|spots| is_block(spots)).collect();
        let orphans = |indices: &BTreeSet<u32>| {
            let is_left = |index: u32, run: u32| {
                let spot = drawn.hall.spots.iter().find(|spot| spot.index == index && spot.run == run);
                spot.is_some_and(|spot| {
                    !spot.flags.has(Flag::Blocked) && drawn.free.contains(&index) && !indices.contains(&index)
                })
            };
            let run = |index: &u32| drawn.hall.spots[*index as usize].run;
            let is_lone = |index: u32, run: u32| {
                is_left(index, run) && !is_left(index + 1, run) && !(index > 0 && is_left(index - 1, run))
            };
            let (first, last) = (indices.first().expect("some"), indices.last().expect("some"));
            let before = first.checked_sub(1).is_some_and(|index| is_lone(index, run(first)));
            usize::from(before) + usize::from(is_lone(last + 1, run(last)))
        };
        if let Some(least) = blocks.iter().map(|spots| orphans(&spots.iter().map(|spot| spot.index).collect())).min() {
            let spots: Vec<Spot> = open.iter().filter(|spot| chosen.contains(&spot.index)).copied().collect();
            prop_assert!(is_block(&spots), "side by side where there are so many");
            prop_assert_eq!(orphans(&chosen), least, "no single seat left over that need not be");
        }
    }

    #[test]
    fn another_choice_is_free_and_of_the_same_grades(
        rows in any_hall(),
        asked in proptest::collection::btree_set(0u32..20, 1..5),
    ) {
        let rows: Vec<(&str, Grade)> = rows.iter().map(|(marks, grade)| (marks.as_str(), *grade)).collect();
        let drawn = drawn_of(&rows);
        let asked: Vec<u32> = asked.into_iter().collect();
        let choice = drawn.instead(&asked);
        let grades = |indices: &[u32]| {
            let mut grades: Vec<Grade> =
                indices.iter().filter_map(|index| drawn.hall.spot(*index)).map(|spot| spot.grade).collect();
            grades.sort_unstable();
            grades
        };
        if !choice.is_empty() {
            prop_assert_eq!(grades(&choice), grades(&asked));
            prop_assert!(choice.iter().all(|index| drawn.free.contains(index)));
            prop_assert_eq!(choice.iter().collect::<BTreeSet<_>>().len(), asked.len());
        } else if asked.iter().all(|index| drawn.hall.spot(*index).is_some()) {
            let is_enough = |grade: Grade| {
                let plain = drawn.hall.spots.iter().filter(|spot| {
                    spot.grade == grade && drawn.free.contains(&spot.index) && spot.flags.0 & !Flags::bit(Flag::Aisle) == 0
                });
                plain.count() >= grades(&asked).iter().filter(|one| **one == grade).count()
            };
            prop_assert!(!(is_enough(Grade::Vip) && is_enough(Grade::S)), "there would have been one");
        }
    }
}
