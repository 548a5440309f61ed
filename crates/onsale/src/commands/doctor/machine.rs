//! The machine that the process is to run on.

use super::finding::Finding;
use crate::config::Config;
use anyhow::Context;
use std::io::Write;
use std::net::TcpListener;

/// Free space below which an evening may end early.
const FREE_BYTES_MIN: u64 = 1 << 30;
/// Descriptors below which a crowd does not fit.
const DESCRIPTORS_MIN: u64 = 4_096;

/// Whether the data folder can be written.
pub(super) fn data_folder(config: &Config) -> Finding {
    let (name, folder) = ("data-folder", &config.data.dir);
    let write = || -> anyhow::Result<()> {
        std::fs::create_dir_all(folder)?;
        let probe = folder.join(".doctor");
        let mut file = std::fs::File::create(&probe)?;
        file.write_all(b"probe")?;
        file.sync_all()?;
        Ok(std::fs::remove_file(probe)?)
    };
    match write().with_context(|| format!("the data folder {} can not be written", folder.display())) {
        Ok(()) => Finding::ok(name, format!("the data folder {} can be written and flushed", folder.display())),
        Err(error) => Finding::wrong(name, format!("{error:#}"), "set data.dir, or the folder's owner"),
    }
}

/// Whether there is room in the data folder.
pub(super) fn free_space(config: &Config) -> Finding {
    let name = "free-space";
    let free = match rustix::fs::statvfs(&config.data.dir) {
        Ok(free) => free,
        Err(error) => return Finding::wrong(name, error.to_string(), "set data.dir"),
    };
    let bytes = free.f_bavail * free.f_frsize;
    let gib = bytes as f64 / f64::from(1 << 30);
    if bytes < FREE_BYTES_MIN {
        let said = format!("{gib:.1} GiB left; a million coupons take about 0.5 GiB");
        return Finding::wrong(name, said, "make room, or move data.dir");
    }
    Finding::ok(name, format!("{gib:.1} GiB left"))
}

/// Whether the address can be listened on; `is_running`: by what is known, a server of ours has it.
pub(super) fn address(config: &Config, is_running: Option<bool>) -> Finding {
    let (name, listen) = ("address", config.http.listen);
    let change = "stop what uses it, or set http.listen";
    match (TcpListener::bind(listen), is_running) {
        (Ok(_), _) => Finding::ok(name, format!("{listen} is free")),
        (Err(_), Some(true)) => {
            Finding::ok(name, format!("{listen} is in use, and so is the data folder: by the running server"))
        }
        (Err(error), Some(false)) => Finding::wrong(name, format!("{listen}: {error}"), change),
        (Err(error), None) => Finding::warning(
            name,
            format!("{listen}: {error}; by a running server, if one is meant to run here"),
            change,
        ),
    }
}

/// Whether enough files may be open.
pub(super) fn descriptors() -> Finding {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX);
    if limit < DESCRIPTORS_MIN {
        return Finding::wrong("descriptors", format!("at most {limit} open files"), "raise it: ulimit -n 65536");
    }
    Finding::ok("descriptors", format!("{limit} open files allowed"))
}

/// Whether coupons are open to anybody.
pub(super) fn openness(config: &Config) -> Finding {
    let (name, local) = ("openness", config.http.listen.ip().is_loopback());
    match (config.coupon.open_issue, local) {
        (true, false) => Finding::wrong(
            name,
            "anyone who reaches this address may issue coupons without a key",
            "set coupon.open_issue = false",
        ),
        (true, true) => Finding::ok(name, "open to callers without a key, on loopback only"),
        (false, _) => Finding::ok(name, "callers need a key"),
    }
}
