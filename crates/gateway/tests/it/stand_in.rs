//! A service of raw TCP, which may misbehave in every way.

use crate::stack::{Front, PATIENCE, SERVICE_KEY, Stack};
use gateway::{Service, UpstreamSettings, Upstreams};
use onsale_http::standard;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One connection of a stand-in.
pub struct Wire {
    pub stream: TcpStream,
    rest: Vec<u8>,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Wire {
    /// The next head; none when the gateway has closed.
    pub async fn head(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.rest.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                let head: Vec<u8> = self.rest.drain(..end + 4).collect();
                let head = String::from_utf8_lossy(&head).into_owned();
                self.heads.lock().expect("not poisoned").push(head.clone());
                return Some(head);
            }
            if !self.more().await {
                return None;
            }
        }
    }

    /// A head and its body, by either framing.
    pub async fn request(&mut self) -> Option<(String, Vec<u8>)> {
        let head = self.head().await?;
        let lower = head.to_ascii_lowercase();
        let length = lower.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
        if lower.contains("transfer-encoding: chunked") {
            while !self.rest.ends_with(b"0\r\n\r\n") {
                if !self.more().await {
                    return None;
                }
            }
            return Some((head, std::mem::take(&mut self.rest)));
        }
        let length = length.unwrap_or(0);
        while self.rest.len() < length {
            if !self.more().await {
                return None;
            }
        }
        Some((head, self.rest.drain(..length).collect()))
    }

    async fn more(&mut self) -> bool {
        let mut buffer = [0; 16_384];
        match self.stream.read(&mut buffer).await {
            Ok(read) if read > 0 => {
                self.rest.extend_from_slice(&buffer[..read]);
                true
            }
            _ => false,
        }
    }

    pub async fn write(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok() && self.stream.flush().await.is_ok()
    }

    /// Waits until the gateway closes.
    pub async fn closed(&mut self) {
        while self.more().await {}
    }
}

/// A stand-in: its address, the heads that it has read, the connections that it has taken.
#[derive(Clone)]
pub struct StandIn {
    pub address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl StandIn {
    /// Serves each connection by this, which gets its number.
    pub async fn open<F>(serve: impl Fn(usize, Wire) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (heads, connections) = (Arc::new(Mutex::default()), Arc::new(AtomicUsize::new(0)));
        let stand_in = Self { address, heads, connections };
        let shared = stand_in.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = shared.connections.fetch_add(1, Ordering::SeqCst);
                let wire = Wire { stream, rest: Vec::new(), heads: shared.heads.clone() };
                tokio::spawn(serve(number, wire));
            }
        });
        stand_in
    }

    /// Answers every request with these bytes and closes.
    pub async fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = Arc::new(bytes.into());
        Self::open(move |_, mut wire| {
            let bytes = bytes.clone();
            async move {
                if wire.request().await.is_some() {
                    wire.write(&*bytes).await;
                    let _ = wire.stream.shutdown().await;
                }
            }
        })
        .await
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("not poisoned").clone()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// A port that refuses connections.
pub async fn refusing() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

/// A gateway in front of services at these addresses.
pub fn proxy(stack: &Stack, urls: &[(Service, String)]) -> Front {
    let settings = UpstreamSettings {
        urls: urls.to_vec(),
        service_key: SERVICE_KEY.to_owned(),
        silence_max: Duration::from_secs(1),
        ..UpstreamSettings::default()
    };
    let upstreams = Upstreams::new(&settings).expect("addresses");
    let router = gateway::proxy(stack.gateway(), &upstreams);
    Front(standard(router, stack.http.clone()))
}

/// Every service at this address.
pub fn everything_at(stack: &Stack, url: &str) -> Front {
    let urls: Vec<_> = Service::ALL.into_iter().map(|service| (service, url.to_owned())).collect();
    proxy(stack, &urls)
}

/// Waits until a condition holds.
pub async fn until(what: &str, holds: impl Fn() -> bool) {
    let wait = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("{what}"));
}
