//! Cookies, as bytes.
//!
//! A browser sends the cookies of the whole site in one header, and scripts of the site may write any bytes into
//! theirs. Only ours are read; what stands in others does not matter.

use http::HeaderMap;
use http::header::COOKIE;

/// All values of the cookie `name`, in the order received: a neighbouring site can set another one of the same name.
pub fn values<'a, 'n>(headers: &'a HeaderMap, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
    pairs(headers).filter(move |(other, _)| *other == name.as_bytes()).map(|(_, value)| value)
}

/// Whether the browser sent any cookie.
pub fn has_any(headers: &HeaderMap) -> bool {
    pairs(headers).next().is_some()
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], &[u8])> {
    let parts = headers.get_all(COOKIE).iter().flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
    parts.filter_map(|part| {
        let at = part.iter().position(|byte| *byte == b'=')?;
        Some((part[..at].trim_ascii(), part[at + 1..].trim_ascii()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn found(lines: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_bytes(line).expect("a header"));
        }
        values(&headers, "ours").map(<[u8]>::to_vec).collect()
    }

    /// Kind: bytes of a neighbour hide what is ours.
    #[test]
    fn every_byte_of_a_neighbours_cookie_is_passed_over() {
        for byte in (1..=u8::MAX).filter(|byte| HeaderValue::from_bytes(&[*byte]).is_ok() && *byte != b';') {
            let neighbour = [&b"other=a"[..], &[byte], b"b"].concat();
            for line in
                [[&neighbour[..], b"; ours=1"].concat(), [&b"ours=1; "[..], &neighbour].concat(), b"ours=1".to_vec()]
            {
                assert_eq!(found(&[&line]), [b"1"], "{byte:#x} in {line:?}");
                assert_eq!(found(&[&neighbour, &line]), [b"1"], "{byte:#x} in a line of its own");
            }
            let in_name = [&b"na"[..], &[byte], b"me=x; ours=1"].concat();
            assert_eq!(found(&[&in_name]), [b"1"], "{byte:#x} in a name");
        }
    }

    #[test]
    fn several_values_are_found_in_their_order_and_other_names_are_not_ours() {
        assert_eq!(found(&[b"ours=1; ours=2", b"ours=3"]), [b"1", b"2", b"3"]);
        assert_eq!(found(&[b"ours=a=b;ours=;  ours = c "]), [&b"a=b"[..], b"", b"c"]);
        for other in [&b"ourselves=1"[..], b"Ours=1", b"xours=1", b"ours", b"; ;=;", b""] {
            assert!(found(&[other]).is_empty(), "{other:?}");
        }
    }
}
