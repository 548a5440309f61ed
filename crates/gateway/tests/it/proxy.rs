//! The reverse proxy, before services that behave and services that do not.

use crate::stack::{Answer, Front, NOON, PATIENCE, SERVICE_KEY, Stack, account, bearer, request};
use crate::stand_in::{StandIn, everything_at, proxy, refusing, until};
use axum::body::Body;
use bytes::Bytes;
use domain::account::UserRole::{Admin, User};
use futures::StreamExt;
use gateway::Service;
use http_body_util::BodyExt;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

/// Answers every request of every connection with `OK`.
async fn good() -> StandIn {
    StandIn::open(|_, mut wire| async move {
        while wire.request().await.is_some() {
            if !wire.write(OK).await {
                return;
            }
        }
    })
    .await
}

fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().find_map(|line| {
        let (field, value) = line.split_once(':')?;
        field.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

#[tokio::test]
async fn a_request_arrives_whole_and_says_who_calls_by_the_gateways_word_alone() {
    let service = good().await;
    let front = everything_at(&Stack::default(), &service.url());
    let headers = [
        ("authorization", &*bearer(User)),
        ("x-user-id", "0190a1b2-0000-7000-8000-000000000666"),
        ("X_User_Role", "ADMIN"),
        ("x-service-api-key", "guess"),
        ("x-trace-id", "trace-7"),
        ("x-forwarded-for", "6.6.6.6"),
        ("forwarded", "for=6.6.6.6"),
        ("x-real-ip", "6.6.6.6"),
        ("connection", "keep-alive, x-hop, x-forwarded-for"),
        ("x-hop", "1"),
        ("keep-alive", "timeout=5"),
        ("te", "gzip"),
        ("upgrade", "websocket"),
        ("expect", "100-continue"),
        ("accept-encoding", "gzip"),
        ("cookie", "accessToken=a.b.c; theme=dark"),
        ("content-type", "application/json"),
        ("idempotency-key", "once"),
    ];
    let answer = front.call("PATCH", "/users/me?a=%20b&c", &headers, "{\"name\":\"x\"}").await;
    assert_eq!((answer.status, answer.json()), (200, serde_json::json!({})), "{answer:?}");
    let head = service.heads().remove(0);
    assert!(head.starts_with("PATCH /users/me?a=%20b&c HTTP/1.1\r\n"), "{head}");
    let id = account(User).to_string();
    for (name, value) in [
        ("host", Some(service.address.to_string())),
        ("x-user-id", Some(id)),
        ("x-user-role", Some("USER".into())),
        ("x-service-api-key", Some(SERVICE_KEY.into())),
        ("x-trace-id", Some("trace-7".into())),
        ("x-forwarded-for", Some("203.0.113.7".into())),
        ("cookie", Some("theme=dark".into())),
        ("content-length", Some("12".into())),
        ("content-type", Some("application/json".into())),
        ("idempotency-key", Some("once".into())),
    ] {
        assert_eq!(field(&head, name).map(str::to_owned), value, "{name} in {head}");
    }
    for name in [
        "authorization",
        "x_user_role",
        "forwarded",
        "x-real-ip",
        "x-hop",
        "keep-alive",
        "te",
        "upgrade",
        "expect",
        "accept-encoding",
        "connection",
        "transfer-encoding",
    ] {
        assert_eq!(field(&head, name), None, "{name} in {head}");
    }
    // Without a person no key travels either.
    front.get("/events", &[("x-service-api-key", SERVICE_KEY)]).await;
    let head = service.heads().remove(1);
    assert_eq!((field(&head, "x-service-api-key"), field(&head, "x-user-id")), (None, None), "{head}");
}

#[tokio::test]
async fn an_answer_comes_back_without_what_is_the_connections() {
    let service = StandIn::answering(
        "HTTP/1.1 201 Made\r\nConnection: close, X-Own\r\nX-Own: 1\r\nKeep-Alive: timeout=5\r\nServer: secret/1.0\r\n\
         Proxy-Authenticate: Basic\r\nLocation: /users/me\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nETag: \"x\"\r\n\
         RateLimit-Policy: \"ip\";q=1;w=1\r\nRateLimit: \"ip\";r=0;t=1\r\nX-Service-Api-Key: k\r\n\
         X-Trace-Id: other\r\nX-Content-Type-Options: nosniff\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nok",
    )
    .await;
    let front = everything_at(&Stack::default(), &service.url());
    let answer = front.call("POST", "/auth/signup", &[("x-trace-id", "mine")], "{}").await;
    assert_eq!((answer.status, answer.bytes.as_slice()), (201, &b"ok"[..]));
    for name in ["connection", "x-own", "keep-alive", "server", "proxy-authenticate", "upgrade", "x-service-api-key"] {
        assert_eq!(answer.header(name), None, "{name}");
    }
    assert_eq!(answer.header("location"), Some("/users/me"));
    assert_eq!(answer.header("etag"), Some("\"x\""));
    assert_eq!(answer.header("x-trace-id"), Some("mine"));
    assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 2);
    assert_eq!(answer.headers.get_all("x-content-type-options").iter().count(), 1);
    assert!(answer.header("ratelimit-policy").is_none_or(|policy| !policy.contains("q=1;w=1")));
}

#[tokio::test]
async fn head_has_the_heads_of_get_and_no_body() {
    let service = StandIn::open(|_, mut wire| async move {
        while let Some(head) = wire.head().await {
            let body = if head.starts_with("HEAD ") { "" } else { "0123456789" };
            wire.write(format!("HTTP/1.1 200 OK\r\ncontent-length: 10\r\nx-a: 1\r\n\r\n{body}")).await;
        }
    })
    .await;
    let front = everything_at(&Stack::default(), &service.url());
    for _ in 0..3 {
        let head = front.call("HEAD", "/events", &[], "").await;
        assert_eq!((head.status, head.header("content-length"), head.bytes.len()), (200, Some("10"), 0));
        let get = front.get("/events", &[]).await;
        assert_eq!((get.header("content-length"), get.bytes.len(), get.header("x-a")), (Some("10"), 10, Some("1")));
    }
    assert_eq!(service.connections(), 1, "the connection is kept");
}

#[tokio::test]
async fn an_early_answer_reaches_a_client_that_has_not_sent_all() {
    let service = StandIn::open(|_, mut wire| async move {
        wire.head().await;
        wire.write("HTTP/1.1 409 Conflict\r\ncontent-type: application/json\r\ncontent-length: 13\r\nconnection: close\r\n\r\n{\"code\":\"NO\"}").await;
        wire.closed().await;
    })
    .await;
    let front = everything_at(&Stack::default(), &service.url());
    let (sender, receiver) = mpsc::channel::<Result<Bytes, Infallible>>(1);
    sender.send(Ok(Bytes::from_static(b"{"))).await.expect("room");
    let mut request = request("POST", "/auth/signup", &[], "");
    *request.body_mut() = Body::from_stream(tokio_stream(receiver));
    let answer = Answer::of(front.send(request).await).await;
    assert_eq!((answer.status, answer.code().as_str()), (409, "NO"));
    drop(sender);
}

fn tokio_stream<T: Send + 'static>(mut receiver: mpsc::Receiver<T>) -> impl futures::Stream<Item = T> + Send {
    futures::stream::poll_fn(move |context| receiver.poll_recv(context))
}

#[tokio::test]
async fn an_upload_that_breaks_off_is_the_clients_fault_and_reaches_nobody_whole() {
    let ended = Arc::new(AtomicUsize::new(0));
    let count = ended.clone();
    let service = StandIn::open(move |_, mut wire| {
        let count = count.clone();
        async move {
            let whole = wire.request().await.is_some();
            count.fetch_add(if whole { 1_000 } else { 1 }, Ordering::SeqCst);
        }
    })
    .await;
    let front = everything_at(&Stack::default(), &service.url());
    for round in 1..=30 {
        let parts = [Ok(Bytes::from_static(b"{\"a\":")), Err(std::io::Error::other("the client left"))];
        let mut request = request("POST", "/auth/signup", &[], "");
        *request.body_mut() = Body::from_stream(futures::stream::iter(parts));
        let answer = Answer::of(front.send(request).await).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "INVALID_INPUT"));
        until("the service sees half", || ended.load(Ordering::SeqCst) == round).await;
    }
    // Thirty of them do not give the service a rest.
    let answer = front.call("POST", "/auth/signup", &[], "{}").await;
    assert_ne!(answer.code(), "GATEWAY_TIMEOUT");
    until("it was asked", || ended.load(Ordering::SeqCst) >= 1_000).await;
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_while_it_is_read() {
    let service = StandIn::open(|_, mut wire| async move { wire.closed().await }).await;
    let front = everything_at(&Stack::default(), &service.url());
    for (path, chunks) in [("/auth/signup", 11), ("/api/v1/coupons/issue", 1_025)] {
        let parts = (0..chunks).map(|_| Ok::<_, Infallible>(Bytes::from(vec![b' '; 1_024])));
        let mut request = request("POST", path, &[], "");
        *request.body_mut() = Body::from_stream(futures::stream::iter(parts));
        let answer = Answer::of(front.send(request).await).await;
        assert_eq!((answer.status, answer.code().as_str()), (413, "PAYLOAD_TOO_LARGE"), "{path}");
    }
}

#[tokio::test]
async fn a_slow_client_hears_408_and_the_service_is_not_blamed() {
    let service = StandIn::open(|_, mut wire| async move { wire.closed().await }).await;
    let mut stack = Stack::default();
    // Longer than a busy machine needs to reach the service; most clients are slow at the same time.
    stack.settings.time_limits.usual = Duration::from_secs(1);
    let front = everything_at(&stack, &service.url());
    let slow = async || {
        let first = futures::stream::once(async { Ok::<_, Infallible>(Bytes::from_static(b"{")) });
        let mut request = request("POST", "/auth/signup", &[], "");
        *request.body_mut() = Body::from_stream(first.chain(futures::stream::pending()));
        let answer = Answer::of(front.send(request).await).await;
        assert_eq!((answer.status, answer.code().as_str()), (408, "REQUEST_TIMEOUT"));
    };
    futures::future::join_all((0..30).map(|_| slow())).await;
    slow().await;
}

#[tokio::test]
async fn a_stream_comes_as_it_is_told_and_ends_when_its_reader_leaves() {
    let left = Arc::new(AtomicUsize::new(0));
    let noted = left.clone();
    let (tell, told) = mpsc::channel::<&'static str>(1);
    let told = Arc::new(tokio::sync::Mutex::new(told));
    let service = StandIn::open(move |_, mut wire| {
        let (noted, told) = (noted.clone(), told.clone());
        async move {
            wire.head().await;
            wire.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
                .await;
            let mut told = told.lock().await;
            while let Some(text) = told.recv().await {
                wire.write(format!("{:x}\r\n{text}\r\n", text.len())).await;
            }
            wire.closed().await;
            noted.fetch_add(1, Ordering::SeqCst);
        }
    })
    .await;
    let mut stack = Stack::default();
    stack.settings.time_limits.queue = Duration::from_millis(50);
    let front = everything_at(&stack, &service.url());
    let response = front.send(request("GET", "/queue/stream/shop", &[("accept-encoding", "gzip")], "")).await;
    assert_eq!((response.status().as_u16(), response.headers().get("content-encoding")), (200, None));
    let mut body = response.into_body().into_data_stream();
    for text in ["data: 1\n\n", "data: 2\n\n"] {
        // Longer than any limit of other routes.
        tokio::time::sleep(Duration::from_millis(400)).await;
        tell.send(text).await.expect("a stand-in");
        let part = tokio::time::timeout(PATIENCE, body.next()).await.expect("at once").expect("a part").expect("whole");
        assert_eq!(part, text);
    }
    drop(tell);
    drop(body);
    until("the service sees that the reader left", || left.load(Ordering::SeqCst) == 1).await;
}

#[tokio::test]
async fn a_slow_reader_holds_the_service_back_and_not_the_memory() {
    const WHOLE: usize = 64 * 1024 * 1024;
    let written = Arc::new(AtomicUsize::new(0));
    let count = written.clone();
    let service = StandIn::open(move |_, mut wire| {
        let count = count.clone();
        async move {
            wire.head().await;
            wire.write(format!("HTTP/1.1 200 OK\r\ncontent-length: {WHOLE}\r\n\r\n")).await;
            let part = vec![b'x'; 65_536];
            while count.load(Ordering::SeqCst) < WHOLE && wire.stream.write_all(&part).await.is_ok() {
                count.fetch_add(part.len(), Ordering::SeqCst);
            }
        }
    })
    .await;
    let front = everything_at(&Stack::default(), &service.url());
    let response = front.send(request("GET", "/events", &[], "")).await;
    let mut before = usize::MAX;
    while before != written.load(Ordering::SeqCst) {
        before = written.load(Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(before < WHOLE / 2, "{before} bytes went into buffers");
    let body = tokio::time::timeout(PATIENCE, response.into_body().collect()).await.expect("it ends").expect("whole");
    assert_eq!(body.to_bytes().len(), WHOLE);
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_costs_no_request() {
    // Every connection is closed by the service right after its first answer.
    let service = StandIn::open(|_, mut wire| async move {
        wire.request().await;
        wire.write(OK).await;
    })
    .await;
    let front = everything_at(&Stack::default(), &service.url());
    for round in 0..100 {
        assert_eq!(front.get("/events", &[]).await.status, 200, "round {round}");
    }
    // One that dies while it reads a request: only GET may be sent again.
    let service = StandIn::open(|number, mut wire| async move {
        wire.request().await;
        wire.write(OK).await;
        if wire.request().await.is_some() && number > 0 {
            wire.write(OK).await;
            wire.closed().await;
        }
    })
    .await;
    let front = everything_at(&Stack::default(), &service.url());
    front.get("/events", &[]).await;
    assert_eq!(front.get("/events", &[]).await.status, 200);
    assert_eq!((service.heads().len(), service.connections()), (3, 2));
    let service = StandIn::open(|_, mut wire| async move {
        wire.request().await;
        wire.write(OK).await;
        wire.request().await;
    })
    .await;
    let front = everything_at(&Stack::default(), &service.url());
    front.get("/events", &[]).await;
    let answer = front.call("POST", "/auth/login", &[], "{}").await;
    assert_eq!((answer.status, service.heads().len()), (503, 2), "the POST was sent once");
}

#[tokio::test]
async fn what_had_a_body_is_not_sent_again_without_it() {
    // Reads every request whole and dies before an answer.
    let service = StandIn::open(|_, mut wire| async move {
        wire.request().await;
    })
    .await;
    let front = everything_at(&Stack::default(), &service.url());
    for method in ["GET", "HEAD"] {
        let before = service.heads().len();
        let answer = front.call(method, "/events", &[], "abc").await;
        assert_eq!(answer.status, 503, "{method}: {answer:?}");
        assert_eq!(service.heads().len() - before, 1, "{method} with a body");
        front.call(method, "/events", &[], "").await;
        assert_eq!(service.heads().len() - before, 3, "{method} without one is sent again, once");
    }
    // Nothing announces a body that there is not.
    let service = good().await;
    let front = everything_at(&Stack::default(), &service.url());
    for (length, told) in [("3", None), ("0", Some("0"))] {
        assert_eq!(front.get("/events", &[("content-length", length)]).await.status, 200);
        assert_eq!(field(&service.heads().pop().expect("a head"), "content-length"), told);
    }
}

#[tokio::test]
async fn several_servers_take_turns_and_one_that_is_away_costs_no_request() {
    let (one, other) = (good().await, good().await);
    let away = refusing().await;
    let urls = format!("{}, {away}, {}", one.url(), other.url());
    let front = proxy(&Stack::default(), &[(Service::User, urls.clone()), (Service::Catalog, urls)]);
    for _ in 0..20 {
        assert_eq!(front.get("/events", &[]).await.status, 200);
        assert_eq!(
            front.call("POST", "/auth/login", &[], "{\"a\":1}").await.status,
            200,
            "nothing was sent to the other"
        );
    }
    let (one, other) = (one.heads().len(), other.heads().len());
    assert_eq!(one + other, 40);
    assert!(one >= 10 && other >= 10, "{one} and {other}");
    let nobody = proxy(&Stack::default(), &[(Service::User, away)]);
    let answer = nobody.call("POST", "/auth/login", &[("accept-language", "ko")], "{}").await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "SERVICE_UNAVAILABLE"));
    assert!(answer.json()["message"].as_str().expect("a text").contains("회원"), "{answer:?}");
    assert_eq!(nobody.get("/events", &[]).await.status, 404, "a service without an address is not served");
}

#[tokio::test]
async fn lines_of_campaigns_go_to_the_gate() {
    let (queue, gate) = (good().await, good().await);
    let front = proxy(&Stack::default(), &[(Service::Queue, queue.url()), (Service::Gate, gate.url())]);
    for path in ["/queue/serving/shop", "/queue/serving/gate:shoes", "/wait/gate%3Ashoes", "/rank?eventId=a&userId=b"] {
        assert_eq!(front.get(path, &[]).await.status, 200, "{path}");
    }
    assert_eq!((queue.heads().len(), gate.heads().len()), (1, 3));
}

#[tokio::test]
async fn trailers_pass_where_the_client_takes_them() {
    let service = StandIn::open(|_, mut wire| async move {
        while wire.request().await.is_some() {
            let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n";
            wire.write(format!("{head}2\r\nok\r\n0\r\nx-sum: 7\r\n\r\n")).await;
        }
    })
    .await;
    let front = everything_at(&Stack::default(), &service.url());
    let response = front.send(request("GET", "/events", &[("te", "trailers, deflate;q=0.5")], "")).await;
    assert_eq!(response.headers().get("trailer").map(http::HeaderValue::as_bytes), Some(&b"x-sum"[..]));
    let body = response.into_body().collect().await.expect("whole");
    let trailers = body.trailers().expect("trailers");
    assert_eq!(trailers.get("x-sum").map(http::HeaderValue::as_bytes), Some(&b"7"[..]));
    assert!(field(&service.heads()[0], "te") == Some("trailers"));
    let response = front.send(request("GET", "/events", &[], "")).await;
    assert!(!response.headers().contains_key("trailer"));
}

#[tokio::test]
async fn a_chunked_upload_arrives_and_its_trailers_say_nothing() {
    let service = good().await;
    let front = everything_at(&Stack::default(), &service.url());
    let mut trailers = http::HeaderMap::new();
    trailers.insert("x-user-id", http::HeaderValue::from_static("me"));
    let frames = [
        Ok::<_, Infallible>(hyper::body::Frame::data(Bytes::from_static(b"{}"))),
        Ok(hyper::body::Frame::trailers(trailers)),
    ];
    let mut request = request("POST", "/auth/signup", &[("trailer", "x-user-id")], "");
    *request.body_mut() = Body::new(http_body_util::StreamBody::new(futures::stream::iter(frames)));
    let answer = Answer::of(front.send(request).await).await;
    assert_eq!(answer.status, 200);
    let head = &service.heads()[0];
    assert_eq!((field(head, "transfer-encoding"), field(head, "trailer")), (Some("chunked"), None), "{head}");
}

#[tokio::test]
async fn an_administrator_is_told_as_one() {
    let clock = clock::set(NOON);
    let service = good().await;
    let front: Front = everything_at(&Stack::default(), &service.url());
    front.call("POST", "/events", &[("authorization", &bearer(Admin))], "{}").await;
    front.call("POST", "/queue/admin/shop/pause", &[("authorization", &bearer(Admin))], "").await;
    for head in service.heads() {
        assert_eq!(field(&head, "x-user-role"), Some("ADMIN"));
    }
    drop(clock);
}
