//! One's own look (WEB-010): a name, colours that can be read, words. Pure.
//!
//! A colour is refused with the pairs that could not be read ([`contrast`]); what a look leaves out is as it was.

pub mod contrast;
mod css;

pub use contrast::{Pair, Rgb, Scheme, too_low};
pub use css::css;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest name, in characters.
pub const NAME_LENGTH_MAX: usize = 100;
/// Longest words in one language, in characters.
pub const WORDS_LENGTH_MAX: usize = 200;

/// The colours of one scheme, by the names of the tokens.
pub type Colors = BTreeMap<Token, Rgb>;

/// What a colour is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Token {
    /// The page.
    Paper,
    /// A card on it.
    Card,
    /// Text.
    Ink,
    /// Text that matters less.
    Soft,
    /// The edge of a field.
    Edge,
    /// Links.
    Act,
    /// What is well.
    Good,
    /// What to look at.
    Warn,
    /// What is wrong.
    Bad,
}

impl Token {
    /// All of them.
    pub const ALL: [Self; 9] =
        [Self::Paper, Self::Card, Self::Ink, Self::Soft, Self::Edge, Self::Act, Self::Good, Self::Warn, Self::Bad];

    /// As in styles and bodies.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Paper => "paper",
            Self::Card => "card",
            Self::Ink => "ink",
            Self::Soft => "soft",
            Self::Edge => "edge",
            Self::Act => "act",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// The colours of a look: those that differ from the usual ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookColors {
    /// By day.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub light: Colors,
    /// By night.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dark: Colors,
}

impl LookColors {
    /// The colours of a scheme as they are shown: the look's own, else the usual ones.
    pub fn of(&self, scheme: Scheme) -> Colors {
        let own = match scheme {
            Scheme::Light => &self.light,
            Scheme::Dark => &self.dark,
        };
        let usual = |token: &Token| own.get(token).copied().unwrap_or_else(|| contrast::usual(scheme, *token));
        Token::ALL.iter().map(|token| (*token, usual(token))).collect()
    }
}
