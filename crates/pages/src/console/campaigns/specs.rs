//! The fields of a campaign.

use super::super::fields::{Given, Kind, Spec};
use serde_json::{Map, Value, json};

/// Most won.
const WON_MAX: u64 = 1_000_000_000_000;

const DISCOUNT: Kind = Kind::Choice(&[
    ("", "console-field-discount-none"),
    ("percent", "console-field-discount-percent"),
    ("fixed", "console-field-discount-fixed"),
]);

const NAME: Spec = Spec::new("name", Kind::Text(200)).called("name-of-campaign").needed();
const STOCK: Spec = Spec::new("stock", Kind::Number(1, 100_000_000)).needed();
const LIMIT: Spec = Spec::new("per_user_limit", Kind::Number(1, 1_000));
const GATED: Spec = Spec::new("gated", Kind::Check);
const OPENS: Spec = Spec::new("opens_at", Kind::Moment).may_go();
const CLOSES: Spec = Spec::new("closes_at", Kind::Moment).may_go();
const TERMS: [Spec; 7] = [
    Spec::new("discount", DISCOUNT).may_go(),
    Spec::new("discount_value", Kind::Number(1, WON_MAX)).may_go(),
    Spec::new("max_amount", Kind::Number(0, WON_MAX)).may_go(),
    Spec::new("min_order_amount", Kind::Number(0, WON_MAX)),
    Spec::new("valid_from", Kind::Moment).may_go(),
    Spec::new("valid_until", Kind::Moment).may_go(),
    Spec::new("valid_days_after_issue", Kind::Number(1, 36_500)).may_go(),
];

/// A new campaign's.
pub(super) const NEW: [Spec; 14] = [
    Spec::new("event_id", Kind::Text(128)).needed(),
    NAME,
    STOCK,
    LIMIT,
    GATED,
    OPENS,
    CLOSES,
    TERMS[0],
    TERMS[1],
    TERMS[2],
    TERMS[3],
    TERMS[4],
    TERMS[5],
    TERMS[6],
];

/// What can be changed. The stock has a form of its own.
pub(super) const CHANGE: [Spec; 12] =
    [NAME, LIMIT, GATED, OPENS, CLOSES, TERMS[0], TERMS[1], TERMS[2], TERMS[3], TERMS[4], TERMS[5], TERMS[6]];

/// The three fields that are one in the API.
const JOINED: [&str; 3] = ["discount", "discount_value", "max_amount"];

/// The campaign as forms show it: its discount as three fields.
pub(super) fn spread(mut campaign: Map<String, Value>) -> Map<String, Value> {
    if let Some(Value::Object(discount)) = campaign.remove("discount") {
        let mut put = |field: &str, from: &str| {
            campaign.insert(field.to_owned(), discount.get(from).cloned().unwrap_or(Value::Null));
        };
        put("discount", "type");
        put("discount_value", "value");
        put("max_amount", "max_amount");
    }
    campaign
}

/// The three fields of a discount as the API's one, if the body changes any of them.
pub(super) fn join(mut body: Map<String, Value>, given: Given<'_>) -> Map<String, Value> {
    let is_changed = JOINED.iter().any(|field| body.contains_key(*field));
    for field in JOINED {
        body.remove(field);
    }
    if is_changed {
        let number = |field: &str| given.text(field).parse::<u64>().map_or(Value::Null, Value::from);
        let discount = match given.text("discount") {
            "percent" if given.text("max_amount").is_empty() => {
                json!({"type": "percent", "value": number("discount_value")})
            }
            "percent" => {
                json!({"type": "percent", "value": number("discount_value"), "max_amount": number("max_amount")})
            }
            "fixed" => json!({"type": "fixed", "value": number("discount_value")}),
            _ => Value::Null,
        };
        body.insert("discount".to_owned(), discount);
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_discount_is_three_fields_in_a_form_and_one_in_the_api() {
        let campaign = json!({"name": "a", "discount": {"type": "percent", "value": 10, "max_amount": 5000}});
        let Value::Object(campaign) = campaign else { panic!("an object") };
        let shown = spread(campaign);
        assert_eq!(
            Value::from(shown),
            json!({"name": "a", "discount": "percent", "discount_value": 10, "max_amount": 5000})
        );

        let given = [("discount", "fixed"), ("discount_value", "3000"), ("max_amount", "")];
        let given: Vec<_> = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let Value::Object(body) = json!({"discount_value": 3000, "name": "b"}) else { panic!("an object") };
        let body = join(body, Given(&given));
        assert_eq!(Value::from(body), json!({"name": "b", "discount": {"type": "fixed", "value": 3000}}));
        let Value::Object(body) = json!({"name": "b"}) else { panic!("an object") };
        assert_eq!(Value::from(join(body, Given(&given))), json!({"name": "b"}));
    }
}
