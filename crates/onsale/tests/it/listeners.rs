//! The addresses of a server: each is taken before anything is made, and calls between services have one of their own.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Output, Stdio};
use testkit::Port;
use testkit::http::Client;
use testkit::onsale::{Server, World, onsale, wait_until};

const KEY: &str = "0d4fb4d4-6d1c-4a43-b2f5-92f7e2e6f3aa";
const LISTENERS: [&str; 3] = ["ONSALE__HTTP__LISTEN", "ONSALE__HTTP__MANAGEMENT_LISTEN", "ONSALE__INTERNAL__LISTEN"];

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn local(port: &Port) -> String {
    format!("127.0.0.1:{}", port.number())
}

#[test]
fn two_settings_with_one_address_are_refused_before_anything_is_made() {
    let port = Port::free().expect("a port");
    for (first, one) in LISTENERS.iter().enumerate() {
        for other in &LISTENERS[first + 1..] {
            for wide in ["127.0.0.1", "0.0.0.0", "[::ffff:127.0.0.1]"] {
                let folder = tempfile::tempdir().expect("a folder");
                let data = folder.path().join("data");
                let addresses = [(*one, local(&port)), (*other, format!("{wide}:{}", port.number()))];
                // Only the address is wrong here.
                let unsafe_one = ("ONSALE__HTTP__ALLOW_UNSAFE", "true".to_owned());
                let mut command = onsale(&data, &["serve"]);
                let output = command.envs(addresses).envs([unsafe_one]).output().expect("starts");
                assert_eq!(output.status.code(), Some(2), "{one} {other} {wide}: {output:?}");
                assert!(said(&output).contains("is the address of"), "{}", said(&output));
                assert!(!data.exists() && output.stdout.is_empty(), "{one} {other} {wide}");
            }
        }
    }
}

/// Whichever of the addresses is taken, by a program that listens or by another server in the moment of its start.
#[test]
fn of_two_servers_at_one_address_the_loser_leaves_nothing() {
    for taken in LISTENERS {
        let (port, folder) = (Port::free().expect("a port"), tempfile::tempdir().expect("a folder"));
        let start = |name: &str| -> Child {
            let mut command = onsale(&folder.path().join(name), &["serve"]);
            command.envs([("ONSALE__HTTP__LISTEN", "127.0.0.1:0")]).env(taken, local(&port));
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts")
        };
        let both = std::cell::RefCell::new([start("one"), start("two")]);
        wait_until("one of them has lost", || {
            both.borrow_mut().iter_mut().any(|child| child.try_wait().expect("asked").is_some())
        });
        for (child, name) in both.borrow_mut().iter_mut().zip(["one", "two"]) {
            if let Some(status) = child.try_wait().expect("asked") {
                assert_eq!(status.code(), Some(1), "{taken}");
                assert!(!folder.path().join(name).exists(), "{taken}: the loser has made its folder");
            }
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A process of all roles is the gateway to the outside: calls between services are not there (contract, amendment 25).
#[test]
fn calls_between_services_are_on_their_own_listener_alone() {
    let port = Port::free().expect("a port");
    let world = World::with(&[("ONSALE__INTERNAL__LISTEN", &local(&port)), ("ONSALE__INTERNAL__KEY__ISSUER", KEY)]);
    let (public, internal) = (world.anyone(), Client::local(port.number()));
    let path = "/gate/events/sample_event/processing/complete?userId=ann";
    for key in [None, Some("guessed-by-a-stranger"), Some(KEY)] {
        let with_key =
            |client: &Client| key.map_or_else(|| client.with("X-A", "b"), |key| client.with("X-Service-Api-Key", key));
        with_key(&public).post(path).is_error(404, "NOT_FOUND");
        match key {
            Some(KEY) => assert_eq!(with_key(&internal).post(path).status, 404, "known: the example has no gate"),
            _ => with_key(&internal).post(path).is_error(401, "INTERNAL_API_UNAUTHORIZED"),
        }
    }
    let inside = internal.with("X-Service-Api-Key", KEY).post(path);
    assert_ne!(inside.code(), "INTERNAL_API_UNAUTHORIZED");
    assert_eq!(internal.get("/api/v1/coupons/status/sample_event").status, 200, "it serves all roles");
    assert_eq!(internal.issue("ann", "sample_event").status, 200);
}

/// Writes a certificate and its key, and returns the environment that names them.
fn certificate(folder: &Path) -> [(&'static str, String); 2] {
    let authority = testkit::Authority::make(folder, "authority").expect("made");
    let made = authority.sign_here().expect("signed");
    let (cert, key) = (folder.join("server.crt"), folder.join("server.key"));
    std::fs::write(&cert, made.chain()).expect("written");
    std::fs::write(&key, made.key()).expect("written");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("set");
    let text = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    [("ONSALE__TLS__CERT", text(&cert)), ("ONSALE__TLS__KEY", text(&key))]
}

#[test]
fn a_certificate_is_served_or_refused_with_the_name_of_its_setting() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = certificate(folder.path());
    let data = folder.path().join("data");
    let serve = |environment: &[(&str, &str)]| {
        let mut command = onsale(&data, &["serve", "--listen", "127.0.0.1:0"]);
        command.envs(environment.iter().copied()).output().expect("starts")
    };
    let (cert, key) = (files[0].1.as_str(), files[1].1.as_str());
    for (environment, words) in [
        (&[("ONSALE__TLS__CERT", cert)][..], "tls.cert needs tls.key"),
        (&[("ONSALE__TLS__KEY", key)], "tls.key needs tls.cert"),
        (&[("ONSALE__TLS__CERT", "/nowhere.crt"), ("ONSALE__TLS__KEY", key)], "tls.cert: /nowhere.crt"),
        (&[("ONSALE__TLS__CERT", key), ("ONSALE__TLS__KEY", key)], "tls.cert:"),
        (&[("ONSALE__TLS__CERT", cert), ("ONSALE__TLS__KEY", cert)], "tls.key:"),
    ] {
        let output = serve(environment);
        assert_eq!(output.status.code(), Some(2), "{environment:?}: {output:?}");
        assert!(said(&output).contains(words), "{words}: {}", said(&output));
        assert!(!data.exists(), "{environment:?}");
    }
    let launch = launch::Launch::serve_at(&testkit::onsale::program(), &data, "127.0.0.1:0");
    let launch = launch.environment(files.clone()).folder(folder.path()).announced_by("listening on https://");
    let running = launch.start().expect("it serves TLS");
    let address = running.address();
    let mut plain = testkit::http::Connection::open(address);
    plain.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(plain.try_reply().is_err(), "without TLS nothing is answered");
}

/// Who comes before the server is ready is turned away at once, and is served as soon as it is.
#[test]
fn a_server_is_reached_once_it_has_said_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path(), &[]);
    assert_eq!(server.client().get("/health/live").status, 200);
}
