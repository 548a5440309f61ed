//! A server that speaks TLS: every kind of answer, and the limits that hold without it.

use super::{HotHead, HotRoutes, Server, ServerSettings, Tls};
use crate::limits::{LimitSettings, Limits};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::{get, post};
use domain::ErrorCode;
use http::HeaderMap;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::convert::Infallible;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);
const HOT: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nhot";

/// `GET /hot` is hot.
#[derive(Clone)]
struct OneHotRoute;

impl HotRoutes for OneHotRoute {
    type Undecided = ();

    fn knows(&self, _: &str, target: &str) -> bool {
        target == "/hot"
    }

    fn knows_caller(&self, _: &HotHead<'_>) -> bool {
        true
    }

    fn answer_now(&self, _: IpAddr, _: &HotHead<'_>, _: &[u8], out: &mut Vec<u8>) -> Option<()> {
        out.extend_from_slice(HOT);
        None
    }

    async fn answer(&self, (): (), _: &mut Vec<u8>) {}

    fn refuse(&self, _: ErrorCode, _: &'static str, _: &mut Vec<u8>) {}
}

/// A certificate in files of its own.
struct Files {
    _folder: TempDir,
    certificate: PathBuf,
    key: PathBuf,
    der: CertificateDer<'static>,
}

impl Files {
    fn make() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("made");
        let (certificate, key) = (folder.path().join("a.crt"), folder.path().join("a.key"));
        std::fs::write(&certificate, made.cert.pem()).expect("written");
        std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");
        Self { _folder: folder, certificate, key, der: made.cert.der().clone() }
    }
}

fn open(tls: &Tls, request_timeout: Duration) -> Server {
    let settings = ServerSettings {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        workers: 1,
        connections_max: 10,
        connections_reserved: 0,
        reserve_paths: &[],
        connections_per_network_max: 3,
        limits: Arc::new(Limits::new(LimitSettings::default())),
        head_bytes_max: 16_384,
        body_bytes_max: 1_024,
        request_timeout,
        idle_timeout: PATIENCE,
        drain_timeout: Duration::ZERO,
        streams_under: "/s/",
        leaves_origins: false,
        tls: Some(tls.clone()),
    };
    let scheme = async |headers: HeaderMap| {
        headers.get("x-forwarded-proto").map_or_else(Vec::new, |scheme| scheme.as_bytes().to_vec())
    };
    let endless = async || {
        let chunk = || Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 16_384]));
        Body::from_stream(futures::stream::repeat_with(chunk))
    };
    let echo = async |body: Bytes| body;
    let router = Router::new().route("/scheme", get(scheme)).route("/echo", post(echo)).route("/s/shop", get(endless));
    Server::open(settings, move || (OneHotRoute, router.clone())).expect("opened")
}

type Client = StreamOwned<ClientConnection, TcpStream>;

fn connect(server: &Server, trusted: &CertificateDer<'static>) -> Client {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a certificate");
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("versions");
    let config = builder.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    let stream = TcpStream::connect(server.address()).expect("connects");
    stream.set_read_timeout(Some(PATIENCE)).expect("sets");
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).expect("a client"), stream)
}

/// The next answer, whose body has this length.
fn answer(client: &mut Client, body_bytes: usize) -> String {
    let mut read = Vec::new();
    let mut byte = [0];
    while !read.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte).expect("a head");
        read.push(byte[0]);
    }
    let mut body = vec![0; body_bytes];
    client.read_exact(&mut body).expect("a body");
    read.extend(body);
    String::from_utf8(read).expect("text")
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn one_connection_is_answered_by_the_fast_path_and_the_router_in_turn() {
    let files = Files::make();
    let server = open(&Tls::read(&files.certificate, &files.key).expect("read"), PATIENCE);
    let mut client = connect(&server, &files.der);
    for _ in 0..3 {
        client.write_all(b"GET /hot HTTP/1.1\r\nHost: a\r\n\r\n").expect("sent");
        assert!(answer(&mut client, 3).ends_with("hot"));
        client.write_all(b"GET /scheme HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: http\r\n\r\n").expect("sent");
        let said = answer(&mut client, 5);
        assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("https"), "{said}");
        // Larger than a record of TLS.
        let body = "y".repeat(50_000);
        let head = format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.len());
        client.write_all(format!("{head}{body}").as_bytes()).expect("sent");
        assert!(answer(&mut client, body.len()).ends_with(&body));
    }
    server.close();
}

#[test]
fn a_stream_flows_and_its_reader_that_leaves_is_noticed() {
    let files = Files::make();
    let server = open(&Tls::read(&files.certificate, &files.key).expect("read"), PATIENCE);
    let mut client = connect(&server, &files.der);
    client.write_all(b"GET /s/shop HTTP/1.1\r\nHost: a\r\n\r\nGET /next").expect("sent");
    let mut bytes = vec![0; 1_000_000];
    client.read_exact(&mut bytes).expect("goes on");
    assert!(bytes.starts_with(b"HTTP/1.1 200"));
    drop(client);
    wait_until("the reader's place is free", || server.connections() == 0);
    server.close();
}

#[test]
fn silence_ends_in_time_and_a_network_has_its_share() {
    let files = Files::make();
    let server = open(&Tls::read(&files.certificate, &files.key).expect("read"), Duration::from_millis(300));
    let mut silent = TcpStream::connect(server.address()).expect("connects");
    silent.set_read_timeout(Some(PATIENCE)).expect("sets");
    assert_eq!(silent.read(&mut [0]).expect("closed"), 0, "no handshake");
    let mut plain = TcpStream::connect(server.address()).expect("connects");
    plain.write_all(b"GET /hot HTTP/1.1\r\nHost: a\r\n\r\n").expect("sent");
    plain.set_read_timeout(Some(PATIENCE)).expect("sets");
    let mut said = Vec::new();
    let _ = plain.read_to_end(&mut said);
    assert!(!said.starts_with(b"HTTP"), "without TLS nothing is answered");
    wait_until("both are gone", || server.connections() == 0);
    let held: Vec<_> = (0..3).map(|_| TcpStream::connect(server.address()).expect("connects")).collect();
    let mut beyond = TcpStream::connect(server.address()).expect("connects");
    beyond.set_read_timeout(Some(PATIENCE)).expect("sets");
    assert_eq!(beyond.read(&mut [0]).unwrap_or(0), 0, "it is closed");
    drop(held);
    server.close();
}

#[test]
fn a_renewed_certificate_is_used_from_the_next_connection_on_and_a_broken_one_is_not() {
    let (old, new) = (Files::make(), Files::make());
    let tls = Tls::read(&old.certificate, &old.key).expect("read");
    let server = open(&tls, PATIENCE);
    let is_served = |trusted: &CertificateDer<'static>| {
        let mut client = connect(&server, trusted);
        client.write_all(b"GET /hot HTTP/1.1\r\nHost: a\r\n\r\n").is_ok()
    };
    assert!(is_served(&old.der) && !is_served(&new.der));
    assert!(tls.reload(&new.certificate, &old.key).is_err(), "they do not belong together");
    assert!(tls.reload(&new.certificate.with_extension("missing"), &new.key).is_err());
    assert!(tls.reload(&new.key, &new.key).is_err(), "a key is no certificate");
    assert!(is_served(&old.der));
    tls.reload(&new.certificate, &new.key).expect("read");
    assert!(is_served(&new.der) && !is_served(&old.der));
    server.close();
}
