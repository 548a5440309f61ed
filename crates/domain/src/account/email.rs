//! E-mail addresses: ASCII, a dot-atom before the `@`, a host with a dot behind it.

use std::fmt;

/// Longest address in bytes (RFC 5321: a path of 256 with its brackets).
pub const EMAIL_BYTES_MAX: usize = 254;
/// Longest part before the `@`.
const LOCAL_BYTES_MAX: usize = 64;
/// Longest part of the host between dots.
const LABEL_BYTES_MAX: usize = 63;

/// Why a text is no e-mail address. The text of the error is for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// More bytes than an address has.
    #[error("must have at most {EMAIL_BYTES_MAX} characters")]
    TooLong,
    /// Anything else.
    #[error("must be an address such as name@example.com, in ASCII and without blanks")]
    Form,
}

/// An e-mail address as its owner wrote it. `Debug` does not show it: it belongs in no log.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(Box<str>);

impl EmailAddress {
    /// Reads an address. Letters of other scripts that look like ASCII are refused with all others.
    ///
    /// # Errors
    /// [`EmailError`].
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        if text.len() > EMAIL_BYTES_MAX {
            return Err(EmailError::TooLong);
        }
        let (local, host) = text.split_once('@').ok_or(EmailError::Form)?;
        if is_dot_atom(local) && is_host(host) { Ok(Self(text.into())) } else { Err(EmailError::Form) }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form by which addresses are compared: lower case.
    pub fn compared(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("EmailAddress")
    }
}

/// Atoms of RFC 5322 with single dots between them.
fn is_dot_atom(local: &str) -> bool {
    let is_atom_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    local.len() <= LOCAL_BYTES_MAX && local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom_byte))
}

/// Two labels or more of letters, digits and hyphens; the last one is no number, so that an IP address is no host.
fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=LABEL_BYTES_MAX).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    host.contains('.') && host.split('.').all(is_label) && !last.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_in_use_are_taken() {
        for good in [
            "a@b.kr",
            "kim.minsu+tickets@mail.example.co.kr",
            "O'Neil@example.com",
            "_x-y!#$%&*/=?^`{|}~@a-b.io",
            "1@2.c3",
            "USER@EXAMPLE.COM",
            "a@xn--bj0bj06e.kr",
        ] {
            assert_eq!(EmailAddress::parse(good).expect(good).as_str(), good);
        }
        let longest = format!("{}@{}.{}.{}.kr", "a".repeat(64), "b".repeat(61), "c".repeat(61), "d".repeat(60));
        assert!(longest.len() <= EMAIL_BYTES_MAX && EmailAddress::parse(&longest).is_ok(), "{}", longest.len());
    }

    #[test]
    fn every_wrong_form_is_refused() {
        let (long_local, long_label) = (format!("{}@b.kr", "a".repeat(65)), format!("a@{}.kr", "b".repeat(64)));
        for bad in [
            "",
            " ",
            "a",
            "@",
            "a@",
            "@b.kr",
            "a@b",
            "a@@b.kr",
            "a@b@c.kr",
            ".a@b.kr",
            "a.@b.kr",
            "a..b@c.kr",
            "a@.kr",
            "a@b.",
            "a@b..kr",
            "a@-b.kr",
            "a@b-.kr",
            "a@b_c.kr",
            " a@b.kr",
            "a@b.kr ",
            "a b@c.kr",
            "a@b .kr",
            "a\t@b.kr",
            "a@b.kr\n",
            "a@b.kr\r\nBcc: x@y.zz",
            "a\0@b.kr",
            "\"a b\"@c.kr",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@1.2",
            "<a@b.kr>",
            "Kim <a@b.kr>",
            "a,b@c.kr",
            "a@b.kr,c@d.kr",
            "a(b)@c.kr",
            "a;b@c.kr",
            "mailto:a@b.kr",
            long_local.as_str(),
            long_label.as_str(),
        ] {
            assert_eq!(EmailAddress::parse(bad), Err(EmailError::Form), "{bad:?}");
        }
        let long = format!("a@{}kr", "bbbbbbb.".repeat(40));
        assert_eq!(EmailAddress::parse(&long), Err(EmailError::TooLong));
    }

    #[test]
    fn letters_that_look_like_ascii_are_other_letters() {
        // Cyrillic, Greek, full width, a dotless i, a combining accent, the full stops of East Asia, invisible ones.
        for bad in [
            "\u{430}dmin@example.com",
            "admin@ex\u{430}mple.com",
            "\u{3bf}@b.kr",
            "\u{ff41}@b.kr",
            "adm\u{131}n@b.kr",
            "a\u{301}@b.kr",
            "a@b\u{3002}kr",
            "a@b\u{ff0e}kr",
            "a\u{ff20}b.kr",
            "a\u{200b}@b.kr",
            "\u{202e}a@b.kr",
            "a\u{ad}@b.kr",
            "\u{feff}a@b.kr",
            "a@b.kr\u{a0}",
            "a@b.\u{212a}r",
            "a@stra\u{df}e.de",
            "가@나.kr",
        ] {
            assert_eq!(EmailAddress::parse(bad), Err(EmailError::Form), "{bad:?}");
        }
    }

    #[test]
    fn an_address_is_shown_as_typed_compared_in_lower_case_and_never_logged() {
        let address = EmailAddress::parse("Kim.Minsu@Example.COM").expect("valid");
        assert_eq!((address.as_str(), address.compared().as_str()), ("Kim.Minsu@Example.COM", "kim.minsu@example.com"));
        assert!(!format!("{address:?}").contains("Kim"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]
        #[test]
        fn whatever_is_taken_is_plain(text in "\\PC{0,40}|[a-z.@\\-]{0,20}") {
            if let Ok(address) = EmailAddress::parse(&text) {
                prop_assert_eq!(address.as_str(), &text);
                prop_assert!(text.is_ascii() && text.matches('@').count() == 1);
                prop_assert!(!text.bytes().any(|byte| byte <= b' ' || byte == 127));
                prop_assert_eq!(EmailAddress::parse(&address.compared()).map(|a| a.compared()), Ok(address.compared()));
            }
        }
    }
}
