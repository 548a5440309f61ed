//! The sandbox of the demonstration: it stands in for PortOne, reCAPTCHA, log-ins of other services and mail.
//!
//! In this process it listens on a free port of the loopback address, since the product's clients speak real protocols to it,
//! and answers `/sandbox/**` beside the other routes, since browsers come there. Apart (`sandbox.url`) it outlives the product.

use super::supervisor::Task;
use crate::config::Config;
use account::outside::{OauthProvider, OauthSettings};
use anyhow::Context;
use axum::Router;
use lines::Challenges;
use lines::challenge::Recaptcha;
use sandbox::{Sandbox, SandboxSettings, smtp};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::Mutex;

/// Any free port of the loopback address.
const ANYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// The sandbox takes any key of a site.
const SITE_KEY: &str = "sandbox";

/// A sandbox of this process, or of another.
pub struct SandboxPlace {
    /// Where programs reach it.
    url: String,
    /// Where mail goes; none for one apart, whose mail server is named by `user.smtp.url`.
    mail: Option<SocketAddr>,
    settings: SandboxSettings,
    /// Its routes, in this process.
    pub routes: Option<Router>,
    /// Serves it, in this process.
    pub tasks: Vec<Task>,
}

/// The sandbox that the configuration wants; none outside of the demonstration. `public_url`: the site that its windows send
/// browsers back to.
///
/// # Errors
/// When its books cannot be opened, or no port is free.
pub async fn open(config: &Config, public_url: &str) -> anyhow::Result<Option<SandboxPlace>> {
    if !config.sandbox.url.is_empty() {
        let url = config.sandbox.url.trim_end_matches('/').to_owned();
        let settings = SandboxSettings::default();
        return Ok(Some(SandboxPlace { url, mail: None, settings, routes: None, tasks: Vec::new() }));
    }
    if !config.demo.enabled {
        return Ok(None);
    }
    let mut settings = SandboxSettings { return_origins: vec![public_url.to_owned()], ..SandboxSettings::default() };
    settings.portone.webhook_url = Some(format!("{public_url}/payments/webhook"));
    let books =
        Sandbox::open(&config.data.dir, settings.clone()).context("the books of the sandbox cannot be opened")?;
    let http = TcpListener::bind(ANYWHERE).await.context("the sandbox has no port")?;
    let mail = TcpListener::bind(ANYWHERE).await.context("the sandbox has no port for mail")?;
    let (url, mail_address) = (format!("http://{}", http.local_addr()?), mail.local_addr()?);
    let routes = sandbox::routes(books.clone());
    let tasks = vec![serve_http(books.clone(), http), serve_mail(books, mail)];
    Ok(Some(SandboxPlace { url, mail: Some(mail_address), settings, routes: Some(routes), tasks }))
}

fn serve_http(books: Sandbox, listener: TcpListener) -> Task {
    let listener = Arc::new(Mutex::new(Some(listener)));
    Task::new("sandbox", move || {
        let (books, listener) = (books.clone(), listener.clone());
        async move {
            let Some(listener) = listener.lock().await.take() else { return std::future::pending().await };
            if let Err(error) = axum::serve(listener, sandbox::command::service(books)).await {
                tracing::error!(%error, "the sandbox has ended");
            }
        }
    })
}

fn serve_mail(books: Sandbox, listener: TcpListener) -> Task {
    let listener = Arc::new(Mutex::new(Some(listener)));
    Task::new("sandbox mail", move || {
        let (books, listener) = (books.clone(), listener.clone());
        async move {
            let Some(listener) = listener.lock().await.take() else { return std::future::pending().await };
            smtp::serve(books, listener, None).await;
        }
    })
}

impl SandboxPlace {
    /// Where programs reach it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Puts the sandbox where the configuration names no real service.
    pub(super) fn stand_in(&self, config: &Config, mut settings: account::Settings) -> account::Settings {
        if config.user.recaptcha.base_url.is_empty() {
            settings.recaptcha.base_url = format!("{}/sandbox", self.url);
            settings.recaptcha.secret.clone_from(&self.settings.recaptcha_secret.0);
        }
        if config.user.portone.base_url.is_empty() {
            settings.identity.base_url = format!("{}/sandbox/portone/api", self.url);
            settings.identity.api_secret.clone_from(&self.settings.portone.api_secret);
            settings.identity.store_id.clone_from(&self.settings.portone.store_id);
        }
        if let (true, Some(mail)) = (config.user.smtp.url.is_empty(), self.mail) {
            settings.mail.url = format!("smtp://{mail}");
        }
        for provider in OauthProvider::ALL {
            if !settings.oauth.iter().any(|(known, _)| *known == provider) {
                settings.oauth.push((provider, self.provider(provider, &settings.public_url)));
            }
        }
        settings
    }

    /// The same for what lines ask for.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn stand_in_for_challenges(&self, config: &Config, challenges: &Challenges) -> anyhow::Result<()> {
        if config.user.recaptcha.base_url.is_empty() {
            let script = format!("{}/sandbox/recaptcha/api.js", self.base());
            let secret = &self.settings.recaptcha_secret.0;
            let recaptcha = Recaptcha::new(&format!("{}/sandbox", self.url), &script, SITE_KEY, secret);
            challenges.stand_in(recaptcha.context("the sandbox cannot be asked")?);
        }
        Ok(())
    }

    /// Where browsers reach it: in this process through the site.
    fn base(&self) -> &str {
        if self.routes.is_some() { "" } else { &self.url }
    }

    /// The same of payments. Its money is that of a test channel.
    pub(super) fn stand_in_for_payments(&self, config: &Config, mut settings: payment::Settings) -> payment::Settings {
        if config.payment.portone.base_url.is_empty() {
            let (ours, theirs) = (&mut settings.portone, &self.settings.portone);
            ours.base_url = format!("{}/sandbox/portone/api", self.url);
            ours.api_secret.clone_from(&theirs.api_secret);
            ours.store_id.clone_from(&theirs.store_id);
            ours.channel_key.clone_from(&theirs.channel_key);
            ours.webhook_secret.clone_from(&theirs.webhook_secret);
            ours.accept_test_channel = theirs.is_test_channel;
        }
        settings
    }

    /// Its windows, where pages have no real ones. In this process browsers come through the site.
    pub(super) fn stand_in_for_windows(&self, mut settings: pages::Settings) -> pages::Settings {
        let base = self.base();
        let fill = |address: &mut String, path: &str| {
            if address.is_empty() {
                *address = format!("{base}/sandbox/{path}");
            }
        };
        fill(&mut settings.payment_sdk_url, "portone/window");
        fill(&mut settings.identity_sdk_url, "portone/identity-window");
        fill(&mut settings.recaptcha_script_url, "recaptcha/api.js");
        if settings.identity_store_id.is_empty() {
            settings.identity_store_id.clone_from(&self.settings.portone.store_id);
        }
        settings.has_sandbox = true;
        settings.social_providers = OauthProvider::ALL.map(|provider| provider.as_str().to_owned()).to_vec();
        settings
    }

    /// A registration at the sandbox: browsers come through the site, programs directly.
    fn provider(&self, provider: OauthProvider, public_url: &str) -> OauthSettings {
        let place = |base: &str, what: &str| format!("{base}/sandbox/oauth/{}/{what}", provider.as_str());
        let browsers = if self.routes.is_some() { public_url } else { &self.url };
        OauthSettings {
            client_id: self.settings.oauth.client_id.clone(),
            client_secret: self.settings.oauth.client_secret.clone(),
            authorize_url: place(browsers, "authorize"),
            token_url: place(&self.url, "token"),
            profile_url: place(&self.url, "profile"),
        }
    }
}
