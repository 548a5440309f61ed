//! PortOne V2 over HTTP (contract, "Others' protocols"), with a limit of 10 s a call (PAY-008) and a breaker (PAY-009).
//!
//! Whether PortOne or the sandbox answers at the address of the settings, nothing here knows. An answer that says nothing of
//! the payment is [`Away`]: never a word about money (hole 2). Errors and logs name the call and the kind of the failure,
//! and no secret or content.

mod calls;
mod guard;
mod http;
mod list;
mod wire;

pub use calls::{CancelRequest, PreRegistered};
pub use list::{Listed, ListedPage};

use crate::settings::PortOneSettings;
use domain::payment::Away;
use domain::payment::lookup::Lookup;
use guard::Guard;
use reqwest::header::HeaderValue;
use reqwest::{Client, Url};
use std::sync::Arc;

/// Our store at PortOne. Cheap to clone.
#[derive(Clone)]
pub struct PortOne(Arc<Inner>);

struct Inner {
    client: Client,
    /// None: nobody can pay.
    base: Option<Url>,
    authorization: HeaderValue,
    store_id: String,
    guard: Guard,
}

/// Why the settings name no PortOne.
#[derive(Debug, thiserror::Error)]
pub enum PortOneFault {
    /// No such address.
    #[error("payment.portone.base_url must be an address such as https://api.portone.io")]
    Url,
    /// No header can carry it.
    #[error("payment.portone.api_secret has characters that cannot be sent")]
    Secret,
    /// No HTTP client can be made, for example because the system's certificates cannot be read.
    #[error("no HTTP client can be made")]
    Client(#[from] reqwest::Error),
}

impl PortOne {
    /// The store of these settings. Nothing is asked yet.
    ///
    /// # Errors
    /// [`PortOneFault`].
    pub fn new(settings: &PortOneSettings) -> Result<Self, PortOneFault> {
        let base = match settings.base_url.trim().trim_end_matches('/') {
            "" => None,
            url => Some(Url::parse(url).map_err(|_| PortOneFault::Url)?),
        };
        if base.as_ref().is_some_and(|base| !matches!(base.scheme(), "http" | "https") || base.cannot_be_a_base()) {
            return Err(PortOneFault::Url);
        }
        let authorization = format!("PortOne {}", settings.api_secret);
        let mut authorization = HeaderValue::from_str(&authorization).map_err(|_| PortOneFault::Secret)?;
        authorization.set_sensitive(true);
        Ok(Self(Arc::new(Inner {
            client: http::client(settings.timeout)?,
            base,
            authorization,
            store_id: settings.store_id.clone(),
            guard: Guard::new(settings.breaker_open),
        })))
    }

    /// An address under the store's. Without one nothing is sent ([`PortOne::is_configured`]).
    fn url(&self, segments: &[&str]) -> Result<Url, Away> {
        let mut url = self.0.base.clone().ok_or(Away::Refused)?;
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        Ok(url)
    }

    /// Whether the settings name an address.
    pub fn is_configured(&self) -> bool {
        self.0.base.is_some()
    }

    /// Whether calls are refused for a while, apart from those that try.
    pub fn is_open(&self) -> bool {
        self.0.guard.is_open()
    }
}

/// A look-up, or that there is none.
pub type Looked = Result<Lookup, Away>;
