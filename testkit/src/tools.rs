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
