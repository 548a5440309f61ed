//! Keys that can be guessed. Whoever guesses one makes cookies, receipts or internal calls of their own.

use super::Fault;
use crate::cli::Role;
use crate::config::Config;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;

/// Fewer different characters than this are no randomness: 16 random hexadecimal digits have ten.
const DIFFERENT_MIN: usize = 7;
/// Words of keys that somebody meant to replace.
const PLACEHOLDERS: [&str; 17] = [
    "change",
    "example",
    "placeholder",
    "password",
    "passw0rd",
    "secret",
    "insert",
    "replace",
    "test-key",
    "testkey",
    "default",
    "letmein",
    "welcome",
    "qwerty",
    "asdfgh",
    "zxcvbn",
    "1q2w3e",
];

/// Looks at every key of the configuration, also at those in files.
pub(super) fn faults(config: &Config) -> Vec<Fault> {
    let secrets = secrets(config);
    let weak = secrets.iter().filter_map(Secret::fault);
    weak.chain(twice(&secrets)).chain(key_files(config)).collect()
}

/// A key that is used for two purposes: who may know it for one knows it for the other, and it cannot be changed for one alone.
fn twice(secrets: &[Secret<'_>]) -> Option<Fault> {
    let read: Vec<(&Secret<'_>, String)> =
        secrets.iter().filter_map(|secret| Some((secret, secret.read()?.0.to_lowercase()))).collect();
    for (place, (secret, text)) in read.iter().enumerate() {
        let same = read[..place].iter().find(|(other, earlier)| earlier == text && other.purpose != secret.purpose);
        if let Some((other, _)) = same {
            let change = format!("set {} to the output of `{}`", secret.key, secret.make);
            return Some(Fault::new("keys", format!("{} and {} are the same key", other.key, secret.key), change));
        }
    }
    None
}

/// Files of secrets that others may read or change.
fn key_files(config: &Config) -> Vec<Fault> {
    let mut named: Vec<(String, &Path)> = secrets(config)
        .into_iter()
        .filter(|secret| secret.value.is_empty())
        .filter_map(|secret| Some((format!("{}_file", secret.key), secret.file?)))
        .collect();
    named.push(("user.recaptcha.secret_file".to_owned(), &config.user.recaptcha.secret_file));
    named.push(("user.portone.api_secret_file".to_owned(), &config.user.portone.api_secret_file));
    let portone = &config.payment.portone;
    named.push(("payment.portone.api_secret_file".to_owned(), &portone.api_secret_file));
    named.push(("payment.portone.webhook_secret_file".to_owned(), &portone.webhook_secret_file));
    named.push(("tls.key".to_owned(), &config.tls.key));
    named.retain(|(_, file)| !file.as_os_str().is_empty());
    let faults = named.iter().flat_map(|(key, file)| {
        let found = files::key_faults(file).into_iter();
        found.map(move |fault| Fault::new("keys", format!("{key}: {}", fault.what), fault.change))
    });
    faults.collect()
}

/// What a key is for. Keys of one purpose may be the same: an old and a new one, or those of two services of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// Signs cookies.
    Cookies,
    /// Signs the entry numbers of draws.
    Receipts,
    /// Opens the calls between services.
    Services,
    /// Signs people's tokens.
    Tokens,
    /// Encrypts personal data.
    PersonalData,
    /// Makes the hashes by which personal data is found.
    Lookup,
    /// Signs tickets.
    Tickets,
}

/// One key of the configuration.
struct Secret<'a> {
    key: Cow<'static, str>,
    purpose: Purpose,
    value: &'a str,
    file: Option<&'a Path>,
    length_min: usize,
    /// What makes a good one.
    make: &'static str,
}

const RANDOM_HEX: &str = "openssl rand -hex 32";
const RANDOM_UUID: &str = "uuidgen";
const RANDOM_TOKENS: &str = "openssl rand -hex 64";

fn secrets(config: &Config) -> Vec<Secret<'_>> {
    let (queue, auth, user) = (&config.queue, &config.auth, &config.user);
    let reservation = &config.reservation;
    let (keys, previous) = (&config.internal.key, &config.internal.previous_key);
    let secret = |key: &'static str, purpose, value, file, length_min| Secret {
        key: Cow::Borrowed(key),
        purpose,
        value,
        file,
        length_min,
        make: RANDOM_HEX,
    };
    let mut all = vec![
        secret("queue.cookie_key", Purpose::Cookies, &*queue.cookie_key, Some(&*queue.cookie_key_file), 32),
        secret("queue.cookie_previous_key", Purpose::Cookies, &*queue.cookie_previous_key, None, 32),
        secret("queue.receipt_key", Purpose::Receipts, &*queue.receipt_key, Some(&*queue.receipt_key_file), 43),
        Secret {
            make: RANDOM_TOKENS,
            ..secret("auth.jwt_secret", Purpose::Tokens, &*auth.jwt_secret, Some(&*auth.jwt_secret_file), 64)
        },
        Secret {
            make: RANDOM_TOKENS,
            ..secret("auth.jwt_previous_secret", Purpose::Tokens, &*auth.jwt_previous_secret, None, 64)
        },
        secret(
            "user.personal_data_key",
            Purpose::PersonalData,
            &*user.personal_data_key,
            Some(&*user.personal_data_key_file),
            43,
        ),
        secret("user.personal_data_key_previous", Purpose::PersonalData, &*user.personal_data_key_previous, None, 43),
        secret("user.lookup_key", Purpose::Lookup, &*user.lookup_key, Some(&*user.lookup_key_file), 43),
        secret(
            "reservation.ticket_key",
            Purpose::Tickets,
            &*reservation.ticket_key,
            Some(&*reservation.ticket_key_file),
            43,
        ),
        secret("reservation.ticket_key_previous", Purpose::Tickets, &*reservation.ticket_key_previous, None, 43),
    ];
    let internal = |key, value, file| Secret {
        key: Cow::Owned(key),
        purpose: Purpose::Services,
        value,
        file,
        length_min: 16,
        make: RANDOM_UUID,
    };
    for role in Role::ALL.map(Role::as_str) {
        all.push(internal(format!("internal.key.{role}"), keys.of(role), Some(keys.file_of(role))));
        all.push(internal(format!("internal.previous_key.{role}"), previous.of(role), None));
    }
    all
}

impl Secret<'_> {
    /// The key, and the name of the setting that gives it; none where it is not set.
    fn read(&self) -> Option<(String, String)> {
        if !self.value.is_empty() {
            return Some((self.value.to_owned(), self.key.clone().into_owned()));
        }
        let file = self.file.filter(|file| !file.as_os_str().is_empty())?;
        // A file that cannot be read is refused where the key is needed, with its own words.
        Some((std::fs::read_to_string(file).ok()?.trim().to_owned(), format!("{}_file", self.key)))
    }

    fn fault(&self) -> Option<Fault> {
        let (value, key) = self.read()?;
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
    if is_patchwork(&letters) {
        return Some("it is made of a few short texts".to_owned());
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

/// Whether less than half of its groups of three letters are different: a word again and again with other digits behind it.
fn is_patchwork(letters: &[char]) -> bool {
    let groups: Vec<&[char]> = letters.windows(3).collect();
    groups.iter().collect::<BTreeSet<_>>().len() * 2 < groups.len()
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
            "my-onsale-key-1-my-onsale-key-2-my-onsale-key-3".to_owned(),
            "qwertyuiop1029384756qwertzuiopasdfghjklyxcvbnm".to_owned(),
            "CHANGEME-0a9c8e7b6d5f4e3c2b1a09f8e7d6c5b4a39281".to_owned(),
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
