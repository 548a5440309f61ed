//! Texts that operators give: titles, names, addresses.

use crate::shown::is_plain;

/// Why a text was refused. The text of the error is for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing but blanks.
    #[error("must not be blank")]
    Blank,
    /// Longer than the given number of characters.
    #[error("must have at most {0} characters")]
    TooLong(usize),
    /// A character that is no part of a text: it would hide in a list, end a line, or turn the direction of what follows.
    #[error("must not contain control characters or invisible ones")]
    Control,
}

/// The kinds of text, with their longest length in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An event's title.
    Title,
    /// Who appears.
    Artist,
    /// An event's description: the only text with line breaks.
    Description,
    /// A venue's name.
    VenueName,
    /// A venue's address.
    Address,
    /// A city.
    City,
    /// A hall's name.
    HallName,
    /// Why an event was cancelled.
    Reason,
    /// What is searched for.
    Keyword,
}

impl Kind {
    /// Most characters.
    pub const fn length_max(self) -> usize {
        match self {
            Self::Title => 300,
            Self::Artist | Self::VenueName => 200,
            Self::Description => 10_000,
            Self::Address => 300,
            Self::City | Self::HallName | Self::Keyword => 100,
            Self::Reason => 500,
        }
    }
}

/// Checks a text and takes the blanks around it away.
///
/// # Errors
/// [`TextError`].
pub fn check(kind: Kind, text: &str) -> Result<&str, TextError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TextError::Blank);
    }
    if text.chars().count() > kind.length_max() {
        return Err(TextError::TooLong(kind.length_max()));
    }
    let is_allowed = |letter: char| match kind {
        // Pasted from other programs, with what these write; and nobody chooses by it.
        Kind::Description => !letter.is_control() || matches!(letter, '\n' | '\r' | '\t'),
        Kind::Keyword => !letter.is_control(),
        _ => is_plain(letter),
    };
    if !text.chars().all(is_allowed) {
        return Err(TextError::Control);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_trimmed_and_bounded_in_characters() {
        assert_eq!(check(Kind::Title, "  가을 밤의 노래 "), Ok("가을 밤의 노래"));
        assert_eq!(check(Kind::Title, &"가".repeat(300)).map(str::len), Ok(900));
        assert_eq!(check(Kind::Title, &"가".repeat(301)), Err(TextError::TooLong(300)));
        assert_eq!(check(Kind::Title, "\u{3000} \t"), Err(TextError::Blank), "an ideographic blank is one");
        for bad in ["a\nb", "a\u{0}", "a\u{85}b", "\u{7f}"] {
            assert!(check(Kind::Artist, bad).is_err(), "{bad:?}");
        }
        assert_eq!(check(Kind::Description, "a\nb"), Ok("a\nb"));
        assert_eq!(check(Kind::Description, "a\u{1b}b"), Err(TextError::Control));
    }

    /// Kind: a title that reads otherwise than it is written, or as another one does.
    #[test]
    fn a_name_by_which_people_choose_has_no_unseen_characters() {
        for kind in
            [Kind::Title, Kind::Artist, Kind::VenueName, Kind::Address, Kind::City, Kind::HallName, Kind::Reason]
        {
            for bad in ["a\u{202e}b", "a\u{200b}b", "\u{2066}a", "a\u{2028}b"] {
                assert_eq!(check(kind, bad), Err(TextError::Control), "{kind:?} {bad:?}");
            }
            assert_eq!(check(kind, "👨\u{200d}👩\u{fe0f} é"), Ok("👨\u{200d}👩\u{fe0f} é"), "{kind:?}");
        }
        assert!(check(Kind::Keyword, "a\u{200b}b").is_ok() && check(Kind::Description, "a\u{ad}b\nc").is_ok());
    }
}
