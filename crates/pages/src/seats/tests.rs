//! Tests of the page of seats.

use super::blocks::{BLOCK_SEATS_MAX, cut};
use super::board::{Board, SeatState};
use super::names;
use super::plan::{Hall, Plan, is_beside};
use super::{Part, asked};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Command;
use web::{Language, Texts};

const PREFIX: &str = "0190a1b2c3d48000aabbccdd";

fn plan(sections: Value) -> Plan {
    let grades = json!([{"grade": "VIP", "price": 165_000}, {"grade": "S", "price": 143_000}]);
    let plan = json!({"scheduleId": "x", "idPrefix": PREFIX, "grades": grades, "sections": sections});
    serde_json::from_value(plan).expect("a plan")
}

/// A section that must be cut, a row in two grades, a row with numbers of its own, and one that is longer than a block.
fn sections() -> Value {
    let great: Vec<Value> =
        (0..60).map(|at| json!({"name": format!("{at}열"), "first": at * 50, "count": 50, "grade": "S"})).collect();
    json!([
        {"name": "1층", "rows": great, "shape": [[0, 0], [100, 0], [120, 50], [-20, 50]]},
        {"name": "2층", "shape": [[0, 60], [100, 60], [100, 90], [0, 90]], "rows": [
            {"name": "A", "first": 3000, "count": 2, "grade": "VIP", "flags": {"0": ["aisle"], "1": ["aisle", "wheelchair"]}},
            {"name": "A", "first": 3002, "count": 3, "grade": "S", "numbers": [3, 5, 9]},
            {"name": "B", "first": 3005, "count": 2500, "grade": "S"},
        ]},
    ])
}

#[test]
fn an_id_is_the_prefix_and_the_index_and_gives_its_index_back() {
    let hall = Hall::new(plan(sections()));
    let id = hall.id(255).expect("a seat");
    assert_eq!(id, "0190a1b2-c3d4-8000-aabb-ccdd000000ff");
    assert_eq!((hall.index(&id), hall.index(&id.to_uppercase())), (Some(255), Some(255)));
    assert_eq!(
        (hall.id(5505), hall.index("0190a1b2-c3d4-8000-aabb-ccdd0000ffff"), hall.index("x")),
        (None, None, None)
    );
}

#[test]
fn each_seat_is_in_one_block_and_none_has_more_than_can_be_shown() {
    let hall = Hall::new(plan(sections()));
    let mut seen = BTreeSet::new();
    for block in &hall.blocks {
        assert!(block.seats <= BLOCK_SEATS_MAX, "{}", block.seats);
        for line in &block.lines {
            seen.extend(line.first..line.first + line.count);
        }
    }
    assert_eq!((seen.len(), seen.last()), (5505, Some(&5504)));
    assert_eq!(hall.blocks.len(), hall.shapes.blocks.len());
    assert_eq!(hall.block_of(3001).map(|block| block.section.as_str()), Some("2층"));
}

#[test]
fn a_seat_has_the_number_price_and_flags_of_its_row() {
    let hall = Hall::new(plan(sections()));
    let seat = |index| hall.seat(index).expect("a seat");
    assert_eq!((seat(3001).number, seat(3001).price, seat(3001).is_special()), (2, 165_000, true));
    assert_eq!((seat(3004).number, seat(3004).grade), (9, "S"));
    let beside = [3000, 3001, 3002, 3003].map(|index| is_beside(&seat(index), &seat(index + 1)));
    assert_eq!(beside, [false, true, true, false], "an aisle; 2 and 3; 3 and 5; 5 and 9");
}

#[test]
fn only_what_can_be_had_now_counts_as_free() {
    let hall = Hall::new(plan(json!([{"name": "x", "rows": [{"name": "A", "first": 0, "count": 6, "grade": "S"}]}])));
    let board = Board::new(vec![0b10_01_01_00, 0b00_00_00_11], "2");
    let states: Vec<SeatState> = (0..6).map(|index| board.of(index)).collect();
    use SeatState::{Closed, Free, Held, Sold};
    assert_eq!(states, [Free, Held, Free, Sold, Closed, Free]);
    let counts = board.all(&hall.blocks);
    assert_eq!((counts.free, counts.held, counts.sold), (3, 1, 1));
    assert_eq!(board.of(99), SeatState::Closed, "a seat beyond the state is nobody's to take");
}

#[test]
fn shapes_are_brought_to_one_width_and_a_hall_without_a_layout_has_boxes() {
    let hall = Hall::new(plan(sections()));
    let parts: Vec<&str> = hall.shapes.blocks.iter().map(|shape| shape.points.as_str()).collect();
    assert!(hall.shapes.view_box.starts_with("-6 -6 1012 "), "{}", hall.shapes.view_box);
    assert_eq!(parts.iter().collect::<BTreeSet<_>>().len(), parts.len(), "bands of a cut section differ: {parts:?}");
    let plain = Hall::new(plan(json!([{"name": "S", "rows": [{"name": "A", "first": 0, "count": 6, "grade": "S"}]}])));
    assert!(plain.shapes.stage.is_some() && plain.shapes.blocks[0].points.split(' ').count() == 4);
    let flat = json!([{"name": "S", "shape": [[0, 0], [0, 0], [0, 0]], "rows": [{"name": "A", "first": 0, "count": 1, "grade": "S"}]}]);
    assert!(!Hall::new(plan(flat)).shapes.view_box.contains("NaN"));
}

#[test]
fn groups_are_named_without_wheelchair_seats() {
    let hall = Hall::new(plan(sections()));
    let seats: Vec<_> = [0, 1, 2, 4, 7, 8].into_iter().filter_map(|index| hall.seat(index)).collect();
    assert_eq!(names::groups(&seats), "1–3, 8–9");
    let ko = Texts::of(Language::Ko);
    assert_eq!(names::several(ko, &hall, &[0, 3001]), "0열 1번 및 A열 2번");
    assert_eq!(names::several(Texts::of(Language::En), &hall, &[0]), "0-1");
}

#[test]
fn what_an_address_asks_for_wrongly_is_passed_over() {
    let asked = |query: &str| asked(query, 3, 4);
    assert_eq!(asked("section=2&party=3").part, Part::Block(2));
    for wrong in ["section=3", "section=-1", "section=x", "party=9", "seats=,x,-1", "%", "x=%ff"] {
        let found = asked(wrong);
        assert!(found.part == Part::Overview && found.party == 2 && found.chosen.is_empty(), "{wrong}");
    }
    assert_eq!(asked("seats=1,2,3,4,5,6").chosen.len(), 4);
}

/// Needs node, as the tests of the waiting page do.
#[test]
fn the_scripts_follow_the_same_rules() {
    let sections_json = sections();
    let sections: Vec<super::plan::Section> = serde_json::from_value(sections_json.clone()).expect("sections");
    let lines: Vec<_> = cut(&sections).into_iter().map(|block| block.lines).collect();
    let blocks = json!({
        "plan": {"idPrefix": PREFIX, "grades": [], "sections": sections_json},
        "blocks": lines,
    });
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/seats/script_tests.mjs");
    let run = Command::new("node")
        .args(["--test", file])
        .env("ASSETS", concat!(env!("CARGO_MANIFEST_DIR"), "/../web/assets"))
        .env("TEXTS", Texts::of(Language::En).script("seats-js-"))
        .env("BLOCKS", blocks.to_string())
        .output();
    let run = run.expect("node is installed");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("# fail 0"), "{said}{}", String::from_utf8_lossy(&run.stderr));
}
