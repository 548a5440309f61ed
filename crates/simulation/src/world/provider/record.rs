//! What the provider has of one payment.

use domain::Timestamp;
use domain::payment::{Channel, Found, GivenBack, GivenBackStatus, Money, ProviderStatus};
use std::collections::BTreeMap;

/// What becomes of a buyer's try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PayOutcome {
    /// Paid.
    Paid,
    /// Paid, and taken twice.
    Twice,
    /// Less than the total was taken.
    Less,
    /// The card was refused.
    Refused,
    /// A company decides later.
    Later {
        /// When, by the true time.
        at_ms: i64,
        /// Whether it takes the money.
        is_paid: bool,
    },
}

/// A cancellation.
#[derive(Clone, Debug)]
pub(super) struct Cancellation {
    pub(super) number: u32,
    pub(super) amount: i64,
    pub(super) status: GivenBackStatus,
    /// When one that is only taken up is decided, and whether it is done then.
    pub(super) settles: Option<(i64, bool)>,
    pub(super) is_by_hand: bool,
}

/// A payment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub(crate) total: i64,
    pub(super) paid: i64,
    pub(super) paid_at: Option<Timestamp>,
    /// Whether it tells when it was paid.
    pub(super) hides_moment: bool,
    pub(super) transaction: u32,
    pub(super) has_failed: bool,
    pub(super) later: Option<(i64, bool)>,
    pub(super) cancellations: Vec<Cancellation>,
    /// What was answered under a key, with the amounts that were asked for.
    pub(super) kept: BTreeMap<String, (i64, i64, domain::payment::refund::Answer)>,
}

impl Record {
    /// Taken in all.
    pub(crate) fn captured(&self) -> i64 {
        self.paid
    }

    /// Given back in all.
    pub(crate) fn refunded(&self) -> i64 {
        self.sum(|one| one.status == GivenBackStatus::Succeeded)
    }

    /// Given back by operators in the console.
    pub(crate) fn refunded_by_hand(&self) -> i64 {
        self.sum(|one| one.status == GivenBackStatus::Succeeded && one.is_by_hand)
    }

    fn sum(&self, is_meant: impl Fn(&Cancellation) -> bool) -> i64 {
        self.cancellations.iter().filter(|one| is_meant(one)).map(|one| one.amount).sum()
    }

    /// What can be given back: what is left and not on its way back.
    pub(super) fn cancellable(&self) -> i64 {
        self.paid - self.refunded() - self.sum(|one| one.status == GivenBackStatus::Requested)
    }

    /// The transaction's name.
    pub(crate) fn transaction_name(&self) -> String {
        format!("tx-{}", self.transaction)
    }

    /// Decides what was to be decided by now. Whether anything changed.
    pub(super) fn settle(&mut self, now_ms: i64, now: Timestamp) -> bool {
        let mut has_changed = false;
        if let Some((at_ms, is_paid)) = self.later
            && at_ms <= now_ms
        {
            self.later = None;
            has_changed = true;
            if is_paid { self.take(self.total, now) } else { self.has_failed = true }
        }
        for one in &mut self.cancellations {
            if let Some((at_ms, is_done)) = one.settles
                && at_ms <= now_ms
            {
                one.settles = None;
                one.status = if is_done { GivenBackStatus::Succeeded } else { GivenBackStatus::Failed };
                has_changed = true;
            }
        }
        has_changed
    }

    /// Takes money.
    pub(super) fn take(&mut self, amount: i64, now: Timestamp) {
        self.paid += amount;
        self.transaction += 1;
        self.paid_at = self.paid_at.or(Some(now));
    }

    fn status(&self) -> ProviderStatus {
        match (self.paid, self.refunded()) {
            (0, _) if self.later.is_some() => ProviderStatus::PayPending,
            (0, _) if self.has_failed => ProviderStatus::Failed,
            (0, _) => ProviderStatus::Ready,
            (paid, refunded) if refunded >= paid => ProviderStatus::Cancelled,
            (_, 0) => ProviderStatus::Paid,
            _ => ProviderStatus::PartialCancelled,
        }
    }

    /// As a look-up shows it.
    pub(super) fn found(&self) -> Found {
        let given_back =
            |one: &Cancellation| GivenBack { id: format!("c-{}", one.number), status: one.status, amount: one.amount };
        Found {
            status: self.status(),
            transaction: (self.transaction > 0).then(|| self.transaction_name()),
            is_our_store: true,
            currency: "KRW".to_owned(),
            channel: Channel::Live,
            money: Money { total: self.total, paid: self.paid, cancelled: self.refunded() },
            paid_at: self.paid_at.filter(|_| !self.hides_moment),
            given_back: self.cancellations.iter().map(given_back).collect(),
            card: None,
        }
    }
}
