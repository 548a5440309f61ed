//! Names of people.

use crate::shown::{is_plain, is_visible};
use std::fmt;

/// Longest name in characters.
pub const NAME_CHARACTERS_MAX: usize = 50;

/// Why a text is no name. The text of the error is for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonNameError {
    /// Nothing, or nothing that shows.
    #[error("must not be blank")]
    Blank,
    /// More characters than a name has.
    #[error("must have at most {NAME_CHARACTERS_MAX} characters")]
    TooLong,
    /// Control characters, or characters that nobody sees or that turn the text around.
    #[error("must not contain control characters or invisible ones")]
    BadCharacter,
}

/// A person's name, without blanks around it. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PersonName(Box<str>);

impl PersonName {
    /// Reads a name and takes blanks around it away.
    ///
    /// # Errors
    /// [`PersonNameError`].
    pub fn parse(text: &str) -> Result<Self, PersonNameError> {
        // Before anything is trimmed: a line break around a name is no blank of its owner.
        if !text.chars().all(is_plain) {
            return Err(PersonNameError::BadCharacter);
        }
        let name = text.trim();
        if !name.chars().any(is_visible) {
            return Err(PersonNameError::Blank);
        }
        if name.chars().count() > NAME_CHARACTERS_MAX {
            return Err(PersonNameError::TooLong);
        }
        Ok(Self(name.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("PersonName")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_any_script_are_taken_without_blanks_around() {
        for good in ["김민수", "O'Neil", "Анна", "José", "👩\u{200d}🚀 Kim", "مريم", "a"] {
            assert_eq!(PersonName::parse(&format!(" {good}\u{3000}")).expect(good).as_str(), good);
        }
        let longest = "가".repeat(50);
        assert!(PersonName::parse(&longest).is_ok());
        assert_eq!(PersonName::parse(&"가".repeat(51)), Err(PersonNameError::TooLong));
        assert_eq!(PersonName::parse(&format!("{longest}       ")).map(|name| name.as_str().len()), Ok(150));
    }

    #[test]
    fn what_nobody_sees_is_no_name() {
        for blank in ["", " ", "\u{3000}\u{a0}", "\u{200d}", "\u{2800}", "\u{fe0f}"] {
            assert_eq!(PersonName::parse(blank), Err(PersonNameError::Blank), "{blank:?}");
        }
        for bad in [
            "a\0",
            "a\nb",
            "\tKim",
            "Kim\r\n",
            "a\u{7f}",
            "a\u{85}",
            "\u{202e}miK",
            "Ki\u{200b}m",
            "\u{3164}",
            "\u{feff}Kim",
            "a\u{ad}b",
            "a\u{e0041}",
            "a\u{2028}b",
        ] {
            assert_eq!(PersonName::parse(bad), Err(PersonNameError::BadCharacter), "{bad:?}");
        }
        assert!(!format!("{:?}", PersonName::parse("Kim")).contains("Kim"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]
        #[test]
        fn a_name_that_was_taken_is_taken_again_unchanged(text in "\\PC{0,60}|[ a\u{200b}\u{3000}\n]{0,8}") {
            if let Ok(name) = PersonName::parse(&text) {
                prop_assert!((1..=50).contains(&name.as_str().chars().count()));
                prop_assert_eq!(PersonName::parse(name.as_str()), Ok(name.clone()));
            }
        }
    }
}
