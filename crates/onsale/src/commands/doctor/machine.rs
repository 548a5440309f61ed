//! Checks of this machine.

use super::finding::Finding;
use crate::config::Config;
use crate::safety;
use anyhow::Context;
use std::io::Write;
use std::net::TcpListener;

/// With less free space the disk may fill up during an event.
const FREE_BYTES_MIN: u64 = 1 << 30;

/// Checks that the folder is the one that was meant: a server has kept data in it.
pub(super) fn data(config: &Config) -> Option<Finding> {
    let folder = files::absolute(&config.data.dir);
    let (what, change) = safety::data_in(&folder, config).complaint(&folder)?;
    Some(Finding::wrong("data-folder", what, change))
}

/// Checks that the data folder can be written.
pub(super) fn data_folder(config: &Config) -> Finding {
    let (name, folder) = ("data-folder", files::absolute(&config.data.dir));
    let write = || -> anyhow::Result<()> {
        let probe = folder.join(".doctor");
        let mut file = files::open(&probe)?;
        file.write_all(b"probe")?;
        file.sync_all()?;
        Ok(std::fs::remove_file(probe)?)
    };
    match write().with_context(|| format!("the data folder {} cannot be written", folder.display())) {
        Ok(()) if files::is_open(&folder) => Finding::warning(
            name,
            format!("the data folder {} can be written; other users may see the names of its files", folder.display()),
            format!("chmod 700 {}", folder.display()),
        ),
        Ok(()) => Finding::ok(name, format!("the data folder {} can be written and flushed", folder.display())),
        Err(error) => Finding::wrong(name, format!("{error:#}"), "set data.dir, or change the owner of the folder"),
    }
}

/// Checks the free space in the data folder.
pub(super) fn free_space(config: &Config) -> Finding {
    let name = "free-space";
    let free = match rustix::fs::statvfs(&config.data.dir) {
        Ok(free) => free,
        Err(error) => return Finding::wrong(name, error.to_string(), "set data.dir"),
    };
    let bytes = free.f_bavail * free.f_frsize;
    let gib = bytes as f64 / f64::from(1 << 30);
    if bytes < FREE_BYTES_MIN {
        let detail = format!("{gib:.1} GiB left; a million coupons take about 0.5 GiB");
        return Finding::wrong(name, detail, "free disk space, or set data.dir to another disk");
    }
    Finding::ok(name, format!("{gib:.1} GiB left"))
}

/// Checks that the address is free. `is_running`: whether a server uses the data folder; `None` if unknown.
pub(super) fn address(config: &Config, is_running: Option<bool>) -> Finding {
    let (name, listen) = ("address", config.http.listen);
    let change = "stop the program that uses it, or set http.listen";
    match (TcpListener::bind(listen), is_running) {
        (Ok(_), _) => Finding::ok(name, format!("{listen} is free")),
        (Err(_), Some(true)) => {
            Finding::ok(name, format!("{listen} is in use, and so is the data folder: a server is running"))
        }
        (Err(error), Some(false)) => Finding::wrong(name, format!("{listen}: {error}"), change),
        (Err(error), None) => {
            Finding::warning(name, format!("{listen}: {error}; ignore this if a server is running here"), change)
        }
    }
}

/// Checks the limit of open files, which the server raises as far as it may.
pub(super) fn descriptors(config: &Config) -> Finding {
    let (name, needed) = ("descriptors", config.descriptors_needed());
    let limit = launch::descriptors::raise();
    if limit < needed {
        let detail = format!("at most {limit} open files; http.max_connections needs {needed}");
        return Finding::warning(
            name,
            detail,
            "raise the hard limit (LimitNOFILE of the service, or ulimit -Hn), or lower http.max_connections",
        );
    }
    Finding::ok(name, format!("{limit} open files allowed"))
}
