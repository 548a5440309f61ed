//! Telling a gate in another process: its completion call, with the key of our own services.

use super::requests::{Outcome, TellGate};
use async_trait::async_trait;
use backon::{ExponentialBuilder, Retryable};
use domain::TenantName;
use domain::line::LineOutcome;
use futures::{StreamExt, stream};
use reqwest::{Client, StatusCode};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Longest wait for one answer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Calls under way at once.
const CALLS_MAX: usize = 32;
/// Longest time for a whole batch: a gate that does not answer must not hold up the requests of other gates.
const BATCH_TIMEOUT: Duration = Duration::from_secs(15);

/// A gate somewhere else.
pub struct GateCall {
    client: Client,
    urls: Vec<String>,
    /// The one that answered last.
    at: AtomicUsize,
    key: String,
}

impl GateCall {
    /// A gate at these addresses (`http://host:port`, several with commas between them), for whom this key is ours.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn new(urls: &str, key: String) -> Result<Self, reqwest::Error> {
        let client = Client::builder().timeout(TIMEOUT).no_proxy().build()?;
        let urls = urls.split(',').map(|url| url.trim().trim_end_matches('/').to_owned()).collect();
        Ok(Self { client, urls, at: AtomicUsize::new(0), key })
    }

    /// Asks the one that answered last; where it does not, the next is asked from then on.
    async fn call(&self, outcome: &Outcome) -> Result<(), String> {
        let at = self.at.load(Ordering::Relaxed);
        let called = self.call_at(&self.urls[at % self.urls.len()], outcome).await;
        if called.is_err() {
            let _ = self.at.compare_exchange(at, at.wrapping_add(1), Ordering::Relaxed, Ordering::Relaxed);
        }
        called
    }

    async fn call_at(&self, url: &str, outcome: &Outcome) -> Result<(), String> {
        let event = &outcome.campaign.event;
        let result = match outcome.verdict {
            LineOutcome::Issued => "ISSUED",
            LineOutcome::SoldOut => "SOLD_OUT",
        };
        let mut asked = vec![("userId", outcome.user.as_str()), ("result", result)];
        if outcome.campaign.tenant != TenantName::default_tenant() {
            asked.push(("tenant", outcome.campaign.tenant.as_str()));
        }
        let url = format!("{url}/gate/events/{event}/processing/complete");
        let url = reqwest::Url::parse_with_params(&url, asked).map_err(|error| error.to_string())?;
        let answer = self.client.post(url).header("x-service-api-key", &self.key).send().await;
        match answer.map_err(|error| error.without_url().to_string())?.status() {
            StatusCode::OK => Ok(()),
            status => Err(format!("it answered {status}")),
        }
    }
}

#[async_trait]
impl TellGate for GateCall {
    async fn tell(&self, outcomes: Vec<Outcome>) {
        let count = outcomes.len();
        let calls = stream::iter(outcomes).map(async |outcome| {
            let patience = ExponentialBuilder::default().with_min_delay(Duration::from_millis(50)).with_max_times(3);
            (|| self.call(&outcome)).retry(patience).await
        });
        let mut calls = std::pin::pin!(calls.buffer_unordered(CALLS_MAX));
        let (mut told, mut why) = (0, String::from("no answer in time"));
        let telling = async {
            while let Some(answer) = calls.next().await {
                match answer {
                    Ok(()) => told += 1,
                    Err(error) => why = error,
                }
            }
        };
        let in_time = tokio::time::timeout(BATCH_TIMEOUT, telling).await.is_ok();
        if told < count || !in_time {
            let untold = count - told;
            metrics::counter!("onsale_issuer_untold_total").increment(untold as u64);
            tracing::warn!(untold, why, "the gate was not told what came of requests; it will ask again");
        }
    }
}
