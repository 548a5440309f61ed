//! TLS towards clients: the certificate of `tls.cert` and `tls.key`, read again when it has been renewed.

use super::supervisor::Task;
use crate::commands::WrongUse;
use crate::config::Config;
use onsale_http::server::Tls;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tokio::signal::unix::{SignalKind, signal};

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// The certificate that the configuration names; none where clients speak without TLS.
///
/// # Errors
/// [`WrongUse`] when one of the two files is not named, cannot be read, or does not belong to the other.
pub fn read(config: &Config) -> anyhow::Result<Option<Tls>> {
    let is_given = |file: &Path| !file.as_os_str().is_empty();
    let (certificate, key) = (&*config.tls.cert, &*config.tls.key);
    match (is_given(certificate), is_given(key)) {
        (false, false) => Ok(None),
        (true, true) => Tls::read(certificate, key).map(Some).map_err(|error| WrongUse(error.to_string()).into()),
        (true, false) => Err(WrongUse("tls.cert needs tls.key, the file of its private key".to_owned()).into()),
        (false, true) => Err(WrongUse("tls.key needs tls.cert, the file of its certificate".to_owned()).into()),
    }
}

/// Reads the files again after they have changed, and on SIGHUP. While they cannot be used, the certificate in use stays.
pub fn follow(config: &Config, tls: Tls) -> Task {
    let (certificate, key) = (config.tls.cert.clone(), config.tls.key.clone());
    Task::new("certificate", move || follow_files(tls.clone(), certificate.clone(), key.clone()))
}

async fn follow_files(tls: Tls, certificate: PathBuf, key: PathBuf) {
    let Ok(mut asked) = signal(SignalKind::hangup()) else { return std::future::pending().await };
    let mut seen = changed_at(&certificate, &key);
    loop {
        let is_asked = tokio::select! {
            _ = asked.recv() => true,
            () = tokio::time::sleep(LOOK_EVERY) => false,
        };
        let now = changed_at(&certificate, &key);
        if !is_asked && now == seen {
            continue;
        }
        seen = now;
        match tls.reload(&certificate, &key) {
            Ok(()) => tracing::info!(certificate = %certificate.display(), "the certificate was read again"),
            Err(error) => tracing::error!(%error, "the renewed certificate cannot be used; the one in use stays"),
        }
    }
}

/// When the files were changed last. A link that is led elsewhere is a change, too.
fn changed_at(certificate: &Path, key: &Path) -> [Option<SystemTime>; 2] {
    [certificate, key].map(|file| std::fs::metadata(file).and_then(|metadata| metadata.modified()).ok())
}
