//! What an account may do at a moment, and when it sleeps or is forgotten (AUTH-017, AUTH-018).

use super::UserRole;
use crate::Timestamp;

/// The state of an account as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountStatus {
    /// In use.
    Active,
    /// Nobody has logged in for long: it must be woken up by an identity verification.
    Dormant,
    /// Deleted by its owner. Its e-mail address and person stay taken until it is erased.
    Deleted,
}

impl AccountStatus {
    /// As in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Dormant => "DORMANT",
            Self::Deleted => "DELETED",
        }
    }

    /// The status of this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Dormant, Self::Deleted].into_iter().find(|status| status.as_str() == text)
    }
}

/// What decides about an account's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// As stored.
    pub status: AccountStatus,
    /// Administrators never sleep.
    pub role: UserRole,
    /// When it was made.
    pub created_at: Timestamp,
    /// The last log-in; a renewed session counts as one.
    pub last_login_at: Option<Timestamp>,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
}

impl Standing {
    /// The state at `now`: an account that has slept since `dormant_after_days` is dormant, whether or not the daily run has
    /// noted it. 0 days: never.
    pub fn status_at(&self, now: Timestamp, dormant_after_days: u32) -> AccountStatus {
        let sleeps = self.status == AccountStatus::Active
            && self.role == UserRole::User
            && dormant_after_days > 0
            && now >= self.last_login_at.unwrap_or(self.created_at).plus_days(dormant_after_days);
        if sleeps { AccountStatus::Dormant } else { self.status }
    }

    /// Whether the account's personal data must go: `rejoin_after_days` after the deletion.
    pub fn is_erasure_due(&self, now: Timestamp, rejoin_after_days: u32) -> bool {
        let deleted_at = self.deleted_at.filter(|_| self.status == AccountStatus::Deleted);
        deleted_at.is_some_and(|deleted_at| now >= deleted_at.plus_days(rejoin_after_days))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY_MS: i64 = 86_400_000;

    fn standing(status: AccountStatus, role: UserRole) -> Standing {
        let at = Timestamp(1_700_000_000_000);
        Standing { status, role, created_at: at, last_login_at: None, deleted_at: None }
    }

    #[test]
    fn an_account_sleeps_exactly_when_its_days_are_over() {
        let active = standing(AccountStatus::Active, UserRole::User);
        let end = active.created_at.plus_days(365);
        assert_eq!(active.status_at(Timestamp(end.0 - 1), 365), AccountStatus::Active);
        assert_eq!(active.status_at(end, 365), AccountStatus::Dormant);
        let seen = Standing { last_login_at: Some(Timestamp(active.created_at.0 + 1)), ..active };
        assert_eq!(seen.status_at(end, 365), AccountStatus::Active);
        assert_eq!(active.status_at(Timestamp(i64::MAX), 0), AccountStatus::Active);
        let admin = standing(AccountStatus::Active, UserRole::Admin);
        assert_eq!(admin.status_at(Timestamp(i64::MAX), 365), AccountStatus::Active);
    }

    #[test]
    fn a_deleted_account_is_erased_exactly_when_its_days_are_over() {
        let deleted_at = Some(Timestamp(1_700_000_000_000));
        let deleted = Standing { deleted_at, ..standing(AccountStatus::Deleted, UserRole::User) };
        let end = Timestamp(1_700_000_000_000).plus_days(30);
        assert!(!deleted.is_erasure_due(Timestamp(end.0 - 1), 30) && deleted.is_erasure_due(end, 30));
        assert!(!Standing { status: AccountStatus::Active, ..deleted }.is_erasure_due(end, 30));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]
        #[test]
        fn time_alone_only_ever_puts_an_account_to_sleep(
            status in prop::sample::select(vec![AccountStatus::Active, AccountStatus::Dormant, AccountStatus::Deleted]),
            admin in any::<bool>(), days in 0u32..2_000, later in 0i64..4_000, more in 0i64..4_000,
        ) {
            let role = if admin { UserRole::Admin } else { UserRole::User };
            let account = standing(status, role);
            let at = |days: i64| Timestamp(account.created_at.0 + days * DAY_MS);
            let (first, second) = (account.status_at(at(later), days), account.status_at(at(later + more), days));
            prop_assert!(first == second || (first, second) == (AccountStatus::Active, AccountStatus::Dormant));
            prop_assert!(first == status || status == AccountStatus::Active);
            prop_assert!(first != AccountStatus::Dormant || !admin || status == AccountStatus::Dormant);
        }
    }
}
