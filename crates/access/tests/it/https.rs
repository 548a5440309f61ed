//! `https` towards our own roles: whoever cannot show a certificate of a trusted authority for the address that was called
//! is refused.

use access::client::client;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use testkit::{Authority, Certificate};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// Answers every request with 200 until the test ends. Returns its port.
async fn serve(certificate: &Certificate) -> u16 {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let chain = CertificateDer::pem_slice_iter(certificate.chain().as_bytes()).collect::<Result<Vec<_>, _>>();
    let key = PrivateKeyDer::from_pem_slice(certificate.key().as_bytes()).expect("a key");
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain.expect("a chain"), key);
    let acceptor = TlsAcceptor::from(Arc::new(config.expect("a server's certificate")));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut head = [0; 4_096];
            if stream.read(&mut head).await.is_ok() {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
                let _ = stream.shutdown().await;
            }
        }
    });
    port
}

async fn answers(port: u16, authorities: Option<&Path>) -> bool {
    let client = client(Duration::from_secs(10), authorities).expect("made");
    client.get(format!("https://127.0.0.1:{port}/")).send().await.is_ok_and(|answer| answer.status() == 200)
}

#[tokio::test]
async fn only_the_right_role_is_trusted() {
    let folder = tempfile::tempdir().expect("a folder");
    let make = |name| Authority::make(folder.path(), name).expect("made");
    let (right, wrong) = (make("right"), make("wrong"));
    let port = serve(&right.sign_here().expect("signed")).await;
    assert!(answers(port, Some(right.file())).await);
    assert!(!answers(port, Some(wrong.file())).await, "another authority");
    assert!(!answers(port, None).await, "the system's authorities");
    let elsewhere = serve(&right.sign(&["elsewhere.example"]).expect("signed")).await;
    assert!(!answers(elsewhere, Some(right.file())).await, "of another host");
    let missing = client(Duration::from_secs(1), Some(Path::new("/no/such/file.pem"))).expect_err("no file");
    assert!(missing.to_string().contains("/no/such/file.pem"));
}
