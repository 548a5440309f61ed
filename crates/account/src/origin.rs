//! From where somebody calls.

use axum::extract::FromRequestParts;
use domain::account::login::browser;
use http::header::USER_AGENT;
use http::request::Parts;
use onsale_http::{ClientIp, Language, Network, NetworkPrefixes, TraceId};
use sha2::{Digest, Sha256};
use std::convert::Infallible;
use std::net::IpAddr;

/// Most characters of a user agent that are kept.
const AGENT_CHARACTERS_MAX: usize = 255;

/// Address, network, browser and language of a caller, and the id of the call. As an extractor it never refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The address; none where no layer has found it out.
    pub ip: Option<IpAddr>,
    /// The network of the address, as the holder of shares.
    pub network: String,
    /// The header `User-Agent`, without control characters.
    pub user_agent: String,
    /// The language of the answer.
    pub language: Language,
    /// The id of the call.
    pub trace_id: String,
}

impl Origin {
    /// An origin by its parts.
    pub fn new(ip: Option<IpAddr>, network: Option<Network>, user_agent: &[u8], language: Language) -> Self {
        let network = network.or_else(|| ip.map(|ip| NetworkPrefixes::default().network(ip)));
        let user_agent = String::from_utf8_lossy(user_agent);
        Self {
            ip,
            network: network.map(|network| network.to_string()).unwrap_or_default(),
            user_agent: user_agent.chars().filter(|c| !c.is_control()).take(AGENT_CHARACTERS_MAX).collect(),
            language,
            trace_id: TraceId::fresh().to_string(),
        }
    }

    /// The address as text; empty where it is not known.
    pub fn address(&self) -> String {
        self.ip.map(|ip| ip.to_canonical().to_string()).unwrap_or_default()
    }

    /// A hash of the browser: its user agent without numbers.
    pub fn browser_hash(&self) -> String {
        hex::encode(Sha256::digest(browser(&self.user_agent)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let extensions = &parts.extensions;
        let ip = extensions.get::<ClientIp>().map(|client| client.0);
        let agent = parts.headers.get(USER_AGENT).map(http::HeaderValue::as_bytes).unwrap_or_default();
        let language = extensions.get::<Language>().copied().unwrap_or_default();
        let origin = Self::new(ip, extensions.get::<Network>().copied(), agent, language);
        let trace_id = extensions.get::<TraceId>().map(ToString::to_string);
        Ok(Self { trace_id: trace_id.unwrap_or_else(|| origin.trace_id.clone()), ..origin })
    }
}
