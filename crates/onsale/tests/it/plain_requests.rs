//! A plain request goes to the router without hyper, all others through it. Kind: two writers of responses that could
//! differ. The walk asks every route of the API document in both forms.

use testkit::http::{Connection, Reply};
use testkit::onsale::{ISSUE, World};

/// Words that make a head unusual and mean nothing: hyper reads such a request.
const FOR_HYPER: &str = "keep-alive, nothing";
/// Headers whose value is another one each time.
const CHANGING: [&str; 5] = ["date", "x-trace-id", "ratelimit", "retry-after", "set-cookie"];

/// Method and path of every route of the document, with a name in each place.
fn routes(world: &World) -> Vec<(String, String)> {
    let document = world.anyone().get("/openapi.json").ok();
    let mut routes = vec![("GET".to_owned(), "/openapi.json".to_owned()), ("GET".into(), "/nowhere".into())];
    for (path, operations) in document["paths"].as_object().expect("paths") {
        // A stream never ends, and has a writer of its own.
        if path.starts_with("/queue/stream") || path.ends_with("/stream") {
            continue;
        }
        let parts = path.split('/').map(|part| if part.starts_with('{') { "sample_event" } else { part });
        let path = parts.collect::<Vec<_>>().join("/");
        for method in operations.as_object().expect("operations").keys() {
            routes.push((method.to_uppercase(), path.clone()));
            routes.extend((method == "get").then(|| ("HEAD".to_owned(), path.clone())));
        }
        routes.push(("OPTIONS".into(), path));
    }
    routes
}

struct Asked<'a> {
    method: &'a str,
    path: &'a str,
    key: &'a str,
    body: &'a str,
}

impl Asked<'_> {
    fn answer(&self, world: &World, connection: &str) -> Reply {
        let Self { method, path, key, body } = self;
        let text = format!(
            "{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: {connection}\r\n{key}Content-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut connection = Connection::open(world.server.address);
        connection.send(&text);
        let answer = if *method == "HEAD" { connection.head_reply() } else { connection.reply() };
        // The next request on the connection finds nothing left over.
        connection.send("GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n");
        if answer.header("connection") != Some("close") {
            assert_eq!(connection.reply().status, 200, "after {method} {path}");
        }
        answer
    }
}

/// What must be the same: all but what changes each time.
fn seen(answer: &Reply) -> (u16, Vec<(String, String)>) {
    let mut headers: Vec<(String, String)> = answer
        .headers
        .iter()
        .filter(|(name, _)| !CHANGING.contains(&name.as_str()))
        // A body that names an id or a time of its own may have another length.
        .filter(|(name, _)| name != "content-length" || answer.status != 200)
        .cloned()
        .collect();
    headers.sort();
    (answer.status, headers)
}

#[test]
fn both_ways_give_the_same_response_on_every_route() {
    let world = World::with(&[("ONSALE__QUEUE__LINES", "sample_event"), ("ONSALE__LIMITS__ENABLED", "false")]);
    let key = format!("X-Api-Key: {}\r\n", world.admin_key);
    let routes = routes(&world);
    assert!(routes.len() > 80, "{}", routes.len());
    for (method, path) in &routes {
        for key in ["", key.as_str()] {
            for body in ["", "{}", "[", "{\"user_id\":\"ann\",\"event_id\":\"nothing\"}"] {
                let asked = Asked { method, path, key, body };
                // Once beforehand: a route that changes something does so now.
                asked.answer(&world, "keep-alive");
                let (plain, through_hyper) = (asked.answer(&world, "keep-alive"), asked.answer(&world, FOR_HYPER));
                assert_eq!(seen(&plain), seen(&through_hyper), "{method} {path} {body} {}", plain.text());
            }
        }
    }
}

#[test]
fn requests_in_one_packet_are_answered_in_their_order() {
    let world = World::new();
    let body = r#"{"user_id":"ann","event_id":"sample_event"}"#;
    let issue = format!(
        "POST {ISSUE} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    let status = get("/api/v1/coupons/status/sample_event");
    let mut connection = Connection::open(world.server.address);
    // Plain, hot, plain and large, read by hyper, plain, and one whose end comes later.
    let chunked = format!(
        "POST {ISSUE} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    let all = [&status, &issue, &get("/openapi.json"), &chunked, &status, "GET /health/live HTT"].map(String::from);
    connection.send(all.concat());
    let stock = connection.reply().field("remaining_stock");
    assert_eq!(connection.reply().code(), "ISSUED");
    assert!(connection.reply().field("paths").is_object());
    assert_eq!(connection.reply().code(), "ALREADY_ISSUED");
    assert_eq!(connection.reply().field("remaining_stock").as_u64(), stock.as_u64().map(|stock| stock - 1));
    connection.send("P/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let last = connection.reply();
    assert_eq!((last.status, last.header("connection")), (200, Some("close")));
    assert!(connection.is_closed());
}
