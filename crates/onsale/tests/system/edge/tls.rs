//! TLS at the edge, with a certificate for the test.

use crate::edge::recorder::{Manner, Recorder};
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use testkit::edge::{Edge, fill, reserved};

/// The paths of a key and a self-signed certificate.
fn certificate(folder: &Path) -> (String, String) {
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]);
    command.args(["-subj", "/CN=localhost"]).arg("-keyout").arg(&key).arg("-out").arg(&certificate);
    let output = command.output().expect("openssl is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // nginx runs as a user without rights in tests; elsewhere its master reads the key as root.
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&key, open).expect("ours to change");
    (certificate.display().to_string(), key.display().to_string())
}

/// One request over TLS: the text of the response, or the client's error.
fn ask(address: SocketAddr, options: &[&str]) -> Result<String, String> {
    let mut command = Command::new("openssl");
    command.args(["s_client", "-quiet", "-connect"]).arg(address.to_string()).args(options);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("openssl is installed");
    let request = b"GET /api/v1/coupons/status/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let mut input = child.stdin.take().expect("piped");
    // A refused handshake ends the client before it reads this.
    let _ = input.write_all(request);
    let (mut answer, mut complaint) = (String::new(), String::new());
    child.stdout.take().expect("piped").read_to_string(&mut answer).expect("text");
    drop(input);
    child.stderr.take().expect("piped").read_to_string(&mut complaint).expect("text");
    let _ = child.wait();
    if answer.is_empty() { Err(complaint) } else { Ok(answer) }
}

#[test]
fn the_tls_file_serves_modern_clients_only() {
    let recorder = Recorder::start(Manner::Answer);
    let keys = tempfile::tempdir().expect("a folder");
    std::fs::set_permissions(keys.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("ours to change");
    let (certificate, key) = certificate(keys.path());
    let (_port, address) = reserved();
    let values = [("tls_listen", address.to_string()), ("tls_certificate", certificate), ("tls_key", key)];
    let tls = fill("tls.conf.template", &values);
    let Some(edge) = Edge::before_one(recorder.address, &[("tls", tls)]) else { return };

    for version in ["-tls1_2", "-tls1_3"] {
        let answer = ask(address, &[version]).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains("Strict-Transport-Security: max-age=31536000"), "{answer}");
    }
    let complaint = ask(address, &["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"]).expect_err("too old");
    assert!(complaint.contains("alert") || complaint.contains("protocol version"), "{complaint}");
    ask(address, &["-tls1_2", "-cipher", "AES128-SHA"]).expect_err("no forward secrecy");
    assert!(recorder.heads()[0].contains("X-Forwarded-Proto: https"));
    for version in ["TLSv1.2", "TLSv1.3"] {
        edge.log(|lines| lines.iter().any(|line| line["tls"] == version));
    }
    assert_eq!(edge.client().get("/edge/health").header("strict-transport-security"), None);
}
