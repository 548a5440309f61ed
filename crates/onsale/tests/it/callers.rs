//! The kind: a stranger makes the server read, keep or tell something before the caller is known. The walks go over every
//! route of the API document, so a new route is in them without a line here.

use serde_json::Value;
use testkit::http::{Connection, Reply};
use testkit::onsale::{ISSUE, World};

/// Longer than a test waits: an answer that comes did not wait for the body.
const NO_HURRY: [(&str, &str); 2] =
    [("ONSALE__HTTP__HEADER_TIMEOUT_MS", "600000"), ("ONSALE__HTTP__REQUEST_TIMEOUT_MS", "600000")];

/// One route of the document.
struct Route {
    method: String,
    path: String,
    takes_body: bool,
    /// Whether strangers are answered even where nothing is open.
    is_public: bool,
    /// Whether a key opens it; people's tokens alone open others.
    takes_key: bool,
}

/// Every route of the document, with a name for each parameter of its path.
fn routes(world: &World) -> Vec<Route> {
    let document = world.anyone().get("/openapi.json").ok();
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            let schemes = operation["security"].as_array().map_or(&[][..], Vec::as_slice);
            // Calls between services are on a listener of their own: see `listeners`.
            if schemes.iter().any(|scheme| scheme.get("serviceKey").is_some()) {
                continue;
            }
            let takes_key = schemes.iter().any(|scheme| scheme.get("apiKey").is_some());
            let is_empty = |scheme: &Value| scheme.as_object().is_some_and(serde_json::Map::is_empty);
            // A person's token may say more about the caller of a public route.
            let is_public = !takes_key && (schemes.is_empty() || schemes.iter().any(is_empty));
            routes.push(Route {
                method: method.to_uppercase(),
                path: filled(path),
                takes_body: operation["requestBody"].is_object(),
                is_public,
                takes_key,
            });
        }
    }
    routes
}

/// `/a/{b}/c` as `/a/x/c`: no valid id, which a stranger must not be told.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn closed_world() -> World {
    World::with(&[NO_HURRY[0], NO_HURRY[1], ("ONSALE__COUPON__OPEN_ISSUE", "false")])
}

/// The response to a head whose body never comes.
fn ask(world: &World, route: &Route, headers: &str) -> Reply {
    let Route { method, path, .. } = route;
    let mut connection = Connection::open(world.server.address);
    connection.send(format!("{method} {path} HTTP/1.1\r\nHost: a\r\n{headers}\r\n"));
    connection.try_reply().unwrap_or_else(|error| panic!("{method} {path} waits for the body: {error}"))
}

#[test]
fn a_stranger_is_refused_before_the_body_on_every_route() {
    let world = closed_world();
    let guarded: Vec<Route> = routes(&world).into_iter().filter(|route| !route.is_public).collect();
    assert!(guarded.len() > 25, "{}", guarded.len());
    for route in &guarded {
        for headers in [
            "Content-Type: application/json\r\nContent-Length: 50\r\n",
            "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n",
            "Content-Type: text/plain\r\nContent-Length: 50\r\n",
            "Content-Type: application/json\r\nContent-Length: 50\r\nX-Api-Key: onsale_guessed\r\nX-Service-Api-Key: guessed\r\n",
        ] {
            let reply = ask(&world, route, headers);
            assert_eq!(reply.status, 401, "{} {} {headers:?}: {}", route.method, route.path, reply.text());
        }
    }
}

/// The same on the fast path of an open server, where a wrong key is the only stranger.
#[test]
fn a_wrong_key_is_refused_before_the_body_on_an_open_server() {
    let world = World::with(&NO_HURRY);
    for path in [ISSUE, "/enqueue", "/gate/events/sample_event/enqueue?userId=ann"] {
        let route =
            Route { method: "POST".into(), path: path.into(), takes_body: true, is_public: false, takes_key: true };
        let headers = "Content-Type: application/json\r\nContent-Length: 50\r\nX-Api-Key: onsale_guessed\r\n";
        assert_eq!(ask(&world, &route, headers).status, 401, "{path}");
    }
}

/// A stranger learns nothing about valid parameters: wrong ones are no other answer.
#[test]
fn no_field_is_explained_to_a_stranger() {
    let world = closed_world();
    for mut route in routes(&world).into_iter().filter(|route| !route.is_public) {
        for query in ["", "?tenant=a&tenant=b", "?page=x&size=x&initial_stock=x&eventId=&userId=", "?%ff=%00"] {
            let path = route.path.clone();
            route.path = format!("{path}{query}");
            let reply = ask(&world, &route, "Content-Length: 0\r\n");
            assert_eq!(reply.status, 401, "{} {}: {}", route.method, route.path, reply.text());
            route.path = path;
        }
    }
}

/// A campaign needs some thousands of bytes; no route takes more than 1 MiB (`contract-ticketing.md`, Gateway).
#[test]
fn each_route_with_a_body_names_its_own_limit() {
    let world = World::with(&NO_HURRY);
    let is_walked = |route: &Route| route.takes_body && (route.takes_key || route.is_public);
    let with_body: Vec<Route> = routes(&world).into_iter().filter(is_walked).collect();
    assert!(with_body.len() >= 8, "{}", with_body.len());
    for route in with_body {
        let path = route.path.replace("/coupons/x/", "/coupons/0199aaaa-0000-7000-8000-000000000000/");
        let route = Route { path, ..route };
        let headers =
            format!("Content-Type: application/json\r\nX-Api-Key: {}\r\nContent-Length: 1048577\r\n", world.admin_key);
        let reply = ask(&world, &route, &headers);
        reply.is_error(413, "PAYLOAD_TOO_LARGE");
        let message = reply.json()["message"].as_str().expect("a message").to_owned();
        let bytes = message.split(' ').filter_map(|word| word.parse::<u64>().ok()).next_back();
        assert!(
            bytes.is_some_and(|bytes| (32..=1_048_576).contains(&bytes)),
            "{} {}: {message}",
            route.method,
            route.path
        );
    }
    let issue =
        Route { method: "POST".into(), path: ISSUE.into(), takes_body: true, is_public: false, takes_key: true };
    let headers =
        format!("Content-Type: application/json\r\nX-Api-Key: {}\r\nContent-Length: 1000000\r\n", world.admin_key);
    let told: Value = ask(&world, &issue, &headers).json();
    assert!(told["message"].as_str().is_some_and(|text| !text.contains("1048576")), "a small one stays small: {told}");
}

/// The bytes of all bodies together have a limit, too: a body beyond it is asked to come later.
#[test]
fn bodies_beyond_the_budget_are_refused_until_others_have_ended() {
    let world = World::with(&[NO_HURRY[0], NO_HURRY[1], ("ONSALE__HTTP__BODY_BUDGET_BYTES", "65536")]);
    let begin = || {
        let mut connection = Connection::open(world.server.address);
        connection.send(format!(
            "POST /api/v1/admin/campaigns HTTP/1.1\r\nHost: a\r\nX-Api-Key: {}\r\nContent-Type: application/json\r\n\
             Content-Length: 60000\r\n\r\n",
            world.admin_key
        ));
        connection.send(" ".repeat(40_000));
        connection
    };
    let mut bodies = vec![begin(), begin()];
    let refused = loop {
        match bodies.iter().position(Connection::has_reply) {
            Some(at) => break at,
            None => std::thread::sleep(std::time::Duration::from_millis(20)),
        }
    };
    let reply = bodies.remove(refused).reply();
    reply.is_error(503, "SERVICE_UNAVAILABLE");
    assert!(reply.header("retry-after").is_some());
    drop(bodies);
    testkit::onsale::wait_until("the bytes are given back", || {
        let campaign = serde_json::json!({"event_id": "sale", "name": "Sale", "stock": 1});
        matches!(world.admin().post_json("/api/v1/admin/campaigns", &campaign).status, 201 | 409)
    });
}
