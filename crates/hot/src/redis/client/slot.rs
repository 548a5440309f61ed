//! The slot of a key, as every cluster computes it: CRC16 (XMODEM) of the key, or of its part in the first braces.

/// Slots of a cluster.
pub(super) const SLOTS: usize = 16_384;
const POLYNOMIAL: u16 = 0x1021;

/// The slot of a key.
pub(super) fn slot_of(key: &str) -> u16 {
    crc16(tag_of(key).as_bytes()) % SLOTS as u16
}

fn tag_of(key: &str) -> &str {
    let tag = key.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map(|(tag, _)| tag);
    tag.filter(|tag| !tag.is_empty()).unwrap_or(key)
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| (crc << 1) ^ if crc >> 15 == 1 { POLYNOMIAL } else { 0 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_servers() {
        // `CLUSTER KEYSLOT` of a Redis, and the example of its specification.
        assert_eq!(crc16(b"123456789"), 0x31c3);
        for (key, slot) in [("foo", 12_182), ("bar", 5_061), ("{foo}bar", 12_182), ("a{foo}{bar}", 12_182)] {
            assert_eq!(slot_of(key), slot, "{key}");
        }
        assert_ne!(slot_of("a{}foo"), slot_of("foo"), "empty braces are no tag");
    }
}
