//! The kind: a key does more than it was made for. The walk goes over every route of the API document and a key of each scope;
//! the document's security entries say what is expected, so a new route is in it without a line here.

use serde_json::{Value, json};
use testkit::http::Client;
use testkit::onsale::{CAMPAIGNS, World, make_key, wait_until};

const SCOPES: [&str; 5] = ["issue", "redeem", "gate", "read", "admin"];
const CLOSED: (&str, &str) = ("ONSALE__COUPON__OPEN_ISSUE", "false");

/// A route that takes an API key.
struct Route {
    method: String,
    path: String,
    scope: String,
}

/// Every route of the document that takes an API key, with a name for each parameter of its path.
fn routes(world: &World) -> Vec<Route> {
    let document = world.anyone().get("/openapi.json").ok();
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        // It has no end to wait for. Who may hear it is told in the tests of operators' routes.
        if path.ends_with("/stream") {
            continue;
        }
        for (method, operation) in operations.as_object().expect("operations") {
            let entries = operation["security"].as_array().map_or(&[][..], Vec::as_slice);
            for scopes in entries.iter().filter_map(|entry| entry.get("apiKey")) {
                let [scope] = scopes.as_array().expect("scopes").as_slice() else {
                    panic!("{method} {path}: one scope must be declared, not {scopes}")
                };
                let scope = scope.as_str().expect("a name").to_owned();
                assert!(SCOPES.contains(&scope.as_str()), "{method} {path}: no such scope: {scope}");
                routes.push(Route { method: method.to_uppercase(), path: filled(path), scope });
            }
        }
    }
    routes
}

fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn key(world: &World, owner: &[&str]) -> Client {
    let client = world.anyone().with("X-Api-Key", &make_key(world.folder.path(), owner));
    wait_until("the key is known", || client.get(CAMPAIGNS).status != 401);
    client
}

#[test]
fn a_key_opens_the_routes_of_its_scope_and_no_others() {
    let world = World::with(&[CLOSED]);
    let routes = routes(&world);
    assert!(routes.len() > 25, "{}", routes.len());
    for scope in SCOPES {
        assert!(routes.iter().any(|route| route.scope == scope), "no route needs {scope}");
        for owner in [&["--admin"][..], &["--tenant", "acme"][..]] {
            let key = key(&world, &[owner, &["--scope", scope]].concat());
            for Route { method, path, scope: needed } in &routes {
                // On the fast path, in the router, and with a query that only the router reads.
                for query in ["", "?userId=ann", "?userId=ann&more=1"] {
                    let reply = key.call(method, &format!("{path}{query}"), Some(b"{}"));
                    let told = format!("{method} {path}{query} with {owner:?} {scope}: {}", reply.text());
                    assert_ne!(reply.status, 401, "{told}");
                    if needed != scope {
                        reply.is_error(403, "FORBIDDEN");
                        assert!(reply.text().contains(&format!("lacks the scope {needed}")), "{told}");
                    } else {
                        assert!(!reply.text().contains("lacks the scope"), "{told}");
                        assert!(reply.status != 403 || owner[0] == "--tenant", "{told}");
                    }
                }
            }
        }
    }
}

/// Kind: a credential that is not in force, and a caller who is served in spite of it. On the fast path, in the router, and in
/// the demo, where a call without any is answered.
#[test]
fn a_bad_authorization_is_refused_on_every_route_with_a_good_key_or_without_one() {
    for settings in [&[CLOSED][..], &[]] {
        let world = World::with(settings);
        let keyed = key(&world, &["--admin"]);
        // A token's own code, as on routes that take no key; what is no token at all is none.
        let tokens =
            [("Bearer a.b.c", "INVALID_TOKEN"), ("Basic YWRtaW46YWRtaW4=", "UNAUTHORIZED"), ("x", "UNAUTHORIZED")];
        for Route { method, path, .. } in routes(&world) {
            for query in ["", "?userId=ann", "?userId=ann&more=1"] {
                let path = format!("{path}{query}");
                for (token, code) in tokens {
                    for client in [keyed.with("Authorization", token), world.anyone().with("Authorization", token)] {
                        let reply = client.call(&method, &path, Some(b"{}"));
                        assert_eq!(reply.status, 401, "{method} {path} with {token}: {}", reply.text());
                        assert_eq!(reply.code(), code, "{method} {path} with {token}");
                    }
                }
            }
        }
        keyed.get(CAMPAIGNS).ok();
    }
}

#[test]
fn the_keys_of_doors_and_services_open_no_route_of_people() {
    let world = World::with(&[CLOSED]);
    for owner in
        [&["--door"][..], &["--door", "--schedule", "0199aaaa-0000-7000-8000-000000000000"], &["--service", "x"]]
    {
        let key = key(&world, owner);
        for Route { method, path, .. } in routes(&world) {
            // Doors check tickets, and nothing else.
            if owner[0] == "--door" && path.starts_with("/tickets/") {
                continue;
            }
            let reply = key.call(&method, &path, Some(b"{}"));
            assert_eq!(reply.status, 403, "{method} {path} with {owner:?}: {}", reply.text());
        }
    }
}

/// Also in the demo, where a call without a key would be answered.
#[test]
fn a_key_counts_where_none_is_needed() {
    let world = World::new();
    let reader = key(&world, &["--tenant", "default", "--scope", "read"]);
    reader.issue("ann", "sample_event").is_error(403, "FORBIDDEN");
    reader.get("/api/v1/coupons/status/sample_event").ok();
    assert_eq!(world.anyone().issue("ann", "sample_event").code(), "ISSUED");
}

#[test]
fn a_key_that_is_not_in_force_for_its_caller_is_unknown() {
    let world = World::new();
    let with = |more: &[&str]| {
        let owner = [&["--tenant", "default"], more].concat();
        world.anyone().with("X-Api-Key", &make_key(world.folder.path(), &owner))
    };
    let calls = |key: &Client| {
        let issue = key.issue("ann", "sample_event").status;
        let rank = key.get("/gate/events/sample_event/rank?userId=ann").status;
        (issue, rank, key.get(CAMPAIGNS).status, key.get("/queue/admin/stats").status)
    };
    let here = with(&["--network", "203.0.113.0/24", "--network", "127.0.0.0/8"]);
    wait_until("the key is known", || here.get(CAMPAIGNS).status == 200);
    assert_eq!(calls(&here), (200, 404, 200, 403));
    let foreign = with(&["--network", "203.0.113.0/24,2001:db8::/32"]);
    // Made before the next one, which is known when this was read.
    let soon = clock_text(20);
    let expiring = with(&["--expires", &soon]);
    wait_until("the key is known", || expiring.get(CAMPAIGNS).status == 200);
    assert_eq!(calls(&foreign), (401, 401, 401, 401));
    foreign.get(CAMPAIGNS).is_error(401, "UNAUTHORIZED");
    wait_until("the key has expired", || expiring.get(CAMPAIGNS).status == 401);
    assert_eq!(calls(&expiring), (401, 401, 401, 401));
    let listed = String::from_utf8(world.run(&["admin", "keys", "list"]).stdout).expect("text");
    for shown in ["from 203.0.113.0/24,2001:db8::/32", "from anywhere", "expired 20", "scopes all"] {
        assert!(listed.contains(shown), "{shown}: {listed}");
    }
    wait_until("the last use is listed", || {
        let listed = String::from_utf8(world.run(&["admin", "keys", "list"]).stdout).expect("text");
        listed.lines().any(|line| line.contains("127.0.0.0/8") && line.contains("used 20"))
    });
}

/// The time in so many seconds, as `--expires` takes it.
fn clock_text(seconds: i64) -> String {
    let mut date = std::process::Command::new("date");
    let output = date.args(["-u", "-d", &format!("{seconds} seconds"), "+%Y-%m-%dT%H:%M:%SZ"]).output();
    String::from_utf8(output.expect("date runs").stdout).expect("text").trim().to_owned()
}

#[test]
fn a_key_that_would_never_work_is_not_made() {
    let world = World::new();
    for (wrong, why) in [
        (&["--expires", "2020-01-01T00:00:00Z"][..], "expired already"),
        (&["--expires", "2030-01-01T00:00:00"][..], "Z or an offset"),
        (&["--scope", "everything"][..], "issue, redeem, gate, read, admin"),
        (&["--network", "nowhere"][..], "203.0.113.0/24"),
    ] {
        let output = world.run(&[&["admin", "keys", "create", "--tenant", "acme"], wrong].concat());
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains(why), "{told}");
    }
    let none: Value = world.admin().get(&format!("{CAMPAIGNS}?tenant=acme")).ok();
    assert_eq!(none["list"], json!([]));
}
