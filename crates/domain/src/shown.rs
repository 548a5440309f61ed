//! Which characters a text may have that is shown to people as a name: those that can be seen, in the order in which they
//! are written.

/// Format characters (Unicode's category Cf) and others that show nothing or change how a text reads.
const INVISIBLE: [(char, char); 25] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200b}'),
    ('\u{200e}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff9}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1345f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    // Tags, and the variation selectors behind them: whole sentences can be hidden in them.
    ('\u{e0000}', '\u{e0fff}'),
];

/// Whether a name that is shown may contain the character: no control characters, no line separators, and none that change
/// the direction of the text or are invisible. The joiners of scripts and emoji (U+200C, U+200D) are allowed.
pub fn is_plain(character: char) -> bool {
    let is_invisible = INVISIBLE.iter().any(|(first, last)| (*first..=*last).contains(&character));
    !character.is_control() && !is_invisible
}

/// Whether a name of this character alone would show something.
pub fn is_visible(character: char) -> bool {
    !character.is_whitespace() && !matches!(character, '\u{200c}' | '\u{200d}' | '\u{2800}' | '\u{fe00}'..='\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kind: characters that nobody sees, in a name by which people choose.
    #[test]
    fn what_nobody_sees_is_refused() {
        // Unicode 17, category Cf, but for the two joiners.
        let formats = "\u{ad}\u{600}\u{605}\u{61c}\u{6dd}\u{70f}\u{890}\u{891}\u{8e2}\u{180e}\u{200b}\u{200e}\u{200f}\u{202a}\u{202e}\
            \u{2060}\u{2064}\u{2066}\u{206f}\u{feff}\u{fff9}\u{fffb}\u{110bd}\u{110cd}\u{13430}\u{1343f}\u{1bca0}\u{1bca3}\u{1d173}\
            \u{1d17a}\u{e0001}\u{e0020}\u{e007f}";
        let tags = ('\u{e0000}'..='\u{e0fff}').chain("\u{7}\u{2028}".chars());
        for character in formats.chars().chain(tags) {
            assert!(!is_plain(character), "U+{:04X}", u32::from(character));
        }
        for character in "가 aé①%👨\u{200d}\u{200c}م\u{301}".chars() {
            assert!(is_plain(character), "U+{:04X}", u32::from(character));
        }
        assert!(!" \u{3000}\u{200d}\u{fe0f}".chars().any(is_visible));
    }
}
