//! `onsale backup` and `onsale restore`.

use super::Ending;
use crate::backup;
use crate::cli::{BackupArguments, RestoreArguments};
use crate::config::{BusEngine, Config, HotEngine};
use crate::wiring::ALL_SCHEMAS;

/// Copies the data folder, while a server runs on it or not.
///
/// # Errors
/// When a file cannot be read or written.
pub fn take(config: &Config, arguments: &BackupArguments) -> anyhow::Result<Ending> {
    let backup::Taken { manifest, strangers } = backup::take(&config.data.dir, &arguments.out)?;
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&manifest)?)?;
    } else {
        for entry in &manifest.files {
            say!("{:>14} bytes  {}", entry.bytes, entry.name)?;
        }
        say!(
            "backup of {}: {} files, {} bytes in {}; writers waited {} ms",
            manifest.taken_at,
            manifest.files.len(),
            manifest.bytes(),
            arguments.out.display(),
            manifest.held_ms
        )?;
    }
    note!("whoever reads this backup has every key and name in it: keep it as you keep the data folder");
    for missing in elsewhere(config) {
        note!("not in it: {missing}");
    }
    for name in strangers {
        note!("not in it: {name}, which this program did not make");
    }
    Ok(Ending::Done)
}

/// What belongs to this installation and is not in the folder.
fn elsewhere(config: &Config) -> Vec<String> {
    let mut elsewhere = vec!["the configuration: its file, and variables of the environment".to_owned()];
    if config.hot_engine() != HotEngine::Embedded {
        elsewhere.push("Redis (hot.url)".to_owned());
    }
    if config.bus_engine() != BusEngine::Local {
        elsewhere.push("Kafka (bus.url)".to_owned());
    }
    let apart = ALL_SCHEMAS.iter().filter(|schema| !schema.is_embedded(config));
    elsewhere.extend(apart.map(|schema| format!("the database of {} on its server", schema.name)));
    elsewhere
}

/// Puts a backup into the data folder, or only checks it.
///
/// # Errors
/// When the backup is damaged, or there is data in the folder.
pub fn restore(config: &Config, arguments: &RestoreArguments) -> anyhow::Result<Ending> {
    if arguments.check {
        let manifest = backup::check(&arguments.from)?;
        say!("the backup of {} is whole: {} files", manifest.taken_at, manifest.files.len())?;
        return Ok(Ending::Done);
    }
    let manifest = backup::put_back(&arguments.from, &config.data.dir)?;
    say!(
        "{} files of the backup of {} are in {}. What was decided after that moment is not. Next:",
        manifest.files.len(),
        manifest.taken_at,
        config.data.dir.display()
    )?;
    say!(
        "  onsale reconcile             the books of coupons
  onsale serve                 as before
  onsale reconcile --payments  once it runs: money that was taken after that moment
  onsale admin keys list       keys that were revoked after that moment work again: revoke them again"
    )?;
    Ok(Ending::Done)
}
