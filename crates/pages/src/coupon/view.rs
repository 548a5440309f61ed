//! What the page shows of a campaign.

use super::campaign::{Campaign, Discount};
use domain::Timestamp;
use web::Texts;
use web::texts::read_time;

/// A campaign in words.
#[derive(Clone, Debug)]
pub(super) struct View {
    /// `scheduled`, `active`, `sold_out`, `paused` or `closed`.
    pub state: &'static str,
    pub name: String,
    pub discount: String,
    /// Who gets how many, for what, until when.
    pub terms: String,
    /// When it opens, while it is not open yet.
    pub opens_ms: Option<i64>,
    /// The same in words.
    pub opens: String,
    /// What the hero number is.
    pub label: &'static str,
    pub left: String,
    /// One sentence on the state.
    pub line: &'static str,
    pub gated: bool,
    /// The server's time of all this.
    pub now: i64,
}

const STATES: [&str; 5] = ["scheduled", "active", "sold_out", "paused", "closed"];

impl View {
    pub fn of(t: Texts, campaign: &Campaign) -> Self {
        // A state of a later version is none in which anybody can press.
        let state = STATES.into_iter().find(|state| *state == campaign.status).unwrap_or("closed");
        let opens_at = campaign.opens_at.as_deref().and_then(read_time).filter(|_| state == "scheduled");
        let text = |part: &str| t.find(&format!("coupon-js-{part}-{state}")).unwrap_or_default();
        let line = match (state, campaign.gated, opens_at) {
            ("scheduled", _, None) => t.find("coupon-unknown-opening").unwrap_or_default(),
            ("scheduled", true, _) => t.find("coupon-gated-soon").unwrap_or_default(),
            ("active", true, _) => t.find("coupon-gated-line").unwrap_or_default(),
            _ => text("line"),
        };
        Self {
            state,
            name: campaign.name.clone(),
            discount: discount(t, campaign.discount.as_ref()),
            terms: terms(t, campaign),
            label: if state == "scheduled" && opens_at.is_none() { "" } else { text("label") },
            left: t.number(campaign.remaining_stock),
            line,
            gated: campaign.gated,
            opens_ms: opens_at.map(Timestamp::millis),
            opens: opens_at.map_or_else(String::new, |at| t.fill("coupon-list-opens", "moment", t.moment(at))),
            now: campaign.now,
        }
    }

    /// Whether the button can be pressed.
    pub fn is_open(&self) -> bool {
        self.state == "active"
    }

    /// What stands on a button that cannot be pressed.
    pub fn closed_words<'t>(&self, t: &'t Texts) -> &'t str {
        t.find(&format!("coupon-js-wait-{}", self.state)).unwrap_or_default()
    }
}

/// What a coupon is worth, in words.
pub(super) fn discount(t: Texts, discount: Option<&Discount>) -> String {
    match discount {
        None => t.get("coupon-plain").to_owned(),
        Some(Discount { kind, value, max_amount: Some(most) }) if kind == "percent" => {
            t.with("coupon-percent-max", &[("value", (*value).into()), ("won", t.won(*most).into())])
        }
        Some(Discount { kind, value, .. }) if kind == "percent" => t.fill("coupon-percent", "value", value),
        Some(Discount { value, .. }) => t.fill("coupon-fixed", "won", t.won(*value)),
    }
}

fn terms(t: Texts, campaign: &Campaign) -> String {
    let mut parts = vec![t.fill("coupon-limit", "n", campaign.per_user_limit)];
    if campaign.min_order_amount > 0 {
        parts.push(t.fill("coupon-min", "won", t.won(campaign.min_order_amount)));
    }
    if let Some(closes_at) = campaign.closes_at.as_deref().and_then(read_time) {
        parts.push(t.fill("coupon-closes", "moment", t.moment(closes_at)));
    }
    parts.join(" · ")
}
