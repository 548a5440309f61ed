//! A parser's words for people: what was expected in plain words with its range, not by the name of a type in the program.

use super::shorten::shortened;

/// Types as parsers name them, with what they mean to a caller.
const TYPES: [(&str, &str); 13] = [
    ("u8", "a whole number from 0 to 255"),
    ("u16", "a whole number from 0 to 65535"),
    ("u32", "a whole number from 0 to 4294967295"),
    ("u64", "a whole number from 0 to 18446744073709551615"),
    ("usize", "a whole number from 0 to 18446744073709551615"),
    ("i8", "a whole number from -128 to 127"),
    ("i16", "a whole number from -32768 to 32767"),
    ("i32", "a whole number from -2147483648 to 2147483647"),
    ("i64", "a whole number from -9223372036854775808 to 9223372036854775807"),
    ("f64", "a number"),
    ("a sequence", "a list"),
    ("a map", "an object"),
    ("unit", "null"),
];

/// Beginnings of descriptions that name a type of the program.
const NAMED: [&str; 3] = ["struct ", "internally tagged enum ", "map with "];

/// Ends of messages about numbers and flags in queries and forms, which have no type.
const PARSED: [(&str, &str); 5] = [
    ("invalid digit found in string", "must be a whole number, 0 or more"),
    ("number too large to fit in target type", "is a larger number than any that is taken"),
    ("number too small to fit in target type", "is a smaller number than any that is taken"),
    ("cannot parse integer from empty string", "must be a whole number, and is empty"),
    ("provided string was not `true` or `false`", "must be true or false"),
];

/// The message in plain words, and short: parsers quote what was sent.
pub fn plain(message: &str) -> String {
    let message = shortened(message);
    for (found, words) in PARSED {
        if let Some(start) = message.strip_suffix(found) {
            return format!("{start}{words}");
        }
    }
    // The last one: what was sent may contain the same words, and is quoted before.
    let Some((start, expected)) = message.rsplit_once("expected ") else { return message };
    let (expected, place) = expected.split_once(" at line ").unwrap_or((expected, ""));
    let place = if place.is_empty() { String::new() } else { format!(" at line {place}") };
    let known = TYPES.iter().find(|(name, _)| *name == expected).map(|(_, words)| *words);
    let words = known.or_else(|| NAMED.iter().any(|named| expected.starts_with(named)).then_some("an object"));
    words.map_or_else(|| message.clone(), |words| format!("{start}expected {words}{place}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kind: the name of a type of the program in an answer.
    #[test]
    fn types_of_the_program_are_said_in_words() {
        for (message, words) in [
            (
                "invalid type: string \"x\", expected u32",
                "invalid type: string \"x\", expected a whole number from 0 to 4294967295",
            ),
            (
                "invalid value: integer `-1`, expected u64 at line 1 column 9",
                "invalid value: integer `-1`, expected a whole number from 0 to 18446744073709551615 at line 1 column 9",
            ),
            ("invalid type: sequence, expected struct NewCampaign", "invalid type: sequence, expected an object"),
            (
                "invalid type: string \"expected u32\", expected a boolean",
                "invalid type: string \"expected u32\", expected a boolean",
            ),
            ("unknown field `a`, expected one of `b`, `c`", "unknown field `a`, expected one of `b`, `c`"),
            ("size: invalid digit found in string", "size: must be a whole number, 0 or more"),
            ("size: number too large to fit in target type", "size: is a larger number than any that is taken"),
            ("missing field `name`", "missing field `name`"),
        ] {
            assert_eq!(plain(message), words);
        }
    }
}
