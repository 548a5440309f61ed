//! The look-up against a naive reading of the table, and against paths that are almost right.

use crate::walk::{method_of, path_of};
use gateway::Service;
use gateway::routes::{Access, Lookup, ROWS, Row, Verb, find, time_limit};
use http::Method;
use proptest::prelude::*;
use std::collections::HashSet;
use std::time::Duration;

/// Whether a pattern fits a path, segment by segment.
fn fits(pattern: &str, path: &str) -> bool {
    let (mut patterns, mut parts) = (pattern[1..].split('/'), path[1..].split('/').peekable());
    loop {
        match (patterns.next(), parts.peek()) {
            (None, None) => return true,
            (Some(pattern), Some(_)) if pattern.starts_with("{*") => {
                return !parts.collect::<Vec<_>>().join("/").is_empty();
            }
            (Some(pattern), Some(part)) => {
                let is_value = !part.is_empty() && !part.contains(';');
                if !(pattern == *part || (pattern.starts_with('{') && is_value)) {
                    return false;
                }
                parts.next();
            }
            _ => return false,
        }
    }
}

fn row_index(index: usize) -> &'static Row {
    &ROWS[index % ROWS.len()]
}

fn found(method: &str, path: &str) -> Option<&'static Row> {
    match find(&method.parse::<Method>().expect("a method"), path) {
        Lookup::Found(found) => Some(found.row),
        _ => None,
    }
}

#[test]
fn every_route_stands_once_and_is_found() {
    let mut seen = HashSet::new();
    for row in ROWS {
        assert!(seen.insert((row.verb.as_str(), row.pattern)), "{:?} {} twice", row.verb, row.pattern);
        let path = path_of(row);
        let found = found(method_of(row), &path).expect(row.pattern);
        assert_eq!((found.pattern, found.verb), (row.pattern, row.verb));
        if row.verb == Verb::Get {
            let head = find(&Method::HEAD, &path);
            assert!(matches!(head, Lookup::Found(found) if found.row.pattern == row.pattern), "HEAD {}", row.pattern);
        }
        assert!(!row.pattern.starts_with("/internal"), "nothing internal is in the table");
    }
}

/// The contract's times, apart from the table.
#[test]
fn every_route_has_the_time_of_the_contract() {
    for (method, path, seconds) in [
        ("POST", "/auth/login", 30),
        ("GET", "/users/me", 30),
        ("GET", "/events", 30),
        ("POST", "/venues/1/halls", 30),
        ("POST", "/queue/enter", 10),
        ("GET", "/queue/admin/stats", 10),
        ("POST", "/reservations/hold", 30),
        ("POST", "/tickets/verify", 30),
        ("POST", "/payments/confirm", 60),
        ("GET", "/api/v1/coupons/status/shoes", 30),
        ("POST", "/api/v1/admin/reconcile", 30),
        ("POST", "/gate/events/shoes/enqueue", 30),
        ("POST", "/issue/events/shoes", 30),
        ("POST", "/session", 30),
        ("GET", "/reservations/seats/1/stream", 30),
    ] {
        let told = time_limit(&method.parse().expect("a method"), path);
        assert_eq!(told, Some(Duration::from_secs(seconds)), "{method} {path}");
    }
    for path in ["/health", "/openapi.json", "/assets/core.js", "/nowhere", "/sandbox/portone/api/payments/1"] {
        assert_eq!(time_limit(&Method::GET, path), None, "{path}");
    }
    assert_eq!(time_limit(&Method::PUT, "/payments"), None, "a wrong method");
}

#[test]
fn a_wrong_method_hears_which_are_right() {
    for (method, path, allow) in [
        ("PUT", "/events", "GET,HEAD,POST"),
        ("GET", "/payments/confirm", "POST"),
        ("GET", "/reservations/hold", "POST"),
        ("POST", "/time", "GET,HEAD"),
        ("BREW", "/auth/login", "POST"),
        ("TRACE", "/users/me", "GET,HEAD,PATCH,PUT,DELETE"),
        ("get", "/events", "GET,HEAD,POST"),
        ("OPTIONS", "/session", "GET,HEAD,POST,DELETE"),
    ] {
        let method: Method = method.parse().expect("a method");
        assert_eq!(find(&method, path), Lookup::WrongMethod(allow.to_owned()), "{method} {path}");
    }
}

#[test]
fn lines_of_campaigns_are_the_gates() {
    for (path, service) in [
        ("/queue/serving/shop", Service::Queue),
        ("/queue/serving/gate:shoes", Service::Gate),
        ("/queue/serving/gate%3Ashoes", Service::Gate),
        ("/queue/stream/public:0123", Service::Gate),
        ("/queue/stream/0190a1b2-0000-7000-8000-0000000000aa", Service::Queue),
        ("/wait/gate:acme~shoes", Service::Gate),
        ("/queue/draw/gate:shoes/entries", Service::Gate),
        ("/queue/check/shop/gate:x", Service::Queue),
    ] {
        match find(&Method::GET, path) {
            Lookup::Found(found) => assert_eq!(found.service(), service, "{path}"),
            other => panic!("{path}: {other:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn a_path_that_is_almost_right_is_another(index in 0..10_000usize, kind in 0..8u8, at in 0..200usize) {
        let row = row_index(index);
        // What follows in a rest may be anything, and the root has nothing to change.
        prop_assume!(!row.pattern.contains("{*") && row.pattern != "/");
        let path = path_of(row);
        let written: Vec<usize> = {
            let mut offset = 0;
            let mut all = Vec::new();
            for (part, pattern) in path.split('/').zip(row.pattern.split('/')) {
                if !pattern.starts_with('{') {
                    all.extend((offset..offset + part.len()).filter(|at| path.as_bytes()[*at].is_ascii_lowercase()));
                }
                offset += part.len() + 1;
            }
            all
        };
        let letter = written[at % written.len()];
        let with = |from: usize, to: usize, text: &str| format!("{}{text}{}", &path[..from], &path[to..]);
        let byte = path.as_bytes()[letter];
        let changed = match kind {
            0 => with(letter, letter + 1, &char::from(byte.to_ascii_uppercase()).to_string()),
            1 => with(letter, letter + 1, &format!("%{byte:02x}")),
            2 => with(letter, letter + 1, &format!("%{byte:02X}")),
            3 => format!("{path}/"),
            4 => format!("{path};v=1"),
            5 => format!("/{path}"),
            6 => with(letter, letter, ";x"),
            _ => format!("{path}/{path}"),
        };
        let is_other_route = ROWS.iter().any(|row| fits(row.pattern, &changed));
        prop_assume!(kind < 3 || !is_other_route || changed.contains(';'));
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let found = found(method, &changed);
            // Another route may take it as a value (`/events/{id}` takes `/events/Schedules`), never this one.
            prop_assert!(found.is_none_or(|found| found.pattern != row.pattern), "{} as {}", changed, row.pattern);
        }
    }

    #[test]
    fn the_tree_finds_what_a_naive_reading_finds(
        parts in proptest::collection::vec(prop_oneof![
            Just("events".to_owned()), Just("schedules".into()), Just("queue".into()), Just("admin".into()),
            Just("lines".into()), Just("check".into()), Just("reservations".into()), Just("hold".into()),
            Just("payments".into()), Just("confirm".into()), Just("api".into()), Just("v1".into()), Just("coupons".into()),
            Just("session".into()), Just("docs".into()), Just("wait".into()), Just("users".into()), Just("me".into()),
            Just(String::new()), "[a-z0-9:~.-]{1,6}", "[ -~]{0,4}",
        ], 1..7),
        verb in 0..5usize,
    ) {
        let path = format!("/{}", parts.join("/").replace(['?', '#', ' '], "_"));
        let method = ["GET", "POST", "PUT", "PATCH", "DELETE"][verb];
        let known: Vec<&Row> = ROWS.iter().filter(|row| fits(row.pattern, &path)).collect();
        match find(&method.parse().expect("a method"), &path) {
            Lookup::Found(found) => {
                prop_assert!(known.iter().any(|row| std::ptr::eq(*row, found.row)), "{path}");
                prop_assert!(method_of(found.row) == method || found.row.verb == Verb::Any);
            }
            Lookup::WrongMethod(_) => prop_assert!(!known.is_empty(), "{path}"),
            Lookup::Unknown => {
                let strict = known.iter().all(|row| {
                    path.contains('%') && row.access != Access::Own && row.access != Access::AdminOrKey
                });
                prop_assert!(known.is_empty() || strict, "{path}");
            }
        }
    }

    #[test]
    fn no_path_is_too_strange(path in "\\PC{0,60}", verb in "[A-Z]{1,8}") {
        let method = verb.parse::<Method>().expect("a method");
        let _ = find(&method, &path);
        let _ = find(&method, &format!("/{path}"));
    }
}
