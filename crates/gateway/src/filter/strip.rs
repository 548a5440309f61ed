//! What a client may not say: who it is, and that it is one of our services (GW-016).

use access::session_cookies::{ACCESS_COOKIE, REFRESH_COOKIE};
use http::header::COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue};

/// Beginnings and whole names, with `-` for everything that other programs may read as one.
const IDENTITY: &str = "x-user-";
const SERVICE_KEY: &str = "x-service-api-key";
/// Longest name that is compared: no name of ours is longer, but one of theirs may begin with one of ours.
const NAME_BYTES_MAX: usize = 64;

/// Takes away identity headers and service keys in every spelling: `X_User_Id` is `X-User-Id` to some servers.
pub(super) fn identity(headers: &mut HeaderMap) {
    let is_forbidden = |name: &&HeaderName| {
        let name = name.as_str().as_bytes();
        // Almost no name has more than this to compare.
        if !name.first().is_some_and(|first| first.eq_ignore_ascii_case(&b'x')) {
            return false;
        }
        let plain: String = name.iter().take(NAME_BYTES_MAX).map(|byte| plain(*byte)).collect();
        plain.starts_with(IDENTITY) || plain.starts_with(SERVICE_KEY)
    };
    let forbidden: Vec<HeaderName> = headers.keys().filter(is_forbidden).cloned().collect();
    for name in forbidden {
        headers.remove(name);
    }
}

fn plain(byte: u8) -> char {
    if byte.is_ascii_alphanumeric() { char::from(byte.to_ascii_lowercase()) } else { '-' }
}

/// Takes the tokens out of the cookies: no service needs them, and what does not travel is not logged. All other cookies
/// stay as they are, byte by byte.
pub(super) fn tokens(headers: &mut HeaderMap) {
    let is_token = |pair: &[u8]| {
        let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
        name == ACCESS_COOKIE.as_bytes() || name == REFRESH_COOKIE.as_bytes()
    };
    let has_token = |line: &HeaderValue| line.as_bytes().split(|byte| *byte == b';').any(is_token);
    if !headers.get_all(COOKIE).iter().any(has_token) {
        return;
    }
    let lines: Vec<Vec<u8>> = headers
        .get_all(COOKIE)
        .iter()
        .map(|line| {
            let pairs = line.as_bytes().split(|byte| *byte == b';').filter(|pair| !is_token(pair));
            pairs.collect::<Vec<_>>().join(&b';').trim_ascii().to_vec()
        })
        .filter(|line| !line.is_empty())
        .collect();
    headers.remove(COOKIE);
    for line in lines {
        if let Ok(line) = HeaderValue::from_bytes(&line) {
            headers.append(COOKIE, line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(names: &[&str]) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for name in names {
            headers.append(HeaderName::from_bytes(name.as_bytes()).expect("a name"), HeaderValue::from_static("1"));
        }
        identity(&mut headers);
        headers.keys().map(ToString::to_string).collect()
    }

    #[test]
    fn identity_goes_in_every_spelling_and_nothing_else_does() {
        for name in [
            "X-User-Id",
            "x-user-id",
            "X_User_Id",
            "X-User_Role",
            "x.user.id",
            "X~User~Role",
            "X-USER-EMAIL",
            "X-User_By",
            "X-User-",
            "X-Service-Api-Key",
            "x_service_api_key",
            "X-Service_Api-Key",
            "X-Service-Api-Key-2",
        ] {
            assert!(left(&[name, name]).is_empty(), "{name}");
        }
        let kept = ["x-username", "x-user", "user-id", "x-api-key", "x-queue-token", "x-service", "authorization"];
        assert_eq!(left(&kept).len(), kept.len());
    }

    #[test]
    fn tokens_leave_the_cookies_and_other_cookies_stay() {
        let after = |lines: &[&[u8]]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(COOKIE, HeaderValue::from_bytes(line).expect("a value"));
            }
            tokens(&mut headers);
            headers.get_all(COOKIE).iter().map(|line| line.as_bytes().to_vec()).collect::<Vec<_>>()
        };
        assert_eq!(after(&[b"a=1; accessToken=x.y.z; b=\xea\xb0\x80"]), [b"a=1; b=\xea\xb0\x80"]);
        assert_eq!(after(&[b"accessToken=x;refreshToken=y", b"c=accessToken"]), [b"c=accessToken"]);
        assert_eq!(after(&[b" accessToken =x"]), Vec::<Vec<u8>>::new());
        assert_eq!(after(&[b"accesstoken=x; ;=; a"]), [b"accesstoken=x; ;=; a"]);
    }
}
