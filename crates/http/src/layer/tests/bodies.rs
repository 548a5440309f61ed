//! Invalid bodies and parameters.

use super::*;

#[tokio::test]
async fn an_invalid_body_gets_the_reason() {
    for (body, expected) in [
        ("", "it is empty"),
        ("count=3", "not JSON"),
        ("{}", "missing field `count`"),
        (r#"{"count":"3"}"#, "count: invalid type: string"),
        (r#"{"count":-3}"#, "count: invalid value: integer `-3`"),
        (r#"{"count":99999999999999999999999}"#, "count: invalid"),
        (r#"{"count":3,"colour":1}"#, "unknown field `colour`"),
        (r#"{"count":3} {"count":4}"#, "trailing characters"),
    ] {
        let answer = send(post_json("/wishes", body)).await;
        answer.is_error(ErrorCode::InvalidInput);
        assert!(answer.message().contains(expected), "{} has no {expected}", answer.message());
    }
}

#[tokio::test]
async fn other_content_types_are_refused() {
    let form = request("POST", "/wishes").header("content-type", "application/x-www-form-urlencoded");
    send(form.body(Body::from("count=3")).expect("a request")).await.is_error(ErrorCode::UnsupportedMediaType);
    let untyped = request("POST", "/wishes").body(Body::from(r#"{"count":3}"#)).expect("a request");
    send(untyped).await.is_error(ErrorCode::UnsupportedMediaType);
}

#[tokio::test]
async fn an_error_names_the_invalid_parameter() {
    assert_eq!(send_empty("GET", "/wishes/3").await.text(), "3");
    assert_eq!(send_empty("GET", "/search?count=3").await.text(), "3");
    for (path, expected) in [
        ("/wishes/three", "path: "),
        ("/wishes/%ff", "path: "),
        ("/search", "query: missing field `count`"),
        ("/search?count=x", "query: count: must be a whole number"),
        ("/search?count=1&count=2", "query: duplicate field `count`"),
        ("/search?count=1&colour=2", "unknown field `colour`"),
    ] {
        let answer = send_empty("GET", path).await;
        answer.is_error(ErrorCode::InvalidInput);
        assert!(answer.message().contains(expected), "{path}: {}", answer.message());
    }
    let long = send_empty("GET", &format!("/wishes/{}", "x".repeat(5000))).await;
    long.is_error(ErrorCode::InvalidInput);
    assert!(long.message().len() < 500);
}

/// A body without a declared length, in pieces of five bytes.
fn streamed(text: &str) -> Body {
    let pieces: Vec<_> = text.as_bytes().chunks(5).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
    Body::from_stream(stream::iter(pieces))
}

#[tokio::test]
async fn large_bodies_are_refused_with_and_without_a_declared_length() {
    let fitting = r#"{"count":100000}"#;
    let large = r#"{"count": 100000}"#;
    for path in ["/narrow", "/raw"] {
        for body in [Body::from(fitting), streamed(fitting)] {
            assert_eq!(send(post_json(path, body)).await.status, StatusCode::OK, "exactly the limit");
        }
        for body in [Body::from(large), streamed(large)] {
            let answer = send(post_json(path, body)).await;
            answer.is_error(ErrorCode::PayloadTooLarge);
            assert!(answer.message().contains("at most 16 bytes"), "{}", answer.message());
            assert_eq!(answer.header("connection"), "close");
        }
    }
    assert_eq!(send(post_json("/wishes", streamed(large))).await.status, StatusCode::OK, "the other routes take more");
}

#[tokio::test]
async fn the_general_limit_applies_under_a_higher_one_of_the_route() {
    for body in [Body::from(r#"{"count":1}"#), streamed(r#"{"count":1}"#)] {
        let settings = HttpSettings { body_limit_bytes: 8, ..HttpSettings::default() };
        let answer = send_to(small_router(settings), post_json("/narrow", body)).await;
        answer.is_error(ErrorCode::PayloadTooLarge);
        assert!(answer.message().contains("at most 8 bytes"), "{}", answer.message());
    }
}

#[tokio::test]
async fn an_incomplete_body_is_the_clients_error() {
    let first = stream::iter([Ok::<_, std::io::Error>("{\"count\"")]);
    let stalled = Body::from_stream(futures::StreamExt::chain(first, stream::pending()));
    let answer = send(post_json("/wishes", stalled)).await;
    answer.is_error(ErrorCode::RequestTimeout);
    assert_eq!(answer.header("connection"), "close");
    let torn = Body::from_stream(stream::iter([Ok("{\"count\""), Err(std::io::Error::other("torn"))]));
    send(post_json("/wishes", torn)).await.is_error(ErrorCode::InvalidInput);
}

/// Every type of a body has a limit of its own, which the response names.
#[tokio::test]
async fn a_body_has_the_limit_of_its_type() {
    let large = format!(r#"{{"count":1{}}}"#, " ".repeat(64));
    for body in [Body::from(large.clone()), streamed(&large)] {
        let answer = send(post_json("/wishes", body)).await;
        answer.is_error(ErrorCode::PayloadTooLarge);
        assert!(answer.message().contains("at most 64 bytes"), "{}", answer.message());
    }
}

#[tokio::test]
async fn bodies_beyond_the_budget_of_all_are_refused_with_the_time_to_wait() {
    let settings = |bytes| HttpSettings { body_budget: BodyBudget::new(bytes), ..HttpSettings::default() };
    let body = r#"{"count":100000}"#;
    for sent in [Body::from(body), streamed(body)] {
        let answer = send_to(small_router(settings(body.len() - 1)), post_json("/wishes", sent)).await;
        answer.is_error(ErrorCode::ServiceUnavailable);
        assert_eq!(answer.header("retry-after"), "1");
    }
    let settings = settings(body.len());
    for _ in 0..3 {
        let answer = send_to(small_router(settings.clone()), post_json("/wishes", streamed(body))).await;
        assert_eq!(answer.status, StatusCode::OK, "what was read gives its bytes back");
    }
    assert_eq!(settings.body_budget.left(), body.len());
}

/// A caller whom nobody knows.
struct Stranger;

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Stranger {
    type Rejection = ApiError;

    async fn from_request_parts(_: &mut http::request::Parts, _: &S) -> Result<Self, ApiError> {
        Err(ErrorCode::Unauthorized.into())
    }
}

/// The caller comes before the body, whichever limit the body exceeds; and a caller who may call hears the lowest one.
#[tokio::test]
async fn a_body_that_is_too_large_is_refused_after_the_caller_and_with_the_limit_of_its_route() {
    let closed = Router::new().route("/closed", post(async |_: Stranger, Json(wish): Json<Wish>| Json(wish)));
    let closed = with_body_limit(closed, 32);
    for bytes in [40, 70, 100] {
        let settings = HttpSettings { body_limit_bytes: 80, ..HttpSettings::default() };
        let large = "x".repeat(bytes);
        for body in [Body::from(large.clone()), streamed(&large)] {
            let answer = send_to(standard(closed.clone(), settings.clone()), post_json("/closed", body)).await;
            answer.is_error(ErrorCode::Unauthorized);
        }
        let answer = send_to(small_router(settings), post_json("/narrow", Body::from(large.clone()))).await;
        answer.is_error(ErrorCode::PayloadTooLarge);
        assert!(answer.message().contains("at most 16 bytes"), "{bytes}: {}", answer.message());
    }
    let settings = HttpSettings { body_limit_bytes: 80, ..HttpSettings::default() };
    let answer = send_to(small_router(settings), post_json("/wishes", Body::from("x".repeat(100)))).await;
    answer.is_error(ErrorCode::PayloadTooLarge);
    assert!(answer.message().contains("at most 64 bytes"), "{}", answer.message());
}
