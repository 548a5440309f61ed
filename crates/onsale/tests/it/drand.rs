//! A stand-in for a server of drand, with a chain of its own that it signs. It answers a round as a test tells it to.

use blst::min_sig::SecretKey;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const DOMAIN: &[u8] = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_";
const GENESIS_SECONDS: i64 = 1_700_000_000;
const PERIOD_SECONDS: u32 = 1;

/// What is answered to a question for a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The connection is closed without an answer.
    Nothing,
    /// It stays open without an answer.
    Silence,
    /// The round does not exist yet.
    NotYet,
    /// The signature of another key.
    OtherKey,
    /// The signature of the round before, under the number of the one asked for.
    OtherRound,
    /// The round before, with its own number.
    RoundBefore,
    /// The round.
    Right,
}

/// The running server; it serves until the process ends.
pub struct Drand {
    pub url: String,
    pub chain: String,
    pub public_key: String,
    answer: Arc<Mutex<Answer>>,
    asked: Arc<AtomicUsize>,
}

fn key(seed: u8) -> SecretKey {
    SecretKey::key_gen(&[seed; 32], &[]).expect("a key")
}

fn signature(seed: u8, round: u64) -> String {
    let message: [u8; 32] = Sha256::digest(round.to_be_bytes()).into();
    hex::encode(key(seed).sign(&message, DOMAIN, &[]).to_bytes())
}

fn info() -> (String, String, Value) {
    let (public_key, group) = (key(1).sk_to_pk().to_bytes(), [9; 32]);
    let hash = Sha256::new()
        .chain_update(PERIOD_SECONDS.to_be_bytes())
        .chain_update(GENESIS_SECONDS.to_be_bytes())
        .chain_update(public_key)
        .chain_update(group)
        .chain_update("test");
    let (chain, public_key) = (hex::encode(hash.finalize()), hex::encode(public_key));
    let info = json!({"public_key": public_key, "period": PERIOD_SECONDS, "genesis_time": GENESIS_SECONDS,
        "hash": chain, "groupHash": hex::encode(group), "schemeID": "bls-unchained-g1-rfc9380",
        "metadata": {"beaconID": "test"}});
    (chain, public_key, info)
}

impl Drand {
    /// Starts with [`Answer::Nothing`] for every round.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (chain, public_key, _) = info();
        let (answer, asked) = (Arc::new(Mutex::new(Answer::Nothing)), Arc::new(AtomicUsize::new(0)));
        let (told, count) = (answer.clone(), asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (told, count) = (told.clone(), count.clone());
                std::thread::spawn(move || serve(stream, &told, &count));
            }
        });
        Self { url, chain, public_key, answer, asked }
    }

    /// The time of a round, in milliseconds since 1970.
    pub fn at_ms(round: u64) -> i64 {
        (GENESIS_SECONDS + (round as i64 - 1) * i64::from(PERIOD_SECONDS)) * 1_000
    }

    /// Sets the answer from now on.
    pub fn set(&self, answer: Answer) {
        *self.answer.lock().expect("not poisoned") = answer;
    }

    /// How often a round was asked for.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Settings of a server that uses it.
    pub fn settings(&self) -> [(&str, &str); 4] {
        [
            ("ONSALE__DRAW__RANDOMNESS", "drand"),
            ("ONSALE__DRAW__DRAND_URL", &self.url),
            ("ONSALE__DRAW__DRAND_CHAIN", &self.chain),
            ("ONSALE__DRAW__DRAND_PUBLIC_KEY", &self.public_key),
        ]
    }
}

fn serve(mut stream: TcpStream, answer: &Mutex<Answer>, asked: &AtomicUsize) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default();
    if path.ends_with("/info") {
        return reply(stream, "200 OK", &info().2);
    }
    let round: u64 = path.rsplit('/').next().and_then(|round| round.parse().ok()).expect("a round");
    let answer = *answer.lock().expect("not poisoned");
    asked.fetch_add(1, Ordering::SeqCst);
    let body = |told: u64, signature: String| json!({"round": told, "randomness": "", "signature": signature});
    let body = match answer {
        Answer::Nothing => return,
        Answer::Silence => return drop(stream.read(&mut byte)),
        Answer::NotYet => return reply(stream, "404 Not Found", &json!({})),
        Answer::OtherKey => body(round, signature(2, round)),
        Answer::OtherRound => body(round, signature(1, round - 1)),
        Answer::RoundBefore => body(round - 1, signature(1, round - 1)),
        Answer::Right => body(round, signature(1, round)),
    };
    reply(stream, "200 OK", &body);
}

fn reply(mut stream: TcpStream, status: &str, body: &Value) {
    let body = body.to_string();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = stream.write_all((head + &body).as_bytes());
}
