//! The kind: a public route tells a stranger what another tenant has. The walk goes over every public route of the API
//! document that names a line: all of them are one extractor's, and a route that is not turns the test red.

use serde_json::{Value, json};
use testkit::http::{Client, Reply};
use testkit::onsale::{World, wait_until};

/// Routes of lines before sites alone: they know no campaign at all.
const OF_SITES: [&str; 4] = ["/queue/place/{line}", "/queue/check/{line}/{path}", "/wait/{line}", "/queue/check"];

/// The public `GET` routes with `{line}` in the document.
fn public_routes(world: &World) -> Vec<String> {
    let document = world.anyone().get("/openapi.json").ok();
    let is_public = |operation: &Value| {
        operation["security"].as_array().is_some_and(|needs| needs.iter().any(|need| *need == json!({})))
    };
    let paths = document["paths"].as_object().expect("paths");
    let of_lines = paths.iter().filter(|(path, of)| path.contains("{line}") && is_public(&of["get"]));
    of_lines.map(|(path, _)| path.clone()).filter(|path| !OF_SITES.contains(&path.as_str())).collect()
}

/// All that a caller could compare: what differs between two calls by chance is left out.
fn told(reply: &Reply) -> (u16, Value, Vec<String>) {
    let mut body = reply.json_or_null();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("traceId");
        fields.remove("timestamp");
    }
    let mut headers: Vec<String> = reply.headers.iter().map(|(name, _)| name.to_lowercase()).collect();
    headers.sort();
    (reply.status, body, headers)
}

/// The status line of a route that may go on sending for ever.
fn status(client: &Client, path: &str) -> u16 {
    let mut connection = testkit::http::Connection::open(client.address);
    connection.send(client.request("GET", path, None));
    let line = connection.line().expect("a status line");
    line.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status")
}

#[test]
fn a_stranger_cannot_tell_which_campaigns_another_tenant_has() {
    let world = World::new();
    let (acme, bolt, people) = (world.keyed(&["--tenant", "acme"]), world.keyed(&["--tenant", "bolt"]), world.anyone());
    let opens_at = crate::draw::in_seconds(3_600);
    acme.make_campaign(&json!({"event_id": "secret", "name": "Sale", "stock": 5, "gated": true, "opens_at": opens_at}));
    wait_until("the line is there", || acme.get("/queue/serving/gate:acme~secret").status == 200);
    // So that it has entries, too.
    assert_eq!(world.admin().call("PUT", "/queue/admin/gate:acme~secret/draw", None).status, 204);
    let routes = public_routes(&world);
    assert!(routes.len() >= 4, "{routes:?}");
    let unknown = people.with("X-Api-Key", "onsale_0123456789abcdef0123456789abcdef_0123456789abcdef0123456789abcdef");
    for route in &routes {
        let at = |line: &str| route.replace("{line}", line);
        for (who, stranger) in [("anyone", &people), ("another tenant", &bolt), ("an unknown key", &unknown)] {
            let (there, missing) = (stranger.get(&at("gate:acme~secret")), stranger.get(&at("gate:acme~nothing")));
            there.is_error(404, "NOT_FOUND");
            assert_eq!(told(&there), told(&missing), "{route}, {who}");
            assert_eq!(told(&there), told(&stranger.get(&at("gate:nobody~secret"))), "{route}, {who}");
        }
        for owner in [&acme, &world.admin()] {
            assert_ne!(status(owner, &at("gate:acme~secret")), 404, "{route}");
            assert_eq!(status(owner, &at("gate:acme~nothing")), 404, "{route}");
        }
    }
}

#[test]
fn a_public_name_takes_the_place_of_the_name_and_cannot_be_guessed() {
    let mut world = World::new();
    let acme = world.keyed(&["--tenant", "acme", "--scope", "issue"]);
    let admin = world.admin();
    let opens_at = crate::draw::in_seconds(3_600);
    for event in ["one", "two"] {
        let campaign =
            json!({"event_id": event, "name": "Sale", "stock": 5, "gated": true, "opens_at": opens_at.clone()});
        let made = admin.post_json("/api/v1/admin/campaigns?tenant=acme", &campaign);
        assert_eq!(made.status, 201, "{}", made.text());
    }
    let named = |event: &str| acme.get(&format!("/queue/serving/gate:acme~{event}"));
    wait_until("both lines are there", || ["one", "two"].iter().all(|event| named(event).status == 200));
    assert_eq!(admin.call("PUT", "/queue/admin/gate:acme~one/draw", None).status, 204);
    let place = |event: &str| named(event).header("content-location").expect("a place for everybody").to_owned();
    let (one, two) = (place("one"), place("two"));
    assert_ne!(one, two);
    assert!(named("one").header("cache-control").is_some_and(|value| value.starts_with("private")));
    let id = one.strip_prefix("/queue/serving/public:").expect("a public name");
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    let people = world.anyone();
    for route in public_routes(&world) {
        let known = status(&people, &route.replace("{line}", &format!("public:{id}")));
        assert!(![400, 401, 404].contains(&known), "{route}: {known}");
        let guessed = format!("public:{}", "0".repeat(32));
        assert_eq!(status(&people, &route.replace("{line}", &guessed)), 404, "{route}");
    }
    let read = people.get(&one);
    assert_eq!(read.ok()["line"], "gate:acme/one");
    assert!(read.header("cache-control").is_some_and(|value| value.starts_with("public")));
    assert_eq!(read.header("content-location"), None);
    assert_eq!(people.get("/queue/serving/public:").status, 404);
    // A line of the tenant `default` is known by its name, and needs no other.
    admin.make_campaign(&json!({"event_id": "open", "name": "Sale", "stock": 5, "gated": true}));
    wait_until("the line is there", || people.get("/queue/serving/gate:open").status == 200);
    assert_eq!(admin.get("/queue/serving/gate:open").header("content-location"), None);
    // A server that has never named the line knows the name.
    world.server.kill();
    world.server = testkit::onsale::Server::start(world.folder.path(), &[]);
    wait_until("it is known after a restart", || world.anyone().get(&one).status == 200);
}
