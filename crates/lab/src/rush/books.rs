//! Compares the records: the responses to users, the hot state, and the database. All must agree.

use super::Reached;
use super::campaign::{CampaignStatus, Sale, status_of};
use super::client::Client;
use super::lookup::{LOOKUPS_MAX, Lookups, Winner, look_up};
use super::options::CheckedOptions;
use super::reconcile::{self, Book};
use super::shared::Interrupt;
use super::tally::Yes;
use crate::report::{Check, CheckStatus, thousands};
use std::collections::HashSet;

/// The result of the comparison.
pub(super) struct Comparison {
    pub(super) checks: Vec<Check>,
    pub(super) warnings: Vec<String>,
}

/// The users and their responses.
pub(super) struct People<'a> {
    /// Number of users that may have a coupon.
    pub(super) count: u32,
    /// Number of these users that got no response, so that their outcome is unknown.
    pub(super) unanswered: u64,
    /// Users that received a coupon.
    pub(super) served: Served<'a>,
}

/// Users that received a coupon.
#[derive(Clone, Copy)]
pub(super) enum Served<'a> {
    /// Each with the coupon from the response.
    Named(&'a [Yes]),
    /// User numbers only: the responses named no coupon.
    Unnamed(&'a [u32]),
}

impl Served<'_> {
    fn count(self) -> usize {
        match self {
            Self::Named(heard) => heard.len(),
            Self::Unnamed(users) => users.len(),
        }
    }

    fn to_look_up(self) -> Vec<Winner> {
        let named = |yes: &Yes| Winner { user: yes.user, held: Some(yes.held) };
        match self {
            Self::Named(heard) => heard.iter().take(LOOKUPS_MAX).map(named).collect(),
            Self::Unnamed(users) => users.iter().take(LOOKUPS_MAX).map(|&user| Winner { user, held: None }).collect(),
        }
    }
}

/// All data to compare.
struct Evidence<'a> {
    sale: &'a Sale,
    users: u32,
    /// Users without a response, whose outcome is unknown.
    unanswered: u64,
    /// Users that received a coupon.
    served: u64,
    /// Their coupons, from the responses or from look-ups.
    heard: &'a [Yes],
    standing: CampaignStatus,
    lookups: Lookups,
    /// The server's own comparison of hot state and database, or why it is missing.
    book: Result<Book, String>,
}

/// Collects the records and compares them.
///
/// # Errors
/// When a record cannot be read.
pub(super) fn compare(
    client: &mut Client,
    options: &CheckedOptions,
    reached: &Reached,
    sale: &Sale,
    people: &People<'_>,
    interrupt: &Interrupt,
) -> anyhow::Result<Comparison> {
    let book = match reached.admin_key {
        Some(_) => Ok(reconcile::read(client, &sale.campaign, interrupt)?),
        None => Err("no administrator's key given (--key)".to_owned()),
    };
    let standing = status_of(client, &sale.campaign)?;
    let key = options.issue_key.as_deref().or(reached.admin_key.as_deref());
    let mut lookups = look_up(&reached.target, &sale.campaign, key, &people.served.to_look_up(), interrupt)?;
    let found = std::mem::take(&mut lookups.found);
    let evidence = Evidence {
        sale,
        users: people.count,
        unanswered: people.unanswered,
        served: people.served.count() as u64,
        heard: match people.served {
            Served::Named(heard) => heard,
            Served::Unnamed(_) => &found,
        },
        standing,
        lookups,
        book,
    };
    Ok(Comparison { checks: judge(&evidence), warnings: warn(&evidence) })
}

fn warn(evidence: &Evidence<'_>) -> Vec<String> {
    let mut warnings = Vec::new();
    if evidence.unanswered > 0 {
        warnings.push(format!(
            "{} users left or gave up without a response; their outcome is unknown",
            evidence.unanswered
        ));
    }
    let looked_up = evidence.lookups.right + evidence.lookups.wrong;
    if looked_up < evidence.served {
        warnings.push(format!("{looked_up} of {} issued coupons were looked up individually", evidence.served));
    }
    warnings.extend(evidence.lookups.examples.iter().cloned());
    warnings
}

fn judge(evidence: &Evidence<'_>) -> Vec<Check> {
    vec![
        issued_exactly(evidence),
        no_serial_twice(evidence),
        no_user_twice(evidence),
        serials_within_stock(evidence),
        heard_is_kept(evidence),
        hot_is_database(evidence),
        stock_adds_up(evidence),
    ]
}

fn check(id: &str, title: &str, title_ko: &str, passed: bool, expected: String, found: String) -> Check {
    let status = if passed { CheckStatus::Passed } else { CheckStatus::Failed };
    Check { id: id.into(), title: title.into(), title_ko: title_ko.into(), status, expected, found }
}

impl Evidence<'_> {
    /// Number of issued coupons: from the hot state where it is readable, else its number of participants.
    fn issued(&self) -> u64 {
        self.book.as_ref().map_or(self.standing.total_participants, |book| book.hot_count)
    }

    /// Number of findings of these kinds in the server's own comparison.
    fn findings(&self, kinds: &[&str]) -> usize {
        self.book.as_ref().map_or(0, |book| book.count(kinds))
    }
}

fn issued_exactly(evidence: &Evidence<'_>) -> Check {
    let stock = u64::from(evidence.sale.stock);
    let answered = u64::from(evidence.users) - evidence.unanswered;
    let least = answered.max(evidence.sale.issued_before.into()).min(stock);
    let most = (u64::from(evidence.users) + u64::from(evidence.sale.issued_before)).min(stock);
    let issued = evidence.issued();
    let expected =
        if least == most { thousands(least) } else { format!("{} to {}", thousands(least), thousands(most)) };
    let passed = (least..=most).contains(&issued);
    let title = "Issued coupons equal stock or users";
    check("issued_exactly", title, "재고만큼 정확히 발급", passed, expected, thousands(issued))
}

fn no_serial_twice(evidence: &Evidence<'_>) -> Check {
    let serials: HashSet<u32> = evidence.heard.iter().map(|yes| yes.held.serial).collect();
    let doubled = evidence.heard.len() - serials.len() + evidence.findings(&["duplicate_serial"]);
    check(
        "no_serial_twice",
        "No serial issued twice",
        "일련번호 중복 없음",
        doubled == 0,
        "0".into(),
        doubled.to_string(),
    )
}

fn no_user_twice(evidence: &Evidence<'_>) -> Check {
    let users: HashSet<u32> = evidence.heard.iter().map(|yes| yes.user).collect();
    let ids: HashSet<_> = evidence.heard.iter().map(|yes| yes.held.coupon_id).collect();
    let mut doubled = evidence.heard.len() - users.len() + evidence.heard.len() - ids.len();
    doubled += evidence.findings(&["over_limit"]);
    if evidence.sale.made {
        // The limit is one coupon per user, so both counts are equal.
        let extra = evidence.issued().abs_diff(evidence.standing.total_participants);
        doubled += usize::try_from(extra.max(evidence.lookups.doubled)).unwrap_or(usize::MAX);
    }
    check(
        "no_user_twice",
        "No user got two coupons",
        "사용자 중복 발급 없음",
        doubled == 0,
        "0".into(),
        doubled.to_string(),
    )
}

fn serials_within_stock(evidence: &Evidence<'_>) -> Check {
    let stock = evidence.sale.stock;
    let outside = evidence.heard.iter().filter(|yes| !(1..=stock).contains(&yes.held.serial)).count();
    let outside = outside + evidence.findings(&["serial_beyond_stock"]);
    let expected = format!("0 outside 1 to {}", thousands(stock.into()));
    let title = "Every serial within the stock";
    check("serials_within_stock", title, "일련번호가 재고 범위 안", outside == 0, expected, outside.to_string())
}

fn heard_is_kept(evidence: &Evidence<'_>) -> Check {
    let heard = evidence.served;
    let Lookups { right, wrong, unanswered, .. } = evidence.lookups;
    // Only a user that gave up, or an earlier run, explains a coupon without a response.
    let unheard = evidence.issued().saturating_sub(heard);
    let may_be_unheard = evidence.unanswered + u64::from(evidence.sale.issued_before);
    let passed = wrong == 0 && heard <= evidence.issued() && unheard <= may_be_unheard;
    let mut check = check(
        "heard_is_kept",
        "Confirmed coupons equal stored coupons",
        "응답받은 쿠폰 = 보관된 쿠폰",
        passed,
        format!("{} confirmed and stored", thousands(heard)),
        format!("{} as confirmed, {wrong} different, {unheard} unconfirmed", thousands(right)),
    );
    if passed && right == 0 && unanswered > 0 {
        check.status = CheckStatus::Skipped;
        check.found = "the server answered no look-up".into();
    }
    check
}

fn hot_is_database(evidence: &Evidence<'_>) -> Check {
    const OTHERS: [&str; 3] = ["duplicate_serial", "over_limit", "serial_beyond_stock"];
    let (id, title, title_ko) = ("hot_is_database", "Hot state equals database", "핫 상태 = 데이터베이스");
    match &evidence.book {
        Ok(book) => {
            let differing = book.count_others(&OTHERS);
            let sound = book.balances || !book.findings.is_empty();
            let passed = differing == 0 && sound && book.in_flight == 0 && book.hot_count == book.ledger_count;
            let found = format!(
                "{} in hot state, {} in the database, {differing} different, {} in flight",
                thousands(book.hot_count),
                thousands(book.ledger_count),
                book.in_flight
            );
            let expected = format!("{} in both, coupon by coupon", thousands(book.hot_count));
            check(id, title, title_ko, passed, expected, found)
        }
        Err(reason) => {
            let skipped = check(id, title, title_ko, true, "equal, coupon by coupon".into(), reason.clone());
            Check { status: CheckStatus::Skipped, ..skipped }
        }
    }
}

fn stock_adds_up(evidence: &Evidence<'_>) -> Check {
    let stock = u64::from(evidence.book.as_ref().map_or(evidence.sale.stock, |book| book.stock));
    let (issued, remaining) = (evidence.issued(), u64::from(evidence.standing.remaining_stock));
    let passed = stock == u64::from(evidence.sale.stock) && remaining + issued == stock;
    let expected = format!("{} in total", thousands(stock));
    let found = format!("{} remaining + {} issued", thousands(remaining), thousands(issued));
    check(
        "stock_adds_up",
        "Remaining plus issued equals stock",
        "남은 재고 + 발급 = 전체 재고",
        passed,
        expected,
        found,
    )
}

#[cfg(test)]
mod tests;
