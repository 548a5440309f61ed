//! Passwords.

use std::fmt;

/// Shortest password in bytes.
pub const PASSWORD_BYTES_MIN: usize = 8;
/// Longest password in bytes: bcrypt reads no more.
pub const PASSWORD_BYTES_MAX: usize = 72;

/// Why a text is no password. The text of the error is for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Shorter or longer than allowed.
    #[error("must have {PASSWORD_BYTES_MIN} to {PASSWORD_BYTES_MAX} bytes")]
    Length,
    /// Control characters.
    #[error("must not contain control characters")]
    BadCharacter,
}

/// A password as it was typed: two that look alike are two passwords. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Box<str>);

impl Password {
    /// Takes a new password.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub fn parse(text: &str) -> Result<Self, PasswordError> {
        if !(PASSWORD_BYTES_MIN..=PASSWORD_BYTES_MAX).contains(&text.len()) {
            return Err(PasswordError::Length);
        }
        if text.chars().any(char::is_control) {
            return Err(PasswordError::BadCharacter);
        }
        Ok(Self(text.into()))
    }

    /// The bytes to hash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Password")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_length_counts_in_bytes() {
        for good in ["12345678", "        ", "비밀번", "pass word 1", "\u{1f511}\u{1f511}"] {
            assert!(Password::parse(good).is_ok(), "{good:?}");
        }
        assert!(Password::parse(&"a".repeat(72)).is_ok() && Password::parse(&"가".repeat(24)).is_ok());
        for bad in ["", "1234567", "비밀", &"a".repeat(73), &"가".repeat(25)] {
            assert_eq!(Password::parse(bad), Err(PasswordError::Length), "{bad:?}");
        }
        for bad in ["1234567\0", "1234567\n", "\t12345678", "12345678\u{7f}", "1234567\u{85}", "12345678\r"] {
            assert_eq!(Password::parse(bad), Err(PasswordError::BadCharacter), "{bad:?}");
        }
        assert!(!format!("{:?}", Password::parse("12345678")).contains("1234"));
    }

    #[test]
    fn look_alikes_are_other_passwords() {
        let typed = |text: &str| Password::parse(text).expect("valid");
        assert_ne!(typed("p\u{430}ssword"), typed("password"));
        assert_ne!(typed("pass\u{e9}word"), typed("passe\u{301}word"));
        assert_ne!(typed("\u{ff50}assword"), typed("password"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]
        #[test]
        fn whatever_is_taken_is_hashed_whole(text in "\\PC{0,80}|[a\0\n]{6,10}") {
            let is_right = (8..=72).contains(&text.len()) && !text.chars().any(char::is_control);
            prop_assert_eq!(Password::parse(&text).is_ok(), is_right);
        }
    }
}
