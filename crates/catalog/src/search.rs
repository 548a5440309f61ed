//! Texts as they are kept and searched: Unicode has several forms of one Korean syllable, and keyboards send both.

use unicode_normalization::UnicodeNormalization;

/// The composed form (NFC), in which texts are kept.
pub fn composed(text: &str) -> String {
    text.nfc().collect()
}

/// The form in which texts are searched: composed, in lower case.
pub fn searched(text: &str) -> String {
    text.nfc().collect::<String>().to_lowercase().nfc().collect()
}

/// What stands before a letter that means itself in a pattern. No database takes it for anything else.
pub const ESCAPE: char = '!';

/// A pattern of `LIKE` that finds this text anywhere, literally, with [`ESCAPE`].
pub fn pattern(keyword: &str) -> String {
    let mut pattern = String::from("%");
    for letter in searched(keyword).chars() {
        if matches!(letter, '%' | '_' | ESCAPE) {
            pattern.push(ESCAPE);
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_forms_of_a_syllable_are_one() {
        let (whole, parts) = ("가을", "\u{1100}\u{1161}\u{110b}\u{1173}\u{11af}");
        assert_ne!(whole, parts);
        assert_eq!((composed(parts).as_str(), searched(parts).as_str()), (whole, whole));
        assert_eq!(searched("BTS Café"), searched("bts cafe\u{301}"));
    }

    #[test]
    fn a_keyword_means_itself() {
        assert_eq!(pattern("100%_A!"), "%100!%!_a!!%");
    }
}
