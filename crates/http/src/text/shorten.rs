//! What may be said back of what was sent.

/// Characters kept of the beginning: enough to recognise the input by.
const HEAD_CHARACTERS: usize = 80;
/// Characters kept of the end, where parsers say what they expected.
const TAIL_CHARACTERS: usize = 120;

/// A complaint without its middle, if it is long: parsers quote what they were given. Control characters become spaces.
pub fn shortened(complaint: &str) -> String {
    let readable = |character: char| if character.is_control() { ' ' } else { character };
    let length = complaint.chars().count();
    if length <= HEAD_CHARACTERS + TAIL_CHARACTERS {
        return complaint.chars().map(readable).collect();
    }
    let head = complaint.chars().take(HEAD_CHARACTERS);
    let tail = complaint.chars().skip(length - TAIL_CHARACTERS);
    head.chain("...".chars()).chain(tail).map(readable).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginning_and_end_are_kept() {
        assert_eq!(shortened("short\n"), "short ");
        let said = shortened(&format!("given \"{}\", expected u32", "가".repeat(10_000)));
        assert!(said.starts_with("given \"가"));
        assert!(said.ends_with("expected u32"));
        assert_eq!(said.chars().count(), HEAD_CHARACTERS + 3 + TAIL_CHARACTERS);
    }
}
