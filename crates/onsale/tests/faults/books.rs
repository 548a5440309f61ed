//! The system's own records: rows, reconciliation, and the status of a campaign.

use crate::ask::client;
use crate::judge::Rows;
use crate::settings::{PATIENCE, SETTLED};
use crate::system::System;
use serde_json::Value;
use testkit::until;

impl System {
    /// Creates and opens a campaign.
    pub fn open_campaign(&self, event: &str, stock: u64) {
        let path = format!("/api/v1/admin/events/{event}/stock?initial_stock={stock}");
        let mut caller = client(self.edge);
        let opened = until("the campaign is open", PATIENCE, || {
            let answer = caller.call("POST", &path, &[("X-Api-Key", &self.key)], "");
            let answer = answer.map_err(|error| error.to_string())?;
            if answer.status == 200 { Ok(()) } else { Err(format!("{} {}", answer.status, answer.text())) }
        });
        opened.expect("the campaign can be made");
    }

    /// Every stored coupon of a campaign.
    pub fn rows(&self, event: &str) -> Rows {
        let schema = &self.schema;
        let statement = format!(
            "select lower(hex(c.id)), u.user_id, coalesce(c.serial, 0) from {schema}.coupons c \
             join {schema}.user_coupons u on u.coupon_id = c.id join {schema}.events e on e.id = c.campaign_id \
             where e.event_id = '{event}'"
        );
        let text = self.database.execute(&statement).expect("the rows can be read");
        let row = |line: &str| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [id, user, serial] = fields[..] else { panic!("{line:?} is no row") };
            (id.to_owned(), (user.to_owned(), serial.parse().expect("a number")))
        };
        text.lines().filter(|line| !line.is_empty()).map(row).collect()
    }

    /// Waits until every message is a row, the records balance with the whole stock issued, and every server reports the
    /// same status. Returns the differences otherwise.
    pub fn settle(&self, event: &str, stock: u64) -> Result<(), String> {
        let settled = until("the books balance", SETTLED, || {
            // Cheaper than a reconciliation.
            let rows = self.rows(event).len();
            if (rows as u64) < stock {
                return Err(format!("{rows} of {stock} rows are there"));
            }
            self.check_books(event, stock)?;
            self.check_status(event, stock)
        });
        settled.map_err(|error| {
            let (_, books) = self.onsale(&["reconcile", "--campaign", event]);
            format!("{event}: {error}\n{books}\n{}", self.logs())
        })
    }

    fn check_books(&self, event: &str, stock: u64) -> Result<(), String> {
        let (_, text) = self.onsale(&["reconcile", "--campaign", event, "--json"]);
        let report: Value = serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?;
        let campaign = &report["campaigns"][0];
        let counts = ["hot_count", "ledger_count", "in_flight"].map(|name| campaign[name].as_u64());
        let balances = campaign["balances"] == Value::Bool(true);
        if balances && counts == [Some(stock), Some(stock), Some(0)] { Ok(()) } else { Err(campaign.to_string()) }
    }

    fn check_status(&self, event: &str, stock: u64) -> Result<(), String> {
        let answer = client(self.edge).call("GET", &format!("/api/v1/coupons/status/{event}"), &[], "");
        let said = answer.map_err(|error| error.to_string())?.json_or_null();
        let (left, people) = (said["remaining_stock"].as_u64(), said["total_participants"].as_u64());
        if (left, people) == (Some(0), Some(stock)) { Ok(()) } else { Err(said.to_string()) }
    }

    /// The last lines of every program, for an error message.
    pub fn logs(&self) -> String {
        let tail = |text: String| {
            text.lines().rev().take(12).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n")
        };
        let programs = self.coupon_servers.iter().chain(&self.issuers);
        programs.map(|program| format!("{}:\n{}\n", program.folder().display(), tail(program.log()))).collect()
    }
}
