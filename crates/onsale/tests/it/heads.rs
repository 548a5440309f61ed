//! Kind: bytes from outside that two readers could understand differently. One table of heads is played on the fast
//! path, on the router behind it, on a connection that hyper serves already, on a stream, and on the management
//! listener. `tests/system` plays it on both NGINX templates.

use std::net::SocketAddr;
use testkit::Port;
use testkit::http::heads::bad_heads;
use testkit::http::{Client, Connection};
use testkit::onsale::visitor::{Visitor, open_the_line, shut};
use testkit::onsale::{CAMPAIGNS, ISSUE, World, wait_until};

/// Every listener and every way through it: a method, a path and a query.
const WAYS: [(&str, &str, &str); 7] = [
    ("POST", ISSUE, ""),
    ("GET", "/gate/events/sale/rank", "?userId=ann"),
    ("POST", "/gate/events/sale/enqueue", "?userId=ann"),
    ("POST", CAMPAIGNS, ""),
    ("GET", "/health/live", ""),
    ("GET", "/nowhere", "?a=b"),
    ("GET", "/queue/stream/shop", ""),
];

fn refuses(address: SocketAddr, method: &str, path: &str, query: &str, is_behind_hyper: bool) {
    for bad in bad_heads(method, path, query) {
        if is_behind_hyper && bad.is_hidden_by_hyper() {
            continue;
        }
        let mut connection = Connection::open(address);
        connection.send(&bad.bytes);
        let answer = connection.reply();
        assert_eq!(answer.status, bad.status, "{}{}", bad.text(), answer.text());
        if is_behind_hyper {
            // hyper's own refusals have no body there.
            continue;
        }
        let codes = [(400, "INVALID_INPUT"), (413, "PAYLOAD_TOO_LARGE"), (415, "UNSUPPORTED_MEDIA_TYPE")];
        let code = codes.into_iter().chain([(417, "EXPECTATION_FAILED")]).find(|(status, _)| *status == bad.status);
        answer.is_error(bad.status, code.expect("a status of the table").1);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{}", bad.text());
    }
}

#[test]
fn no_listener_takes_a_head_that_means_two_things() {
    let management = Port::free().expect("a free port");
    let listen = format!("127.0.0.1:{}", management.number());
    let world = World::with(&[
        ("ONSALE__QUEUE__LINES", "shop"),
        ("ONSALE__HTTP__MANAGEMENT_LISTEN", &listen),
        ("ONSALE__HTTP__HEADER_TIMEOUT_MS", "2000"),
    ]);
    for (method, path, query) in WAYS {
        refuses(world.server.address, method, path, query, false);
    }
    let management: SocketAddr = listen.parse().expect("an address");
    for path in ["/health/live", "/metrics", "/nowhere"] {
        refuses(management, "GET", path, "", true);
    }
    assert_eq!(Client::new(management).get("/metrics").status, 200);
    assert_eq!(world.anyone().issue("ann", "sample_event").code(), "ISSUED");
}

/// The same on a connection that has carried a request of another route before.
#[test]
fn a_second_request_is_judged_like_the_first() {
    let world = World::new();
    for (method, path, query) in [WAYS[0], WAYS[4]] {
        for bad in bad_heads(method, path, query).into_iter().filter(|bad| !bad.is_hidden_by_hyper()) {
            let mut connection = Connection::open(world.server.address);
            connection.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
            assert_eq!(connection.reply().status, 200);
            connection.send(&bad.bytes);
            let answer = connection.reply();
            assert_eq!(answer.status, bad.status, "{}{}", bad.text(), answer.text());
        }
    }
}

#[test]
fn plain_heads_of_all_kinds_are_taken() {
    let world = World::new();
    let body = r#"{"user_id":"ann","event_id":"sample_event"}"#;
    for line in [
        "Host: localhost:8080",
        "Host: [::1]:8080",
        "Host: a\r\nCookie: a=1\r\nCookie: b=\u{d64d}",
        "Host: a\r\nAccept-Language: ko\r\nAccept-Language: en",
        "Host: a\r\nX-Forwarded-For: 203.0.113.1\r\nX-Forwarded-For: 203.0.113.2",
        "Host: a\r\nUser-Agent: \u{d64d}\u{ae38}\u{b3d9}",
        "Host: a\r\nContent-Encoding: identity",
        "Host: a\r\nX-Mine: a\r\nX-Mine: b",
    ] {
        let length = body.len();
        let head = format!("POST {ISSUE} HTTP/1.1\r\n{line}\r\nContent-Type: application/json\r\n");
        let answer = testkit::http::raw(world.server.address, format!("{head}Content-Length: {length}\r\n\r\n{body}"));
        assert_eq!(answer.status, 200, "{line}: {}", answer.text());
    }
    for target in ["http://localhost/health/live", "/health/live?a=/../%2f", "/health/live?"] {
        let answer =
            testkit::http::raw(world.server.address, format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        assert_eq!(answer.status, 200, "{target}: {}", answer.text());
    }
}

/// Kind: the body is not what its head says, or not what a struct is made of. The fast path and the router alike.
#[test]
fn bodies_are_objects_in_utf8() {
    let world = World::new();
    let (people, admin) = (world.anyone(), world.admin());
    let issue: &[u8] = br#"{"user_id":"ann","event_id":"sample_event"}"#;
    let campaign = |name: &str| format!(r#"{{"event_id":"{name}","name":"Sale","stock":1}}"#).into_bytes();
    let chunked = people.with("Transfer-Encoding", "chunked");
    let through_router = |body: &[u8]| {
        let head = format!(
            "POST {ISSUE} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n",
            body.len()
        );
        testkit::http::raw(chunked.address, [head.as_bytes(), body, b"\r\n0\r\n\r\n"].concat())
    };
    let mark = b"\xef\xbb\xbf";
    assert_eq!(people.call("POST", ISSUE, Some(&[&mark[..], issue].concat())).ok()["code"], "ISSUED");
    assert_eq!(through_router(&[&mark[..], issue].concat()).ok()["code"], "ALREADY_ISSUED");
    assert_eq!(admin.call("POST", CAMPAIGNS, Some(&[&mark[..], &campaign("marked")].concat())).status, 201);
    let array: &[u8] = br#"["ann","sample_event"]"#;
    people.call("POST", ISSUE, Some(array)).is_error(400, "INVALID_INPUT");
    through_router(array).is_error(400, "INVALID_INPUT");
    for (method, path, array) in [
        ("POST", CAMPAIGNS, r#"["listed","Sale",1]"#),
        ("POST", CAMPAIGNS, r#"{"event_id":"listed","name":"Sale","stock":1,"discount":["fixed",5]}"#),
        ("PATCH", "/api/v1/admin/campaigns/sample_event", r#"["Sale"]"#),
        ("POST", "/api/v1/admin/campaigns/sample_event/stock", "[1]"),
        ("PUT", "/queue/admin/gate:sale/rate", "[1]"),
        ("POST", "/api/v1/coupons/7e6a0d4e-5a9c-4d55-8d8e-0a4c9d0d8b11/redeem", r#"["o",1]"#),
        ("POST", "/api/v1/coupons/7e6a0d4e-5a9c-4d55-8d8e-0a4c9d0d8b11/redeem/confirm", r#"["o"]"#),
        ("POST", "/api/v1/coupons/7e6a0d4e-5a9c-4d55-8d8e-0a4c9d0d8b11/redeem/cancel", r#"["o"]"#),
    ] {
        let answer = admin.call(method, path, Some(array.as_bytes()));
        answer.is_error(400, "INVALID_INPUT");
        assert!(answer.text().contains("sequence") || answer.text().contains("object"), "{path}: {}", answer.text());
    }
    for charset in ["euc-kr", "utf-16", "\"latin1\"", "", "utf-8; charset=euc-kr"] {
        let content_type = format!("application/json; charset={charset}");
        let typed = people.with("Content-Type", &content_type);
        typed.call("POST", ISSUE, Some(issue)).is_error(415, "UNSUPPORTED_MEDIA_TYPE");
        let typed = admin.with("Content-Type", &content_type);
        typed.call("POST", CAMPAIGNS, Some(&campaign("other"))).is_error(415, "UNSUPPORTED_MEDIA_TYPE");
    }
}

/// Kind: names that are another address, or another line. Every route that makes or names something.
#[test]
fn names_that_mean_something_else_are_refused_everywhere() {
    let world = World::with(&[("ONSALE__QUEUE__LINES", "shop")]);
    let (people, admin) = (world.anyone(), world.admin());
    for name in [".", "..", "gate:a", "queue:shop"] {
        let campaign = serde_json::json!({"event_id": name, "name": "Sale", "stock": 1});
        admin.post_json(CAMPAIGNS, &campaign).is_error(400, "INVALID_INPUT");
        let tenant = world.run(&["keys", "create", "--tenant", name]);
        assert!(!tenant.status.success(), "{name}");
        people.issue("ann", name).is_error(400, "INVALID_INPUT");
        let path = format!("/api/v1/admin/events/{name}/stock?initial_stock=1");
        admin.post(&path).is_error(400, "INVALID_INPUT");
        let enter = serde_json::json!({"eventId": name, "userId": "ann"});
        people.post_json("/enqueue", &enter).is_error(400, "INVALID_INPUT");
        people.get(&format!("/rank?eventId={name}&userId=ann")).is_error(400, "INVALID_INPUT");
    }
    for user in [".", ".."] {
        people.issue(user, "sample_event").is_error(400, "INVALID_INPUT");
        people.get(&format!("/api/v1/coupons/user/{user}/event/sample_event")).is_error(400, "INVALID_INPUT");
        let enter = serde_json::json!({"eventId": "sample_event", "userId": user});
        people.post_json("/enqueue", &enter).is_error(400, "INVALID_INPUT");
        people.get(&format!("/gate/events/sample_event/rank?userId={user}")).is_error(400, "INVALID_INPUT");
    }
    assert_eq!(people.issue("gate:ann", "sample_event").code(), "ISSUED", "a person may be named like a line");
}

/// `%2F` in an address is two addresses. A line of another tenant is named with `~`.
#[test]
fn a_line_of_another_tenant_is_named_without_a_slash() {
    let world = World::new();
    let shop = world.keyed(&["--tenant", "acme"]);
    shop.make_campaign(&serde_json::json!({"event_id": "shoes", "name": "Sale", "stock": 5, "gated": true}));
    let people = world.anyone();
    wait_until("the line is there", || shop.get("/queue/serving/gate:acme~shoes").status == 200);
    assert_eq!(shop.get("/queue/serving/gate:acme~shoes").field("line"), "gate:acme/shoes");
    let rate: &[u8] = br#"{"ratePerSecond":7}"#;
    assert_eq!(world.admin().call("PUT", "/queue/admin/gate:acme~shoes/rate", Some(rate)).status, 204);
    assert_eq!(world.admin().post("/queue/admin/gate:acme~shoes/pause").status, 204);
    for path in ["/queue/serving/gate:acme%2Fshoes", "/queue/stream/gate:acme%2fshoes", "/wait/acme%2Fshoes"] {
        people.get(path).is_error(400, "INVALID_INPUT");
    }
    for path in ["/queue/serving/gate:acme~shoes~x", "/queue/serving/gate:~shoes", "/queue/serving/queue:a~b"] {
        people.get(path).is_error(400, "INVALID_INPUT");
    }
    shop.get("/queue/serving/gate:other~shoes").is_error(404, "NOT_FOUND");
}

/// Kind: bytes of a neighbour hide what is ours. Every route that reads cookies, with bytes in every place.
#[test]
fn a_neighbours_cookie_changes_nothing_for_a_visitor() {
    let world = shut(&[]);
    open_the_line(&world, 1_000);
    let visitor = Visitor::new(&world);
    assert_eq!(visitor.wait().status, 200);
    wait_until("let in", || visitor.get("/queue/place/shop").ok()["status"] == "ACTIVE");
    wait_until("with the pass", || {
        visitor.check("/cart").status == 200 && visitor.check("/cart").header("set-cookie").is_none()
    });
    let own: Vec<u8> =
        visitor.cookies.borrow().iter().flat_map(|(name, value)| format!("; {name}={value}").into_bytes()).collect();
    let ask = |path: &str, cookies: &[u8], more: &str| {
        let head = format!("GET {path} HTTP/1.1\r\nHost: a\r\nUser-Agent: {}\r\n{more}Cookie: ", visitor.agent);
        testkit::http::raw(world.server.address, [head.as_bytes(), cookies, b"\r\n\r\n"].concat())
    };
    let check = "/queue/check?line=shop";
    for neighbour in [
        &b"nick=\xed\x99\x8d\xea\xb8\xb8"[..],
        b"nick=\xc8\xab",
        b"nick=\xe9",
        b"nick=\xff\xfe\x80",
        b"\xed\x99\x8d",
        b"=",
        b"a",
        b"a=\"b;c\"",
        b"a=b=c",
        b"onsale_visitor=forged.0",
        b"onsale_pass_shop=a.b.c",
        b"onsale_visitor=\xff",
    ] {
        for cookies in [[neighbour, &own].concat(), [&own[2..], b"; ", neighbour].concat()] {
            let text = String::from_utf8_lossy(&cookies).into_owned();
            assert_eq!(ask(check, &cookies, "X-Original-URI: /cart\r\n").status, 200, "{text}");
            assert_eq!(ask("/queue/place/shop", &cookies, "").status, 200, "{text}");
            assert_eq!(ask("/wait/shop?to=/cart", &cookies, "").status, 303, "{text}");
            assert_eq!(ask("/queue/check/shop/cart", &cookies, "").status, 200, "{text}");
        }
        // A browser that brings a cookie is not told that it keeps none.
        let page = ask("/wait/shop?to=/cart&cookie=2", neighbour, "");
        let is_cookie = neighbour.contains(&b'=');
        assert_eq!(page.text().contains("쿠키가 필요합니다"), !is_cookie, "{}", String::from_utf8_lossy(neighbour));
    }
    // Where nobody waits a newcomer passes at once.
    open_the_line(&world, 0);
    let other = ask(check, b"nick=\xed", "X-Original-URI: /search?q=\u{d64d}\r\n");
    assert_eq!(other.header("x-onsale-location"), Some("/wait/shop?to=/search%3Fq%3D%25ED%2599%258D"));
}
