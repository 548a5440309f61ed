//! Notices: signed as PortOne signs, and really sent.

use crate::support::World;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sandbox::{PortOneSettings, SandboxSettings};
use serde_json::{Value, json};
use sha2::Sha256;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

/// Whether a signature is that of the secret.
fn is_right(headers: &Value, body: &str) -> bool {
    let text = |name: &str| headers[name].as_str().unwrap_or_default().to_owned();
    let secret = PortOneSettings::default().webhook_secret;
    let key = STANDARD.decode(secret.strip_prefix("whsec_").expect("a prefix")).expect("Base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
    mac.update(format!("{}.{}.{body}", text("webhook-id"), text("webhook-timestamp")).as_bytes());
    text("webhook-signature") == format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

fn notice(world: &World, key: &str, asked: &Value) -> (Value, String) {
    let told = world.client().post_json(&format!("/sandbox/portone/payments/{key}/webhook"), asked).ok();
    (told["headers"].clone(), told["body"].as_str().expect("text").to_owned())
}

#[test]
fn a_notice_tells_the_present_state_and_is_signed() {
    let world = World::new();
    world.registered("p", 100);
    let mut ids = Vec::new();
    for (outcome, kind) in
        [("FAILED", "Transaction.Failed"), ("PAY_PENDING", "Transaction.PayPending"), ("PAID", "Transaction.Paid")]
    {
        let transaction = world.pay("p", &json!({"outcome": outcome})).ok()["transactionId"].clone();
        let (headers, body) = notice(&world, "p", &json!({}));
        assert!(is_right(&headers, &body), "{headers} {body}");
        let body: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(body["type"], kind);
        assert_eq!(body["data"], json!({"paymentId": "p", "storeId": "store-sandbox", "transactionId": transaction}));
        ids.push(headers["webhook-id"].clone());
    }
    let made = world.cancel("p", &json!({"reason": "r", "amount": 1}), None).ok()["cancellation"]["id"].clone();
    let (_, body) = notice(&world, "p", &json!({}));
    let body: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((&body["type"], &body["data"]["cancellationId"]), (&json!("Transaction.PartialCancelled"), &made));
    ids.dedup();
    assert_eq!(ids.len(), 3, "each has an id of its own");
}

#[test]
fn a_bad_notice_has_a_wrong_signature_and_an_unknown_payment_has_one_too() {
    let world = World::new();
    let (headers, body) = notice(&world, "unknown", &json!({"good": false}));
    assert!(!is_right(&headers, &body));
    let (headers, body) = notice(&world, "unknown", &json!({"good": true}));
    assert!(is_right(&headers, &body));
    assert!(body.contains("\"paymentId\":\"unknown\""), "{body}");
    let refused = world.client().post_json("/sandbox/portone/payments/p/webhook", &json!({"send": true}));
    refused.is_error(400, "INVALID_INPUT");
}

/// Takes one request and answers it.
fn take(listener: &TcpListener, status: &str) -> (Value, String) {
    let (stream, _) = listener.accept().expect("a connection");
    let mut reader = BufReader::new(stream);
    let mut headers = serde_json::Map::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            if line.trim_end().is_empty() {
                break;
            }
            continue;
        };
        headers.insert(name.to_ascii_lowercase(), json!(value));
    }
    let length = headers["content-length"].as_str().expect("a length").parse().expect("a number");
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    let reply = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}");
    reader.get_mut().write_all(reply.as_bytes()).expect("writes");
    (Value::Object(headers), String::from_utf8(body).expect("text"))
}

#[test]
fn notices_are_sent_when_asked_for_and_again_until_they_are_taken() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("listens");
    let url = format!("http://{}/payments/webhook", listener.local_addr().expect("an address"));
    let portone = PortOneSettings { webhook_url: Some(url), ..PortOneSettings::default() };
    let world = World::with(SandboxSettings { portone, ..SandboxSettings::default() }, None);
    world.registered("p", 100);
    world.pay("p", &json!({"webhook": true})).ok();
    let (first, body) = take(&listener, "503 Service Unavailable");
    assert!(is_right(&first, &body) && body.contains("Transaction.Paid"), "{first} {body}");
    let (second, again) = take(&listener, "200 OK");
    assert_eq!((&second["webhook-id"], again), (&first["webhook-id"], body), "the same notice");
    let told = std::thread::scope(|scope| {
        let door = scope.spawn(|| {
            world.client().post_json("/sandbox/portone/payments/p/webhook", &json!({"send": true, "good": false})).ok()
        });
        let (headers, body) = take(&listener, "401 Unauthorized");
        assert!(!is_right(&headers, &body));
        door.join().expect("an answer")
    });
    assert_eq!(told["answered"], 401);
}
