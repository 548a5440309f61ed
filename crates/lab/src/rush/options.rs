//! The options of a load test, and their validation.

use anyhow::{bail, ensure};
use std::path::PathBuf;

/// Maximum number of users: user numbers have 32 bits, and the coupons of all winners are kept in memory.
const USERS_MAX: u32 = 100_000_000;
/// Maximum number of connections; the ports of one address allow about twice as many.
const CONNECTIONS_MAX: usize = 25_000;
/// Maximum number of event loops.
const THREADS_MAX: usize = 64;

/// A load test of a campaign.
#[derive(Clone, Debug)]
pub struct Options {
    /// Number of users, each with one request (1..=100,000,000).
    pub users: u32,
    /// Number of keep-alive connections (1..=25,000; never more than users).
    pub connections: usize,
    /// Stock of the campaign, if it is created.
    pub stock: u32,
    /// The campaign; `None`: `rush-` and a random suffix.
    pub campaign: Option<String>,
    /// A running server, `http://HOST:PORT`; `None`: a temporary server is started.
    pub url: Option<String>,
    /// An administrator's key of the server at `url`, to create the campaign and read its records.
    pub admin_key: Option<String>,
    /// A key for every coupon request, for servers where `coupon.open_issue` is false.
    pub issue_key: Option<String>,
    /// Arrivals per second. `None`: all users at once, as fast as the connections allow.
    /// With a rate, latency counts from the scheduled arrival, including the wait for a free connection.
    pub rate: Option<u32>,
    /// Whether to keep the data folder and the log of a temporary server.
    pub keep_data: bool,
    /// File of the HTML report; the results are written beside it with the extension `.json`.
    pub report: PathBuf,
    /// The program of a temporary server, for `PROGRAM serve` and `PROGRAM admin keys create`.
    pub program: PathBuf,
    /// Whether a user retries after a lost connection, a time-out, 429 or 5xx.
    pub retry: bool,
    /// Whether every request carries an `Idempotency-Key`.
    pub idempotency_keys: bool,
    /// Number of event loops (1..=64). One is enough unless the server has many cores.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            users: 1_000_000,
            connections: 1_000,
            stock: 1_000,
            campaign: None,
            url: None,
            admin_key: None,
            issue_key: None,
            rate: None,
            keep_data: false,
            report: PathBuf::from("rush-report.html"),
            program: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("onsale")),
            retry: true,
            idempotency_keys: false,
            threads: 1,
        }
    }
}

/// Validated options.
#[derive(Clone, Debug)]
pub(super) struct CheckedOptions {
    pub(super) users: u32,
    pub(super) connections: usize,
    pub(super) stock: u32,
    pub(super) campaign: String,
    pub(super) url: Option<String>,
    pub(super) admin_key: Option<String>,
    pub(super) issue_key: Option<String>,
    pub(super) rate: Option<u32>,
    pub(super) keep_data: bool,
    pub(super) report: PathBuf,
    pub(super) program: PathBuf,
    pub(super) retry: bool,
    pub(super) idempotency_keys: bool,
    pub(super) threads: usize,
}

impl Options {
    pub(super) fn check(self) -> anyhow::Result<CheckedOptions> {
        let stock_max = domain::coupon::campaign::STOCK_MAX;
        ensure!((1..=USERS_MAX).contains(&self.users), "users must be 1 to {USERS_MAX}");
        ensure!((1..=CONNECTIONS_MAX).contains(&self.connections), "connections must be 1 to {CONNECTIONS_MAX}");
        ensure!((1..=stock_max).contains(&self.stock), "stock must be 1 to {stock_max}");
        ensure!((1..=THREADS_MAX).contains(&self.threads), "threads must be 1 to {THREADS_MAX}");
        ensure!(self.rate != Some(0), "rate must be at least 1 arrival per second");
        for (name, key) in [("admin key", &self.admin_key), ("issue key", &self.issue_key)] {
            let printable = |key: &String| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
            ensure!(
                key.as_ref().is_none_or(printable),
                "the {name} must consist of printable characters without spaces"
            );
        }
        let random = || format!("rush-{:08x}", fastrand::u32(..));
        let campaign = self.campaign.unwrap_or_else(random);
        if let Err(error) = domain::EventName::new(&campaign) {
            bail!("campaign {campaign:?}: {error}");
        }
        let connections = self.connections.min(self.users as usize);
        Ok(CheckedOptions {
            users: self.users,
            connections,
            stock: self.stock,
            campaign,
            url: self.url,
            admin_key: self.admin_key,
            issue_key: self.issue_key,
            rate: self.rate,
            keep_data: self.keep_data,
            report: self.report,
            program: self.program,
            retry: self.retry,
            idempotency_keys: self.idempotency_keys,
            threads: self.threads.min(connections),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_options_are_refused_with_the_permitted_values() {
        type Change = fn(&mut Options);
        let cases: [(Change, &str); 8] = [
            (|o| o.users = 0, "users must be 1"),
            (|o| o.connections = 0, "connections must be 1"),
            (|o| o.stock = 0, "stock must be 1"),
            (|o| o.threads = 0, "threads must be 1"),
            (|o| o.rate = Some(0), "rate must be"),
            (|o| o.campaign = Some("a b".into()), "campaign \"a b\""),
            (|o| o.admin_key = Some("a\r\nb".into()), "admin key"),
            (|o| o.issue_key = Some(String::new()), "issue key"),
        ];
        for (change, words) in cases {
            let mut options = Options::default();
            change(&mut options);
            let refusal = options.check().expect_err(words).to_string();
            assert!(refusal.contains(words), "{refusal}");
        }
    }

    #[test]
    fn there_are_never_more_connections_than_users() {
        let checked = Options { users: 3, threads: 8, ..Options::default() }.check().expect("can be run");
        assert_eq!((checked.connections, checked.threads), (3, 3));
        assert!(checked.campaign.starts_with("rush-"));
    }
}
