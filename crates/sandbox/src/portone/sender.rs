//! Sends notices to the product.

use super::webhook::{Notice, SigningKey};
use crate::books::OpenError;
use crate::settings::PortOneSettings;
use reqwest::Client;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Longest wait for the product's answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Pauses before a notice is sent again that was not taken.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30)];
/// Most notices under way. What comes beyond is not sent: notices may be lost, and the product has to bear it.
const UNDER_WAY_MAX: usize = 256;

/// The way to the product. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Sender {
    client: Client,
    url: Option<String>,
    key: SigningKey,
    places: Arc<Semaphore>,
}

impl Sender {
    pub fn new(settings: &PortOneSettings) -> Result<Self, OpenError> {
        // One for the process, whoever is first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client =
            Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none()).no_proxy().build()?;
        let key = SigningKey::of(&settings.webhook_secret).ok_or(OpenError::WebhookSecret)?;
        Ok(Self { client, url: settings.webhook_url.clone(), key, places: Arc::new(Semaphore::new(UNDER_WAY_MAX)) })
    }

    /// Whether there is somebody to send to.
    pub fn has_receiver(&self) -> bool {
        self.url.is_some()
    }

    /// The key of the signatures.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Sends a notice once. The status of the answer; none without one.
    pub async fn send(&self, notice: &Notice) -> Option<u16> {
        let mut request = self.client.post(self.url.as_deref()?).body(notice.body.clone());
        for (name, value) in &notice.headers {
            request = request.header(*name, value);
        }
        match request.send().await {
            Ok(response) => Some(response.status().as_u16()),
            Err(error) => {
                tracing::info!(error = %error.without_url(), "a notice had no answer");
                None
            }
        }
    }

    /// Sends a notice in the background until it is taken, a few times.
    pub fn send_later(&self, notice: Notice) {
        if !self.has_receiver() {
            return;
        }
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            tracing::warn!("too many notices are under way; one was not sent");
            return;
        };
        let sender = self.clone();
        tokio::spawn(async move {
            let _place = place;
            for pause in PAUSES {
                if sender.send(&notice).await.is_some_and(|status| (200..300).contains(&status)) {
                    return;
                }
                tokio::time::sleep(pause).await;
            }
            sender.send(&notice).await;
        });
    }
}
