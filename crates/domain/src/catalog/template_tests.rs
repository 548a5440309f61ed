//! Templates that are taken, and each kind of wrong one.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn read(template: Value) -> Result<SeatPlan, TemplateError> {
    serde_json::from_value::<SeatTemplate>(template).expect("a template's form").plan()
}

fn seat(row: &str, number: u32, grade: &str) -> Value {
    json!({"row": row, "number": number, "grade": grade})
}

#[test]
fn rows_and_grades_give_seats_in_order() {
    let plan =
        read(json!({"rows": ["A", "B"], "seatsPerRow": 3, "gradeMapping": {"A": "VIP", "B": "S"}})).expect("right");
    let seats: Vec<(u32, String, Grade)> = plan.iter().map(|seat| (seat.index, seat.to_string(), seat.grade)).collect();
    assert_eq!((seats.len(), plan.seats(), plan.for_sale()), (6, 6, 6));
    assert_eq!(seats[0], (0, "A-1".into(), Grade::Vip));
    assert_eq!(seats[5], (5, "B-3".into(), Grade::S));
    let turned = read(json!({"rows": ["A", "B"], "seatsPerRow": 3, "gradeMapping": {"VIP": ["A"], "S": ["B"]}}));
    assert_eq!(turned.expect("the other form of the mapping"), plan);
}

#[test]
fn single_seats_keep_their_order_numbers_and_flags() {
    let mut last = seat("A", 9, "S");
    last["flags"] = json!(["aisle", "blocked"]);
    let plan = read(json!({"seats": [seat("A", 2, "VIP"), seat("A", 4, "VIP"), last, seat("B", 1, "S")],
        "flags": {"A-4": ["wheelchair"]}}))
    .expect("right");
    let rows: Vec<_> = plan.rows().iter().map(|row| (row.name.as_str(), row.grade, row.first, row.count())).collect();
    assert_eq!(rows, [("A", Grade::Vip, 0, 2), ("A", Grade::S, 2, 1), ("B", Grade::S, 3, 1)]);
    assert_eq!(plan.rows()[0].own_numbers(), Some(&[2, 4][..]));
    assert_eq!(plan.rows()[2].own_numbers(), None);
    assert_eq!(plan.rows()[0].flags[&1], BTreeSet::from([Flag::Wheelchair]));
    assert_eq!((plan.seats(), plan.for_sale()), (4, 3), "a blocked seat is not for sale");
    assert_eq!(plan.iter().filter(|seat| seat.is_blocked).map(|seat| seat.index).collect::<Vec<_>>(), [2]);
}

#[test]
fn sections_come_from_the_layout_or_from_the_grades() {
    let rows = json!({"rows": ["A", "B", "C"], "seatsPerRow": 2, "gradeMapping": {"A": "VIP", "B": "S", "C": "VIP"}});
    let plan = read(rows.clone()).expect("right");
    let shown = |plan: &SeatPlan| -> Vec<(String, Option<Grade>, Vec<u32>)> {
        let sections = plan.sections();
        let firsts = |rows: &[&PlanRow]| rows.iter().map(|row| row.first).collect();
        sections.iter().map(|one| (one.name.to_owned(), one.grade, firsts(&one.rows))).collect()
    };
    assert_eq!(
        shown(&plan),
        [("VIP".to_owned(), Some(Grade::Vip), vec![0, 4]), ("S".to_owned(), Some(Grade::S), vec![2])]
    );
    let mut laid_out = rows;
    laid_out["layout"] = json!({"sections": [{"name": "뒤", "rows": ["C"], "outline": [[0, 0], [1, 0], [1, 1.5]]},
        {"name": "앞", "rows": ["B", "A"]}]});
    assert_eq!(
        shown(&read(laid_out).expect("right")),
        [("앞".to_owned(), None, vec![0, 2]), ("뒤".to_owned(), Some(Grade::Vip), vec![4])]
    );
}

#[test]
fn each_kind_of_wrong_template_is_refused_by_its_name() {
    let rows = |names: Value, count: Value, mapping: Value| json!({"rows": names, "seatsPerRow": count, "gradeMapping": mapping});
    let many: Vec<String> = (0..1001).map(|row| format!("R{row}")).collect();
    let text = |name: &str| name.to_owned();
    for (template, wanted) in [
        (json!({}), TemplateError::Form),
        (json!({"rows": ["A"], "seats": []}), TemplateError::Form),
        (json!({"seats": [seat("A", 1, "S")], "seatsPerRow": 1}), TemplateError::Form),
        (json!({"rows": ["A"], "gradeMapping": {"A": "S"}}), TemplateError::Missing("seatsPerRow")),
        (json!({"rows": ["A"], "seatsPerRow": 1}), TemplateError::Missing("gradeMapping")),
        (json!({"seats": []}), TemplateError::NoSeats),
        (rows(json!([]), json!(5), json!({})), TemplateError::NoSeats),
        (rows(json!(["A"]), json!(0), json!({"A": "S"})), TemplateError::NoSeats),
        (rows(json!(many), json!(100), json!({})), TemplateError::TooMany(100_100)),
        (rows(json!(["A", "B"]), json!(u32::MAX), json!({})), TemplateError::TooMany(8_589_934_590)),
        (rows(json!(["A", "A"]), json!(1), json!({"A": "S"})), TemplateError::RowTwice(text("A"))),
        (rows(json!([""]), json!(1), json!({})), TemplateError::RowName(text(""))),
        (rows(json!(["A "]), json!(1), json!({})), TemplateError::RowName(text("A "))),
        (rows(json!(["A\n"]), json!(1), json!({})), TemplateError::RowName(text("A\n"))),
        (rows(json!(["A".repeat(21)]), json!(1), json!({})), TemplateError::RowName("A".repeat(21))),
        (rows(json!(["A", "B"]), json!(1), json!({"A": "S"})), TemplateError::NoGrade(text("B"))),
        (rows(json!(["A"]), json!(1), json!({"A": "S", "B": "S"})), TemplateError::NoSuchRow(text("B"))),
        (rows(json!(["A"]), json!(1), json!({"A": "GOLD"})), TemplateError::UnknownGrade(text("GOLD"))),
        (rows(json!(["A"]), json!(1), json!({"A": "vip"})), TemplateError::UnknownGrade(text("vip"))),
        (rows(json!(["A"]), json!(1), json!({"S": ["A"], "A": ["A"]})), TemplateError::TwoGrades(text("A"))),
        (json!({"seats": [seat("A", 0, "S")]}), TemplateError::SeatNumber(text("A"))),
        (json!({"seats": [seat("A", 1, "S"), seat("A", 1, "B")]}), TemplateError::SeatTwice(text("A-1"))),
        (json!({"seats": [seat("A", 1, "X")]}), TemplateError::UnknownGrade(text("X"))),
        (json!({"seats": [seat("A", 1, "S")], "flags": {"A-1": ["gold"]}}), TemplateError::UnknownFlag(text("gold"))),
        (json!({"seats": [seat("A", 1, "S")], "flags": {"A-01": ["aisle"]}}), TemplateError::NoSuchSeat(text("A-01"))),
        (json!({"seats": [seat("A", 1, "S")], "flags": {"B-1": ["aisle"]}}), TemplateError::NoSuchSeat(text("B-1"))),
        (json!({"seats": [seat("A", 1, "S")], "flags": {"A-1": ["blocked"]}}), TemplateError::AllBlocked),
        (
            json!({"seats": [seat("A", 1, "S")], "layout": {"sections": []}}),
            TemplateError::Layout(LayoutError::Sections),
        ),
    ] {
        assert_eq!(read(template.clone()), Err(wanted), "{template}");
    }
    let one = serde_json::from_value::<SeatTemplate>(json!({"seats": [seat("A", 1, "S"), seat("A", 2, "S")]}));
    let one = one.expect("a template");
    assert_eq!(one.plan_within(1), Err(TemplateError::OverCapacity { seats: 2, capacity: 1 }));
    assert!(one.plan_within(2).is_ok());
}

#[test]
fn a_hall_of_a_hundred_thousand_seats_is_the_largest() {
    let names: Vec<String> = (0..1000).map(|row| format!("R{row}")).collect();
    let mapping: serde_json::Map<String, Value> = names.iter().map(|name| (name.clone(), json!("B"))).collect();
    let plan = read(json!({"rows": names, "seatsPerRow": 100, "gradeMapping": mapping})).expect("right");
    assert_eq!((plan.seats(), plan.iter().count()), (SEATS_MAX, SEATS_MAX as usize));
}

#[test]
fn names_may_be_brought_into_one_form() {
    let template = json!({"rows": ["a"], "seatsPerRow": 1, "gradeMapping": {"a": "S"}, "flags": {"a-1": ["aisle"]},
        "layout": {"sections": [{"name": "a", "rows": ["a"]}]}});
    let template: SeatTemplate = serde_json::from_value(template).expect("a template");
    let plan = template.with_names(str::to_uppercase).plan().expect("still right");
    assert_eq!((plan.rows()[0].name.as_str(), plan.sections()[0].name), ("A", "A"));
}

proptest! {
    /// Whatever the template: indices count from 0 without a gap, each seat number is there once, the rows and sections have
    /// every seat once, and the written template gives the same plan again.
    #[test]
    fn a_plan_has_every_seat_once(
        seats in proptest::collection::btree_set((0u8..6, 1u32..9), 1..40),
        grades in proptest::collection::vec(0usize..4, 40),
        blocked in proptest::collection::vec(any::<bool>(), 40),
    ) {
        let flags = |at: usize| if at > 0 && blocked[at] { vec!["blocked".to_owned()] } else { Vec::new() };
        let listed = seats.iter().enumerate().map(|(at, (row, number))| TemplateSeat {
            row: format!("R{row}"), number: *number, grade: Grade::ALL[grades[at]].as_str().into(), flags: flags(at),
        });
        let template = SeatTemplate { seats: Some(listed.collect()), ..SeatTemplate::default() };
        let plan = template.plan().expect("right");
        prop_assert!(plan.iter().map(|seat| seat.index).eq(0..plan.seats()));
        let numbers: BTreeSet<String> = plan.iter().map(|seat| seat.to_string()).collect();
        prop_assert_eq!(numbers.len(), seats.len());
        prop_assert_eq!(plan.for_sale() as usize, plan.iter().filter(|seat| !seat.is_blocked).count());
        let sections = plan.sections();
        let mut of_sections: Vec<u32> =
            sections.iter().flat_map(|one| &one.rows).flat_map(|row| row.first..row.first + row.count()).collect();
        of_sections.sort_unstable();
        prop_assert!(of_sections.into_iter().eq(0..plan.seats()));
        let written = serde_json::to_string(&template).expect("written");
        let again: SeatTemplate = serde_json::from_str(&written).expect("read");
        prop_assert_eq!(again.plan(), Ok(plan));
    }
}
