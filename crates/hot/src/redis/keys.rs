//! Names in Redis (`contract.md`, Hot state). All keys of a campaign carry the same hash tag: one slot, one script.

use domain::{CampaignId, IdempotencyKey, TenantName, UserId};

/// The set of all campaigns, as `<tenant>/<event>`: there is no `KEYS` (DATA-002).
pub(super) const CAMPAIGNS: &str = "coupon:campaigns";

/// The keys of one campaign.
#[derive(Clone, Debug)]
pub(super) struct SaleKeys {
    /// Hash: the policy, and the counters that move with every decision.
    pub policy: String,
    /// String: coupons left.
    pub stock: String,
    /// Hash: user -> coupons ([`super::record`]).
    pub participants: String,
    /// Stream: messages decided and not handed over.
    pub outbox: String,
    /// List: numbers taken back, the one that came back first in front.
    pub returned: String,
    /// String: the relay that hands messages over now.
    pub lease: String,
}

impl SaleKeys {
    pub fn new(id: &CampaignId) -> Self {
        let key = |name: &str| format!("coupon:{{{id}}}:{name}");
        Self {
            policy: key("policy"),
            stock: key("stock"),
            participants: key("participants"),
            outbox: key("outbox"),
            returned: key("returned"),
            lease: key("relay"),
        }
    }

    /// What most scripts touch, in their order.
    pub fn decision(&self) -> [&str; 5] {
        [&self.policy, &self.stock, &self.participants, &self.outbox, &self.returned]
    }
}

/// What an idempotency key of a user was claimed for: the campaign's event.
pub(super) fn claim(tenant: &TenantName, user: &UserId, key: IdempotencyKey) -> String {
    format!("coupon:key:{{{tenant}/{user}}}:{}", key.0.simple())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::EventName;

    #[test]
    fn names_are_the_contracts() {
        let event = EventName::new("shoes").expect("valid");
        let own = SaleKeys::new(&CampaignId::new(TenantName::default_tenant(), event.clone()));
        assert_eq!(own.stock, "coupon:{shoes}:stock");
        assert_eq!(own.outbox, "coupon:{shoes}:outbox");
        let other = SaleKeys::new(&CampaignId::new(TenantName::new("acme").expect("valid"), event));
        assert_eq!(other.participants, "coupon:{acme/shoes}:participants");
    }
}
