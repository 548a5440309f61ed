//! Contrast, computed from the tokens of the style sheet (WCAG 2.2: 1.4.3, 1.4.11).

use crate::files::{folder, texts};
use std::collections::BTreeMap;

type Tokens = BTreeMap<String, [u8; 3]>;

fn css(name: &str) -> String {
    std::fs::read_to_string(folder("crates/web/assets").join(name)).expect("the file is there")
}

fn colour(text: &str) -> [u8; 3] {
    let digits = text.trim().trim_start_matches('#');
    let pair = |at: usize| match digits.len() {
        3 => u8::from_str_radix(&digits[at..=at].repeat(2), 16),
        _ => u8::from_str_radix(&digits[at * 2..at * 2 + 2], 16),
    };
    [0, 1, 2].map(|at| pair(at).expect("a colour"))
}

/// The colours of the light scheme, and those of the dark one.
fn tokens(css: &str) -> [Tokens; 2] {
    let (light, dark) = css.split_once("prefers-color-scheme: dark").expect("a dark scheme");
    [light, dark].map(|part| {
        let lines = part.lines().filter_map(|line| line.trim().strip_prefix("--")?.split_once(": #"));
        lines.map(|(name, value)| (name.to_owned(), colour(value.trim_end_matches(';')))).collect()
    })
}

fn luminance(colour: [u8; 3]) -> f64 {
    let [red, green, blue] = colour.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// What stands on what, and how much they must differ: 4.5 for words, 3 for the edges of fields.
const PAIRS: [(&str, &[&str], f64); 10] = [
    ("ink", &["paper", "card"], 4.5),
    ("soft", &["paper", "card"], 4.5),
    ("act", &["paper", "card"], 4.5),
    ("good", &["paper", "card"], 4.5),
    ("warn", &["paper", "card"], 4.5),
    ("bad", &["paper", "card"], 4.5),
    ("vip", &["paper", "card"], 4.5),
    ("a", &["paper", "card"], 4.5),
    ("edge", &["paper", "card"], 3.0),
    // Words on buttons.
    ("card", &["ink", "bad"], 4.5),
];

#[test]
fn words_and_edges_stand_out_in_both_schemes() {
    for (scheme, tokens) in ["light", "dark"].into_iter().zip(tokens(&css("base.css"))) {
        for (front, backs, least) in PAIRS {
            for back in backs {
                let ratio = contrast(tokens[front], tokens[*back]);
                assert!(ratio >= least, "{scheme}: --{front} on --{back} is {ratio:.2}, below {least}");
            }
        }
    }
}

#[test]
fn tokens_have_one_value_everywhere() {
    let base = tokens(&css("base.css"));
    for (path, text) in texts("crates/web/assets", &["css"]) {
        if !text.contains("prefers-color-scheme: dark") {
            continue;
        }
        for (ours, theirs) in base.iter().zip(tokens(&text)) {
            for (name, colour) in theirs {
                assert!(ours.get(&name).is_none_or(|known| *known == colour), "{}: --{name}", path.display());
            }
        }
    }
}

#[test]
fn contrast_is_that_of_the_standard() {
    assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 0.01);
    assert!((contrast(colour("#777777"), colour("#fff")) - 4.48).abs() < 0.01);
}
