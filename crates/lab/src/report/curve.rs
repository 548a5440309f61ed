//! The chart of latency by percentile.

use super::Latency;
use super::chart::{Anchor, Sheet};
use super::numbers::latency;

/// Draws both curves: percentiles to the right (each step ten times rarer), milliseconds upwards (each step ten times
/// slower).
pub(super) fn draw(success: &Latency, refusal: &Latency) -> String {
    let mut sheet = Sheet::new("Latency by percentile, successes and refusals apart");
    let curves = [("refusal", refusal), ("success", success)];
    let points = || curves.iter().flat_map(|(_, latency)| latency.curve.iter().copied());
    let nines = points().map(|(percentile, _)| rarity(percentile)).fold(1.0, f64::max).ceil();
    let fastest = points().map(|(_, ms)| ms).fold(f64::INFINITY, f64::min).clamp(0.01, 1_000.0);
    let slowest = points().map(|(_, ms)| ms).fold(1.0, f64::max);
    let (lowest, highest) = (fastest.log10().floor(), slowest.log10().ceil());
    let highest = if highest > lowest { highest } else { lowest + 1.0 };
    let height = |ms: f64| (ms.max(1e-3).log10().max(lowest) - lowest) / (highest - lowest);
    for decade in lowest as i32..=highest as i32 {
        let ms = 10f64.powi(decade);
        sheet.row(height(ms), &axis_label(ms));
    }
    for nine in 0..=nines as u32 {
        sheet.column(f64::from(nine) / nines, &percentile_label(nine));
    }
    sheet.axes("percentile · 백분위", "latency · 지연 시간");
    let place = |(percentile, ms): (f64, f64)| (Sheet::x(rarity(percentile) / nines), Sheet::y(height(ms)));
    for (class, latency) in curves {
        let points: Vec<_> = latency.curve.iter().copied().map(place).collect();
        let Some(last) = points.last().copied() else { continue };
        sheet.path(class, &points);
        sheet.dot(class, last);
        mark_slowest(&mut sheet, class, last, latency.max_ms);
    }
    sheet.finish()
}

/// 0 for the median of nothing, 1 for 90 %, 2 for 99 %, 3 for 99.9 %.
fn rarity(percentile: f64) -> f64 {
    -(1.0 - (percentile / 100.0).min(0.999_999_999)).log10()
}

fn mark_slowest(sheet: &mut Sheet, class: &str, (x, y): (f64, f64), max_ms: f64) {
    let name = if class == "success" { "issued" } else { "refused" };
    let label = format!("{name}: slowest {}", latency(max_ms));
    sheet.text(&format!("end-{class}"), (x - 8.0, y - 9.0), Anchor::End, &label);
}

fn axis_label(ms: f64) -> String {
    if ms >= 1_000.0 { format!("{} s", ms / 1_000.0) } else { format!("{ms} ms") }
}

fn percentile_label(nines: u32) -> String {
    match nines {
        0 => "0 %".into(),
        1 => "90 %".into(),
        2 => "99 %".into(),
        more => format!("99.{} %", "9".repeat(more as usize - 2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_without_data_is_drawn() {
        let one = Latency { count: 1, max_ms: 5.0, curve: vec![(0.0, 5.0)], ..Latency::default() };
        for (success, refusal) in [(Latency::default(), Latency::default()), (one.clone(), Latency::default())] {
            let svg = draw(&success, &refusal);
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }

    #[test]
    fn percentiles_are_one_step_apart() {
        assert!((rarity(90.0) - 1.0).abs() < 1e-9 && (rarity(99.9) - 3.0).abs() < 1e-9);
        assert_eq!([percentile_label(2), percentile_label(4)], ["99 %", "99.99 %"]);
    }
}
