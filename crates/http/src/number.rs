//! Numbers as text, without the general formatter.

/// Appends a number in decimal digits.
pub(crate) fn push(out: &mut Vec<u8>, number: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}
