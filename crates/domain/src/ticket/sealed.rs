//! A text that a deployment signs with its ticket key for another purpose than tickets, such as the certificate of a rehearsal.
//!
//! ```text
//! base64url("<purpose> <key id>\n" content) . base64url(signature)
//! ```
//!
//! The purpose stands in the signed part: a certificate is never taken for a ticket or a door list, which begin with `{`.

use super::key::{Parts, PublicTicketKey, SignedFault, TicketKey, TicketKeyId};

/// Longest text that is read, in bytes.
const BYTES_MAX: usize = 1 << 20;

/// Signs `content` for `purpose`, a word without spaces.
pub fn seal(purpose: &str, content: &str, key: &TicketKey) -> String {
    key.sign(format!("{purpose} {}\n{content}", key.public().id).as_bytes())
}

/// The content of a text that one of these keys has signed for this purpose.
///
/// # Errors
/// [`SignedFault`]; a text for another purpose has the wrong form.
pub fn unseal(purpose: &str, text: &str, keys: &[PublicTicketKey]) -> Result<String, SignedFault> {
    let text = Some(text.trim_end()).filter(|text| text.len() <= BYTES_MAX).ok_or(SignedFault::Form)?;
    let parts = Parts::of(text)?;
    let content = std::str::from_utf8(&parts.content).map_err(|_| SignedFault::Form)?;
    let (head, content) = content.split_once('\n').ok_or(SignedFault::Form)?;
    let (said, id) = head.split_once(' ').ok_or(SignedFault::Form)?;
    if said != purpose {
        return Err(SignedFault::Form);
    }
    let id: TicketKeyId = id.parse().map_err(|_| SignedFault::Form)?;
    parts.check(keys, id)?;
    Ok(content.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_this_key_signed_for_this_purpose_is_read() {
        let (ours, other) = (TicketKey::from_bytes(&[1; 32]), TicketKey::from_bytes(&[2; 32]));
        let text = seal("rehearsal", "{\"a\":1}", &ours);
        assert_eq!(unseal("rehearsal", &text, &[ours.public()]).as_deref(), Ok("{\"a\":1}"));
        assert_eq!(unseal("draw", &text, &[ours.public()]), Err(SignedFault::Form));
        assert_eq!(unseal("rehearsal", &text, &[other.public()]), Err(SignedFault::UnknownKey));
        // One character of the content, of the signature.
        for place in [12, text.len() - 5] {
            let mut changed = text.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("ASCII");
            assert!(unseal("rehearsal", &changed, &[ours.public()]).is_err(), "{place}");
        }
    }
}
