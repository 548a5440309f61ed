//! Addresses within a site. What comes from outside is never followed to another site.

use domain::line::LineId;

/// The parameter that carries the token of somebody let in.
pub const TOKEN_PARAMETER: &str = "onsale_pass";
/// Longest address that is kept, in bytes; beyond it people come to the site's first page.
const ADDRESS_BYTES_MAX: usize = 2_048;

/// The address if it is a path of this site, without a fragment; `/` for anything else.
///
/// Browsers read `//host`, `/\host` and tabs and line ends within in ways of their own, so what is let through is a
/// narrow set: visible ASCII without backslash and quotes, beginning with exactly one slash.
pub fn local(address: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'<' | b'>' | b'#');
    let address = address.split('#').next().unwrap_or_default();
    let is_local = address.starts_with('/') && !address.starts_with("//");
    let is_ours = ["/wait/", "/queue/"].iter().any(|own| address.starts_with(own));
    if is_local && !is_ours && address.len() <= ADDRESS_BYTES_MAX && address.bytes().all(is_plain) {
        address.to_owned()
    } else {
        "/".to_owned()
    }
}

/// The address without tokens; none where it has no token.
pub fn without_token(address: &str) -> Option<String> {
    let (path, query) = address.split_once('?')?;
    let is_token = |pair: &&str| pair.split('=').next() == Some(TOKEN_PARAMETER);
    if !query.split('&').any(|pair| is_token(&pair)) {
        return None;
    }
    let rest: Vec<&str> = query.split('&').filter(|pair| !is_token(pair)).collect();
    Some(if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) })
}

/// The waiting page's address for somebody who wants to go to `to`.
pub fn wait_address(line: &LineId, to: &str) -> String {
    let name = match line {
        LineId::Queue(name) => name.to_string(),
        LineId::Gate(_) => line.to_string(),
    };
    format!("/wait/{name}?to={}", escaped(&local(to)))
}

/// As the value of a parameter.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'/') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_the_same_site_are_followed() {
        for good in ["/", "/shop", "/shop/a?b=c&d=%2F%2Fevil", "/a//b", "/a?to=https://evil.example/"] {
            assert_eq!(local(good), good);
        }
        let long = format!("/{}", "a".repeat(ADDRESS_BYTES_MAX));
        for bad in [
            "",
            "shop",
            "//evil.example/",
            "///evil.example/",
            "/\\evil.example/",
            "\\/evil.example",
            "https://evil.example/",
            "https:/evil.example",
            "javascript:alert(1)",
            " //evil.example",
            "\t/shop",
            "/\t/evil.example",
            "/\n/evil.example",
            "/a\r\nSet-Cookie: a=b",
            "/a\"b",
            "/<script>",
            "/상점",
            "/wait/shop?to=/",
            "/queue/admin/stats",
            &long,
        ] {
            assert_eq!(local(bad), "/", "{bad:?}");
        }
        assert_eq!(local("/shop#//evil"), "/shop");
    }

    #[test]
    fn a_token_is_taken_off_and_nothing_else() {
        for (with, without) in [
            ("/a?onsale_pass=qr_1", "/a"),
            ("/a?onsale_pass", "/a"),
            ("/a?b=c&onsale_pass=qr_1&d=e", "/a?b=c&d=e"),
            ("/a?onsale_pass=1&onsale_pass=2&b", "/a?b"),
        ] {
            assert_eq!(without_token(with).as_deref(), Some(without));
        }
        for without in ["/a", "/a?b=c", "/a?b=onsale_pass", "/onsale_pass=1", "/a?not_onsale_pass=1"] {
            assert_eq!(without_token(without), None, "{without}");
        }
    }

    #[test]
    fn the_waiting_pages_address_holds_the_other_whole() {
        let line = "queue:shop".parse().expect("a line");
        assert_eq!(wait_address(&line, "/a?b=c&d=%20"), "/wait/shop?to=/a%3Fb%3Dc%26d%3D%2520");
        assert_eq!(wait_address(&line, "//evil"), "/wait/shop?to=/");
    }
}
