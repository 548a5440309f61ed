//! The code of a ticket: what its QR code says, signed.

use super::key::{Parts, PublicTicketKey, SignedFault, TicketKey, TicketKeyId};
use super::number::TicketNumber;
use crate::id::{ReservationId, ScheduleId};
use serde::{Deserialize, Serialize};

/// The path of the link in a QR code, in front of the code.
pub const VERIFY_PATH: &str = "/tickets/verify/";
/// Longest text that is read as a QR code, in bytes: ours have about 330.
pub const QR_BYTES_MAX: usize = 2_048;
/// The only version there is.
const VERSION: u8 = 1;

/// What a code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketCode {
    /// The ticket's number.
    pub number: TicketNumber,
    /// The reservation.
    pub reservation: ReservationId,
    /// The schedule.
    pub schedule: ScheduleId,
}

/// The JSON, in the order of its fields.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    v: u8,
    t: String,
    r: String,
    s: String,
    k: String,
}

impl TicketCode {
    /// The code, signed.
    pub fn sign(&self, key: &TicketKey) -> String {
        key.sign(&self.json(key.public().id))
    }

    /// Reads a code that one of these keys has signed, and that is written as we write it.
    ///
    /// # Errors
    /// [`SignedFault`].
    pub fn read(text: &str, keys: &[PublicTicketKey]) -> Result<Self, SignedFault> {
        if text.len() > QR_BYTES_MAX {
            return Err(SignedFault::Form);
        }
        let parts = Parts::of(text)?;
        let wire: Wire = serde_json::from_slice(&parts.content).map_err(|_| SignedFault::Form)?;
        let id: TicketKeyId = wire.k.parse().map_err(|_| SignedFault::Form)?;
        let code = Self {
            number: TicketNumber::parse(&wire.t).map_err(|_| SignedFault::Form)?,
            reservation: wire.r.parse().map_err(|_| SignedFault::Form)?,
            schedule: wire.s.parse().map_err(|_| SignedFault::Form)?,
        };
        // Blanks, another order, another case: the same values in another form are not ours.
        if wire.v != VERSION || code.json(id) != parts.content {
            return Err(SignedFault::Form);
        }
        parts.check(keys, id)?;
        Ok(code)
    }

    fn json(&self, key: TicketKeyId) -> Vec<u8> {
        let (t, r, s) = (self.number.to_string(), self.reservation.to_string(), self.schedule.to_string());
        // Strings and a number: writing them cannot fail.
        serde_json::to_vec(&Wire { v: VERSION, t, r, s, k: key.to_string() }).unwrap_or_default()
    }
}

/// What a QR code says: the link to the page of the ticket. `public_url`: the product's address, without a slash at its end.
pub fn qr_data(public_url: &str, code: &str) -> String {
    format!("{}{VERIFY_PATH}{code}", public_url.trim_end_matches('/'))
}

/// The code in what was scanned: what stands after [`VERIFY_PATH`], or the whole text where there is none. The address in front
/// of it is not looked at: it may have changed since the ticket was printed, and is no part of what was signed.
pub fn code_in(scanned: &str) -> &str {
    scanned.rsplit_once(VERIFY_PATH).map_or(scanned, |(_, code)| code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn key() -> TicketKey {
        TicketKey::from_bytes(&[7; 32])
    }

    fn code(random: u64, reservation: u128, schedule: u128) -> TicketCode {
        TicketCode {
            number: TicketNumber::new(Timestamp(1_798_000_000_000), random),
            reservation: ReservationId(Uuid::from_u128(reservation)),
            schedule: ScheduleId(Uuid::from_u128(schedule)),
        }
    }

    fn decoded(part: &str) -> String {
        String::from_utf8(URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("text")
    }

    #[test]
    fn a_code_is_the_contracts_json_and_a_signature() {
        let (key, code) = (key(), code(5, 1, 2));
        let text = code.sign(&key);
        let (first, signature) = text.split_once('.').expect("two parts");
        let json = format!(
            r#"{{"v":1,"t":"{}","r":"{}","s":"{}","k":"{}"}}"#,
            code.number,
            code.reservation,
            code.schedule,
            key.public().id
        );
        assert_eq!(decoded(first), json);
        assert_eq!(URL_SAFE_NO_PAD.decode(signature).expect("base64url").len(), 64);
        assert_eq!(TicketCode::read(&text, &[key.public()]), Ok(code));
        let qr = qr_data("https://onsale.example/", &text);
        assert_eq!(qr, format!("https://onsale.example/tickets/verify/{text}"));
        assert_eq!((code_in(&qr), code_in(&text)), (text.as_str(), text.as_str()));
    }

    /// Signs any text as if it were a code.
    fn signed(json: &str) -> Result<TicketCode, SignedFault> {
        TicketCode::read(&key().sign(json.as_bytes()), &[key().public()])
    }

    #[test]
    fn another_form_of_the_same_values_is_not_ours_even_rightly_signed() {
        let text = code(5, 0xabc, 2).sign(&key());
        let json = decoded(text.split_once('.').expect("two parts").0);
        assert!(signed(&json).is_ok());
        let upper = json.replacen("000000000abc", "000000000ABC", 1);
        let reordered = json.replacen(r#""v":1,"#, "", 1).replacen('}', r#","v":1}"#, 1);
        for other in [
            json.replacen(':', ": ", 1),
            format!("{json} "),
            upper,
            reordered,
            json.replacen(r#""v":1"#, r#""v":2"#, 1),
            json.replacen('}', r#","x":1}"#, 1),
            "{}".to_owned(),
            "[]".to_owned(),
            String::new(),
        ] {
            assert_eq!(signed(&other), Err(SignedFault::Form), "{other}");
        }
        let padded = format!("{text}=");
        for other in [padded.as_str(), "", ".", "a.b", &text[1..], &text.replacen('.', "..", 1)] {
            assert_eq!(TicketCode::read(other, &[key().public()]), Err(SignedFault::Form), "{other}");
        }
        let other_key = TicketKey::from_bytes(&[8; 32]);
        assert_eq!(TicketCode::read(&text, &[other_key.public()]), Err(SignedFault::UnknownKey));
        assert_eq!(TicketCode::read(&text, &[]), Err(SignedFault::UnknownKey));
    }

    proptest! {
        #[test]
        fn a_code_is_read_as_it_was_signed(random: u64, reservation: u128, schedule: u128, secret: [u8; 32]) {
            let (key, code) = (TicketKey::from_bytes(&secret), code(random, reservation, schedule));
            prop_assert_eq!(TicketCode::read(&code.sign(&key), &[key.public()]), Ok(code));
        }

        /// Whatever one character is changed to, the code is no code any more: also in the bits that no byte needs.
        #[test]
        fn a_changed_character_makes_it_no_code(random: u64, at: prop::sample::Index, to in "[ -~]") {
            let text = code(random, 1, 2).sign(&key());
            let at = at.index(text.len());
            let changed = format!("{}{to}{}", &text[..at], &text[at + 1..]);
            prop_assert_eq!(changed == text, TicketCode::read(&changed, &[key().public()]).is_ok());
        }

        #[test]
        fn whatever_is_scanned_nothing_breaks(scanned in "\\PC{0,400}") {
            prop_assert!(TicketCode::read(code_in(&scanned), &[key().public()]).is_err());
        }
    }
}
