//! A sandbox of a test's own.

use sandbox::command::{Listeners, serve};
use sandbox::smtp::MailTls;
use sandbox::{Sandbox, SandboxSettings};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use tempfile::TempDir;
use testkit::http::{Client, Reply};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// The prefix of PortOne's API.
pub const API: &str = "/sandbox/portone/api";

/// A running sandbox. Dropped, it ends.
pub struct World {
    pub http: SocketAddr,
    pub mail: SocketAddr,
    folder: Option<TempDir>,
    stop: Option<oneshot::Sender<()>>,
    runtime: Option<Runtime>,
}

impl World {
    /// With the settings of a demo.
    pub fn new() -> Self {
        Self::with(SandboxSettings::default(), None)
    }

    pub fn with(settings: SandboxSettings, tls: Option<MailTls>) -> Self {
        Self::open(TempDir::new().expect("a folder"), settings, tls)
    }

    fn open(folder: TempDir, settings: SandboxSettings, tls: Option<MailTls>) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let (http, mail, stop) = start(&runtime, folder.path(), settings, tls);
        Self { http, mail, folder: Some(folder), stop: Some(stop), runtime: Some(runtime) }
    }

    /// Ends it, and starts another on the same books.
    pub fn again(mut self) -> Self {
        self.end();
        Self::open(self.folder.take().expect("a folder"), SandboxSettings::default(), None)
    }

    fn end(&mut self) {
        drop(self.stop.take());
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(std::time::Duration::from_secs(5));
        }
    }

    /// A caller without a key.
    pub fn client(&self) -> Client {
        Client::new(self.http)
    }

    /// The store's server.
    pub fn store(&self) -> Client {
        self.client().with("Authorization", "PortOne sandbox-api-secret")
    }

    /// Registers a payment.
    pub fn registered(&self, key: &str, amount: i64) {
        let body = serde_json::json!({"storeId": "store-sandbox", "totalAmount": amount, "currency": "KRW"});
        let reply = self.store().post_json(&format!("{API}/payments/{key}/pre-register"), &body);
        assert_eq!((reply.status, reply.text().as_str()), (200, "{}"));
    }

    /// Registers and pays a payment.
    pub fn paid(&self, key: &str, amount: i64) {
        self.registered(key, amount);
        self.pay(key, &serde_json::json!({})).ok();
    }

    pub fn pay(&self, key: &str, body: &Value) -> Reply {
        self.client().post_json(&format!("/sandbox/portone/payments/{key}/pay"), body)
    }

    /// What the books say.
    pub fn books(&self, key: &str) -> Value {
        self.client().get(&format!("/sandbox/portone/payments/{key}")).ok()
    }

    /// What PortOne says.
    pub fn look(&self, key: &str) -> Reply {
        self.store().get(&format!("{API}/payments/{key}?storeId=store-sandbox"))
    }

    /// Asks for money back.
    pub fn cancel(&self, key: &str, body: &Value, idempotency_key: Option<&str>) -> Reply {
        let mut client = self.store();
        if let Some(idempotency_key) = idempotency_key {
            client = client.with("Idempotency-Key", idempotency_key);
        }
        client.post_json(&format!("{API}/payments/{key}/cancel"), body)
    }

    /// Orders a fault.
    pub fn order(&self, fault: &Value) {
        let reply = self.client().post_json("/sandbox/portone/faults", fault);
        assert_eq!(reply.status, 204, "{}", reply.text());
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.end();
    }
}

/// Starts a sandbox on a runtime; it ends when the sender is dropped.
pub fn start(
    runtime: &Runtime,
    folder: &Path,
    settings: SandboxSettings,
    tls: Option<MailTls>,
) -> (SocketAddr, SocketAddr, oneshot::Sender<()>) {
    let sandbox = Sandbox::open(folder, settings).expect("opens");
    let any: SocketAddr = ([127, 0, 0, 1], 0).into();
    let listeners = runtime.block_on(Listeners::take(any, Some(any))).expect("listens");
    let http = listeners.http_address().expect("an address");
    let mail = listeners.mail_address().expect("an address").expect("mail");
    let (stop, stopped) = oneshot::channel::<()>();
    runtime.spawn(serve(sandbox, listeners, tls, async move {
        let _ = stopped.await;
    }));
    (http, mail, stop)
}

/// The type of a refusal of PortOne's.
pub fn kind(reply: &Reply) -> (u16, String) {
    (reply.status, reply.json()["type"].as_str().unwrap_or_default().to_owned())
}

/// Waits for a condition.
///
/// # Panics
/// When it does not come.
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let asked = || if holds() { Ok(()) } else { Err("not yet".to_owned()) };
    testkit::until(what, std::time::Duration::from_secs(60), asked).expect("it comes");
}
