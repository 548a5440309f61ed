//! Colours, and whether text in them can be read (WCAG 2.2, 1.4.3 and 1.4.11).

use super::{LookColors, Token};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// Least contrast of text.
const TEXT: f64 = 4.5;
/// Least contrast of what is no text but must be seen: the edges of fields.
const EDGE: f64 = 3.0;

/// A colour, `#rrggbb`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rgb(u32);

/// Light or dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// By day.
    Light,
    /// By night.
    Dark,
}

/// A text that could not be read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    /// In which scheme.
    pub scheme: Scheme,
    /// What is written.
    pub text: Token,
    /// On what.
    pub on: Token,
    /// Their contrast, cut off to two digits: what is shown as enough is enough.
    pub ratio: f64,
    /// What it must be at least.
    pub needed: f64,
}

/// What is no colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be #rrggbb, such as #1b4fc4")]
pub struct NoColor;

impl FromStr for Rgb {
    type Err = NoColor;

    fn from_str(text: &str) -> Result<Self, NoColor> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or(NoColor)?;
        let is_plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let value = u32::from_str_radix(digits, 16).ok().filter(|_| is_plain);
        value.map(Self).ok_or(NoColor)
    }
}

impl fmt::Display for Rgb {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "#{:06x}", self.0)
    }
}

impl fmt::Debug for Rgb {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Serialize for Rgb {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rgb {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(|error| de::Error::custom(format!("a colour {error}")))
    }
}

impl Rgb {
    /// The relative luminance of WCAG.
    fn luminance(self) -> f64 {
        let part = |shift: u32| {
            let value = f64::from((self.0 >> shift) & 0xff) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0)
    }

    /// The contrast of two colours, 1 to 21.
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }
}

/// The usual colours of pages.
pub fn usual(scheme: Scheme, token: Token) -> Rgb {
    Rgb(match (scheme, token) {
        (Scheme::Light, Token::Paper) => 0xf7_f6_f3,
        (Scheme::Light, Token::Card) => 0xff_ff_ff,
        (Scheme::Light, Token::Ink) => 0x16_18_1d,
        (Scheme::Light, Token::Soft) => 0x56_5d_68,
        (Scheme::Light, Token::Edge) => 0x79_80_8b,
        (Scheme::Light, Token::Act) => 0x1b_4f_c4,
        (Scheme::Light, Token::Good) => 0x0a_6b_4b,
        (Scheme::Light, Token::Warn) => 0x7d_52_00,
        (Scheme::Light, Token::Bad) => 0xb3_26_1e,
        (Scheme::Dark, Token::Paper) => 0x11_13_18,
        (Scheme::Dark, Token::Card) => 0x1a_1d_24,
        (Scheme::Dark, Token::Ink) => 0xf2_f2_ef,
        (Scheme::Dark, Token::Soft) => 0xb2_b8_c2,
        (Scheme::Dark, Token::Edge) => 0x7b_83_8f,
        (Scheme::Dark, Token::Act) => 0x8a_b4_ff,
        (Scheme::Dark, Token::Good) => 0x5f_d3_a3,
        (Scheme::Dark, Token::Warn) => 0xf0_bd_5a,
        (Scheme::Dark, Token::Bad) => 0xff_8f_85,
    })
}

/// The pairs of a look that could not be read, in both schemes.
pub fn too_low(colors: &LookColors) -> Vec<Pair> {
    let mut found = Vec::new();
    for scheme in [Scheme::Light, Scheme::Dark] {
        let shown = colors.of(scheme);
        let texts = Token::ALL.into_iter().filter(|token| !matches!(token, Token::Paper | Token::Card));
        for (text, on) in texts.flat_map(|text| [(text, Token::Card), (text, Token::Paper)]) {
            let needed = if text == Token::Edge { EDGE } else { TEXT };
            let (Some(front), Some(back)) = (shown.get(&text), shown.get(&on)) else { continue };
            let ratio = front.contrast(*back);
            if ratio < needed {
                found.push(Pair { scheme, text, on, ratio: (ratio * 100.0).floor() / 100.0, needed });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rgb(text: &str) -> Rgb {
        text.parse().expect("a colour")
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        assert!((rgb("#000000").contrast(rgb("#ffffff")) - 21.0).abs() < 1e-9);
        assert!((rgb("#777777").contrast(rgb("#ffffff")) - 4.48).abs() < 0.01);
        // As the table of the design says.
        assert!((rgb("#1b4fc4").contrast(rgb("#f7f6f3")) - 6.6).abs() < 0.06);
    }

    #[test]
    fn the_usual_colours_can_be_read_and_a_pale_link_is_named() {
        assert_eq!(too_low(&LookColors::default()), []);
        let pale = LookColors { light: [(Token::Act, rgb("#ffe600"))].into(), ..LookColors::default() };
        let pairs = too_low(&pale);
        let named: Vec<_> = pairs.iter().map(|pair| (pair.scheme, pair.text, pair.on, pair.needed)).collect();
        assert_eq!(
            named,
            [(Scheme::Light, Token::Act, Token::Card, 4.5), (Scheme::Light, Token::Act, Token::Paper, 4.5)]
        );
        assert!(pairs.iter().all(|pair| pair.ratio < 1.4));
    }

    #[test]
    fn another_paper_is_judged_with_the_usual_texts_on_it() {
        let grey = LookColors { dark: [(Token::Paper, rgb("#777777"))].into(), ..LookColors::default() };
        assert!(too_low(&grey).iter().all(|pair| pair.scheme == Scheme::Dark && pair.on == Token::Paper));
        assert!(!too_low(&grey).is_empty());
    }

    proptest! {
        #[test]
        fn a_colour_is_six_digits_and_nothing_else(text in "#?[0-9a-fA-Fx+; ]{0,8}") {
            let is_color = text.len() == 7 && text.starts_with('#') && text[1..].bytes().all(|one| one.is_ascii_hexdigit());
            prop_assert_eq!(text.parse::<Rgb>().is_ok(), is_color);
            if let Ok(color) = text.parse::<Rgb>() {
                prop_assert_eq!(color.to_string(), text.to_lowercase());
            }
        }
    }
}
