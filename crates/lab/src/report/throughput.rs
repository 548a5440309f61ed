//! The chart of responses over time.

use super::chart::{Anchor, BOTTOM, HEIGHT, Sheet, TOP, WIDTH, round_step};
use super::numbers::{duration, short};
use super::{Instants, Results, Timeline};

/// Maximum number of bars that a phone can show distinctly.
const BARS_MAX: usize = 120;

/// Draws responses per second as bars, with coupons and errors, and the time of selling out.
pub(super) fn draw(timeline: &Timeline, figures: &Results) -> String {
    let (bars, bar_seconds) = bars(timeline);
    let seconds = (bars.len() as f64 * bar_seconds).max(bar_seconds);
    let per_second = |count: u32| f64::from(count) / bar_seconds;
    let peak = bars.iter().map(|bar| per_second(bar.answers + bar.troubles)).fold(1.0, f64::max);
    let step = round_step(peak, 5.0);
    // Space for the label of the mark above the bars.
    let top = (peak * 1.12 / step).ceil() * step;
    let mut sheet = Sheet::new("Answers per second over time");
    for row in 0..=(top / step).round() as u32 {
        let value = f64::from(row) * step;
        sheet.row(value / top, &short(value));
    }
    let time_step = round_step(seconds, 10.0);
    for column in 0..=(seconds / time_step + 1e-9) as u32 {
        let at = f64::from(column) * time_step;
        sheet.column(at / seconds, &short(at));
    }
    sheet.axes("seconds since the start · 경과 시간(초)", "answers per second · 초당 응답");
    let width = Sheet::x(1.0 / bars.len().max(1) as f64) - Sheet::x(0.0);
    let gap = if width > 4.0 { 1.0 } else { 0.0 };
    for (at, bar) in bars.iter().enumerate() {
        let x = Sheet::x(at as f64 / bars.len() as f64);
        // Coupons are part of the responses; errors are stacked on top.
        let stretches = [
            ("answers", 0, bar.answers),
            ("issued", 0, bar.issued),
            ("troubles", bar.answers, bar.answers + bar.troubles),
        ];
        for (class, from, to) in stretches.into_iter().filter(|(_, from, to)| from < to) {
            let (bottom, y) = (Sheet::y(per_second(from) / top), Sheet::y(per_second(to) / top));
            sheet.rect(class, (x, y), width - gap, bottom - y);
        }
    }
    if let Some(at) = figures.sold_out_seconds {
        mark_sold_out(&mut sheet, at, seconds);
    }
    sheet.finish()
}

fn mark_sold_out(sheet: &mut Sheet, at: f64, seconds: f64) {
    let x = Sheet::x((at / seconds).min(1.0));
    sheet.line("mark", (x, TOP - 4.0), (x, HEIGHT - BOTTOM));
    let label = format!("sold out after {} · 매진", duration(at));
    if x < WIDTH * 0.6 {
        sheet.text("mark-text", (x + 6.0, TOP + 6.0), Anchor::Start, &label);
    } else {
        sheet.text("mark-text", (x - 6.0, TOP + 6.0), Anchor::End, &label);
    }
}

/// The time line in at most [`BARS_MAX`] bars, and the seconds per bar. An incomplete last bar is drawn, too: it shows the
/// end of the load.
fn bars(timeline: &Timeline) -> (Vec<Instants>, f64) {
    let bucket_seconds = Timeline::BUCKET_MS as f64 / 1_000.0;
    let merged = [1, 2, 5, 10, 20, 50, 100, 200, 300, 600, 1_200, 3_000, 6_000, 9_000]
        .into_iter()
        .find(|merged| timeline.buckets.len().div_ceil(*merged) <= BARS_MAX)
        .unwrap_or(18_000);
    let bars = timeline.buckets.chunks(merged).map(|chunk| {
        chunk.iter().fold(Instants::default(), |mut sum, part| {
            sum.add(part);
            sum
        })
    });
    (bars.collect(), merged as f64 * bucket_seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_runs_are_drawn_in_fewer_bars_without_losing_counts() {
        for buckets in [0, 1, 119, 120, 121, 1_201, 864_000] {
            let one = Instants { answers: 1, issued: 1, troubles: 1 };
            let timeline = Timeline { buckets: vec![one; buckets] };
            let (bars, bar_seconds) = bars(&timeline);
            assert!(bars.len() <= BARS_MAX);
            assert!(bar_seconds * bars.len() as f64 >= buckets as f64 * 0.0999);
            assert_eq!(bars.iter().map(|bar| bar.answers as usize).sum::<usize>(), buckets);
        }
    }

    #[test]
    fn a_chart_without_data_is_drawn() {
        let svg = draw(&Timeline::default(), &Results::default());
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}
