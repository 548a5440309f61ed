//! `onsale doctor`: checks that everything needed is there and fit for its purpose.

use super::{Ending, block_on};
use crate::config::Config;
use crate::wiring::Parts;
use anyhow::Context;
use ledger::{Ledger, LedgerOptions, SchemaState, embedded_url};
use std::io::Write;
use std::net::TcpListener;

/// Free space below which an evening may end early.
const FREE_BYTES_MIN: u64 = 1 << 30;
/// Descriptors below which a crowd does not fit.
const DESCRIPTORS_MIN: u64 = 4_096;

/// What a check came to: what is well, or what is wrong and what to do.
type Check = Result<String, String>;

/// Runs the command.
///
/// # Errors
/// None of its own: what is wrong is printed, and the exit status is 1.
pub fn run(config: &Config) -> anyhow::Result<Ending> {
    let checks: Vec<(&str, Check)> = vec![
        ("data folder", data_folder(config)),
        ("free space", free_space(config)),
        ("journal", journal(config)),
        ("database", database(config)),
        ("address", address(config)),
        ("descriptors", descriptors()),
        ("openness", openness(config)),
        ("flush", flush(config)),
    ];
    let mut well = true;
    for (name, check) in checks {
        well &= check.is_ok();
        match check {
            Ok(what) => println!("ok     {name:<12} {what}"),
            Err(what) => println!("WRONG  {name:<12} {what}"),
        }
    }
    Ok(if well { Ending::Done } else { Ending::CheckFailed })
}

fn told<T>(result: anyhow::Result<T>) -> Result<T, String> {
    result.map_err(|error| format!("{error:#}"))
}

fn data_folder(config: &Config) -> Check {
    let folder = &config.data.dir;
    let write = || -> anyhow::Result<()> {
        std::fs::create_dir_all(folder)?;
        let probe = folder.join(".doctor");
        let mut file = std::fs::File::create(&probe)?;
        file.write_all(b"probe")?;
        file.sync_all()?;
        Ok(std::fs::remove_file(probe)?)
    };
    told(write().with_context(|| format!("{} can not be written; set data.dir or its owner", folder.display())))?;
    Ok(format!("{} can be written and flushed", folder.display()))
}

fn free_space(config: &Config) -> Check {
    let free = rustix::fs::statvfs(&config.data.dir).map_err(|error| error.to_string())?;
    let bytes = free.f_bavail * free.f_frsize;
    let gib = bytes as f64 / f64::from(1 << 30);
    if bytes < FREE_BYTES_MIN {
        return Err(format!("{gib:.1} GiB left; a million coupons take about 0.5 GiB: make room, or move data.dir"));
    }
    Ok(format!("{gib:.1} GiB left"))
}

fn journal(config: &Config) -> Check {
    let (_, running) = told(block_on(Parts::open_or_read(config)))?;
    Ok(if running { "readable; in use by a running server".to_owned() } else { "opens and replays".to_owned() })
}

fn database(config: &Config) -> Check {
    told(block_on(async {
        let url = match config.ledger.url.as_str() {
            "sqlite:" => embedded_url(&config.data.dir),
            other => other.to_owned(),
        };
        let ledger = Ledger::connect(&url, LedgerOptions::default()).await?;
        ledger.ping().await?;
        Ok(match ledger.schema_state().await? {
            SchemaState::Current => "answers; tables are up to date".to_owned(),
            state => anyhow::bail!("tables are not up to date ({state:?}); run `onsale migrate`"),
        })
    }))
}

fn address(config: &Config) -> Check {
    let listen = config.http.listen;
    match TcpListener::bind(listen) {
        Ok(_) => Ok(format!("{listen} is free")),
        Err(_) if is_running(config) => {
            Ok(format!("{listen} is in use, and so is the data folder: by the running server"))
        }
        Err(error) => Err(format!("{listen}: {error}; stop what uses it, or set http.listen")),
    }
}

fn is_running(config: &Config) -> bool {
    block_on(Parts::open_or_read(config)).is_ok_and(|(_, running)| running)
}

fn descriptors() -> Check {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX);
    if limit < DESCRIPTORS_MIN {
        return Err(format!("at most {limit} open files; raise it: ulimit -n 65536"));
    }
    Ok(format!("{limit} open files allowed"))
}

fn openness(config: &Config) -> Check {
    let local = config.http.listen.ip().is_loopback();
    if config.coupon.open_issue && !local {
        let what = "anyone who reaches this address may issue coupons without a key; set coupon.open_issue = false";
        return Err(what.to_owned());
    }
    Ok(if config.coupon.open_issue { "open to callers without a key, on loopback only" } else { "callers need a key" }
        .to_owned())
}

fn flush(config: &Config) -> Check {
    if config.hot.flush {
        return Ok("a yes waits for the disk".to_owned());
    }
    Err("a yes does not wait for the disk; set hot.flush = true".to_owned())
}
