//! A desk of the user role: its service on a database of its own, its routes, and the offices that it asks.

use crate::outsiders::{Heard, MailServer, SECRET, ask, connected};
use access::session_cookies::SessionCookies;
use access::{InternalKeys, Person, TokenKeys};
use account::api;
use account::outside::{IdentitySettings, RecaptchaSettings};
use account::service::AccountService;
use account::settings::Settings;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::AccountId;
use domain::account::UserRole;
use hot::KeyPort;
use hot::embedded::EmbeddedKeys;
use http::Request;
use ledger_testkit::{Raw, Site};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

pub const KEY: &str = "5f4d1c1e-8f0c-4d7e-9c60-0a3b5d0c7e11";
pub const PASSWORD: &str = "correct horse battery";

/// A verification at the office.
#[derive(Clone, Debug)]
pub struct Verification {
    pub status: &'static str,
    pub ci: Option<String>,
}

/// Both offices: `pass` is a person, `away` is answered by nobody, everything else is a robot. Verifications are those that a
/// test has made.
#[derive(Clone, Default)]
pub struct Offices {
    pub verifications: Arc<Mutex<HashMap<String, Verification>>>,
    /// How often each office was asked: robots, identities.
    pub asked: Arc<Mutex<(usize, usize)>>,
}

impl Offices {
    /// A verified person. The id of the verification is returned.
    pub fn verified(&self, id: &str, ci: &str) -> String {
        self.put(id, "VERIFIED", Some(ci))
    }

    /// Returns the id as PortOne would write it: plain.
    pub fn put(&self, id: &str, status: &'static str, ci: Option<&str>) -> String {
        let id = id.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
        let verification = Verification { status, ci: ci.map(str::to_owned) };
        self.verifications.lock().expect("a lock").insert(id.clone(), verification);
        id
    }

    pub fn asked(&self) -> (usize, usize) {
        *self.asked.lock().expect("a lock")
    }

    async fn open(&self) -> String {
        let router = Router::new()
            .route("/recaptcha/api/siteverify", post(judge))
            .route("/identity-verifications/{id}", get(identity))
            .with_state(self.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }
}

async fn judge(State(offices): State<Offices>, Form(form): Form<HashMap<String, String>>) -> (StatusCode, Json<Value>) {
    offices.asked.lock().expect("a lock").0 += 1;
    let token = form.get("response").cloned().unwrap_or_default();
    let status = if token == "away" { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
    (status, Json(json!({"success": token == "pass"})))
}

async fn identity(State(offices): State<Offices>, Path(id): Path<String>) -> (StatusCode, Json<Value>) {
    offices.asked.lock().expect("a lock").1 += 1;
    let found = offices.verifications.lock().expect("a lock").get(&id).cloned();
    match found {
        None if id == "away" => (StatusCode::BAD_GATEWAY, Json(json!({}))),
        None => (StatusCode::NOT_FOUND, Json(json!({"type": "IDENTITY_VERIFICATION_NOT_FOUND", "message": "none"}))),
        Some(Verification { status, ci }) => {
            let customer = json!({"name": "Kim Minsu", "phoneNumber": "01099998888", "ci": ci, "di": "di-of-kim"});
            let customer = if status == "VERIFIED" { customer } else { Value::Null };
            (StatusCode::OK, Json(json!({"status": status, "id": id, "verifiedCustomer": customer})))
        }
    }
}

/// The user role with all that it needs.
pub struct Desk {
    pub accounts: AccountService,
    pub offices: Offices,
    pub mails: MailServer,
    pub keys: Arc<EmbeddedKeys>,
    pub router: Router,
    pub internal: Router,
    pub site: Site,
}

/// What a person who logged in holds.
#[derive(Clone, Debug)]
pub struct Pair {
    pub access: String,
    pub refresh: String,
}

pub fn key(byte: u8) -> String {
    STANDARD.encode([byte; 32])
}

impl Desk {
    pub async fn open(site: Site) -> Self {
        Self::with(site, |_| {}).await
    }

    pub async fn with(site: Site, set: impl FnOnce(&mut Settings)) -> Self {
        let (offices, mails) = (Offices::default(), MailServer::start().await);
        let url = offices.open().await;
        let mut settings = Settings {
            recaptcha: RecaptchaSettings { base_url: url.clone(), secret: "secret".into(), min_score: 0.5 },
            identity: IdentitySettings {
                base_url: url,
                api_secret: "secret".into(),
                store_id: "store".into(),
                timeout: Duration::from_secs(30),
            },
            mail: mails.settings.clone(),
            bcrypt_cost: 4,
            personal_data_key: key(1),
            lookup_key: key(2),
            ..Settings::default()
        };
        set(&mut settings);
        let (ledger, keys) = (connected(&site).await, Arc::new(EmbeddedKeys::default()));
        let tokens = TokenKeys::new(SECRET, "").expect("keys");
        let accounts = AccountService::open(settings, ledger, keys.clone(), tokens).expect("opens");
        let cookies = SessionCookies::new(SECRET, "", "https://tickets.example").expect("cookies");
        let router = api::routes(accounts.clone(), cookies);
        let internal = api::internal_routes(accounts.clone(), InternalKeys::accepting([KEY]));
        Self { accounts, offices, mails, keys, router, internal, site }
    }

    pub async fn raw(&self) -> Raw {
        Raw::open(&self.site, &account::schema::SCHEMA).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Heard {
        self.send("POST", path, body).await
    }

    pub async fn send(&self, method: &str, path: &str, body: Value) -> Heard {
        let request = Request::builder().method(method).uri(path).header("user-agent", "Firefox/128.0");
        ask(&self.router, request, None, Some(body)).await
    }

    /// Asks as the holder of an access token, whom the gateway has let through.
    pub async fn asks(&self, pair: &Pair, method: &str, path: &str, body: Option<Value>) -> Heard {
        let request = Request::builder().method(method).uri(path).header("user-agent", "Firefox/128.0");
        let request = request.header("authorization", format!("Bearer {}", pair.access));
        ask(&self.router, request, Some(self.person(pair)), body).await
    }

    pub fn person(&self, pair: &Pair) -> Person {
        let claims = self.accounts.tokens.read_access(pair.access.as_bytes(), clock::now()).expect("a good token");
        Person { id: claims.sub, role: claims.role }
    }

    /// Asks as the gateway.
    pub async fn gateway(&self, path: &str, body: Value) -> Heard {
        let request = Request::post(path).header("x-service-api-key", KEY);
        ask(&self.internal, request, None, Some(body)).await
    }

    /// A new account of the person `ci`.
    pub async fn signed_up(&self, email: &str, ci: &str) -> AccountId {
        let verification = self.offices.verified(&format!("v-{email}"), ci);
        let heard = self.post("/auth/signup", sign_up(email, &verification)).await;
        assert_eq!((heard.status, heard.code()), (201, ""), "{}", heard.body);
        heard.body["id"].as_str().expect("an id").parse().expect("a UUID")
    }

    pub async fn logged_in(&self, email: &str) -> Pair {
        let heard = self.post("/auth/login", log_in(email, PASSWORD)).await;
        assert_eq!(heard.status, 200, "{}", heard.body);
        pair(&heard)
    }

    pub async fn refresh(&self, token: &str) -> Heard {
        self.post("/auth/refresh", json!({"refreshToken": token})).await
    }

    /// Whether an access token is blacklisted.
    pub async fn is_blacklisted(&self, pair: &Pair) -> bool {
        let claims = self.accounts.tokens.read_access(pair.access.as_bytes(), clock::now()).expect("a good token");
        let name = format!("token:blacklist:{}", claims.jti);
        self.keys.get(&[name], clock::now()).await.expect("read")[0].is_some()
    }

    /// An administrator, made as the command makes one.
    pub async fn admin(&self, email: &str) -> AccountId {
        use account::operators::{OperatorAccount, create_user};
        use domain::account::{EmailAddress, Password, PersonName};
        let wanted = OperatorAccount {
            email: EmailAddress::parse(email).expect("valid"),
            password: Password::parse(PASSWORD).expect("valid"),
            name: PersonName::parse("Operator").expect("valid"),
            role: UserRole::Admin,
        };
        let AccountService { ledger, personal, hashing, .. } = &self.accounts;
        create_user(ledger, personal, hashing, &wanted).await.expect("made")
    }
}

pub fn sign_up(email: &str, verification: &str) -> Value {
    json!({"email": email, "password": PASSWORD, "name": "김민수", "phone": "010-1234-5678",
        "identityVerificationId": verification, "recaptchaToken": "pass"})
}

pub fn log_in(email: &str, password: &str) -> Value {
    json!({"email": email, "password": password, "recaptchaToken": "pass"})
}

pub fn pair(heard: &Heard) -> Pair {
    let text = |name: &str| heard.body[name].as_str().expect("a token").to_owned();
    Pair { access: text("accessToken"), refresh: text("refreshToken") }
}

/// The body without what differs from answer to answer.
pub fn plain(heard: &Heard) -> (u16, Vec<String>, Value) {
    let mut body = heard.body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("timestamp");
        fields.remove("traceId");
    }
    let mut names: Vec<String> = heard.headers.iter().map(|(name, _)| name.to_string()).collect();
    names.sort_unstable();
    (heard.status, names, body)
}
