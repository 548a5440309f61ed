//! Services that are away, slow, or answer nonsense: nobody is judged by them, and nothing of ours goes elsewhere.

use super::support::{Raw, identity, oauth, read_request, recaptcha};
use crate::outside::{IdentityFault, OauthClient, OauthFault, OauthProvider, OauthSettings, RecaptchaFault};
use std::io::Write;
use std::net::TcpListener;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const BACK: &str = "http://127.0.0.1:1/";

/// Asks all clients at this address, at once.
async fn all_unavailable(url: &str, what: &str) {
    let (recaptcha, identity) = (recaptcha(url), identity(url, "secret"));
    let google = oauth(OauthProvider::Google, &[url.to_owned(), url.to_owned(), url.to_owned()], "secret");
    let verifier = OauthClient::new_verifier();
    let (token, person, exchanged) = tokio::join!(
        recaptcha.check("pass", None),
        identity.verified("id"),
        google.exchange("c", "s", BACK, &verifier)
    );
    assert_eq!(token, Err(RecaptchaFault::Unavailable), "{what}");
    assert_eq!(person, Err(IdentityFault::Unavailable), "{what}");
    assert_eq!(exchanged.err(), Some(OauthFault::Unavailable), "{what}");
}

/// Writes until the other side has gone, at most for 20 s.
fn endless(stream: &mut std::net::TcpStream, piece: &[u8]) {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20) && stream.write_all(piece).is_ok() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("listens");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    all_unavailable(&url, "nobody").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_ends_in_time() {
    let silent = Raw::new(|stream| {
        std::thread::sleep(Duration::from_secs(20));
        drop(stream);
    });
    let begun = Instant::now();
    all_unavailable(&silent.url(), "silence").await;
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_byte_at_a_time_ends_in_time() {
    let slow = Raw::new(|mut stream| {
        read_request(&mut stream);
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"success\":true,\"status\":\"VERIFIED\"";
        for byte in answer.iter().chain(std::iter::repeat(&b' ')).take(200) {
            if stream.write_all(&[*byte]).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    let begun = Instant::now();
    all_unavailable(&slow.url(), "a byte at a time").await;
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_answers_are_none() {
    let html = "<html>502 Bad Gateway</html>";
    for (what, answer) in [
        ("no HTTP", "SSH-2.0-OpenSSH_9.9\r\n\r\n".to_owned()),
        ("nothing", String::new()),
        ("half a head", "HTTP/1.1 200 OK\r\nContent-Le".to_owned()),
        ("half a body", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"success\":true}".to_owned()),
        ("half a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n{\"success\":true}".to_owned()),
        ("a page", format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{html}", html.len())),
        ("an error", format!("HTTP/1.1 502 Bad Gateway\r\nContent-Length: {}\r\n\r\n{html}", html.len())),
        ("no page", format!("HTTP/1.1 404 Not Found\r\nContent-Length: {}\r\n\r\n{html}", html.len())),
        ("no body", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned()),
        ("two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n{}  ".to_owned()),
    ] {
        all_unavailable(&Raw::answering(answer).url(), what).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn json_of_another_kind_is_no_answer() {
    let deep = "[".repeat(30_000);
    for body in ["null", "[]", "{}", "1", "\"x\"", "{\"success\":\"yes\",\"status\":1}", "{\"success\":null}", &deep] {
        all_unavailable(&Raw::json(200, body).url(), &body[..body.len().min(40)]).await;
    }
    for status in [401, 403, 429, 500, 503] {
        let body = r#"{"type":"SOMETHING","message":"m","success":true,"status":"VERIFIED","access_token":"t"}"#;
        all_unavailable(&Raw::json(status, body).url(), &status.to_string()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_heads_and_bodies_are_cut_off() {
    let heads = Raw::new(|mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        endless(&mut stream, b"X-More: and more and more and more and more and more\r\n");
    });
    let line = Raw::new(|mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nX-More: ");
        endless(&mut stream, &[b'a'; 4_096]);
    });
    let bodies = Raw::new(|mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        endless(&mut stream, &[&b"1000\r\n"[..], &[b' '; 4_096], b"\r\n"].concat());
    });
    for (server, what) in [(heads, "headers"), (line, "a header"), (bodies, "a body")] {
        let begun = Instant::now();
        all_unavailable(&server.url(), what).await;
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "{what} is cut off by size, before the time is over: {:?}",
            begun.elapsed()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirection_takes_our_secrets_nowhere() {
    let thief = Raw::json(200, r#"{"success":true,"status":"VERIFIED","access_token":"t"}"#);
    for status in [301, 302, 303, 307, 308] {
        let answer = format!("HTTP/1.1 {status} X\r\nLocation: {}/\r\nContent-Length: 0\r\n\r\n", thief.url());
        all_unavailable(&Raw::answering(answer).url(), "a redirection").await;
    }
    assert_eq!(thief.count.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_portones_own_word_says_that_there_is_no_verification() {
    let of = |status, body: &str| Raw::json(status, body);
    for (server, fault) in [
        (of(404, r#"{"type":"IDENTITY_VERIFICATION_NOT_FOUND","message":"m"}"#), IdentityFault::Failed),
        (of(404, r#"{"error":"no route"}"#), IdentityFault::Unavailable),
        (of(200, r#"{"status":"SOMETHING_NEW","id":"id"}"#), IdentityFault::Failed),
        (
            of(200, r#"{"status":"VERIFIED","id":"another","verifiedCustomer":{"name":"n","ci":"c"}}"#),
            IdentityFault::Unavailable,
        ),
        (of(200, r#"{"status":"VERIFIED","id":"id","verifiedCustomer":{"name":"n","ci":" "}}"#), IdentityFault::Failed),
        (
            of(200, r#"{"status":"VERIFIED","id":"id","verifiedCustomer":{"name":"n\u0000","ci":"c"}}"#),
            IdentityFault::Failed,
        ),
        (of(200, r#"{"status":"VERIFIED","id":"id"}"#), IdentityFault::Failed),
    ] {
        assert_eq!(identity(&server.url(), "secret").verified("id").await, Err(fault));
    }
    let extra = r#"{"status":"VERIFIED","new":{"a":[1]},"verifiedCustomer":{"name":" n ","ci":"c","new":1}}"#;
    let found = identity(&of(200, extra).url(), "secret").verified("id").await.expect("unknown fields are borne");
    assert_eq!((found.name.as_str(), found.ci.as_str(), found.phone, found.di), ("n", "c", None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn profiles_that_name_nobody_are_none() {
    let token = Raw::json(200, r#"{"access_token":"t"}"#);
    for (provider, body) in [
        (OauthProvider::Kakao, r#"{"kakao_account":{"email":"a@b.c"}}"#),
        (OauthProvider::Kakao, r#"{"id":-1}"#),
        (OauthProvider::Kakao, r#"{"id":1.5}"#),
        (OauthProvider::Naver, r#"{"resultcode":"024","response":{"id":"1"}}"#),
        (OauthProvider::Naver, r#"{"response":{"id":"1"}}"#),
        (OauthProvider::Google, r#"{"sub":""}"#),
        (OauthProvider::Google, r#"{"sub":"a\u0000b"}"#),
        (OauthProvider::Google, r#"{"sub":null}"#),
        (OauthProvider::Google, "[]"),
    ] {
        let profile = Raw::json(200, body);
        let client = oauth(provider, &[token.url(), token.url(), profile.url()], "secret");
        let token = client.exchange("c", "s", BACK, &OauthClient::new_verifier()).await.expect("a token");
        assert_eq!(client.profile(&token).await.err(), Some(OauthFault::Unavailable), "{provider} {body}");
    }
    let refused = Raw::json(401, "{}");
    let client = oauth(OauthProvider::Google, &[token.url(), token.url(), refused.url()], "secret");
    let token = client.exchange("c", "s", BACK, &OauthClient::new_verifier()).await.expect("a token");
    assert_eq!(client.profile(&token).await.err(), Some(OauthFault::Refused));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_no_header_takes_is_no_token() {
    let token = Raw::json(200, r#"{"access_token":"a\r\nX-Admin: 1"}"#);
    let client = oauth(OauthProvider::Google, &[token.url(), token.url(), token.url()], "secret");
    let token = client.exchange("c", "s", BACK, &OauthClient::new_verifier()).await.expect("a text");
    assert_eq!(client.profile(&token).await.err(), Some(OauthFault::Unavailable));
}

#[test]
fn nothing_secret_is_shown() {
    let settings = OauthSettings::of(OauthProvider::Kakao, "id".to_owned(), "hush-1".to_owned());
    let identity = crate::outside::IdentitySettings {
        base_url: "http://127.0.0.1:1".to_owned(),
        api_secret: "hush-2".to_owned(),
        store_id: "store".to_owned(),
        timeout: Duration::from_secs(1),
    };
    let recaptcha = crate::outside::RecaptchaSettings {
        base_url: "http://127.0.0.1:1".to_owned(),
        secret: "hush-3".to_owned(),
        min_score: 0.5,
    };
    let mail = crate::outside::MailSettings {
        url: "smtps://user:hush-4@mail.example".to_owned(),
        from: "a@b.c".to_owned(),
        ca_file: None,
    };
    let person = crate::outside::Identity {
        name: "hush-5".to_owned(),
        phone: Some("hush-5".to_owned()),
        ci: "hush-5".to_owned(),
        di: None,
    };
    let shown = format!("{settings:?}{identity:?}{recaptcha:?}{mail:?}{person:?}");
    assert!(!shown.contains("hush"), "{shown}");
}
