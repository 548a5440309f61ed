//! The table of faults in a sale of tickets: printed, and written down.

use crate::sale::Found;
use serde_json::json;
use std::sync::{Mutex, PoisonError};

/// The row of one fault.
#[derive(Debug, Default)]
struct Line {
    fault: &'static str,
    trials: u32,
    tickets: u64,
    unanswered: u64,
    differences: usize,
}

static TABLE: Mutex<Vec<Line>> = Mutex::new(Vec::new());

/// Adds a trial.
pub fn add(fault: &'static str, found: &Found) {
    let mut table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = table.iter().position(|line| line.fault == fault).unwrap_or_else(|| {
        table.push(Line { fault, ..Line::default() });
        table.len() - 1
    });
    let line = &mut table[place];
    line.trials += 1;
    line.tickets += found.tickets();
    line.unanswered += found.unanswered();
    line.differences += found.differences().len();
    write(&table);
}

/// Prints the table so far; the last test prints the complete one.
pub fn print() {
    let table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut text =
        format!("\n{:<46} {:>6} {:>8} {:>11} {:>12}\n", "fault", "trials", "tickets", "unanswered", "differences");
    for Line { fault, trials, tickets, unanswered, differences } in table.iter() {
        text += &format!("{fault:<46} {trials:>6} {tickets:>8} {unanswered:>11} {differences:>12}\n");
    }
    println!("{text}");
}

fn write(table: &[Line]) {
    let line = |line: &Line| {
        json!({
            "fault": line.fault,
            "trials": line.trials,
            "tickets": line.tickets,
            "unanswered": line.unanswered,
            "differences": line.differences,
        })
    };
    let all: Vec<_> = table.iter().map(line).collect();
    // .../target/debug/onsale
    let program = testkit::onsale::program();
    let target = program.ancestors().nth(2).expect("a target folder");
    let text = serde_json::to_string_pretty(&json!({ "faults": all })).expect("JSON");
    std::fs::write(target.join("faults-tickets.json"), text).expect("the table can be written");
}
