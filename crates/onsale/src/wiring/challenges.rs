//! What lines ask for before they give a place.

use super::secrets;
use crate::config::Config;
use anyhow::{Context, bail};
use domain::line::Challenge;
use hot::KeyPort;
use hot::line::LinePort;
use lines::Challenges;
use lines::challenge::Recaptcha;
use std::sync::Arc;

/// Challenges of these lines.
///
/// # Errors
/// When reCAPTCHA is asked for and not configured, or a key cannot be read.
pub(super) fn open(config: &Config, lines: &Arc<dyn LinePort>, keys: &Arc<dyn KeyPort>) -> anyhow::Result<Challenges> {
    let recaptcha = recaptcha(config)?;
    // It stands in where nothing is configured, and not for what was left out.
    let is_named = !config.user.recaptcha.base_url.is_empty();
    let has_sandbox = !is_named && (config.demo.enabled || !config.sandbox.url.is_empty());
    if config.queue.challenge == Challenge::Recaptcha && recaptcha.is_none() && !has_sandbox {
        bail!(
            "queue.challenge is \"recaptcha\", so user.recaptcha.base_url, user.recaptcha.site_key and \
             user.recaptcha.secret must be set"
        );
    }
    let bits = config.queue.pow_bits;
    Ok(Challenges::new(key(config)?.as_bytes(), lines.clone(), keys.clone(), bits, recaptcha))
}

/// The key of nonces follows from that of cookies, which servers that share lines have in common. A server without one
/// makes one for as long as it runs: a nonce lives five minutes.
fn key(config: &Config) -> anyhow::Result<String> {
    let queue = &config.queue;
    let given = secrets::given(&queue.cookie_key, &queue.cookie_key_file, "queue.cookie_key_file")?;
    given.map_or_else(|| queue::site::cookie_keys::new_key().context("the system has no randomness"), Ok)
}

/// None where it is not configured.
fn recaptcha(config: &Config) -> anyhow::Result<Option<Recaptcha>> {
    let settings = &config.user.recaptcha;
    let secret = secrets::given(&settings.secret, &settings.secret_file, "user.recaptcha.secret_file")?;
    let Some(secret) = secret.filter(|_| !settings.base_url.is_empty() && !settings.site_key.is_empty()) else {
        return Ok(None);
    };
    let recaptcha = Recaptcha::new(&settings.base_url, &settings.script_url, &settings.site_key, &secret);
    recaptcha.context("user.recaptcha cannot be used").map(Some)
}
