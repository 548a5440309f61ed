//! Mobile numbers of Korea.

use std::fmt;

/// A text that is no mobile number. The text of the error is for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a mobile number such as 010-1234-5678")]
pub struct PhoneError;

/// A mobile number as its owner wrote it. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(Box<str>);

impl PhoneNumber {
    /// Reads `^01[0-9]-?[0-9]{3,4}-?[0-9]{4}$`; digits are those of ASCII.
    ///
    /// # Errors
    /// [`PhoneError`].
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        let rest = text.strip_prefix("01").ok_or(PhoneError)?;
        let (third, rest) = rest.split_at_checked(1).ok_or(PhoneError)?;
        let rest = rest.strip_prefix('-').unwrap_or(rest);
        let last = rest.len().checked_sub(4).ok_or(PhoneError)?;
        let (middle, last) = rest.split_at_checked(last).ok_or(PhoneError)?;
        let middle = middle.strip_suffix('-').unwrap_or(middle);
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_right = are_digits(third) && (3..=4).contains(&middle.len()) && are_digits(middle) && are_digits(last);
        if is_right { Ok(Self(text.into())) } else { Err(PhoneError) }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form by which numbers are compared: the digits.
    pub fn compared(&self) -> String {
        self.0.replace('-', "")
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("PhoneNumber")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hyphens_may_stand_at_both_places_or_not() {
        for good in ["010-1234-5678", "01012345678", "010-12345678", "0101234-5678", "011-123-4567", "0111234567"] {
            let number = PhoneNumber::parse(good).expect(good);
            assert_eq!((number.as_str(), number.compared()), (good, good.replace('-', "")));
        }
        assert!(!format!("{:?}", PhoneNumber::parse("01012345678")).contains("1234"));
    }

    #[test]
    fn every_wrong_form_is_refused() {
        for bad in [
            "",
            "01",
            "010",
            "010-",
            "010-1234",
            "010-12-5678",
            "010-12345-6789",
            "02-123-4567",
            "+82-10-1234-5678",
            "010 1234 5678",
            "010.1234.5678",
            "010--1234-5678",
            "010-1234--5678",
            "-010-1234-5678",
            "010-1234-5678-",
            " 010-1234-5678",
            "010-1234-5678\n",
            "010-1234-567a",
            "01a-1234-5678",
            "0l0-1234-5678",
            "010-1234-56789",
            "010\u{2010}1234\u{2010}5678",
            "010\u{2212}1234-5678",
            "\u{ff10}10-1234-5678",
            "010-\u{661}234-5678",
            "010-123\u{967}-5678",
            "010-1234-567\u{200b}8",
            "가나다",
            "01가-1234-5678",
            "010-1234-56가",
        ] {
            assert_eq!(PhoneNumber::parse(bad), Err(PhoneError), "{bad:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]
        #[test]
        fn whatever_is_taken_has_ten_or_eleven_digits(text in "\\PC{0,16}|01[0-9]-?[0-9]{2,5}-?[0-9]{3,5}") {
            if let Ok(number) = PhoneNumber::parse(&text) {
                let digits = number.compared();
                prop_assert!((10..=11).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()));
                prop_assert_eq!(PhoneNumber::parse(&digits).map(|n| n.compared()), Ok(digits));
            }
        }
    }
}
