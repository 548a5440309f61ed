//! `bench history`: a picture of all kept runs. Each row that has a goal is a line; how far a figure is from its goal is
//! the distance from the line in the middle. The newest figure is filled, earlier ones are pale.

use anyhow::Context;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

const ROW_HEIGHT: f64 = 20.0;
const TOP: f64 = 64.0;
/// Where the axis begins and how long it is, in pixels.
const AXIS: (f64, f64) = (560.0, 320.0);
const WIDTH: f64 = 1_120.0;
/// The axis shows a figure from an eighth of its goal to eight times its goal, in powers of two.
const OCTAVES: f64 = 3.0;

/// Options of `bench history`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where results are kept.
    #[arg(long, default_value = "bench/results")]
    results: PathBuf,
    /// The picture.
    #[arg(long, default_value = "docs/images/speed.svg")]
    out: PathBuf,
}

#[derive(Deserialize)]
struct Run {
    bench: String,
    at_seconds: u64,
    rows: Vec<KeptRow>,
}

#[derive(Deserialize)]
struct KeptRow {
    name: String,
    figure: f64,
    unit: String,
    goal: String,
}

impl KeptRow {
    /// The figure over its goal, or the goal over the figure where less is better: above 1 is good. None without a goal.
    fn over_goal(&self) -> Option<f64> {
        let (sign, goal) = self.goal.split_once(' ')?;
        let goal: f64 = goal.parse().ok().filter(|goal| *goal > 0.0)?;
        let ratio = if sign == ">=" { self.figure / goal } else { goal / self.figure };
        (ratio.is_finite() && ratio > 0.0).then_some(ratio)
    }
}

/// All figures of one row, the newest last.
struct Line {
    bench: String,
    name: String,
    newest: String,
    over_goal: Vec<f64>,
}

/// Draws the picture.
///
/// # Errors
/// When results cannot be read or the picture cannot be written.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let lines = lines(runs(&arguments.results)?);
    anyhow::ensure!(!lines.is_empty(), "no results with a goal in {}", arguments.results.display());
    if let Some(folder) = arguments.out.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&arguments.out, picture(&lines)).with_context(|| format!("{}", arguments.out.display()))?;
    println!("{} rows drawn in {}", lines.len(), arguments.out.display());
    Ok(())
}

fn runs(folder: &Path) -> anyhow::Result<Vec<Run>> {
    let mut runs = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("{}", folder.display()))? {
        let path = entry?.path();
        // Tables of other kinds, such as counts of faults, have no rows with goals.
        if path.extension().is_some_and(|extension| extension == "json")
            && let Ok(run) = serde_json::from_slice::<Run>(&std::fs::read(&path)?)
        {
            runs.push(run);
        }
    }
    runs.sort_by_key(|run| run.at_seconds);
    Ok(runs)
}

fn lines(runs: Vec<Run>) -> Vec<Line> {
    let mut lines: BTreeMap<(String, String), Line> = BTreeMap::new();
    for Run { bench, rows, .. } in runs {
        for row in rows {
            let Some(ratio) = row.over_goal() else { continue };
            let name = without_counts(&row.name);
            let key = (bench.clone(), name.clone());
            let line = lines.entry(key).or_insert_with(|| Line {
                bench: bench.clone(),
                name,
                newest: String::new(),
                over_goal: Vec::new(),
            });
            line.newest = format!("{} {} (goal {})", short(row.figure), row.unit, row.goal);
            line.over_goal.push(ratio);
        }
    }
    lines.into_values().collect()
}

/// A name in which numbers that were counted, and differ from run to run, are `N`. Numbers that were chosen are round.
fn without_counts(name: &str) -> String {
    let word = |word: &str| match word.parse::<u64>() {
        Ok(number) if number > 1_000 && !number.is_multiple_of(1_000) => "N".to_owned(),
        _ => word.to_owned(),
    };
    name.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn short(figure: f64) -> String {
    if figure >= 1_000.0 { format!("{figure:.0}") } else { format!("{figure:.2}") }
}

/// The place of a ratio on the axis; what is beyond it stands at its end.
fn place(over_goal: f64) -> f64 {
    let octave = over_goal.log2().clamp(-OCTAVES, OCTAVES);
    AXIS.0 + AXIS.1 * (octave + OCTAVES) / (2.0 * OCTAVES)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn picture(lines: &[Line]) -> String {
    let height = TOP + ROW_HEIGHT * lines.len() as f64 + 24.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"11\" role=\"img\" aria-label=\"Figures over their goals\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"16\" y=\"24\" font-size=\"15\" font-weight=\"600\" fill=\"#1a1a1a\">Each figure over its goal</text>\n\
         <text x=\"16\" y=\"42\" fill=\"#555555\">Right of the line is better than the goal. Filled: the newest run; pale: \
         earlier runs.</text>\n"
    );
    for octave in -3_i32..=3 {
        let x = place(2_f64.powi(octave));
        let (width, color) = if octave == 0 { (1.5, "#1a1a1a") } else { (0.5, "#d0d0d0") };
        let label = if octave < 0 { format!("1/{}", 1 << -octave) } else { format!("{}", 1 << octave) };
        let _ = writeln!(
            out,
            "<line x1=\"{x}\" y1=\"{TOP}\" x2=\"{x}\" y2=\"{}\" stroke=\"{color}\" stroke-width=\"{width}\"/>\
             <text x=\"{x}\" y=\"{}\" text-anchor=\"middle\" fill=\"#555555\">{label}</text>",
            height - 16.0,
            TOP - 6.0
        );
    }
    for (number, line) in lines.iter().enumerate() {
        row(line, TOP + ROW_HEIGHT * (number as f64 + 0.5), &mut out);
    }
    out.push_str("</svg>\n");
    out
}

fn row(line: &Line, y: f64, out: &mut String) {
    let (name, base) = (escaped(&format!("{}: {}", line.bench, line.name)), y + 4.0);
    let _ = writeln!(out, "<text x=\"16\" y=\"{base}\" fill=\"#1a1a1a\">{name}</text>");
    let Some((newest, earlier)) = line.over_goal.split_last() else { return };
    for ratio in earlier {
        let _ = writeln!(out, "<circle cx=\"{:.1}\" cy=\"{y}\" r=\"3\" fill=\"#9db2c8\"/>", place(*ratio));
    }
    let is_met = *newest >= 1.0;
    // Colour is not the only sign: a figure short of its goal is a diamond.
    let x = place(*newest);
    let shape = if is_met {
        format!("<circle cx=\"{x:.1}\" cy=\"{y}\" r=\"4.5\" fill=\"#1c6e3d\"/>")
    } else {
        format!(
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"8\" height=\"8\" fill=\"#b3261e\" transform=\"rotate(45 {x:.1} {y})\"/>",
            x - 4.0,
            y - 4.0
        )
    };
    let text = escaped(&line.newest);
    let _ = writeln!(out, "{shape}<text x=\"{}\" y=\"{base}\" fill=\"#555555\">{text}</text>", AXIS.0 + AXIS.1 + 10.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_numbers_are_one_row() {
        assert_eq!(without_counts("out of a line of 1751905"), "out of a line of N");
        assert_eq!(
            without_counts("rank at 1000000 waiting, 64 connections"),
            "rank at 1000000 waiting, 64 connections"
        );
    }

    #[test]
    fn above_one_is_good_whatever_the_direction() {
        let row = |figure, goal: &str| KeptRow { name: String::new(), figure, unit: "x".into(), goal: goal.into() };
        assert_eq!(row(2.0, ">= 4").over_goal(), Some(0.5));
        assert_eq!(row(2.0, "<= 4").over_goal(), Some(2.0));
        assert_eq!(row(2.0, "-").over_goal(), None);
        assert_eq!(row(0.0, "<= 0").over_goal(), None);
        assert_eq!(row(0.0, "<= 4").over_goal(), None);
    }
}
