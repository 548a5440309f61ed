//! Rows as they are printed and kept.

use crate::machine::Machine;
use anyhow::Context;
use serde::Serialize;
use std::path::Path;

/// One measured row.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The measured quantity.
    pub name: String,
    /// The figure.
    pub figure: f64,
    /// Its unit: `x` for a ratio.
    pub unit: &'static str,
    /// The goal, in words.
    pub goal: String,
    /// Whether it is.
    pub met: bool,
    /// The single measurements.
    pub raw: String,
}

impl Row {
    /// A figure that should not be below `least`.
    pub fn at_least(name: impl Into<String>, figure: f64, unit: &'static str, least: f64) -> Self {
        let goal = format!(">= {}", rounded(least));
        Self { name: name.into(), figure, unit, goal, met: figure >= least, raw: String::new() }
    }

    /// A figure that should not be above `most`.
    pub fn at_most(name: impl Into<String>, figure: f64, unit: &'static str, most: f64) -> Self {
        let goal = format!("<= {}", rounded(most));
        Self { name: name.into(), figure, unit, goal, met: figure <= most, raw: String::new() }
    }

    /// Without a goal.
    pub fn to_know(name: impl Into<String>, figure: f64, unit: &'static str) -> Self {
        Self { name: name.into(), figure, unit, goal: "-".into(), met: true, raw: String::new() }
    }

    /// With what it was made of.
    pub fn made_of(self, raw: impl Into<String>) -> Self {
        Self { raw: raw.into(), ..self }
    }
}

/// As a person writes it: three places at most, none of them an idle zero.
fn rounded(figure: f64) -> f64 {
    (figure * 1000.0).round() / 1000.0
}

/// The rows of one run.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    bench: &'static str,
    at_seconds: u64,
    machine: Machine,
    rows: Vec<Row>,
}

impl Table {
    /// An empty table.
    pub fn new(bench: &'static str) -> Self {
        let machine = Machine::this();
        println!("machine: {}", machine.line());
        let at_seconds = clock::now_us() / 1_000_000;
        Self { bench, at_seconds, machine, rows: Vec::new() }
    }

    /// Prints a row and keeps it.
    pub fn push(&mut self, row: Row) {
        let verdict = if row.met { "met  " } else { "SHORT" };
        println!("{verdict} {:<58} {:>9.3} {:<3} goal {:<10} {}", row.name, row.figure, row.unit, row.goal, row.raw);
        self.rows.push(row);
    }

    /// Writes the run beside the earlier ones.
    pub fn keep(&self, folder: &Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(format!("{}-{}.json", self.bench, self.at_seconds));
        std::fs::write(&path, serde_json::to_string_pretty(self)? + "\n").context("the results cannot be kept")?;
        println!("kept in {}", path.display());
        Ok(())
    }
}

/// The median.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
