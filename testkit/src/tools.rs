//! Programs that are run, not served.

use crate::error::Result;
use crate::install;
use std::path::PathBuf;

/// `promtool`, which tests alert rules.
///
/// # Errors
/// When it is not there and cannot be installed.
pub fn promtool() -> Result<PathBuf> {
    install::promtool()
}

/// `prometheus`.
///
/// # Errors
/// When it is not there and cannot be installed.
pub fn prometheus() -> Result<PathBuf> {
    install::prometheus()
}

/// `chromium`, a browser.
///
/// # Errors
/// When it is not there and cannot be installed.
pub fn chromium() -> Result<PathBuf> {
    install::chromium()
}

/// The script of axe-core, to be run inside a page.
///
/// # Errors
/// When it is not there and cannot be fetched.
pub fn axe() -> Result<PathBuf> {
    install::axe()
}

/// `k6`, which makes load from a script.
///
/// # Errors
/// When it is not there and cannot be installed.
pub fn k6() -> Result<PathBuf> {
    install::k6()
}

/// `wrk`, which makes load.
///
/// # Errors
/// When it is not there and cannot be installed.
pub fn wrk() -> Result<PathBuf> {
    install::wrk()
}

/// The folder with Kafka's jars.
///
/// # Errors
/// When they are not there and cannot be downloaded.
pub fn kafka_jars() -> Result<PathBuf> {
    install::kafka_jars()
}
