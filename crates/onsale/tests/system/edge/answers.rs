//! Responses of the edge itself, hidden routes, and headers for the application (FCFS-011, GW-009, GW-011).

use crate::edge::recorder::{Manner, Recorder};
use testkit::edge::{Edge, source};
use testkit::http::{Connection, raw};
use testkit::onsale::ISSUE;

const STATUS: &str = "/api/v1/coupons/status/shoes";

fn recorded() -> Option<(Recorder, Edge)> {
    let recorder = Recorder::start(Manner::Answer);
    let edge = Edge::before_one(recorder.address, &[])?;
    Some((recorder, edge))
}

fn header<'a>(head: &'a str, name: &str) -> Vec<&'a str> {
    let fields = head.lines().filter_map(|line| line.split_once(": "));
    fields.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
}

#[test]
fn a_well_formed_trace_id_is_kept_and_any_other_replaced() {
    let Some((recorder, edge)) = recorded() else { return };
    let longest = "a".repeat(64);
    for (number, kept) in ["a", "Order-7", longest.as_str()].into_iter().enumerate() {
        let answer = edge.client().with("X-Trace-Id", kept).get(STATUS);
        assert_eq!(answer.header("x-trace-id"), Some(kept));
        assert_eq!(header(&recorder.heads()[number], "x-trace-id"), [kept]);
    }
    let too_long = "a".repeat(65);
    for wrong in ["", "a b", "a_b", "\"", "{}", "추적", too_long.as_str()] {
        let answer = edge.client().with("X-Trace-Id", wrong).get(STATUS);
        let made = answer.header("x-trace-id").expect("an id").to_owned();
        let parsed = uuid::Uuid::parse_str(&made).unwrap_or_else(|error| panic!("{wrong}: {made}: {error}"));
        assert_eq!((parsed.get_version_num(), parsed.to_string()), (4, made.clone()));
        assert_eq!(header(recorder.heads().last().expect("it was asked"), "x-trace-id"), [made]);
    }
    edge.log(|lines| lines.iter().any(|line| line["trace_id"] == "Order-7" && line["status"] == 200));
}

#[test]
fn only_the_edge_tells_the_application_the_client_address() {
    let Some((recorder, edge)) = recorded() else { return };
    let forged = ["X-Real-IP", "Forwarded", "X-User-Id", "X-User-Role", "X-Service-Api-Key", "X_User_Id"];
    let client =
        forged.iter().fold(edge.client_at("6.6.6.6, 203.0.113.7"), |client, name| client.with(name, "6.6.6.6"));
    assert_eq!(client.with("X-Api-Key", "onsale_1_2").get(STATUS).status, 200);
    let head = recorder.heads().remove(0);
    // Only the nearest address that is not a trusted proxy.
    assert_eq!(header(&head, "x-forwarded-for"), ["203.0.113.7"]);
    assert_eq!(header(&head, "x-api-key"), ["onsale_1_2"]);
    for name in forged {
        assert!(header(&head, name).is_empty(), "{name} in {head}");
    }
    // An edge that trusts no proxy in front of it.
    let Some(edge) = Edge::before_one(recorder.address, &[("real_ip_networks", String::new())]) else { return };
    assert_eq!(edge.client_at("203.0.113.7").get(STATUS).status, 200);
    assert_eq!(header(&recorder.heads()[1], "x-forwarded-for"), ["127.0.0.1"]);
}

#[test]
fn internal_routes_are_not_reachable() {
    let Some((recorder, edge)) = recorded() else { return };
    for path in [
        "/metrics",
        "/%6detrics",
        "/internal/seats/status/1",
        "/sandbox/mail",
        "/actuator",
        "/actuator/prometheus",
        "/gate/events/e/processing/complete?userId=u",
        "/gate/events/e/processing/complete/",
        "/gate/events/e/processing/%63omplete",
        "/-/error/429",
        "/-/issue-again",
    ] {
        for method in ["GET", "POST"] {
            edge.client().call(method, path, None).is_error(404, "NOT_FOUND");
        }
    }
    assert_eq!(recorder.heads(), [""; 0]);
    for path in ["/actuator/health", "/health", "/gate/events/e/rank?userId=u", "/docs"] {
        assert_eq!(edge.client().get(path).status, 200, "{path}");
    }
    assert_eq!(recorder.heads().len(), 4);
    assert_eq!(edge.client().get("/edge/health").ok()["status"], "UP");
    assert_eq!(recorder.heads().len(), 4, "the edge's own health asks nobody");
}

#[test]
fn oversized_requests_are_refused_in_the_contracts_form() {
    let Some((recorder, edge)) = recorded() else { return };
    let client = edge.client();
    for (path, length) in [(ISSUE, 65_537), ("/api/v1/coupons/c/redeem", 65_537), ("/else", 1_048_577)] {
        let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
        raw(edge.address, head).is_error(413, "PAYLOAD_TOO_LARGE");
    }
    let chunk = format!("{:x}\r\n{}\r\n0\r\n\r\n", 70_000, "x".repeat(70_000));
    for key in ["", "Idempotency-Key: k\r\n"] {
        let head = format!("POST {ISSUE} HTTP/1.1\r\nHost: a\r\n{key}Transfer-Encoding: chunked\r\n\r\n");
        raw(edge.address, head + &chunk).is_error(413, "PAYLOAD_TOO_LARGE");
    }
    client.with("X-Long", &"x".repeat(9_000)).get(STATUS).is_error(431, "HEADERS_TOO_LARGE");
    client.get(&format!("/{}", "x".repeat(9_000))).is_error(431, "HEADERS_TOO_LARGE");
    let many = (0..300).fold(client.clone(), |client, number| client.with(&format!("X-{number}"), &"x".repeat(100)));
    many.get(STATUS).is_error(431, "HEADERS_TOO_LARGE");
    assert_eq!(recorder.heads(), [""; 0]);
    assert_eq!(client.call("POST", ISSUE, Some(&vec![b' '; 65_536])).status, 200, "the largest that is allowed");
}

#[test]
fn malformed_http_is_refused_in_the_contracts_form() {
    let Some((recorder, edge)) = recorded() else { return };
    for text in [
        "garbage\r\n\r\n",
        "GET /%%zz HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /../.. HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/9.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: wat\r\n\r\n",
    ] {
        raw(edge.address, text).is_error(400, "INVALID_INPUT");
    }
    raw(edge.address, "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n").is_error(405, "METHOD_NOT_ALLOWED");
    assert_eq!(recorder.heads(), [""; 0]);
}

#[test]
fn messages_are_in_the_callers_language_and_the_applications_words() {
    let Some((_recorder, edge)) = recorded() else { return };
    let text = |language: &str| {
        let client = if language.is_empty() { edge.client() } else { edge.client().with("Accept-Language", language) };
        client.get("/metrics").field("message").as_str().expect("text").to_owned()
    };
    let (english, korean) = (text(""), text("ko"));
    for language in ["en", "fr", "*", "korean", "en-US,en;q=0.9,ko;q=0.8", "fr, en;q=0.5, ko;q=0.3"] {
        assert_eq!(text(language), english, "{language}");
    }
    for language in ["ko-KR", "KO", "ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", "fr-FR, ko;q=0.5, en;q=0.3"] {
        assert_eq!(text(language), korean, "{language}");
    }
    let maps = std::fs::read_to_string(source().join("onsale/maps.conf")).expect("the file is there");
    let texts = source().join("../../crates/http/src/text/messages");
    // Every language of the application: a new one is missing here until NGINX knows it, too.
    for entry in std::fs::read_dir(&texts).expect("the folder is there") {
        let path = entry.expect("ours").path();
        let language = path.file_stem().and_then(|stem| stem.to_str()).expect("a language").to_owned();
        let file = std::fs::read_to_string(&path).expect("the file is there");
        let known: Vec<&str> = file.lines().filter_map(|line| line.split_once(" = ")).map(|(_, text)| text).collect();
        let mark = format!("{language}  \"");
        let ours: Vec<&str> = maps.lines().filter_map(|line| line.trim().strip_prefix(&mark)).collect();
        assert_eq!(ours.len(), 10, "{language}");
        for text in ours {
            assert!(known.contains(&text.trim_end_matches("\";")), "{text}");
        }
    }
}

#[test]
fn answers_of_the_edge_carry_time_and_security_headers() {
    let Some((_recorder, edge)) = recorded() else { return };
    let before = now();
    let answer = edge.client().get("/metrics");
    let moment = answer.field("timestamp").as_str().expect("a time").to_owned();
    assert!((before..=now()).contains(&moment), "{moment} is UTC now");
    assert_eq!(answer.header("server"), Some("nginx"), "no version");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("content-security-policy"), Some("default-src 'none'; frame-ancestors 'none'"));
    assert_eq!(answer.header("strict-transport-security"), None, "not without TLS");
    assert_eq!(answer.header("retry-after"), None);
}

/// The time format of the contract.
fn now() -> String {
    clock::now().to_string()
}

#[test]
fn the_access_log_has_timings_and_no_query() {
    let Some((recorder, edge)) = recorded() else { return };
    let mut connection = Connection::open(edge.address);
    let agent = edge.client().with("User-Agent", "quote\" \\ 가");
    connection.send(agent.request("GET", "/gate/events/e/rank?userId=secret", None));
    assert_eq!(connection.reply().status, 200);
    let line = edge.log(|lines| !lines.is_empty()).remove(0);
    assert_eq!(line["path"], "/gate/events/e/rank");
    assert_eq!(line["upstream"], recorder.address.to_string());
    assert_eq!(line["agent"], "quote\" \\ 가");
    assert!(line["request_seconds"].is_number() && line["upstream_head_seconds"].is_string(), "{line}");
    assert!(!line.to_string().contains("secret"));
}

#[test]
fn every_name_of_the_templates_is_explained() {
    let readme = std::fs::read_to_string(source().join("README.md")).expect("the file is there");
    for template in ["onsale.conf.template", "tls.conf.template", "site.conf.template"] {
        let text = std::fs::read_to_string(source().join(template)).expect("the template is there");
        for name in text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(name, _)| name) {
            assert!(readme.contains(&format!("`{{{{{name}}}}}`")), "{name} of {template} is not in README.md");
        }
    }
}

/// Requests to lines and the gate go to the queue servers; routes for operators and proxies are blocked.
#[test]
fn lines_are_reachable_and_their_internal_routes_are_not() {
    let Some((recorder, edge)) = recorded() else { return };
    let paths = ["/gate/events/e/rank?userId=u", "/rank?eventId=e&userId=u", "/queue/serving/shop", "/wait/shop"];
    for path in paths.into_iter().chain(["/queue/place/shop", "/queue/stream/shop", "/assets/wait.js"]) {
        assert_eq!(edge.client().get(path).status, 200, "{path}");
    }
    for path in ["/enqueue", "/issue/events/e?userId=u", "/gate/events/e/enqueue?userId=u"] {
        assert_eq!(edge.client().post(path).status, 200, "{path}");
    }
    let heard = recorder.heads().len();
    for path in [
        "/queue/admin/stats",
        "/queue/admin/gate:e/pause",
        "/queue/%61dmin/stats",
        "/queue/check?line=shop",
        "/queue/check/shop/",
        "/gate/events/e/processing/complete?userId=u",
    ] {
        for method in ["GET", "POST", "PUT"] {
            edge.client().call(method, path, None).is_error(404, "NOT_FOUND");
        }
    }
    assert_eq!(recorder.heads().len(), heard);
    let operators = [("operator_networks", "127.0.0.0/8 1;".to_owned())];
    let Some(edge) = Edge::before_one(recorder.address, &operators) else { return };
    assert_eq!(edge.client().get("/queue/admin/stats").status, 200);
}
