//! Stand-ins that speak the protocols of others on real sockets: a mail server that keeps what it takes, a judge of
//! reCAPTCHA tokens, and a provider of social log-in with its rules of OAuth and PKCE.

use access::{SessionCookies, TokenKeys};
use account::api;
use account::outside::{MailSettings, OauthProvider, OauthSettings, RecaptchaSettings};
use account::rows::entities::user;
use account::rows::users;
use account::schema::SCHEMA;
use account::service::AccountService;
use account::settings::Settings;
use async_trait::async_trait;
use axum::body::Body;
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::{AccountId, Timestamp};
use hot::embedded::EmbeddedKeys;
use hot::{HotError, KeyPort};
use http::request::Builder;
use http::{HeaderMap, StatusCode};
use ledger::moment::stored;
use ledger::{Ledger, LedgerError, Transaction};
use ledger_testkit::{Site, patient};
use onsale_http::{HttpSettings, standard};
use sea_orm::ActiveValue::Set;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;
use uuid::Uuid;

const DEADLINE: Duration = Duration::from_secs(60);

pub async fn connected(site: &Site) -> Ledger {
    let ledger = Ledger::connect(&site.url, &SCHEMA, patient()).await.expect("connects");
    ledger.migrate().await.expect("migrates");
    ledger
}

/// An account without anything personal.
pub async fn account(ledger: &Ledger, status: &str) -> AccountId {
    let id = AccountId(Uuid::now_v7());
    let now = stored(clock::now());
    let row = user::ActiveModel {
        id: Set(id.get().into()),
        email_hash: Set(Some(id.get().simple().to_string())),
        role: Set("USER".to_owned()),
        status: Set(status.to_owned()),
        locale: Set("en".to_owned()),
        deleted_at: Set((status == "DELETED").then_some(now)),
        created_at: Set(now),
        updated_at: Set(now),
        ..user::ActiveModel::default()
    };
    let insert = async |change: Transaction| -> Result<(), LedgerError> {
        users::insert(&change, row.clone()).await?;
        change.commit().await
    };
    ledger.change(insert).await.expect("an account");
    id
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// The service between the stand-ins.
pub struct Stand {
    pub ledger: Ledger,
    pub accounts: AccountService,
    pub router: Router,
    pub mails: MailServer,
    pub provider: Provider,
    _site: Site,
}

impl Stand {
    /// On SQLite, with Kakao, Google, and Naver, which is away.
    pub async fn open(public_url: &str) -> Self {
        Self::over(public_url, Arc::new(Unhurried::default())).await
    }

    /// The same over this engine.
    pub async fn over(public_url: &str, keys: Arc<dyn KeyPort>) -> Self {
        let site = Site::sqlite();
        let (ledger, mails, provider) = (connected(&site).await, MailServer::start().await, Provider::start().await);
        let away = OauthSettings { token_url: "http://127.0.0.1:1/token".to_owned(), ..provider.settings() };
        let settings = Settings {
            recaptcha: RecaptchaSettings { base_url: judge().await, secret: "secret".to_owned(), min_score: 0.5 },
            mail: mails.settings.clone(),
            oauth: vec![
                (OauthProvider::Kakao, provider.settings()),
                (OauthProvider::Google, provider.settings()),
                (OauthProvider::Naver, away),
            ],
            public_url: public_url.to_owned(),
            bcrypt_cost: 4,
            personal_data_key: STANDARD.encode([1; 32]),
            lookup_key: STANDARD.encode([2; 32]),
            ..Settings::default()
        };
        let tokens = TokenKeys::new(SECRET, "").expect("keys");
        let accounts = AccountService::open(settings, ledger.clone(), keys, tokens).expect("opens");
        let cookies = SessionCookies::new(SECRET, "", public_url).expect("a key");
        let router = api::routes(accounts.clone(), cookies);
        Self { ledger, accounts, router, mails, provider, _site: site }
    }
}

/// The engine's answers take a moment, as those of a server do: callers at the same time are between each other's calls.
#[derive(Default)]
struct Unhurried(EmbeddedKeys);

#[async_trait]
impl KeyPort for Unhurried {
    async fn put(&self, entries: Vec<(String, Vec<u8>)>, ttl_ms: u64, now: Timestamp) -> Result<(), HotError> {
        tokio::task::yield_now().await;
        self.0.put(entries, ttl_ms, now).await
    }

    async fn claim(&self, entries: Vec<(String, Vec<u8>)>, ttl_ms: u64, now: Timestamp) -> Result<Vec<bool>, HotError> {
        tokio::task::yield_now().await;
        self.0.claim(entries, ttl_ms, now).await
    }

    async fn get(&self, names: &[String], now: Timestamp) -> Result<Vec<Option<Vec<u8>>>, HotError> {
        let found = self.0.get(names, now).await;
        tokio::task::yield_now().await;
        found
    }

    async fn remove(&self, names: &[String]) -> Result<(), HotError> {
        tokio::task::yield_now().await;
        self.0.remove(names).await
    }

    async fn remove_if(&self, name: &str, value: &[u8], now: Timestamp) -> Result<bool, HotError> {
        tokio::task::yield_now().await;
        self.0.remove_if(name, value, now).await
    }
}

/// The secret of tokens.
pub const SECRET: &str = "a secret of at least sixty-four bytes, which nobody would use anywhere";

/// A judge for whom `pass` is a person, and who fails for `away`.
async fn judge() -> String {
    let judge = |Form(form): Form<HashMap<String, String>>| async move {
        let token = form.get("response").cloned().unwrap_or_default();
        let status = if token == "away" { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
        (status, Json(json!({"success": token == "pass"})))
    };
    serve(Router::new().route("/recaptcha/api/siteverify", post(judge))).await
}

/// The answer of a route.
pub struct Heard {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Heard {
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    pub fn location(&self) -> &str {
        self.headers.get("location").and_then(|value| std::str::from_utf8(value.as_bytes()).ok()).unwrap_or_default()
    }

    pub fn cookies(&self) -> Vec<String> {
        let all = self.headers.get_all("set-cookie").iter();
        all.map(|value| std::str::from_utf8(value.as_bytes()).expect("ASCII").to_owned()).collect()
    }
}

/// Asks a route within the standard layers, as a person or as nobody.
pub async fn ask(router: &Router, request: Builder, who: Option<access::Person>, body: Option<Value>) -> Heard {
    let request = request.header("host", "localhost").header("content-type", "application/json");
    let body = body.map_or_else(Body::empty, |body| body.to_string().into());
    let mut request = request.body(body).expect("a request");
    if let Some(who) = who {
        who.enter(request.extensions_mut());
    }
    let response = standard(router.clone(), HttpSettings::default()).oneshot(request).await.expect("answered");
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, 1_000_000).await.expect("a body");
    let body = serde_json::from_slice(&bytes).unwrap_or_default();
    Heard { status: parts.status.as_u16(), headers: parts.headers, body }
}

/// A mail as the server took it.
#[derive(Clone, Debug)]
pub struct Taken {
    pub to: String,
    pub data: String,
}

/// A mail server.
#[derive(Clone)]
pub struct MailServer {
    pub settings: MailSettings,
    taken: Arc<Mutex<Vec<Taken>>>,
}

impl MailServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("smtp://{}", listener.local_addr().expect("an address"));
        let taken: Arc<Mutex<Vec<Taken>>> = Arc::default();
        let kept = taken.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, kept.clone()));
            }
        });
        let settings = MailSettings { url, from: "Onsale <no-reply@onsale.test>".to_owned(), ca_file: None };
        Self { settings, taken }
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.taken.lock().expect("a lock").clone()
    }

    /// The mails, once there are so many.
    pub async fn after(&self, count: usize) -> Vec<Taken> {
        let wait = async {
            loop {
                let taken = self.taken();
                if taken.len() >= count {
                    return taken;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(DEADLINE, wait).await.expect("the mails arrive")
    }
}

async fn talk(mut stream: TcpStream, kept: Arc<Mutex<Vec<Taken>>>) -> std::io::Result<()> {
    let (read, mut write) = stream.split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 stand-in\r\n").await?;
    let mut to = String::new();
    while let Some(line) = lines.next_line().await? {
        let reply: &[u8] = match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "EHLO" => b"250-stand-in\r\n250 8BITMIME\r\n",
            "RCPT" => {
                to = line.trim_start_matches("RCPT TO:<").split('>').next().unwrap_or_default().to_owned();
                b"250 ok\r\n"
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mut data = String::new();
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    data.push_str(&line);
                    data.push('\n');
                }
                kept.lock().expect("a lock").push(Taken { to: to.clone(), data });
                b"250 taken\r\n"
            }
            "QUIT" => b"221 bye\r\n",
            _ => b"250 ok\r\n",
        };
        write.write_all(reply).await?;
    }
    Ok(())
}

/// A person at the provider, with the code that their browser brings back.
struct Ticket {
    challenge: String,
    redirect_uri: String,
    person: Value,
}

/// A provider of social log-in: Kakao's form of profiles.
#[derive(Clone)]
pub struct Provider {
    url: String,
    tickets: Arc<Mutex<HashMap<String, Ticket>>>,
}

impl Provider {
    pub async fn start() -> Self {
        let tickets: Arc<Mutex<HashMap<String, Ticket>>> = Arc::default();
        let router =
            Router::new().route("/token", post(token)).route("/profile", get(profile)).with_state(tickets.clone());
        Self { url: serve(router).await, tickets }
    }

    fn settings(&self) -> OauthSettings {
        OauthSettings {
            client_id: "onsale".to_owned(),
            client_secret: "secret".to_owned(),
            authorize_url: format!("{}/authorize", self.url),
            token_url: format!("{}/token", self.url),
            profile_url: format!("{}/profile", self.url),
        }
    }

    /// A person says yes at the address that the browser was sent to. Returns the state and the code that come back.
    pub fn says_yes(&self, location: &str, id: u64, email: &str) -> (String, String) {
        let asked = parameters(location);
        let code = format!("code-{}", Uuid::new_v4());
        let person = json!({"id": id, "sub": id.to_string(), "email": email, "email_verified": true,
            "kakao_account": {"email": email, "is_email_verified": true}});
        let (challenge, redirect_uri) = (asked["code_challenge"].clone(), asked["redirect_uri"].clone());
        self.tickets.lock().expect("a lock").insert(code.clone(), Ticket { challenge, redirect_uri, person });
        (asked["state"].clone(), code)
    }
}

/// The parameters of an address.
pub fn parameters(location: &str) -> HashMap<String, String> {
    let url = url::Url::parse(location).expect("an address");
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

type Tickets = Arc<Mutex<HashMap<String, Ticket>>>;

/// A code counts once, with the verifier of its challenge and its own callback.
async fn token(State(tickets): State<Tickets>, Form(form): Form<HashMap<String, String>>) -> (StatusCode, Json<Value>) {
    let field = |name: &str| form.get(name).cloned().unwrap_or_default();
    let mut tickets = tickets.lock().expect("a lock");
    let verified = URL_SAFE_NO_PAD.encode(Sha256::digest(field("code_verifier")));
    match tickets.remove(&field("code")) {
        Some(ticket) if ticket.challenge == verified && ticket.redirect_uri == field("redirect_uri") => {
            let access_token = format!("token-{}", Uuid::new_v4());
            tickets.insert(access_token.clone(), ticket);
            (StatusCode::OK, Json(json!({"access_token": access_token, "token_type": "bearer"})))
        }
        _ => (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"}))),
    }
}

async fn profile(State(tickets): State<Tickets>, headers: HeaderMap) -> (StatusCode, Json<Value>) {
    let bearer =
        headers.get("authorization").and_then(|value| std::str::from_utf8(value.as_bytes()).ok()).unwrap_or_default();
    let ticket = tickets.lock().expect("a lock").remove(bearer.trim_start_matches("Bearer "));
    match ticket {
        Some(ticket) => (StatusCode::OK, Json(ticket.person)),
        None => (StatusCode::UNAUTHORIZED, Json(json!({"msg": "no such token"}))),
    }
}
