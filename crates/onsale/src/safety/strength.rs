//! Keys that can be guessed. Whoever guesses one makes cookies, receipts or internal calls of their own.

use super::Fault;
use crate::config::Config;
use std::collections::BTreeSet;
use std::path::Path;

/// Fewer different characters than this are no randomness: 16 random hexadecimal digits have ten.
const DIFFERENT_MIN: usize = 7;
/// Words of keys that somebody meant to replace.
const PLACEHOLDERS: [&str; 7] = ["change", "example", "placeholder", "password", "secret", "insert", "test-key"];

/// Looks at every key of the configuration, also at those in files.
pub(super) fn faults(config: &Config) -> Vec<Fault> {
    secrets(config).iter().filter_map(|secret| secret.fault()).collect()
}

/// One key of the configuration.
struct Secret<'a> {
    key: &'static str,
    value: &'a str,
    file: Option<&'a Path>,
    length_min: usize,
    /// What makes a good one.
    make: &'static str,
}

const RANDOM_HEX: &str = "openssl rand -hex 32";
const RANDOM_UUID: &str = "uuidgen";

fn secrets(config: &Config) -> Vec<Secret<'_>> {
    let (queue, keys, previous) = (&config.queue, &config.internal.key, &config.internal.previous_key);
    let of_lines = |key, value, file, length_min| Secret { key, value, file, length_min, make: RANDOM_HEX };
    let internal = |key, value, file| Secret { key, value, file, length_min: 16, make: RANDOM_UUID };
    vec![
        of_lines("queue.cookie_key", &queue.cookie_key, Some(&*queue.cookie_key_file), 32),
        of_lines("queue.cookie_previous_key", &queue.cookie_previous_key, None, 32),
        of_lines("queue.receipt_key", &queue.receipt_key, Some(&*queue.receipt_key_file), 43),
        internal("internal.key.issuer", &keys.issuer, Some(&*keys.issuer_file)),
        internal("internal.key.queue", &keys.queue, Some(&*keys.queue_file)),
        internal("internal.key.gate", &keys.gate, Some(&*keys.gate_file)),
        internal("internal.key.coupon", &keys.coupon, Some(&*keys.coupon_file)),
        internal("internal.previous_key.issuer", &previous.issuer, None),
        internal("internal.previous_key.queue", &previous.queue, None),
        internal("internal.previous_key.gate", &previous.gate, None),
        internal("internal.previous_key.coupon", &previous.coupon, None),
    ]
}

impl Secret<'_> {
    fn fault(&self) -> Option<Fault> {
        let from_file = || {
            let file = self.file.filter(|file| !file.as_os_str().is_empty())?;
            // A file that cannot be read is refused where the key is needed, with its own words.
            Some((std::fs::read_to_string(file).ok()?.trim().to_owned(), format!("{}_file", self.key)))
        };
        let (value, key) = match self.value {
            "" => from_file()?,
            value => (value.to_owned(), self.key.to_owned()),
        };
        let weakness = weakness(&value, self.length_min)?;
        let change = format!("set {} to the output of `{}`, the same wherever it is used", self.key, self.make);
        Some(Fault::new("keys", format!("{key} can be guessed: {weakness}"), change))
    }
}

/// Why a key can be guessed; none when it looks random. The key itself is never in the text.
fn weakness(secret: &str, length_min: usize) -> Option<String> {
    let letters: Vec<char> = secret.chars().collect();
    let different = letters.iter().collect::<BTreeSet<_>>().len();
    let lower = secret.to_lowercase();
    if letters.len() < length_min {
        return Some(format!("it has {} characters, and needs {length_min}", letters.len()));
    }
    if different < DIFFERENT_MIN {
        return Some(format!("it has only {different} different characters"));
    }
    if repeats(&letters) {
        return Some("it is one short text again and again".to_owned());
    }
    if runs(&letters) {
        return Some("it is a sequence such as 12345 or abcde".to_owned());
    }
    let word = PLACEHOLDERS.iter().find(|word| lower.contains(*word));
    word.map(|word| format!("it contains the word \"{word}\", as one that was to be replaced"))
}

/// Whether the text is a shorter one repeated, the last time perhaps cut short.
fn repeats(letters: &[char]) -> bool {
    (1..=letters.len() / 2).any(|length| letters.iter().zip(&letters[length..]).all(|(one, later)| one == later))
}

/// Whether most letters follow from the one before: the same, the next or the previous.
fn runs(letters: &[char]) -> bool {
    let follows = letters.windows(2).filter(|pair| (pair[0] as u32).abs_diff(pair[1] as u32) <= 1).count();
    follows * 3 > (letters.len() - 1) * 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_a_person_would_type_are_weak() {
        for weak in [
            "a".repeat(64),
            "ab".repeat(32),
            "0123456789abcdef".repeat(4),
            "0123456789012345678901234567890123456789012345".to_owned(),
            "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz".to_owned(),
            "00000000-0000-0000-0000-000000000000-0000000000".to_owned(),
            "11111111-2222-3333-4444-555555555555-6666666666".to_owned(),
            "please-change-me-before-the-event-of-next-week-1".to_owned(),
            "my-very-secret-cookie-key-that-nobody-will-guess".to_owned(),
            "8f1d".to_owned(),
            String::new(),
        ] {
            assert!(weakness(&weak, 43).is_some(), "{weak}");
        }
    }

    #[test]
    fn random_keys_are_strong() {
        for number in 0..2_000 {
            let bytes = |length: usize| (0..length).map(|_| fastrand::u8(..)).collect::<Vec<u8>>();
            let hex: String = bytes(32).iter().map(|byte| format!("{byte:02x}")).collect();
            let uuid = uuid::Uuid::new_v4().to_string();
            for strong in [hex.as_str(), &hex[..32], &uuid] {
                assert_eq!(weakness(strong, 32), None, "{number}: {strong}");
            }
        }
        assert_eq!(weakness("correct horse battery staple 123456", 32), None);
    }
}
