//! Addresses within a site. An address from outside never leads to another site.

use domain::line::LineId;

/// The query parameter with the token of an admitted visitor.
pub const TOKEN_PARAMETER: &str = "onsale_pass";
/// The query parameter with a signed link.
pub const LINK_PARAMETER: &str = "onsale_link";
/// Longest address that is kept, in bytes as it stands in the address of the waiting page: with that page's own, nginx takes
/// it as a request's first line (8 KiB by default).
const ESCAPED_BYTES_MAX: usize = 6_144;
/// Addresses that the line has taken from the site. A visitor who was sent back to one would never leave it.
const TAKEN: [&str; 8] = [
    "/wait/",
    "/queue/place/",
    "/queue/challenge/",
    "/queue/serving/",
    "/queue/stream/",
    "/assets/wait.js",
    "/assets/wait.css",
    "/assets/challenge.js",
];
/// Its files, which lie under a hash.
const TAKEN_FILES: [&str; 3] = ["wait.", "wait/", "challenge"];
/// The query parameter that says that the requested address could not be kept.
pub const LOST: &str = "&lost=1";
/// The query parameter that says, once, that the visitor was away for too long and has a new position.
pub const LATE: &str = "&returned=LATE";

/// The address in ASCII: bytes that browsers may send as they are (letters of other languages in any coding, quotes,
/// angle brackets, a backslash in the query) become `%XX`. The site decodes them to the same bytes.
pub fn written(address: &[u8]) -> String {
    let mut out = String::with_capacity(address.len());
    let mut is_query = false;
    for byte in address {
        match byte {
            0x80.. | b'"' | b'<' | b'>' => out.push_str(&format!("%{byte:02X}")),
            b'\\' if is_query => out.push_str("%5C"),
            _ => out.push(char::from(*byte)),
        }
        is_query |= *byte == b'?';
    }
    out
}

/// The address if it is a path of this site, without a fragment, as [`written`]; none for anything else.
///
/// Browsers differ in their reading of `//host`, `/\host`, tabs and line ends, so only a narrow set is accepted:
/// visible ASCII without backslash, beginning with exactly one slash.
pub fn local(address: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    let address = written(address.split('#').next().unwrap_or_default().as_bytes());
    let is_local = address.starts_with('/') && !address.starts_with("//");
    let is_taken = TAKEN.iter().any(|prefix| address.starts_with(prefix)) || is_file_of_the_page(&address);
    let is_kept = is_local && !is_taken && address.bytes().all(is_plain);
    (is_kept && escaped(&address).len() <= ESCAPED_BYTES_MAX).then_some(address)
}

/// Whether it is `/assets/<hash>/` with a file of the waiting page, as `site.conf.template` reads it.
fn is_file_of_the_page(address: &str) -> bool {
    let file = address.strip_prefix("/assets/").and_then(|rest| rest.split_once('/'));
    file.is_some_and(|(hash, name)| {
        let is_hash = hash == "dev" || hash.len() == 12 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hash && TAKEN_FILES.iter().any(|start| name.starts_with(start))
    })
}

/// The address without tokens; none if it has no token.
pub fn without_token(address: &str) -> Option<String> {
    let (path, query) = address.split_once('?')?;
    let is_token = |pair: &&str| pair.split('=').next() == Some(TOKEN_PARAMETER);
    if !query.split('&').any(|pair| is_token(&pair)) {
        return None;
    }
    let rest: Vec<&str> = query.split('&').filter(|pair| !is_token(pair)).collect();
    Some(if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) })
}

/// The waiting page's address for a visitor who requested `to`.
pub fn wait_address(line: &LineId, to: &str) -> String {
    let name = match line {
        LineId::Queue(name) => name.to_string(),
        LineId::Gate(_) => line.in_address(),
    };
    match local(to) {
        Some(to) => format!("/wait/{name}?to={}", escaped(&to)),
        None if to.is_empty() => format!("/wait/{name}?to=/"),
        // The waiting page says so.
        None => format!("/wait/{name}?to=/{LOST}"),
    }
}

/// The text escaped as the value of a query parameter.
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
    fn only_paths_of_the_same_site_are_accepted() {
        let long = format!("/{}", "a".repeat(ESCAPED_BYTES_MAX - 1));
        for good in [
            "/",
            "/shop",
            "/shop/a?b=c&d=%2F%2Fevil",
            "/a//b",
            "/a?to=https://evil.example/",
            // The site's own.
            "/queue/status",
            "/queue/admin/stats",
            "/waiting",
            "/assets/app.js",
            "/assets/0a1b2c3d4e5f/app.js",
            "/assets/other/wait.js",
            &long,
        ] {
            assert_eq!(local(good).as_deref(), Some(good));
        }
        let (longer, many) = (format!("{long}a"), format!("/?{}", "&".repeat(ESCAPED_BYTES_MAX / 3)));
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
            "/a\u{7f}",
            "/wait/shop?to=/",
            "/queue/stream/shop",
            "/queue/place/shop",
            "/assets/wait.js",
            "/assets/0a1b2c3d4e5f/wait/model.js",
            &longer,
            &many,
        ] {
            assert_eq!(local(bad), None, "{bad:?}");
        }
        assert_eq!(local("/shop#//evil").as_deref(), Some("/shop"));
    }

    /// Kind: an address that a browser may send, and that was lost on the way.
    #[test]
    fn every_byte_of_an_address_is_kept_or_escaped() {
        for byte in 0x21..=u8::MAX {
            let address = local(&written(&[&b"/a?q="[..], &[byte], b"b"].concat()));
            let is_kept = byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'#' | b'\\');
            let expected = match byte {
                b'#' => Some("/a?q=".to_owned()),
                // No server takes this one.
                0x7f => None,
                _ if is_kept => Some(format!("/a?q={}b", char::from(byte))),
                _ => Some(format!("/a?q=%{byte:02X}b")),
            };
            assert_eq!(address, expected, "{byte:#x}");
        }
        assert_eq!(local("/상점").as_deref(), Some("/%EC%83%81%EC%A0%90"));
        assert_eq!(local(&written(b"/search?q=\xc8\xab")).as_deref(), Some("/search?q=%C8%AB"), "EUC-KR");
    }

    #[test]
    fn only_tokens_are_removed() {
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
    fn the_waiting_pages_address_contains_the_whole_target() {
        let line = "queue:shop".parse().expect("a line");
        assert_eq!(wait_address(&line, "/a?b=c&d=%20"), "/wait/shop?to=/a%3Fb%3Dc%26d%3D%2520");
        assert_eq!(wait_address(&line, "//evil"), "/wait/shop?to=/&lost=1");
        assert_eq!(wait_address(&line, ""), "/wait/shop?to=/");
    }
}
