//! `https` towards services: whoever cannot show a certificate of a trusted authority for its address gets no request.

use crate::stack::{Front, Stack};
use gateway::{Service, UpstreamSettings, Upstreams};
use onsale_http::standard;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use testkit::{Authority, Certificate};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// Answers every request until the test ends. Returns its port and the number of requests.
async fn serve(certificate: &Certificate) -> (u16, Arc<AtomicUsize>) {
    let chain = CertificateDer::pem_slice_iter(certificate.chain().as_bytes()).collect::<Result<Vec<_>, _>>();
    let key = PrivateKeyDer::from_pem_slice(certificate.key().as_bytes()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let config = config.with_no_client_auth().with_single_cert(chain.expect("a chain"), key);
    let acceptor = TlsAcceptor::from(Arc::new(config.expect("a server's certificate")));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
    let port = listener.local_addr().expect("an address").port();
    let requests = Arc::new(AtomicUsize::new(0));
    let count = requests.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, count) = (acceptor.clone(), count.clone());
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut head = [0; 4_096];
                while stream.read(&mut head).await.is_ok_and(|read| read > 0) {
                    count.fetch_add(1, Ordering::SeqCst);
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await;
                    let _ = stream.flush().await;
                }
            });
        }
    });
    (port, requests)
}

fn front(port: u16, authorities: &Path) -> Front {
    let stack = Stack::default();
    let settings = UpstreamSettings {
        urls: vec![(Service::Catalog, format!("https://127.0.0.1:{port}"))],
        authorities: Some(authorities.to_owned()),
        ..UpstreamSettings::default()
    };
    let upstreams = Upstreams::new(&settings).expect("addresses");
    Front(standard(gateway::proxy(stack.gateway(), &upstreams), stack.http))
}

#[tokio::test]
async fn only_a_service_with_a_trusted_certificate_is_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let make = |name| Authority::make(folder.path(), name).expect("made");
    let (right, wrong) = (make("right"), make("wrong"));
    let (port, requests) = serve(&right.sign_here().expect("signed")).await;
    let trusting = front(port, right.file());
    for _ in 0..3 {
        assert_eq!(trusting.get("/events", &[]).await.status, 200);
    }
    assert_eq!(front(port, wrong.file()).get("/events", &[]).await.status, 503, "another authority");
    assert_eq!(requests.load(Ordering::SeqCst), 3);
    let (port, requests) = serve(&right.sign(&["elsewhere.example"]).expect("signed")).await;
    assert_eq!(front(port, right.file()).get("/events", &[]).await.status, 503, "of another host");
    assert_eq!(requests.load(Ordering::SeqCst), 0);
}
