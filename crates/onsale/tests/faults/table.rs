//! The fault table: printed, and written down.

use crate::judge::Verdict;
use serde_json::json;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The row of one fault.
#[derive(Debug, Default)]
struct Line {
    fault: String,
    acknowledged: usize,
    lost: usize,
    beyond_stock: usize,
    doubled: usize,
    strange: usize,
    put_off: u64,
    outages_ms: Vec<u64>,
}

static TABLE: Mutex<Vec<Line>> = Mutex::new(Vec::new());

/// Adds a trial. Violations are counted, too.
pub fn add(fault: &str, verdict: &Verdict, outage: Duration, put_off: u64) {
    let mut table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = table.iter().position(|line| line.fault == fault).unwrap_or_else(|| {
        table.push(Line { fault: fault.to_owned(), ..Line::default() });
        table.len() - 1
    });
    let line = &mut table[place];
    line.acknowledged += verdict.acknowledged;
    line.lost += verdict.lost.len();
    line.beyond_stock += verdict.beyond_stock.len();
    line.doubled += verdict.doubled.len();
    line.strange += verdict.strange.len();
    line.put_off += put_off;
    line.outages_ms.push(u64::try_from(outage.as_millis()).unwrap_or(u64::MAX));
    line.outages_ms.sort_unstable();
    write(&table);
}

/// Prints the table so far; the last test prints the complete one.
pub fn print() {
    let table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut text = format!(
        "\n{:<46} {:>6} {:>8} {:>5} {:>7} {:>8} {:>9} {:>10}\n",
        "fault", "trials", "yeses", "lost", "beyond", "doubled", "outage ms", "longest ms"
    );
    for line in table.iter() {
        let Line { fault, acknowledged, lost, beyond_stock, doubled, .. } = line;
        let (trials, median, longest) = (line.outages_ms.len(), median(&line.outages_ms), line.outages_ms.last());
        let longest = longest.copied().unwrap_or_default();
        text += &format!(
            "{fault:<46} {trials:>6} {acknowledged:>8} {lost:>5} {beyond_stock:>7} {doubled:>8} {median:>9} {longest:>10}\n"
        );
    }
    println!("{text}");
}

fn median(sorted: &[u64]) -> u64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn write(table: &[Line]) {
    let line = |line: &Line| {
        json!({
            "fault": line.fault,
            "trials": line.outages_ms.len(),
            "acknowledged": line.acknowledged,
            "lost": line.lost,
            "beyond_stock": line.beyond_stock,
            "doubled": line.doubled,
            "strange": line.strange,
            "put_off": line.put_off,
            "outage_median_ms": median(&line.outages_ms),
            "outage_longest_ms": line.outages_ms.last(),
        })
    };
    let all: Vec<_> = table.iter().map(line).collect();
    // .../target/debug/onsale
    let program = testkit::onsale::program();
    let target = program.ancestors().nth(2).expect("a target folder");
    let text = serde_json::to_string_pretty(&json!({ "faults": all })).expect("JSON");
    std::fs::write(target.join("faults.json"), text).expect("the table can be written");
}
