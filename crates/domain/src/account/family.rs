//! Refresh families (AUTH-009): a token is exchanged once. Whoever shows it again has stolen it, or was stolen from: the
//! whole family ends, because nobody can tell which of the two it is.

use crate::Timestamp;

/// How long the loser of two tabs that renewed at once is told the winner's pair, in milliseconds (amendment 13).
pub const TOLD_AGAIN_MS: i64 = 10_000;

/// A token as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredToken {
    /// Exchanged, or ended with its family.
    pub revoked: bool,
    /// Until when it may be exchanged, as stored.
    pub expires_at: Timestamp,
    /// The token that it was exchanged for, where there is one.
    pub successor: Option<Successor>,
}

/// A token that another one was exchanged for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Successor {
    /// When that was.
    pub issued_at: Timestamp,
    /// Neither exchanged nor ended since: the family's last token.
    pub is_live: bool,
    /// Issued to the same user agent that asks now.
    pub is_same_agent: bool,
}

/// How strictly a token that was exchanged is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// It ends the family: `POST /auth/refresh`.
    EndsFamily,
    /// The token used last within ten seconds, from the same user agent, is told the same pair: sessions of pages, where two
    /// tabs renew at once.
    ToldAgain,
}

/// What happens with a token that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshDecision {
    /// It is exchanged.
    Exchange,
    /// The pair of its successor is told again.
    TellAgain,
    /// The family ends; `REVOKED_REFRESH_TOKEN`.
    EndFamily,
    /// Nothing changes; `EXPIRED_TOKEN`.
    Expired,
}

/// Decides about a token that is in the table. `has_expired`: by its own `exp`.
///
/// Revoked counts before expired: a stolen token that comes a week late still ends the family.
pub fn decide(token: &StoredToken, has_expired: bool, reuse: Reuse, now: Timestamp) -> RefreshDecision {
    if token.revoked {
        let is_forgiven = |successor: Successor| {
            let age_ms = now.0.saturating_sub(successor.issued_at.0);
            successor.is_live && successor.is_same_agent && age_ms < TOLD_AGAIN_MS
        };
        let is_told = reuse == Reuse::ToldAgain && token.successor.is_some_and(is_forgiven);
        return if is_told { RefreshDecision::TellAgain } else { RefreshDecision::EndFamily };
    }
    if has_expired || now >= token.expires_at { RefreshDecision::Expired } else { RefreshDecision::Exchange }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    fn exchanged(ms_ago: i64) -> StoredToken {
        let issued_at = Timestamp(NOW.0 - ms_ago);
        let successor = Some(Successor { issued_at, is_live: true, is_same_agent: true });
        StoredToken { revoked: true, expires_at: Timestamp(NOW.0 + 1), successor }
    }

    #[test]
    fn a_live_token_is_exchanged_until_its_millisecond() {
        let token = StoredToken { revoked: false, expires_at: Timestamp(NOW.0 + 1), successor: None };
        assert_eq!(decide(&token, false, Reuse::EndsFamily, NOW), RefreshDecision::Exchange);
        assert_eq!(decide(&token, true, Reuse::EndsFamily, NOW), RefreshDecision::Expired);
        assert_eq!(decide(&token, false, Reuse::EndsFamily, token.expires_at), RefreshDecision::Expired);
    }

    #[test]
    fn two_tabs_are_forgiven_for_ten_seconds_on_the_routes_of_pages_alone() {
        assert_eq!(decide(&exchanged(9_999), false, Reuse::ToldAgain, NOW), RefreshDecision::TellAgain);
        assert_eq!(decide(&exchanged(10_000), false, Reuse::ToldAgain, NOW), RefreshDecision::EndFamily);
        assert_eq!(decide(&exchanged(0), false, Reuse::EndsFamily, NOW), RefreshDecision::EndFamily);
        let with = |is_live, is_same_agent| {
            let successor = Some(Successor { issued_at: NOW, is_live, is_same_agent });
            decide(&StoredToken { successor, ..exchanged(0) }, false, Reuse::ToldAgain, NOW)
        };
        assert_eq!(with(true, false), RefreshDecision::EndFamily, "another browser");
        assert_eq!(with(false, true), RefreshDecision::EndFamily, "not the token used last");
        let none = StoredToken { successor: None, ..exchanged(0) };
        assert_eq!(decide(&none, false, Reuse::ToldAgain, NOW), RefreshDecision::EndFamily, "ended, not exchanged");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]
        #[test]
        fn no_token_is_exchanged_twice_and_what_is_revoked_never_comes_to_life(
            revoked in any::<bool>(), expired in any::<bool>(), ends in -20_000i64..20_000, told in any::<bool>(),
            successor in prop::option::of((-30_000i64..30_000, any::<bool>(), any::<bool>())),
        ) {
            let successor = successor.map(|(ago, is_live, is_same_agent)| {
                Successor { issued_at: Timestamp(NOW.0 - ago), is_live, is_same_agent }
            });
            let token = StoredToken { revoked, expires_at: Timestamp(NOW.0 + ends), successor };
            let reuse = if told { Reuse::ToldAgain } else { Reuse::EndsFamily };
            let decision = decide(&token, expired, reuse, NOW);
            prop_assert_eq!(decision == RefreshDecision::Exchange, !revoked && !expired && ends > 0);
            prop_assert!(decision != RefreshDecision::TellAgain || (revoked && told));
            prop_assert!(decision != RefreshDecision::EndFamily || revoked);
        }
    }
}
