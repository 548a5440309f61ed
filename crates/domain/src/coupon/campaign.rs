//! A campaign: its stock, limits, times and discount.

use crate::name::CampaignId;
use crate::shown::{is_plain, is_visible};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Most coupons in one campaign. Serials and the winners' index are 32 bits wide; this keeps memory in sight too.
pub const STOCK_MAX: u32 = 100_000_000;
/// Most coupons of one campaign that one user may be allowed.
pub const PER_USER_LIMIT_MAX: u32 = 1_000;
/// Largest amount of money in won: whole numbers up to here survive every JSON reader.
pub const MONEY_MAX: i64 = 1_000_000_000_000;
/// Longest campaign title in characters.
pub const TITLE_LENGTH_MAX: usize = 200;
/// Longest validity in days after issue.
pub const VALID_DAYS_MAX: u32 = 36_500;

/// The discount of a coupon (GATE-008).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Discount {
    /// `value` percent of the amount, at most `max_amount` won.
    Percent {
        /// 1..=100.
        value: i64,
        /// Cap in won.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_amount: Option<i64>,
    },
    /// `value` won, never more than the amount.
    Fixed {
        /// Won.
        value: i64,
    },
}

impl Discount {
    /// The discount on `amount` won. Never negative, never more than the amount; rounded down to whole won.
    pub fn off(&self, amount: i64) -> i64 {
        let amount = amount.max(0);
        match *self {
            Self::Percent { value, max_amount } => {
                let part = i128::from(amount) * i128::from(value) / 100;
                let part = i64::try_from(part).unwrap_or(amount);
                part.min(max_amount.unwrap_or(i64::MAX)).clamp(0, amount)
            }
            Self::Fixed { value } => value.clamp(0, amount),
        }
    }
}

/// The terms promised to holders of a coupon (GATE-008).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The discount on the order; the worth of a coupon without one is the shop's affair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<Discount>,
    /// Smallest order in won.
    #[serde(default)]
    pub min_order_amount: i64,
    /// Not redeemable before.
    #[serde(default, with = "crate::time::as_millis_option")]
    pub valid_from: Option<Timestamp>,
    /// Not redeemable from this moment on.
    #[serde(default, with = "crate::time::as_millis_option")]
    pub valid_until: Option<Timestamp>,
    /// Coupons expire this many days after issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_days_after_issue: Option<u32>,
}

impl Terms {
    /// When a coupon issued at `issued_at` stops being redeemable: the earlier of the fixed date and the days after issue.
    pub fn expires_at(&self, issued_at: Timestamp) -> Option<Timestamp> {
        let by_days = self.valid_days_after_issue.map(|days| issued_at.plus_days(days));
        match (self.valid_until, by_days) {
            (Some(date), Some(days)) => Some(date.min(days)),
            (date, days) => date.or(days),
        }
    }
}

/// The switches of the operator, which act apart from the clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switches {
    /// Opened by hand; otherwise `opens_at` opens it.
    pub opened: bool,
    /// Paused by hand.
    pub paused: bool,
    /// Closed for good.
    pub closed: bool,
}

/// A campaign and its policy. Its serialized form is for journals and tables (times in milliseconds), not for the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// Tenant and name.
    pub id: CampaignId,
    /// Title for people.
    pub name: String,
    /// Coupons in all, issued or not; serials run from 1 to here.
    pub stock: u32,
    /// Coupons one user may get.
    pub per_user_limit: u32,
    /// Whether only people admitted by the gate may ask.
    pub gated: bool,
    /// When the sale opens by itself.
    #[serde(default, with = "crate::time::as_millis_option")]
    pub opens_at: Option<Timestamp>,
    /// When the sale closes by itself.
    #[serde(default, with = "crate::time::as_millis_option")]
    pub closes_at: Option<Timestamp>,
    /// The switches of the operator.
    pub switches: Switches,
    /// The terms promised to holders.
    pub terms: Terms,
    /// Counts the changes; an older one never replaces a newer one.
    pub revision: u64,
    /// When it was made.
    #[serde(with = "crate::time::as_millis")]
    pub created_at: Timestamp,
}

/// The phase of the sale, apart from stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not open yet.
    Scheduled,
    /// On sale.
    Open,
    /// Stopped for a while.
    Paused,
    /// Over.
    Closed,
}

/// A campaign's state as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CampaignStatus {
    /// Not open yet.
    Scheduled,
    /// On sale.
    Active,
    /// On sale, nothing left.
    SoldOut,
    /// Stopped for a while.
    Paused,
    /// Over.
    Closed,
}

impl CampaignStatus {
    /// As written on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Active => "active",
            Self::SoldOut => "sold_out",
            Self::Paused => "paused",
            Self::Closed => "closed",
        }
    }
}

impl Campaign {
    /// A campaign of `stock` coupons that is not open yet: one coupon a user, no gate, no opening or closing time, no
    /// terms, the first revision, its event name as its title. `created_at` is the epoch.
    pub fn new(id: CampaignId, stock: u32) -> Self {
        Self {
            name: id.event.to_string(),
            id,
            stock,
            per_user_limit: 1,
            gated: false,
            opens_at: None,
            closes_at: None,
            switches: Switches::default(),
            terms: Terms::default(),
            revision: 1,
            created_at: Timestamp(0),
        }
    }

    /// When the sale ends by itself: at `closes_at`, and at the latest when a coupon would be expired as soon as it is
    /// issued.
    pub fn ends_at(&self) -> Option<Timestamp> {
        [self.closes_at, self.terms.valid_until].into_iter().flatten().min()
    }

    /// The phase of the sale at `now`. The sale is open from `opens_at` on, and over from [`Campaign::ends_at`] on.
    pub fn phase(&self, now: Timestamp) -> Phase {
        let over = self.ends_at().is_some_and(|end| now >= end);
        let open = self.switches.opened || self.opens_at.is_some_and(|opens_at| now >= opens_at);
        if self.switches.closed || over {
            Phase::Closed
        } else if !open {
            Phase::Scheduled
        } else if self.switches.paused {
            Phase::Paused
        } else {
            Phase::Open
        }
    }

    /// The displayed state with this many remaining coupons.
    pub fn status(&self, now: Timestamp, remaining: u32) -> CampaignStatus {
        match self.phase(now) {
            Phase::Scheduled => CampaignStatus::Scheduled,
            Phase::Paused => CampaignStatus::Paused,
            Phase::Closed => CampaignStatus::Closed,
            Phase::Open if remaining == 0 => CampaignStatus::SoldOut,
            Phase::Open => CampaignStatus::Active,
        }
    }

    /// Checks a campaign that comes from outside.
    ///
    /// # Errors
    /// The field and the rule that it breaks.
    pub fn check(&self) -> Result<(), PolicyError> {
        // Every field, so that the compiler asks for a new one. Those without a name here may have any value.
        let Self {
            id: _,
            name,
            stock,
            per_user_limit,
            gated: _,
            opens_at,
            closes_at,
            switches: _,
            terms,
            revision: _,
            created_at: _,
        } = self;
        let title_length = name.chars().count();
        let ensure = |ok: bool, field, rule| if ok { Ok(()) } else { Err(PolicyError { field, rule }) };
        ensure((1..=TITLE_LENGTH_MAX).contains(&title_length), "name", "must have 1 to 200 characters")?;
        ensure(name.chars().all(is_plain), "name", "must not contain control, direction or invisible characters")?;
        ensure(name.chars().any(is_visible), "name", "must not be blank")?;
        ensure((1..=STOCK_MAX).contains(stock), "stock", "must be 1 to 100000000")?;
        ensure((1..=PER_USER_LIMIT_MAX).contains(per_user_limit), "per_user_limit", "must be 1 to 1000")?;
        let window_ok = !matches!((opens_at, closes_at), (Some(opens), Some(closes)) if closes <= opens);
        ensure(window_ok, "closes_at", "must be after opens_at")?;
        terms.check()?;
        self.check_validity()
    }

    /// Checks that a coupon that is issued at some moment of the sale can be redeemed at some moment.
    fn check_validity(&self) -> Result<(), PolicyError> {
        let ensure = |ok: bool, field, rule| if ok { Ok(()) } else { Err(PolicyError { field, rule }) };
        let Terms { valid_from, valid_until, valid_days_after_issue, .. } = self.terms;
        let is_sold_while_valid = !matches!((self.opens_at, valid_until), (Some(opens), Some(until)) if until <= opens);
        ensure(is_sold_while_valid, "valid_until", "must be after opens_at, or no coupon could ever be redeemed")?;
        let last_end = self.closes_at.zip(valid_days_after_issue).map(|(closes, days)| closes.plus_days(days));
        let begins_in_time = !matches!((valid_from, last_end), (Some(from), Some(end)) if end <= from);
        ensure(begins_in_time, "valid_from", "must be before the last coupon expires, or none could ever be redeemed")
    }

    /// Checks what a new campaign must promise at `now`: beside [`Campaign::check_ahead`], a sale that is not over before it
    /// was made. A campaign that there is may be given a `closes_at` that has passed: that closes it now.
    ///
    /// # Errors
    /// When nobody could ever get a coupon of it, or redeem one.
    pub fn check_new(&self, now: Timestamp) -> Result<(), PolicyError> {
        let rule = "must be in the future, or nobody could ever get a coupon";
        if self.closes_at.is_some_and(|closes| closes <= now) {
            return Err(PolicyError { field: "closes_at", rule });
        }
        self.check_ahead(now)
    }

    /// Checks what a new campaign, or one that is not open yet, must promise at `now`.
    ///
    /// # Errors
    /// When no coupon of it could ever be redeemed.
    pub fn check_ahead(&self, now: Timestamp) -> Result<(), PolicyError> {
        let rule = "must be in the future, or no coupon could ever be redeemed";
        let is_over = self.terms.valid_until.is_some_and(|until| until <= now);
        if is_over { Err(PolicyError { field: "valid_until", rule }) } else { Ok(()) }
    }
}

impl Terms {
    fn check(&self) -> Result<(), PolicyError> {
        let ensure = |ok: bool, field, rule| if ok { Ok(()) } else { Err(PolicyError { field, rule }) };
        let Self { discount, min_order_amount, valid_from, valid_until, valid_days_after_issue } = *self;
        match discount {
            Some(Discount::Percent { value, max_amount }) => {
                ensure((1..=100).contains(&value), "discount.value", "must be 1 to 100 percent")?;
                let cap_ok = max_amount.is_none_or(|cap| (1..=MONEY_MAX).contains(&cap));
                ensure(cap_ok, "discount.max_amount", "must be 1 to 1000000000000 won")?;
            }
            Some(Discount::Fixed { value }) => {
                ensure((1..=MONEY_MAX).contains(&value), "discount.value", "must be 1 to 1000000000000 won")?;
            }
            None => {}
        }
        let amount_ok = (0..=MONEY_MAX).contains(&min_order_amount);
        ensure(amount_ok, "min_order_amount", "must be 0 to 1000000000000 won")?;
        let dates_ok = !matches!((valid_from, valid_until), (Some(from), Some(until)) if until <= from);
        ensure(dates_ok, "valid_until", "must be after valid_from")?;
        let days_ok = valid_days_after_issue.is_none_or(|days| (1..=VALID_DAYS_MAX).contains(&days));
        ensure(days_ok, "valid_days_after_issue", "must be 1 to 36500 days")
    }
}

/// An invalid field of a policy, and the rule that it breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {rule}")]
pub struct PolicyError {
    /// The field on the wire.
    pub field: &'static str,
    /// What its value must be.
    pub rule: &'static str,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::name::{EventName, TenantName};
    use proptest::prelude::*;

    pub(crate) fn campaign(stock: u32) -> Campaign {
        Campaign {
            name: "Sample".into(),
            switches: Switches { opened: true, ..Switches::default() },
            ..Campaign::new(
                CampaignId::new(TenantName::default_tenant(), EventName::new("sample").expect("valid")),
                stock,
            )
        }
    }

    #[test]
    fn opens_and_closes_exactly_on_time() {
        let mut sale = campaign(1);
        sale.switches.opened = false;
        assert_eq!(sale.phase(Timestamp(5)), Phase::Scheduled, "without opens_at it waits for open");
        sale.opens_at = Some(Timestamp(10));
        sale.closes_at = Some(Timestamp(20));
        assert_eq!(sale.phase(Timestamp(9)), Phase::Scheduled);
        assert_eq!(sale.phase(Timestamp(10)), Phase::Open);
        assert_eq!(sale.phase(Timestamp(19)), Phase::Open);
        assert_eq!(sale.phase(Timestamp(20)), Phase::Closed);
    }

    #[test]
    fn refuses_invalid_policies() {
        type Change = fn(&mut Campaign);
        let cases: [(Change, &str); 15] = [
            (|c| c.stock = 0, "stock"),
            (|c| c.stock = STOCK_MAX + 1, "stock"),
            (|c| c.per_user_limit = 0, "per_user_limit"),
            (|c| c.name = "a\u{7}".into(), "name"),
            (|c| c.name = " \u{3000}\u{200d}".into(), "name"),
            (|c| c.name = "sale\u{202e}elas".into(), "name"),
            (|c| c.name = "a\u{2028}b".into(), "name"),
            (|c| c.name = "a\u{200b}b".into(), "name"),
            (|c| c.name = "sale\u{e0062}\u{e007f}".into(), "name"),
            (|c| (c.opens_at, c.terms.valid_until) = (Some(Timestamp(9)), Some(Timestamp(9))), "valid_until"),
            (
                |c| {
                    (c.closes_at, c.terms.valid_from) = (Some(Timestamp(9)), Some(Timestamp(DAY + 9)));
                    c.terms.valid_days_after_issue = Some(1);
                },
                "valid_from",
            ),
            (|c| c.terms.discount = Some(Discount::Percent { value: 101, max_amount: None }), "discount.value"),
            (|c| c.terms.discount = Some(Discount::Fixed { value: 0 }), "discount.value"),
            (|c| c.terms.min_order_amount = -1, "min_order_amount"),
            (|c| c.terms.valid_days_after_issue = Some(0), "valid_days_after_issue"),
        ];
        for (change, field) in cases {
            let mut sale = campaign(1);
            change(&mut sale);
            assert_eq!(sale.check().expect_err(field).field, field);
        }
        assert_eq!(campaign(1).check(), Ok(()));
    }

    #[test]
    fn no_coupon_is_issued_that_has_expired() {
        let mut sale = campaign(1);
        sale.terms.valid_until = Some(Timestamp(10));
        assert_eq!((sale.phase(Timestamp(9)), sale.phase(Timestamp(10))), (Phase::Open, Phase::Closed));
        sale.closes_at = Some(Timestamp(5));
        assert_eq!(sale.phase(Timestamp(5)), Phase::Closed);
        assert_eq!(sale.check_ahead(Timestamp(10)).expect_err("over").field, "valid_until");
        assert_eq!(sale.check_ahead(Timestamp(9)), Ok(()));
    }

    /// Kind: a campaign whose sale is over before it was made.
    #[test]
    fn a_new_sale_ends_in_the_future_and_one_that_there_is_may_be_closed() {
        let sale = Campaign { closes_at: Some(Timestamp(10)), ..campaign(1) };
        assert_eq!(sale.check_new(Timestamp(9)), Ok(()));
        assert_eq!(sale.check_new(Timestamp(10)).expect_err("over").field, "closes_at");
        for opened in [true, false] {
            let mut before = Campaign { closes_at: None, ..campaign(1) };
            before.switches.opened = opened;
            let after = Campaign { closes_at: Some(Timestamp(10)), ..before.clone() };
            assert_eq!(before.check_change(&after, Timestamp(11)), Ok(()));
            assert_eq!(after.phase(Timestamp(11)), Phase::Closed, "closed now");
        }
    }

    #[test]
    fn titles_of_people_are_accepted() {
        for name in ["가을 세일 10%", "👨‍👩‍👧 family", "می‌خواهم", "Ünï", "①"] {
            assert_eq!(Campaign { name: name.into(), ..campaign(1) }.check(), Ok(()), "{name}");
        }
    }

    #[test]
    fn the_earlier_end_of_validity_counts() {
        let terms = Terms { valid_until: Some(Timestamp(50)), valid_days_after_issue: Some(1), ..Terms::default() };
        assert_eq!(terms.expires_at(Timestamp(0)), Some(Timestamp(50)));
        let later = Terms { valid_until: Some(Timestamp(DAY * 9)), ..terms };
        assert_eq!(later.expires_at(Timestamp(7)), Some(Timestamp(DAY + 7)));
        assert_eq!(Terms::default().expires_at(Timestamp(0)), None);
    }

    const DAY: i64 = 86_400_000;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]
        #[test]
        fn a_discount_never_exceeds_the_amount_or_its_cap(
            amount in -10..=MONEY_MAX, value in 1..=100i64, cap in proptest::option::of(1..=MONEY_MAX), won in 1..=MONEY_MAX,
        ) {
            let percent = Discount::Percent { value, max_amount: cap }.off(amount);
            prop_assert!(percent >= 0 && percent <= amount.max(0));
            prop_assert!(cap.is_none_or(|cap| percent <= cap));
            let exact = i128::from(amount.max(0)) * i128::from(value) / 100;
            prop_assert_eq!(i128::from(percent), exact.min(i128::from(cap.unwrap_or(i64::MAX))));
            prop_assert_eq!(Discount::Fixed { value: won }.off(amount), won.min(amount.max(0)));
        }
    }
}
