//! What the API says of a campaign.

use crate::Pages;
use crate::problem::Problem;
use crate::visitor::Visitor;
use serde::Deserialize;

/// A campaign's public status.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Campaign {
    pub event_id: String,
    pub name: String,
    pub remaining_stock: u32,
    pub status: String,
    pub opens_at: Option<String>,
    pub closes_at: Option<String>,
    pub gated: bool,
    pub per_user_limit: u32,
    pub discount: Option<Discount>,
    pub min_order_amount: i64,
    pub now: i64,
}

/// What a coupon is worth.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Discount {
    #[serde(rename = "type")]
    pub kind: String,
    pub value: i64,
    #[serde(default)]
    pub max_amount: Option<i64>,
}

/// The public list.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct List {
    pub list: Vec<Campaign>,
}

/// The campaign that an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// None: `default`.
    pub tenant: Option<String>,
    pub campaign: String,
}

impl Name {
    /// `<campaign>` or `<tenant>~<campaign>`; none for what names nothing.
    pub fn of(address: &str) -> Option<Self> {
        let is_name = |name: &str| {
            let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
            (1..=128).contains(&name.len()) && name.bytes().all(is_letter)
        };
        let (tenant, campaign) = match address.split_once('~') {
            Some((tenant, campaign)) => (Some(tenant.to_owned()), campaign.to_owned()),
            None => (None, address.to_owned()),
        };
        let tenant = tenant.filter(|tenant| tenant != "default");
        (is_name(&campaign) && tenant.as_deref().is_none_or(is_name)).then_some(Self { tenant, campaign })
    }

    /// As the page's address names it.
    pub fn in_address(&self) -> String {
        match &self.tenant {
            Some(tenant) => format!("{tenant}~{}", self.campaign),
            None => self.campaign.clone(),
        }
    }

    /// The campaign, as the API tells it to everybody. Of another tenant it tells those in that tenant's public list.
    ///
    /// # Errors
    /// What the API refused; 404 for a campaign that is not told.
    pub async fn read(&self, pages: &Pages, visitor: &Visitor) -> Result<Campaign, Problem> {
        let Some(tenant) = &self.tenant else {
            return pages.api.get(visitor, &format!("/api/v1/coupons/status/{}", self.campaign)).await;
        };
        let all: List = pages.api.get(visitor, &format!("/api/v1/coupons/campaigns?tenant={tenant}")).await?;
        let found = all.list.into_iter().find(|campaign| campaign.event_id == self.campaign);
        found.ok_or_else(|| Problem::not_found(visitor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_campaign_and_perhaps_a_tenant() {
        let name = |address: &str| Name::of(address).map(|name| (name.tenant.clone(), name.in_address()));
        assert_eq!(name("shoes"), Some((None, "shoes".to_owned())));
        assert_eq!(name("acme~shoes"), Some((Some("acme".to_owned()), "acme~shoes".to_owned())));
        assert_eq!(name("default~shoes"), Some((None, "shoes".to_owned())));
        for bad in ["", "~", "a~", "~a", "a~b~c", "a/b", "a b", "../x", "a?b", "한"] {
            assert_eq!(name(bad), None, "{bad}");
        }
    }
}
