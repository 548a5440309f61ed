//! Changes of a campaign (FCFS-017): anything before the sale, afterwards only what cannot hurt holders.

use crate::coupon::campaign::{Campaign, Phase, PolicyError, Switches, Terms};
use crate::time::Timestamp;

/// An action of an operator on a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Begin now.
    Open,
    /// Stop for a while.
    Pause,
    /// Go on.
    Resume,
    /// End for good.
    Close,
}

/// Why a change was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefused {
    /// The changed policy would be invalid.
    #[error(transparent)]
    Invalid(#[from] PolicyError),
    /// The change would hurt people who hold a coupon, or who came for one.
    #[error("{0}")]
    NotModifiable(&'static str),
}

impl Campaign {
    /// Checks a change of policy at `now`; `changed` is the campaign as it would be.
    ///
    /// # Errors
    /// [`ChangeRefused`].
    pub fn check_change(&self, changed: &Self, now: Timestamp) -> Result<(), ChangeRefused> {
        changed.check()?;
        let ensure = |ok: bool, why| if ok { Ok(()) } else { Err(ChangeRefused::NotModifiable(why)) };
        // Every field, so that the compiler asks for a new one. Those without a name here may always change.
        let Self {
            id: _,
            name: _,
            stock,
            per_user_limit,
            gated,
            opens_at,
            closes_at: _,
            switches: _,
            terms,
            revision: _,
            created_at: _,
        } = self;
        ensure(changed.stock >= *stock, "stock cannot be taken away; revoke coupons, or close the campaign")?;
        if self.phase(now) == Phase::Scheduled {
            return Ok(changed.check_ahead(now)?);
        }
        ensure(changed.opens_at == *opens_at, "opens_at cannot change once the sale is open")?;
        ensure(changed.gated == *gated, "gated cannot change once the sale is open")?;
        ensure(changed.per_user_limit >= *per_user_limit, "per_user_limit cannot shrink once the sale is open")?;
        check_terms_not_worse(terms, &changed.terms)
    }

    /// Whether the change takes away what an opening draw was announced for (SEC-005): the gate, its opening, or the sale
    /// behind it. A pause takes nothing away: the draw is held all the same.
    pub fn takes_opening_away(&self, changed: &Self) -> bool {
        // Every field, so that the compiler asks for a new one.
        let Self {
            id: _,
            name: _,
            stock: _,
            per_user_limit: _,
            gated,
            opens_at,
            closes_at,
            switches: Switches { opened, paused: _, closed },
            terms: _,
            revision: _,
            created_at: _,
        } = self;
        let ends_earlier = changed.closes_at.is_some_and(|new| closes_at.is_none_or(|old| new < old));
        let is_switched = changed.switches.opened != *opened || changed.switches.closed != *closed;
        changed.gated != *gated || changed.opens_at != *opens_at || ends_earlier || is_switched
    }

    /// The campaign after an operator's action; the same action again changes nothing.
    ///
    /// # Errors
    /// [`ChangeRefused::NotModifiable`]: a closed campaign stays closed.
    pub fn after(&self, action: Action) -> Result<Self, ChangeRefused> {
        if self.switches.closed && action != Action::Close {
            return Err(ChangeRefused::NotModifiable("the campaign is closed for good; make a new one"));
        }
        let mut next = self.clone();
        match action {
            Action::Open => next.switches.opened = true,
            Action::Pause => next.switches.paused = true,
            Action::Resume => next.switches.paused = false,
            Action::Close => next.switches.closed = true,
        }
        Ok(next)
    }
}

fn check_terms_not_worse(old: &Terms, new: &Terms) -> Result<(), ChangeRefused> {
    let ensure = |ok: bool, why| if ok { Ok(()) } else { Err(ChangeRefused::NotModifiable(why)) };
    // `None` is the widest: no bound at all.
    let later =
        |new: Option<Timestamp>, old: Option<Timestamp>| new.is_none() || old.is_some_and(|old| new >= Some(old));
    let earlier =
        |new: Option<Timestamp>, old: Option<Timestamp>| new.is_none_or(|new| old.is_some_and(|old| new <= old));
    let Terms { discount, min_order_amount, valid_from, valid_until, valid_days_after_issue } = old;
    let longer = new.valid_days_after_issue.is_none_or(|new| valid_days_after_issue.is_some_and(|old| new >= old));
    ensure(new.discount == *discount, "discount cannot change once the sale is open")?;
    ensure(new.min_order_amount <= *min_order_amount, "min_order_amount cannot grow once the sale is open")?;
    ensure(later(new.valid_until, *valid_until), "valid_until cannot come earlier once the sale is open")?;
    ensure(earlier(new.valid_from, *valid_from), "valid_from cannot come later once the sale is open")?;
    ensure(longer, "valid_days_after_issue cannot shrink once the sale is open")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coupon::campaign::tests::campaign;
    use proptest::prelude::*;

    fn changed(change: impl FnOnce(&mut Campaign)) -> Result<(), ChangeRefused> {
        let mut old = campaign(10);
        old.terms.valid_until = Some(Timestamp(1_000));
        old.terms.valid_days_after_issue = Some(10);
        old.terms.min_order_amount = 100;
        let mut new = old.clone();
        change(&mut new);
        old.check_change(&new, Timestamp(0))
    }

    #[test]
    fn an_open_sale_may_only_get_better() {
        assert_eq!(changed(|c| c.stock = 11), Ok(()));
        assert_eq!(changed(|c| c.terms.valid_until = None), Ok(()));
        assert_eq!(changed(|c| c.terms.min_order_amount = 0), Ok(()));
        type Change = fn(&mut Campaign);
        let worse: [Change; 7] = [
            |c| c.stock = 9,
            |c| c.terms.valid_until = Some(Timestamp(999)),
            |c| c.terms.valid_from = Some(Timestamp(1)),
            |c| c.terms.valid_days_after_issue = Some(9),
            |c| c.terms.min_order_amount = 101,
            |c| c.opens_at = Some(Timestamp(5)),
            |c| c.gated = true,
        ];
        for change in worse {
            assert!(matches!(changed(change), Err(ChangeRefused::NotModifiable(_))));
        }
        assert!(matches!(changed(|c| c.name = String::new()), Err(ChangeRefused::Invalid(_))));
    }

    #[test]
    fn before_the_sale_everything_but_stock_may_change() {
        let mut old = campaign(10);
        old.switches.opened = false;
        let mut new = old.clone();
        new.gated = true;
        new.terms.min_order_amount = 5;
        assert_eq!(old.check_change(&new, Timestamp(0)), Ok(()));
    }

    #[test]
    fn a_draw_is_taken_away_by_its_gate_its_opening_and_the_end_of_its_sale() {
        let old = Campaign { opens_at: Some(Timestamp(5)), closes_at: Some(Timestamp(9)), ..campaign(10) };
        let old = Campaign { gated: true, switches: Switches::default(), ..old };
        type Change = fn(&mut Campaign);
        let takes = |change: Change| {
            let mut new = old.clone();
            change(&mut new);
            old.takes_opening_away(&new)
        };
        let away: [Change; 6] = [
            |c| c.gated = false,
            |c| c.opens_at = Some(Timestamp(6)),
            |c| c.opens_at = None,
            |c| c.closes_at = Some(Timestamp(8)),
            |c| c.switches.opened = true,
            |c| c.switches.closed = true,
        ];
        assert!(away.into_iter().all(takes));
        let stays: [Change; 5] = [
            |c| c.switches.paused = true,
            |c| c.closes_at = None,
            |c| c.closes_at = Some(Timestamp(10)),
            |c| c.stock = 11,
            |c| c.name = "other".to_owned(),
        ];
        assert!(!stays.into_iter().any(takes));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]
        #[test]
        fn a_closed_campaign_stays_closed(actions in proptest::collection::vec(0usize..4, 1..20)) {
            let mut sale = campaign(1);
            for action in actions {
                let was_closed = sale.switches.closed;
                let action = [Action::Open, Action::Pause, Action::Resume, Action::Close][action];
                match sale.after(action) {
                    Ok(next) => { prop_assert!(!was_closed || next == sale); sale = next; }
                    Err(_) => prop_assert!(was_closed),
                }
            }
        }
    }
}
