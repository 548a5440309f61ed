//! A sandbox for a test, and servers that do anything.

use crate::outside::{
    IdentitySettings, IdentityVerifier, OauthClient, OauthProvider, OauthSettings, Recaptcha, RecaptchaSettings,
};
use sandbox::command::{Listeners, serve};
use sandbox::smtp::MailTls;
use sandbox::{Sandbox, SandboxSettings};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// A sandbox within the runtime of a test.
pub struct World {
    pub http: SocketAddr,
    pub mail: SocketAddr,
    _folder: TempDir,
}

impl World {
    pub async fn new() -> Self {
        Self::with(None).await
    }

    pub async fn with(tls: Option<MailTls>) -> Self {
        let folder = TempDir::new().expect("a folder");
        let sandbox = Sandbox::open(folder.path(), SandboxSettings::default()).expect("opens");
        let any: SocketAddr = ([127, 0, 0, 1], 0).into();
        let listeners = Listeners::take(any, Some(any)).await.expect("listens");
        let http = listeners.http_address().expect("an address");
        let mail = listeners.mail_address().expect("an address").expect("mail");
        tokio::spawn(serve(sandbox, listeners, tls, std::future::pending()));
        Self { http, mail, _folder: folder }
    }

    /// A door of the sandbox.
    pub async fn door(&self, path: &str, body: &Value) -> Value {
        let client = testkit::http::Client::new(self.http);
        let (path, body) = (format!("/sandbox{path}"), body.clone());
        let reply = tokio::task::spawn_blocking(move || client.post_json(&path, &body)).await.expect("a reply");
        assert!(matches!(reply.status, 200 | 204), "{}", reply.text());
        reply.json_or_null()
    }

    /// What a door tells.
    pub async fn told(&self, path: &str) -> Value {
        let client = testkit::http::Client::new(self.http);
        let path = format!("/sandbox{path}");
        tokio::task::spawn_blocking(move || client.get(&path).ok()).await.expect("a reply")
    }

    pub fn recaptcha(&self) -> Recaptcha {
        recaptcha(&format!("http://{}/sandbox", self.http))
    }

    pub fn identity(&self) -> IdentityVerifier {
        identity(&format!("http://{}/sandbox/portone/api", self.http), "sandbox-api-secret")
    }

    pub fn oauth(&self, provider: OauthProvider) -> OauthClient {
        let of = |part: &str| format!("http://{}/sandbox/oauth/{provider}/{part}", self.http);
        oauth(provider, &[of("authorize"), of("token"), of("profile")], "sandbox-client-secret")
    }
}

/// A client of `siteverify` at this address.
pub fn recaptcha(base_url: &str) -> Recaptcha {
    let settings = RecaptchaSettings {
        base_url: base_url.to_owned(),
        secret: "sandbox-recaptcha-secret".to_owned(),
        min_score: 0.5,
    };
    Recaptcha::new(&settings).expect("a client")
}

/// A client of PortOne at this address. It waits shorter than in production, so that a test does.
pub fn identity(base_url: &str, api_secret: &str) -> IdentityVerifier {
    let settings = IdentitySettings {
        base_url: base_url.to_owned(),
        api_secret: api_secret.to_owned(),
        store_id: "store-sandbox".to_owned(),
        timeout: Duration::from_secs(2),
    };
    IdentityVerifier::new(&settings).expect("a client")
}

/// A client of a provider at these addresses: authorize, token, profile.
pub fn oauth(provider: OauthProvider, urls: &[String; 3], client_secret: &str) -> OauthClient {
    let [authorize_url, token_url, profile_url] = urls.clone();
    let settings = OauthSettings {
        client_id: "sandbox-client".to_owned(),
        client_secret: client_secret.to_owned(),
        authorize_url,
        token_url,
        profile_url,
    };
    OauthClient::new(provider, settings).expect("a client")
}

/// A server that does as it is told with each connection, on threads of its own.
pub struct Raw {
    pub address: SocketAddr,
    /// Connections so far.
    pub count: Arc<AtomicUsize>,
}

impl Raw {
    pub fn new(behave: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listens");
        let address = listener.local_addr().expect("an address");
        let (count, behave) = (Arc::new(AtomicUsize::new(0)), Arc::new(behave));
        let counted = count.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                counted.fetch_add(1, Ordering::SeqCst);
                let behave = behave.clone();
                std::thread::spawn(move || behave(stream));
            }
        });
        Self { address, count }
    }

    /// Answers every HTTP request with these bytes, and closes.
    pub fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::new(move |mut stream| {
            read_request(&mut stream);
            let _ = stream.write_all(&answer);
        })
    }

    /// Answers with this status and JSON.
    pub fn json(status: u16, body: &str) -> Self {
        let length = body.len();
        Self::answering(format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Reads a request with its body, as far as it says how long that is.
pub fn read_request(stream: &mut TcpStream) {
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("sets");
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4_096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        if let Some(end) = text.find("\r\n\r\n") {
            let length = text.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse().ok());
            if bytes.len() >= end + 4 + length.unwrap_or(0) {
                return;
            }
        }
        match stream.read(&mut buffer) {
            Ok(count) if count > 0 => bytes.extend_from_slice(&buffer[..count]),
            _ => return,
        }
    }
}
