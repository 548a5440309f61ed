//! Grades of seats, and their prices (EVT-009).

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The highest price, in won.
pub const WON_MAX: i64 = 1_000_000_000;

/// The grade of a seat, the dearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "the names are the contract's own words")]
pub enum Grade {
    Vip,
    S,
    A,
    B,
}

impl Grade {
    /// Every grade, the dearest first.
    pub const ALL: [Self; 4] = [Self::Vip, Self::S, Self::A, Self::B];

    /// As on the wire and in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vip => "VIP",
            Self::S => "S",
            Self::A => "A",
            Self::B => "B",
        }
    }

    /// Reads the written form; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grade| grade.as_str() == text)
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// Why prices were refused. The text of the error is for the caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// No grade of that name.
    #[error("priceByGrade: {0:?} is no grade; the grades are VIP, S, A, B")]
    NoGrade(String),
    /// Below 0 or above [`WON_MAX`].
    #[error("priceByGrade.{0}: must be 0 to 1000000000")]
    OutOfRange(Grade),
    /// The hall has seats of a grade without a price.
    #[error("priceByGrade: the hall has seats of grade {0}, which has no price")]
    Missing(Grade),
    /// Nothing at all.
    #[error("priceByGrade: must have a price for each grade of the hall")]
    Empty,
}

/// The price of each grade of an event, in won.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Prices(BTreeMap<Grade, i64>);

impl Prices {
    /// Takes prices as they were given.
    ///
    /// # Errors
    /// [`PriceError`], but for what only a hall can tell.
    pub fn given(prices: &BTreeMap<String, i64>) -> Result<Self, PriceError> {
        if prices.is_empty() {
            return Err(PriceError::Empty);
        }
        let price = |(name, won): (&String, &i64)| {
            let shown = || name.chars().take(40).collect();
            let grade = Grade::parse(name).ok_or_else(|| PriceError::NoGrade(shown()))?;
            if (0..=WON_MAX).contains(won) { Ok((grade, *won)) } else { Err(PriceError::OutOfRange(grade)) }
        };
        prices.iter().map(price).collect::<Result<_, _>>().map(Self)
    }

    /// Checks that each of these grades has a price.
    ///
    /// # Errors
    /// [`PriceError::Missing`].
    pub fn cover(&self, grades: impl IntoIterator<Item = Grade>) -> Result<(), PriceError> {
        match grades.into_iter().find(|grade| !self.0.contains_key(grade)) {
            Some(grade) => Err(PriceError::Missing(grade)),
            None => Ok(()),
        }
    }

    /// The price of a grade, if it has one.
    pub fn of(&self, grade: Grade) -> Option<i64> {
        self.0.get(&grade).copied()
    }

    /// All prices, the dearest grade first.
    pub fn iter(&self) -> impl Iterator<Item = (Grade, i64)> + '_ {
        self.0.iter().map(|(grade, won)| (*grade, *won))
    }

    /// The lowest and the highest price.
    pub fn range(&self) -> Option<(i64, i64)> {
        Some((self.0.values().copied().min()?, self.0.values().copied().max()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(prices: &[(&str, i64)]) -> Result<Prices, PriceError> {
        Prices::given(&prices.iter().map(|(name, won)| ((*name).to_owned(), *won)).collect())
    }

    #[test]
    fn prices_name_grades_and_are_whole_won_in_range() {
        let prices = given(&[("VIP", WON_MAX), ("B", 0)]).expect("prices");
        assert_eq!(
            (prices.of(Grade::Vip), prices.of(Grade::S), prices.range()),
            (Some(WON_MAX), None, Some((0, WON_MAX)))
        );
        assert_eq!(given(&[]), Err(PriceError::Empty));
        assert_eq!(given(&[("vip", 1)]), Err(PriceError::NoGrade("vip".into())), "grades are capitals");
        assert_eq!(given(&[("S", -1)]), Err(PriceError::OutOfRange(Grade::S)));
        assert_eq!(given(&[("S", WON_MAX + 1)]), Err(PriceError::OutOfRange(Grade::S)));
        assert_eq!(prices.cover([Grade::B, Grade::Vip]), Ok(()));
        assert_eq!(prices.cover([Grade::B, Grade::A]), Err(PriceError::Missing(Grade::A)));
        assert_eq!(serde_json::to_string(&prices).expect("written"), r#"{"VIP":1000000000,"B":0}"#);
    }
}
