//! What to run, and whether it can be run.

use anyhow::{bail, ensure};
use std::path::PathBuf;

/// Most people of one rush: their numbers are 32 bits wide, and what winners heard is kept in memory.
const USERS_MAX: u32 = 100_000_000;
/// Most connections; addresses and ports on one machine allow about twice that.
const CONNECTIONS_MAX: usize = 25_000;
/// Most event loops.
const THREADS_MAX: usize = 64;

/// A rush: how many people, over what, at which campaign.
#[derive(Clone, Debug)]
pub struct Options {
    /// Distinct people, each with one request (1..=100,000,000).
    pub users: u32,
    /// Keep-alive connections that carry them (1..=25,000; never more than people).
    pub connections: usize,
    /// Coupons of the campaign, if it is made here.
    pub stock: u32,
    /// The campaign; `None`: `rush-` and something random.
    pub campaign: Option<String>,
    /// A server that is running already, `http://HOST:PORT`; `None`: one is started and stopped.
    pub url: Option<String>,
    /// An administrator's key of the server at `url`: makes the campaign, and opens its books.
    pub admin_key: Option<String>,
    /// A key sent with every request for a coupon, for servers where `coupon.open_issue` is false.
    pub issue_key: Option<String>,
    /// Arrivals a second. `None`: everyone at once, as fast as the connections carry them.
    /// With a rate, latency counts from the moment at which a person was due, whether a connection was free or not.
    pub rate: Option<u32>,
    /// Keeps the data folder and the log of a server of our own.
    pub keep_data: bool,
    /// Where the page goes; the figures go beside it with the ending `.json`.
    pub report: PathBuf,
    /// The program that serves: `PROGRAM serve`, `PROGRAM admin keys create`.
    pub program: PathBuf,
    /// Whether a person asks again after a lost connection, a time-out, 429 or a server's fault.
    pub retry: bool,
    /// Whether every request carries an `Idempotency-Key`.
    pub idempotency_keys: bool,
    /// Event loops of the crowd (1..=64). One is enough unless the server has many more cores.
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

/// Options that can be run.
#[derive(Clone, Debug)]
pub(super) struct Checked {
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
    pub(super) fn check(self) -> anyhow::Result<Checked> {
        let stock_max = domain::coupon::campaign::STOCK_MAX;
        ensure!((1..=USERS_MAX).contains(&self.users), "users must be 1 to {USERS_MAX}");
        ensure!((1..=CONNECTIONS_MAX).contains(&self.connections), "connections must be 1 to {CONNECTIONS_MAX}");
        ensure!((1..=stock_max).contains(&self.stock), "stock must be 1 to {stock_max}");
        ensure!((1..=THREADS_MAX).contains(&self.threads), "threads must be 1 to {THREADS_MAX}");
        ensure!(self.rate != Some(0), "rate must be at least 1 arrival a second");
        for (name, key) in [("admin key", &self.admin_key), ("issue key", &self.issue_key)] {
            let printable = |key: &String| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
            ensure!(key.as_ref().is_none_or(printable), "the {name} must be printable characters without spaces");
        }
        let random = || format!("rush-{:08x}", fastrand::u32(..));
        let campaign = self.campaign.unwrap_or_else(random);
        if let Err(error) = domain::EventName::new(&campaign) {
            bail!("campaign {campaign:?}: {error}");
        }
        let connections = self.connections.min(self.users as usize);
        Ok(Checked {
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
    fn what_cannot_be_run_is_refused_with_what_would_be_right() {
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
    fn there_are_never_more_connections_than_people() {
        let checked = Options { users: 3, threads: 8, ..Options::default() }.check().expect("can be run");
        assert_eq!((checked.connections, checked.threads), (3, 3));
        assert!(checked.campaign.starts_with("rush-"));
    }
}
