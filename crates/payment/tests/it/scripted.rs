//! A PortOne that says what a test tells it to: what the sandbox never does.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// Something that happens while a look-up is under way: its answer is made already.
type Meanwhile = BoxFuture<'static, ()>;

/// The answer to every look-up: status and body. Registrations are always done.
#[derive(Clone)]
pub struct Scripted(Arc<Mutex<(u16, String)>>, Arc<Mutex<Option<Meanwhile>>>);

impl Scripted {
    /// Serves it; its address is returned, too.
    pub async fn open() -> (Self, String) {
        let scripted = Self(Arc::new(Mutex::new((200, "{}".to_owned()))), Arc::default());
        let router = Router::new().fallback(answer).with_state(scripted.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        (scripted, url)
    }

    pub fn say(&self, status: u16, body: impl Into<String>) {
        *self.0.lock().expect("no panic") = (status, body.into());
    }

    /// During the next look-up this happens, after its answer is made and before that arrives.
    pub fn meanwhile(&self, happens: impl Future<Output = ()> + Send + 'static) {
        *self.1.lock().expect("no panic") = Some(happens.boxed());
    }

    /// A payment as it is paid, changed by the test.
    pub fn paid(&self, key: &str, amount: i64, change: impl FnOnce(&mut Value)) {
        let mut body = json!({"status": "PAID", "id": key, "transactionId": "tx", "storeId": "store-sandbox",
            "currency": "KRW", "amount": {"total": amount, "paid": amount, "cancelled": 0},
            "channel": {"type": "LIVE"}});
        change(&mut body);
        self.say(200, body.to_string());
    }
}

async fn answer(State(scripted): State<Scripted>, request: Request) -> Response {
    let (status, body) = scripted.0.lock().expect("no panic").clone();
    let is_look = request.method() == http::Method::GET;
    let (status, body) = if is_look { (status, body) } else { (200, "{}".to_owned()) };
    let meanwhile = scripted.1.lock().expect("no panic").take_if(|_| is_look);
    if let Some(meanwhile) = meanwhile {
        meanwhile.await;
    }
    Response::builder().status(status).body(Body::from(body)).expect("a response")
}
