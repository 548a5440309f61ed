//! Keys that name one thing: the contract has a database for each role, and coupon, gate and issuer are one context.

use super::keys::find;
use super::problem::Problem;
use figment::Figment;

/// The roles whose tables are those of `ledger.coupon.url`.
pub(super) const COUPON_ROLES: [&str; 3] = ["coupon", "gate", "issuer"];

/// A database that is given to a key and its value.
struct Given {
    key: String,
    /// As in the source.
    value: String,
    /// With passwords hidden.
    shown: String,
    origin: String,
}

/// The problems of names of one database that name several.
pub(super) fn problems(layers: &Figment) -> Vec<Problem> {
    let given: Vec<Given> = COUPON_ROLES.iter().filter_map(|role| given(layers, role)).collect();
    let Some((first, others)) = given.split_first() else { return Vec::new() };
    let differing = others.iter().filter(|other| other.value != first.value);
    let problem = |other: &Given| Problem {
        key: other.key.clone(),
        value: other.shown.clone(),
        origin: other.origin.clone(),
        complaint: format!("is another name of {}, which is {}; set one of them", first.key, first.shown),
    };
    differing.map(problem).collect()
}

fn given(layers: &Figment, role: &str) -> Option<Given> {
    let key = format!("ledger.{role}.url");
    let value = layers.find_value(&key).ok()?;
    let text = value.as_str().filter(|text| !text.is_empty())?.to_owned();
    let shown = find(&key)?.kind.shown(&value);
    let origin = layers.find_metadata(&key).map_or_else(String::new, |metadata| metadata.name.to_string());
    Some(Given { key, value: text, shown, origin })
}
