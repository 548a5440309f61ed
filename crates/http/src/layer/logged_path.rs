//! The path of a request as the access log has it: what names a person is a hash.

use axum::extract::MatchedPath;
use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

/// Parameters of routes that are written as they came, because operators look for them. All others may name a person,
/// or be another site's address.
const SHOWN: [&str; 3] = ["event_id", "line", "coupon_id"];

/// The key of the hashes: random, and as old as the process. So lines of one person can be found together, but a hash
/// cannot be compared with a list of user ids.
static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// The path, with a hash in place of each parameter that is not [`SHOWN`]. A path without a route is a hash as a whole:
/// it may be a misspelt one of a person.
pub(super) fn logged_path<'a>(route: Option<&'a MatchedPath>, path: &str) -> Cow<'a, str> {
    match route.map(MatchedPath::as_str) {
        None => Cow::Owned(format!("/{}", hashed(path))),
        Some(template) if !template.contains('{') => Cow::Borrowed(template),
        Some(template) => Cow::Owned(filled(template, path)),
    }
}

fn filled(template: &str, path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path.strip_prefix('/').unwrap_or(path);
    for part in template.split('/').skip(1) {
        out.push('/');
        let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else {
            out.push_str(part);
            rest = rest.split_once('/').map_or("", |(_, rest)| rest);
            continue;
        };
        let (value, after) =
            if name.starts_with('*') { (rest, "") } else { rest.split_once('/').unwrap_or((rest, "")) };
        rest = after;
        match SHOWN.contains(&name) && is_name(value) {
            true => out.push_str(value),
            false => out.push_str(&hashed(value)),
        }
    }
    out
}

/// Whether it is written like a name (`domain::name`) or a line of another tenant.
fn is_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:-~".contains(&byte))
}

/// `~` and 16 hexadecimal digits. `~` begins no name.
fn hashed(text: &str) -> String {
    format!("~{:016x}", KEY.hash_one(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_names_no_person_is_shown() {
        let user = hashed("alice");
        let route = "/api/v1/coupons/user/{user_id}/event/{event_id}";
        assert_eq!(
            filled(route, "/api/v1/coupons/user/alice/event/shoes"),
            format!("/api/v1/coupons/user/{user}/event/shoes")
        );
        assert_eq!(filled("/wait/{line}", "/wait/gate:acme~shoes"), "/wait/gate:acme~shoes");
        assert_eq!(filled("/wait/{line}", "/wait/a%20b"), format!("/wait/{}", hashed("a%20b")));
        assert_eq!(
            filled("/queue/check/{line}/{*path}", "/queue/check/shop/orders/alice"),
            format!("/queue/check/shop/{}", hashed("orders/alice"))
        );
        assert_eq!(logged_path(None, "/user/alice"), format!("/{}", hashed("/user/alice")));
        assert_eq!(user, hashed("alice"), "the same person is the same hash");
        assert!(user.len() == 17 && !user.contains("alice"));
    }
}
