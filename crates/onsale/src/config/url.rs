//! URLs of engines for display, without their secrets.

/// What stands in the place of a secret.
const HIDDEN: &str = "***";

/// A URL in which passwords and all values of the query are hidden: `redis://user:***@host?x=***`. The user, every node
/// of a cluster and the path stay. What cannot be told apart is hidden. Other texts stay as they are.
pub fn without_secrets(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let (place, more) = rest.split_at(end);
    // A password with `?` or `#` in it, not written as the standard asks: which is which cannot be told.
    if more.contains('@') && !place.contains('@') {
        return format!("{scheme}://{HIDDEN}");
    }
    format!("{scheme}://{}{}", nodes(place), query(more))
}

/// `user:password@host:port,user:password@host:port/path`.
fn nodes(place: &str) -> String {
    let parts: Vec<&str> = place.split(',').collect();
    let shown = parts.iter().enumerate().map(|(at, part)| match part.rsplit_once('@') {
        Some((credentials, host)) => format!("{}@{host}", user_alone(credentials)),
        // The beginning of a password with a comma in it.
        None if parts[at..].iter().any(|later| later.contains('@')) => HIDDEN.to_owned(),
        None => (*part).to_owned(),
    });
    shown.collect::<Vec<_>>().join(",")
}

fn user_alone(credentials: &str) -> String {
    match credentials.split_once(':') {
        Some((user, _)) => format!("{user}:{HIDDEN}"),
        // Some clients take a password that stands alone.
        None => HIDDEN.to_owned(),
    }
}

/// `?name=value&name=value#fragment`.
fn query(more: &str) -> String {
    let (query, fragment) = more.split_once('#').map_or((more, ""), |(query, _)| (query, HIDDEN));
    let values = query.strip_prefix('?').map(|query| {
        let pair = |pair: &str| pair.split_once('=').map_or(HIDDEN.to_owned(), |(name, _)| format!("{name}={HIDDEN}"));
        format!("?{}", query.split('&').map(pair).collect::<Vec<_>>().join("&"))
    });
    let fragment = if fragment.is_empty() { String::new() } else { format!("#{fragment}") };
    format!("{}{fragment}", values.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_and_the_rest_is_shown() {
        for (url, shown) in [
            ("embedded:", "embedded:"),
            ("redis://a:1", "redis://a:1"),
            ("redis://me:pw@a:1", "redis://me:***@a:1"),
            ("redis://:pw@a:1/0", "redis://:***@a:1/0"),
            ("redis://pw@a:1", "redis://***@a:1"),
            ("redis+cluster://a:1,b:2,c:3", "redis+cluster://a:1,b:2,c:3"),
            ("redis+cluster://me:pw@a:1,b:2,c:3", "redis+cluster://me:***@a:1,b:2,c:3"),
            ("redis+cluster://me:pw@a:1,you:pw@b:2", "redis+cluster://me:***@a:1,you:***@b:2"),
            ("kafka://a:1,b:2", "kafka://a:1,b:2"),
            ("postgres://u:pw@[::1]:5432/db", "postgres://u:***@[::1]:5432/db"),
            (
                "postgres://u:pw@h/db?sslmode=require&sslpassword=pw",
                "postgres://u:***@h/db?sslmode=***&sslpassword=***",
            ),
            ("mysql://u@h/db?password=pw#pw", "mysql://***@h/db?password=***#***"),
            ("mysql://h/db?pw", "mysql://h/db?***"),
        ] {
            assert_eq!(without_secrets(url), shown);
        }
    }

    #[test]
    fn no_form_of_a_password_comes_through() {
        for odd in ["pw@pw", "pw,pw", "pw?pw", "pw#pw", "pw/pw", "pw:pw", "pw&pw", "%70w-pw", "12,pw", "pw,6379"] {
            for url in [format!("redis://me:{odd}@a:1"), format!("postgres://me:{odd}@h/db?k=v")] {
                let shown = without_secrets(&url);
                assert!(!shown.contains("pw"), "{url}: {shown}");
            }
        }
    }
}
