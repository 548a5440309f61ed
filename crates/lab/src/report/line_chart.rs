//! The charts of a waiting line: ranks over time, and admissions per second with the rate.

use super::LineResults;
use super::chart::{Anchor, Sheet, round_step};
use super::numbers::short;

/// Maximum number of rows of a chart.
const ROWS: f64 = 5.0;
const COLUMNS: f64 = 10.0;

/// The axes of a chart over time.
struct Axes {
    seconds: f64,
    top: f64,
}

impl Axes {
    /// Draws the axes, with space above the highest value.
    fn draw(sheet: &mut Sheet, seconds: f64, highest: f64, vertical: &str) -> Self {
        let (seconds, highest) = (seconds.max(0.1), highest.max(1.0));
        let step = round_step(highest, ROWS);
        let top = (highest * 1.05 / step).ceil() * step;
        for row in 0..=(top / step).round() as u32 {
            let value = f64::from(row) * step;
            sheet.row(value / top, &short(value));
        }
        let step = round_step(seconds, COLUMNS);
        for column in 0..=(seconds / step + 1e-9) as u32 {
            let at = f64::from(column) * step;
            sheet.column(at / seconds, &short(at));
        }
        sheet.axes("seconds since the start · 경과 시간(초)", vertical);
        Self { seconds, top }
    }

    fn place(&self, (at, value): (f64, f64)) -> (f64, f64) {
        (Sheet::x((at / self.seconds).min(1.0)), Sheet::y((value / self.top).min(1.0)))
    }
}

/// Draws the ranks of some users.
pub(super) fn ranks(figures: &LineResults) -> String {
    let mut sheet = Sheet::new("Ranks over time");
    let points = || figures.shown.iter().flat_map(|shown| shown.ranks.iter());
    let seconds = points().map(|(at, _)| *at).fold(0.0, f64::max);
    let highest = points().map(|(_, rank)| f64::from(*rank)).fold(0.0, f64::max);
    let axes = Axes::draw(&mut sheet, seconds, highest, "rank · 순번");
    for shown in &figures.shown {
        let points: Vec<_> = shown.ranks.iter().map(|(at, rank)| axes.place((*at, f64::from(*rank)))).collect();
        if !points.is_empty() {
            sheet.path("rank", &points);
        }
        if let Some((_, 0)) = shown.ranks.last()
            && let Some(last) = points.last()
        {
            sheet.dot("admitted", *last);
        }
    }
    sheet.finish()
}

/// Draws admissions per second, and the rate.
pub(super) fn admissions(figures: &LineResults) -> String {
    let mut sheet = Sheet::new("Admissions per second");
    let rate = figures.rate_per_second.map(f64::from);
    let seconds = figures.admissions.last().map_or(0.0, |(at, _)| *at);
    let highest = figures.admissions.iter().map(|(_, people)| *people).chain(rate).fold(0.0, f64::max);
    let axes = Axes::draw(&mut sheet, seconds, highest, "admissions per second · 초당 입장");
    let mut steps = Vec::with_capacity(figures.admissions.len() * 2);
    let mut from = 0.0;
    for (until, people) in &figures.admissions {
        steps.extend([axes.place((from, *people)), axes.place((*until, *people))]);
        from = *until;
    }
    if !steps.is_empty() {
        sheet.path("admitted", &steps);
    }
    if let Some(rate) = rate {
        let (from, to) = (axes.place((0.0, rate)), axes.place((axes.seconds, rate)));
        sheet.line("mark", from, to);
        sheet.text("mark-text", (to.0 - 6.0, to.1 - 6.0), Anchor::End, &format!("rate {} · 설정 속도", short(rate)));
    }
    sheet.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Shown;

    #[test]
    fn a_chart_without_data_is_drawn() {
        let one = Shown { user: "rush-0000001".into(), ranks: vec![(0.0, 0)] };
        let still = LineResults { rate_per_second: Some(0), admissions: vec![(0.0, 0.0)], ..LineResults::default() };
        for figures in [LineResults::default(), LineResults { shown: vec![one, Shown::default()], ..still }] {
            let svg = ranks(&figures) + &admissions(&figures);
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}
