//! Reports outcomes to a gate in another process, by its completion call with the key of our own services.

use super::requests::{GateReporter, Outcome};
use access::client::{ClientError, client};
use async_trait::async_trait;
use backon::{ExponentialBuilder, Retryable};
use domain::TenantName;
use domain::line::LineOutcome;
use futures::{StreamExt, stream};
use reqwest::{Client, StatusCode};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Longest wait for one reply.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Most calls at once.
const CALLS_MAX: usize = 32;
/// Longest time for a whole batch: a gate that does not answer must not hold up the requests of other gates.
const BATCH_TIMEOUT: Duration = Duration::from_secs(15);

/// A gate in another process.
pub struct GateCall {
    client: Client,
    urls: Vec<String>,
    /// The index of the URL that replied last.
    current: AtomicUsize,
    key: String,
}

impl GateCall {
    /// A gate at these URLs (`http://host:port` or `https://host:port`, separated by commas), called with this key.
    /// `authorities`: see [`client`].
    ///
    /// # Errors
    /// When the HTTP client cannot be created.
    pub fn new(urls: &str, key: String, authorities: Option<&Path>) -> Result<Self, ClientError> {
        let client = client(TIMEOUT, authorities)?;
        let urls = urls.split(',').map(|url| url.trim().trim_end_matches('/').to_owned()).collect();
        Ok(Self { client, urls, current: AtomicUsize::new(0), key })
    }

    /// Calls the URL that replied last. After a failure, later calls use the next URL.
    async fn call(&self, outcome: &Outcome) -> Result<(), String> {
        let index = self.current.load(Ordering::Relaxed);
        let result = self.call_url(&self.urls[index % self.urls.len()], outcome).await;
        if result.is_err() {
            let next = index.wrapping_add(1);
            let _ = self.current.compare_exchange(index, next, Ordering::Relaxed, Ordering::Relaxed);
        }
        result
    }

    async fn call_url(&self, url: &str, outcome: &Outcome) -> Result<(), String> {
        let event = &outcome.campaign.event;
        let result = match outcome.result {
            LineOutcome::Issued => "ISSUED",
            LineOutcome::SoldOut => "SOLD_OUT",
        };
        let mut parameters = vec![("userId", outcome.user.as_str()), ("result", result)];
        if outcome.campaign.tenant != TenantName::default_tenant() {
            parameters.push(("tenant", outcome.campaign.tenant.as_str()));
        }
        let url = format!("{url}/gate/events/{event}/processing/complete");
        let url = reqwest::Url::parse_with_params(&url, parameters).map_err(|error| error.to_string())?;
        let reply = self.client.post(url).header("x-service-api-key", &self.key).send().await;
        match reply.map_err(|error| error.without_url().to_string())?.status() {
            StatusCode::OK => Ok(()),
            status => Err(format!("the gate replied {status}")),
        }
    }
}

#[async_trait]
impl GateReporter for GateCall {
    async fn report(&self, outcomes: Vec<Outcome>) {
        let count = outcomes.len();
        let calls = stream::iter(outcomes).map(async |outcome| {
            let backoff = ExponentialBuilder::default().with_min_delay(Duration::from_millis(50)).with_max_times(3);
            (|| self.call(&outcome)).retry(backoff).await
        });
        let mut calls = std::pin::pin!(calls.buffer_unordered(CALLS_MAX));
        let (mut reported, mut why) = (0, String::from("no reply in time"));
        let reporting = async {
            while let Some(result) = calls.next().await {
                match result {
                    Ok(()) => reported += 1,
                    Err(error) => why = error,
                }
            }
        };
        let in_time = tokio::time::timeout(BATCH_TIMEOUT, reporting).await.is_ok();
        if reported < count || !in_time {
            let unreported = count - reported;
            metrics::counter!("onsale_issuer_untold_total").increment(unreported as u64);
            tracing::warn!(
                unreported,
                why,
                "outcomes could not be reported to the gate; it will send the requests again"
            );
        }
    }
}
