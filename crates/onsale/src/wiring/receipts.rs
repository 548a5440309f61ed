//! What numbers in opening draws are signed with.

use super::secrets;
use crate::config::{Config, HotEngine};
use anyhow::Context;
use lines::ReceiptKey;
use queue::site::cookie_keys::new_key;

/// The file in the data folder with the key that was made.
const KEY_FILE: &str = "receipt.key";

/// The key: of the configuration, or, in a process that shares lines with no other, made once and kept. None where
/// others share the lines and nobody has given one: no draw can be announced there.
///
/// # Errors
/// When it can not be read, or is none.
pub(super) fn key(config: &Config) -> anyhow::Result<Option<ReceiptKey>> {
    let queue = &config.queue;
    let given = secrets::given(&queue.receipt_key, &queue.receipt_key_file, "queue.receipt_key_file")?;
    let text = match given {
        Some(text) => text,
        None if config.hot_engine() == HotEngine::Embedded => {
            secrets::kept(&config.data.dir, KEY_FILE, || new_key().context("the system has no randomness"))?
        }
        None => return Ok(None),
    };
    let key = ReceiptKey::read(&text).context(
        "queue.receipt_key cannot be used: it has 32 bytes, as `openssl rand -hex 32` or `openssl rand -base64 32` makes",
    )?;
    Ok(Some(key))
}
