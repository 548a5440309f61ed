//! Bodies and parameters that will not do.

use super::*;

#[tokio::test]
async fn bad_bodies_are_told_what_is_wrong() {
    for (body, said) in [
        ("", "there is none"),
        ("count=3", "not JSON"),
        ("{}", "missing field `count`"),
        (r#"{"count":"3"}"#, "count: invalid type: string"),
        (r#"{"count":-3}"#, "count: invalid value: integer `-3`"),
        (r#"{"count":99999999999999999999999}"#, "count: invalid"),
        (r#"{"count":3,"colour":1}"#, "unknown field `colour`"),
        (r#"{"count":3} {"count":4}"#, "trailing characters"),
    ] {
        let answer = ask(posted("/wishes", body)).await;
        answer.is_error(ErrorCode::InvalidInput);
        assert!(answer.message().contains(said), "{} has no {said}", answer.message());
    }
}

#[tokio::test]
async fn other_content_types_are_refused() {
    let form = request("POST", "/wishes").header("content-type", "application/x-www-form-urlencoded");
    ask(form.body(Body::from("count=3")).expect("a request")).await.is_error(ErrorCode::UnsupportedMediaType);
    let untold = request("POST", "/wishes").body(Body::from(r#"{"count":3}"#)).expect("a request");
    ask(untold).await.is_error(ErrorCode::UnsupportedMediaType);
}

#[tokio::test]
async fn bad_parameters_are_named() {
    assert_eq!(asked("GET", "/wishes/3").await.text(), "3");
    assert_eq!(asked("GET", "/search?count=3").await.text(), "3");
    for (path, said) in [
        ("/wishes/three", "path: "),
        ("/wishes/%ff", "path: "),
        ("/search", "query: missing field `count`"),
        ("/search?count=x", "query: count: invalid digit"),
        ("/search?count=1&count=2", "query: duplicate field `count`"),
        ("/search?count=1&colour=2", "unknown field `colour`"),
    ] {
        let answer = asked("GET", path).await;
        answer.is_error(ErrorCode::InvalidInput);
        assert!(answer.message().contains(said), "{path}: {}", answer.message());
    }
    let long = asked("GET", &format!("/wishes/{}", "x".repeat(5000))).await;
    long.is_error(ErrorCode::InvalidInput);
    assert!(long.message().len() < 500);
}

/// A body that does not say its length: pieces of five bytes.
fn streamed(text: &str) -> Body {
    let pieces: Vec<_> = text.as_bytes().chunks(5).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
    Body::from_stream(stream::iter(pieces))
}

#[tokio::test]
async fn large_bodies_are_refused_said_or_unsaid() {
    let fitting = r#"{"count":100000}"#;
    let large = r#"{"count": 100000}"#;
    for path in ["/narrow", "/raw"] {
        for body in [Body::from(fitting), streamed(fitting)] {
            assert_eq!(ask(posted(path, body)).await.status, StatusCode::OK, "exactly the limit");
        }
        for body in [Body::from(large), streamed(large)] {
            let answer = ask(posted(path, body)).await;
            answer.is_error(ErrorCode::PayloadTooLarge);
            assert!(answer.message().contains("at most 16 bytes"), "{}", answer.message());
            assert_eq!(answer.header("connection"), "close");
        }
    }
    assert_eq!(ask(posted("/wishes", streamed(large))).await.status, StatusCode::OK, "the other routes take more");
}

#[tokio::test]
async fn the_general_limit_holds_where_a_wider_one_was_given() {
    for body in [Body::from(r#"{"count":1}"#), streamed(r#"{"count":1}"#)] {
        let settings = HttpSettings { body_limit_bytes: 8, ..HttpSettings::default() };
        let answer = ask_router(small_program(settings), posted("/narrow", body)).await;
        answer.is_error(ErrorCode::PayloadTooLarge);
        assert!(answer.message().contains("at most 8 bytes"), "{}", answer.message());
    }
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_the_callers_fault() {
    let first = stream::iter([Ok::<_, std::io::Error>("{\"count\"")]);
    let stalled = Body::from_stream(futures::StreamExt::chain(first, stream::pending()));
    let answer = ask(posted("/wishes", stalled)).await;
    answer.is_error(ErrorCode::RequestTimeout);
    assert_eq!(answer.header("connection"), "close");
    let torn = Body::from_stream(stream::iter([Ok("{\"count\""), Err(std::io::Error::other("torn"))]));
    ask(posted("/wishes", torn)).await.is_error(ErrorCode::InvalidInput);
}
