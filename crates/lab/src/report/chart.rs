//! Charts as inline SVG: axes, grid, and text. Colors come from the variables of the page, so that one chart works in
//! light and dark mode.

use std::fmt::Write;

pub(super) const WIDTH: f64 = 720.0;
pub(super) const HEIGHT: f64 = 300.0;
pub(super) const LEFT: f64 = 64.0;
pub(super) const RIGHT: f64 = 20.0;
pub(super) const TOP: f64 = 26.0;
pub(super) const BOTTOM: f64 = 46.0;

/// An SVG under construction.
pub(super) struct Sheet {
    body: String,
    title: String,
}

/// The alignment of a text to its point.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

impl Sheet {
    /// An empty chart. Screen readers read the title.
    pub(super) fn new(title: &str) -> Self {
        Self { body: String::new(), title: escape(title) }
    }

    /// The horizontal position of a share (0 to 1) of the plot.
    pub(super) fn x(share: f64) -> f64 {
        LEFT + share * (WIDTH - LEFT - RIGHT)
    }

    /// The vertical position of a share (0 to 1) of the plot, from the bottom.
    pub(super) fn y(share: f64) -> f64 {
        HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
    }

    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _written = self.body.write_fmt(element);
    }

    pub(super) fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        self.push(format_args!(r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#));
    }

    pub(super) fn rect(&mut self, class: &str, (x, y): (f64, f64), width: f64, height: f64) {
        self.push(format_args!(
            r#"<rect class="{class}" x="{x:.2}" y="{y:.2}" width="{width:.2}" height="{height:.2}"/>"#
        ));
    }

    pub(super) fn dot(&mut self, class: &str, (x, y): (f64, f64)) {
        self.push(format_args!(r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="3.5"/>"#));
    }

    pub(super) fn path(&mut self, class: &str, points: &[(f64, f64)]) {
        let steps = points.iter().enumerate().map(|(at, (x, y))| {
            let step = if at == 0 { 'M' } else { 'L' };
            format!("{step}{x:.1} {y:.1}")
        });
        let steps: String = steps.collect();
        self.push(format_args!(r#"<path class="{class}" d="{steps}"/>"#));
    }

    pub(super) fn text(&mut self, class: &str, (x, y): (f64, f64), anchor: Anchor, text: &str) {
        let (anchor, text) = (anchor.name(), escape(text));
        self.push(format_args!(r#"<text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{text}</text>"#));
    }

    /// A horizontal line over the plot with its value on the left.
    pub(super) fn row(&mut self, share: f64, label: &str) {
        let y = Self::y(share);
        self.line(if share == 0.0 { "axis" } else { "grid" }, (LEFT, y), (WIDTH - RIGHT, y));
        self.text("tick", (LEFT - 8.0, y + 4.0), Anchor::End, label);
    }

    /// A vertical line over the plot with its value below.
    pub(super) fn column(&mut self, share: f64, label: &str) {
        let x = Self::x(share);
        self.line("grid", (x, TOP), (x, HEIGHT - BOTTOM));
        // A long label at the right end would exceed the chart.
        let (x, anchor) = if share > 0.97 { (WIDTH - 2.0, Anchor::End) } else { (x, Anchor::Middle) };
        self.text("tick", (x, HEIGHT - BOTTOM + 18.0), anchor, label);
    }

    /// The labels of both axes.
    pub(super) fn axes(&mut self, horizontal: &str, vertical: &str) {
        self.text("label", (WIDTH - RIGHT, HEIGHT - 8.0), Anchor::End, horizontal);
        self.text("label", (LEFT - 56.0, 14.0), Anchor::Start, vertical);
    }

    pub(super) fn finish(self) -> String {
        let Self { body, title } = self;
        format!(
            r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}"><title>{title}</title>{body}</svg>"#
        )
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A round step (1, 2 or 5 times a power of ten) that divides `most` into at most `steps`.
pub(super) fn round_step(most: f64, steps: f64) -> f64 {
    let rough = (most / steps).max(f64::MIN_POSITIVE);
    let power = 10f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= rough * 0.999_999).unwrap_or(10.0);
    factor * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        assert_eq!(round_step(1_000.0, 5.0), 200.0);
        assert_eq!(round_step(93_000.0, 5.0), 20_000.0);
        assert_eq!(round_step(11.4, 10.0), 2.0);
        assert!((round_step(0.9, 10.0) - 0.1).abs() < 1e-12);
        assert_eq!(round_step(9_999.0, 1.0), 10_000.0);
    }

    #[test]
    fn text_in_a_chart_is_escaped() {
        let mut sheet = Sheet::new("a \"b\" <c>");
        sheet.text("tick", (0.0, 0.0), Anchor::Start, "<script>&");
        let svg = sheet.finish();
        assert!(svg.contains("&lt;script&gt;&amp;") && svg.contains("a &quot;b&quot; &lt;c&gt;"), "{svg}");
    }
}
