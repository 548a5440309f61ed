//! Shared by the tests: a ledger on a database of its own, and its contents.

use coupon::rows::{campaigns, coupons};
use coupon::schema::SCHEMA;
use coupon::steps::{CouponStep, CouponSteps, StepOutcome, Wish};
use domain::coupon::campaign::Switches;
use domain::message::{CouponIssued, Envelope, event_type};
use domain::{Campaign, CampaignId, CouponId, EventName, TenantName, Timestamp};
use ledger::Ledger;
use ledger::group::GroupCommit;
use ledger_testkit::{Raw, Site, patient};
use uuid::Uuid;

/// A migrated ledger on a database of its own.
pub struct Books {
    pub ledger: Ledger,
    pub site: Site,
}

impl Books {
    pub async fn open(site: Site) -> Self {
        let ledger = Ledger::connect(&site.url, &SCHEMA, patient()).await.expect("connects");
        ledger.migrate().await.expect("migrates");
        Self { ledger, site }
    }

    /// A connection past the ledger's code.
    pub async fn raw(&self) -> Raw {
        Raw::open(&self.site, &SCHEMA).await
    }

    pub async fn with_campaign(site: Site, stock: u32, per_user_limit: u32) -> (Self, Campaign) {
        let books = Self::open(site).await;
        let campaign = Campaign { per_user_limit, ..campaign("shop", "sale", stock) };
        campaigns::create(&books.ledger, &campaign).await.expect("created");
        (books, campaign)
    }

    /// Does one step of a coupon.
    pub async fn step(&self, sale: &Campaign, coupon: CouponId, wish: Wish) -> StepOutcome {
        let step = CouponStep { tenant: sale.id.tenant.clone(), coupon, wish };
        GroupCommit::start(&self.ledger, CouponSteps).run(step).await.expect("decided")
    }

    pub async fn keep(&self, issued: &[(Uuid, CouponIssued)]) -> Vec<coupons::Refused> {
        let change = self.ledger.begin().await.expect("begins");
        let refused = coupons::keep_issued(&change, issued).await.expect("keeps");
        change.commit().await.expect("commits");
        refused
    }
}

pub fn tenant(name: &str) -> TenantName {
    TenantName::new(name).expect("a name")
}

pub fn event(name: &str) -> EventName {
    EventName::new(name).expect("a name")
}

pub fn campaign(tenant_name: &str, name: &str, stock: u32) -> Campaign {
    Campaign {
        name: "Sale".into(),
        switches: Switches { opened: true, ..Switches::default() },
        created_at: Timestamp(1_700_000_000_123),
        ..Campaign::new(CampaignId::new(tenant(tenant_name), event(name)), stock)
    }
}

/// The coupon with number `serial` for user `u<serial>`, always with the same ids.
pub fn issued(campaign: &Campaign, serial: u32) -> (Uuid, CouponIssued) {
    let coupon = CouponIssued {
        tenant: campaign.id.tenant.to_string(),
        campaign_id: campaign.id.event.to_string(),
        coupon_id: CouponId(Uuid::from_u128(u128::from(serial))),
        user_id: format!("u{serial}"),
        serial,
        nth_of_user: 1,
        issued_at_ms: 1_700_000_000_000 + i64::from(serial),
    };
    (Uuid::from_u128(0xE000_0000 + u128::from(serial)), coupon)
}

pub fn message(id: u128) -> Envelope {
    Envelope::about_campaign(
        Uuid::from_u128(id),
        event_type::COUPON_REDEEMED,
        "shop/sale".into(),
        Timestamp(1_700_000_000_456),
        Some("u1".into()),
        &serde_json::json!({"n": 1, "text": "한글"}),
    )
}
