//! The kinds of values: how each is read from text, checked, and described in errors.

use super::keys;
use super::sections::network;
use super::url::without_secrets;
use domain::CampaignId;
use domain::line::LineId;
use figment::value::{Num, Value};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use tracing_subscriber::EnvFilter;

/// The permitted values of a key.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// True or false.
    Flag,
    /// True, false, or `"auto"`.
    FlagOrAuto,
    /// A whole number in this range, both ends included.
    Whole {
        /// The smallest value.
        min: i64,
        /// The largest value.
        max: i64,
    },
    /// A number from 0 to 1.
    Fraction,
    /// IP address and port.
    Address {
        /// Whether `""` is permitted.
        may_be_empty: bool,
    },
    /// The path of a folder.
    Folder,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Addresses or networks.
    Networks,
    /// Origins of pages.
    Origins,
    /// Names of lines.
    Lines,
    /// Names of campaigns.
    Campaigns,
    /// URLs of the servers of a role.
    HttpUrls,
    /// The URL of a server, or `""`.
    HttpUrlOrNone,
    /// The URL of something on a server, with or without a path, or `""`.
    PageUrlOrNone,
    /// So many hexadecimal digits.
    Hex {
        /// Number of digits.
        digits: usize,
    },
    /// A secret with a minimum length, or `""`. It is never printed.
    Secret {
        /// Minimum number of characters.
        min: usize,
    },
    /// The path of a file, or `""`.
    FileOrNone,
    /// A name, or `""`.
    Text,
    /// Log filter directives.
    Filter,
    /// The URL of an engine.
    Engine {
        /// Checks the URL.
        is_url: fn(&str) -> bool,
        /// The permitted forms, for the error message.
        forms: &'static str,
    },
}

impl Kind {
    /// Parses an environment variable or a flag. An unreadable value stays text, and [`Kind::check`] refuses it.
    pub fn read(self, text: &str) -> Value {
        match self {
            Self::Flag | Self::FlagOrAuto => match text {
                "true" => Value::from(true),
                "false" => Value::from(false),
                other => Value::from(other),
            },
            Self::Whole { .. } => text.trim().parse::<i64>().map_or_else(|_| Value::from(text), Value::from),
            Self::Fraction => text.trim().parse::<f64>().map_or_else(|_| Value::from(text), Value::from),
            Self::Networks | Self::Origins | Self::Lines | Self::Campaigns => {
                let entries = text.trim_matches(['[', ']']).split(',').map(|entry| entry.trim().trim_matches('"'));
                Value::from(entries.filter(|entry| !entry.is_empty()).map(Value::from).collect::<Vec<_>>())
            }
            _ => Value::from(text),
        }
    }

    /// Checks the value.
    ///
    /// # Errors
    /// The permitted values, as a sentence that begins with "must".
    pub fn check(self, value: &Value) -> Result<(), String> {
        let text = value.as_str();
        let (right, should_be) = match self {
            Self::Flag => (value.to_bool().is_some(), "must be true or false".to_owned()),
            Self::FlagOrAuto => {
                (value.to_bool().is_some() || text == Some("auto"), "must be true, false or \"auto\"".to_owned())
            }
            Self::Whole { min, max } => {
                let within = whole(value).is_some_and(|number| (i128::from(min)..=i128::from(max)).contains(&number));
                (within, format!("must be a whole number from {min} to {max}"))
            }
            Self::Fraction => {
                (fraction(value).is_some_and(|number| (0.0..=1.0).contains(&number)), "must be a number from 0 to 1".to_owned())
            }
            Self::Address { may_be_empty } => {
                let right = text.is_some_and(|text| (may_be_empty && text.is_empty()) || is_address(text));
                let or_empty = if may_be_empty { ", or \"\"" } else { "" };
                (right, format!("must be an IP address and a port such as \"127.0.0.1:8080\"{or_empty}"))
            }
            Self::Folder => (is_path(text), "must be a folder's path such as \"./onsale-data\"".to_owned()),
            Self::OneOf(words) => {
                (text.is_some_and(|text| words.contains(&text)), format!("must be \"{}\"", words.join("\" or \"")))
            }
            Self::Networks => (
                is_networks(value),
                "must be a list of addresses or networks such as [\"10.0.0.7\", \"10.0.0.0/8\"]".to_owned(),
            ),
            Self::Origins => (
                is_origins(value),
                "must be a list of origins as browsers write them, such as [\"https://shop.example\"]: no path, no wildcard"
                    .to_owned(),
            ),
            Self::Lines => (
                is_lines(value),
                "must be a list of different names such as [\"shop\"], each of 1 to 64 letters, digits and _ . -, but \
                 not lines, stats, . or .. or a UUID"
                    .to_owned(),
            ),
            Self::Campaigns => (
                is_campaigns(value),
                "must be a list of campaigns such as [\"spring\"], or [\"tenant/spring\"] for a tenant's, each name of 1 to \
                 128 letters, digits and _ . : -, but not . or .., nor one that begins with gate: or queue:"
                    .to_owned(),
            ),
            Self::HttpUrls => (
                text.is_some_and(|text| text.split(',').all(is_http_url)),
                "must be addresses such as \"http://10.0.0.7:8083,https://role.example:8083\"".to_owned(),
            ),
            Self::HttpUrlOrNone => (
                text.is_some_and(|text| text.is_empty() || is_http_url(text)),
                "must be an address such as \"http://10.0.0.7:8899\", or \"\"".to_owned(),
            ),
            Self::PageUrlOrNone => (
                text.is_some_and(|text| text.is_empty() || is_page_url(text)),
                "must be an address such as \"https://www.google.com/recaptcha/api.js\", or \"\"".to_owned(),
            ),
            Self::Hex { digits } => {
                let is_hex = |text: &str| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
                (text.is_some_and(is_hex), format!("must be {digits} hexadecimal digits"))
            }
            Self::Secret { min } => {
                let right = text.is_some_and(|text| text.is_empty() || text.len() >= min);
                (right, format!("must have at least {min} characters, or be \"\""))
            }
            Self::FileOrNone => {
                let right = text.is_some_and(|text| !text.contains('\0'));
                (right, "must be a file's path, or \"\"".to_owned())
            }
            Self::Text => {
                let right = text.is_some_and(|text| !text.chars().any(char::is_control));
                (right, "must be a text without control characters".to_owned())
            }
            Self::Filter => (
                text.is_some_and(|text| !text.is_empty() && EnvFilter::builder().parse(text).is_ok()),
                "must be error, warn, info, debug or trace, or levels by module such as \"info,coupon=debug\""
                    .to_owned(),
            ),
            Self::Engine { is_url, forms } => (text.is_some_and(is_url), format!("must be {forms}")),
        };
        if right { Ok(()) } else { Err(should_be) }
    }
}

fn whole(value: &Value) -> Option<i128> {
    let Value::Num(_, number) = value else { return None };
    match number {
        Num::F32(_) | Num::F64(_) => None,
        number => number.to_i128().or_else(|| number.to_u128().and_then(|number| i128::try_from(number).ok())),
    }
}

/// A number, also a whole one.
fn fraction(value: &Value) -> Option<f64> {
    let Value::Num(_, number) = value else { return None };
    match number {
        Num::F32(number) => Some(f64::from(*number)),
        Num::F64(number) => Some(*number),
        _ => whole(value).map(|number| number as f64),
    }
}

fn is_address(text: &str) -> bool {
    text.parse::<SocketAddr>().is_ok()
}

fn is_path(text: Option<&str>) -> bool {
    text.is_some_and(|text| !text.is_empty() && !text.contains('\0'))
}

fn is_networks(value: &Value) -> bool {
    let is_network = |entry: &Value| entry.as_str().is_some_and(|text| network(text).is_some());
    matches!(value, Value::Array(_, entries) if entries.iter().all(is_network))
}

fn is_campaigns(value: &Value) -> bool {
    let is_campaign = |entry: &Value| entry.as_str().is_some_and(|text| CampaignId::given(text).is_ok());
    matches!(value, Value::Array(_, entries) if entries.iter().all(is_campaign))
}

/// An origin as a browser sends it (RFC 6454): small letters, no path, no port that is the scheme's own. What is written
/// otherwise would never match.
fn is_origin(text: &str) -> bool {
    let own_port = if text.starts_with("https:") { ":443" } else { ":80" };
    is_http_url(text)
        && !text.ends_with('/')
        && !text.ends_with(own_port)
        && !text.contains(['@', '*'])
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase())
}

fn is_origins(value: &Value) -> bool {
    matches!(value, Value::Array(_, entries) if entries.iter().all(|entry| entry.as_str().is_some_and(is_origin)))
}

fn is_http_url(text: &str) -> bool {
    let text = text.trim();
    let Some(rest) = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")) else { return false };
    let address = rest.trim_end_matches('/');
    address.parse::<axum::http::uri::Authority>().is_ok_and(|authority| !authority.host().is_empty())
}

fn is_page_url(text: &str) -> bool {
    let Ok(uri) = text.parse::<axum::http::Uri>() else { return false };
    matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
}

fn is_lines(value: &Value) -> bool {
    let Value::Array(_, entries) = value else { return false };
    let is_line = |text: &&str| LineId::of_site(text).is_ok();
    let names: BTreeSet<&str> = entries.iter().filter_map(Value::as_str).filter(is_line).collect();
    names.len() == entries.len()
}

impl Kind {
    /// The value for display, without secrets.
    pub fn shown(self, value: &Value) -> String {
        match self {
            Self::Secret { .. } if value.as_str() != Some("") => "\"***\"".to_owned(),
            _ => written(value),
        }
    }
}

/// The value as TOML.
pub fn written(value: &Value) -> String {
    match value {
        // A JSON string is a valid TOML string.
        Value::String(_, text) => serde_json::to_string(&without_secrets(text)).unwrap_or_default(),
        Value::Bool(_, flag) => flag.to_string(),
        Value::Array(_, entries) => {
            format!("[{}]", entries.iter().map(written).collect::<Vec<_>>().join(", "))
        }
        Value::Dict(..) => "a section".to_owned(),
        other => other
            .to_i128()
            .map(|number| number.to_string())
            .or_else(|| other.to_u128().map(|number| number.to_string()))
            .or_else(|| other.to_f64().map(|number| number.to_string()))
            .unwrap_or_else(|| "?".to_owned()),
    }
}

/// The value of a key that does not exist, for display: a misspelt secret is still one.
pub(super) fn shown_unknown(key: &str, value: &Value) -> String {
    let is_secret_alike = matches!(keys::find(keys::nearest(key)).map(|known| known.kind), Some(Kind::Secret { .. }));
    let has_word = ["key", "secret", "password", "token"].iter().any(|word| key.to_lowercase().contains(word));
    match value {
        Value::String(..) | Value::Array(..) if is_secret_alike || has_word => "\"***\"".to_owned(),
        _ => written(value),
    }
}
