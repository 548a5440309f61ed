//! Shortens input before an error message quotes it.

/// Characters kept from the beginning: enough to recognise the input.
const HEAD_CHARACTERS: usize = 80;
/// Characters kept from the end, where parsers state what they expected.
const TAIL_CHARACTERS: usize = 120;

/// Removes the middle of a long parser message, since parsers quote their input. Control characters become spaces.
pub fn shortened(message: &str) -> String {
    let readable = |character: char| if character.is_control() { ' ' } else { character };
    let length = message.chars().count();
    if length <= HEAD_CHARACTERS + TAIL_CHARACTERS {
        return message.chars().map(readable).collect();
    }
    let head = message.chars().take(HEAD_CHARACTERS);
    let tail = message.chars().skip(length - TAIL_CHARACTERS);
    head.chain("...".chars()).chain(tail).map(readable).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_and_the_end_are_kept() {
        assert_eq!(shortened("short\n"), "short ");
        let short = shortened(&format!("given \"{}\", expected u32", "가".repeat(10_000)));
        assert!(short.starts_with("given \"가"));
        assert!(short.ends_with("expected u32"));
        assert_eq!(short.chars().count(), HEAD_CHARACTERS + 3 + TAIL_CHARACTERS);
    }
}
