//! The payment provider's window, which opens in this window: no pop-up that a browser could block.

use super::load::Payment;
use crate::Settings;
use url::Url;
use web::{Hosts, Policy};

/// The sandbox's window, where nothing else is configured.
const SANDBOX: &str = "/sandbox/portone/window";

/// Where a card is paid with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Window {
    /// A page that the browser goes to and comes back from.
    Page(String),
    /// The provider's script, which opens the window in the page.
    Script(String),
    /// Nobody can pay.
    None,
}

impl Window {
    /// As configured by `payment.portone.sdk_url`: a script ends with `.js`, everything else is a page.
    pub fn of(settings: &Settings) -> Self {
        match settings.payment_sdk_url.as_str() {
            "" if settings.has_sandbox => Self::Page(SANDBOX.to_owned()),
            "" => Self::None,
            script if script.split(['?', '#']).next().unwrap_or_default().ends_with(".js") => {
                Self::Script(script.to_owned())
            }
            page => Self::Page(page.to_owned()),
        }
    }

    /// Where the browser goes to pay: the window's page, or this site's page, which opens the script's window.
    pub fn address(&self, public_url: &str, reservation: &str, payment_key: &str) -> String {
        let back = format!("/pay/{reservation}");
        let Self::Page(page) = self else { return format!("{back}?open=1") };
        // Another site must be told where this one is.
        let back = if page.starts_with('/') { back } else { format!("{}{back}", public_url.trim_end_matches('/')) };
        let fields = [("paymentId", payment_key), ("returnUrl", back.as_str())];
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let joint = if page.contains('?') { '&' } else { '?' };
        format!("{page}{joint}{query}")
    }

    /// What the page may load: the provider's hosts where its script runs, and nothing else in the demo.
    pub fn policy(&self) -> Policy {
        let (address, is_script) = match self {
            Self::Page(page) => (page, false),
            Self::Script(script) => (script, true),
            Self::None => return Policy::Common,
        };
        let Some(origin) = Url::parse(address).ok().map(|url| url.origin().ascii_serialization()) else {
            return Policy::Common;
        };
        let (sources, form_actions) = if is_script { (hosts(&origin), Vec::new()) } else { (Vec::new(), vec![origin]) };
        Policy::With(Hosts { sources, form_actions, has_inline_styles: false })
    }
}

/// The script's own host, and those of its company: the script loads more, and opens the window in a frame.
fn hosts(origin: &str) -> Vec<String> {
    let mut hosts = vec![origin.to_owned()];
    if origin.ends_with(".portone.io") {
        hosts.extend(["https://*.portone.io".to_owned(), "https://*.iamport.co".to_owned()]);
    }
    hosts
}

/// What the provider's script is told, in attributes of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Opening {
    pub script: String,
    pub store_id: String,
    pub channel_key: String,
    pub payment_key: String,
    pub amount: i64,
    pub back: String,
    /// Whether it opens without a press: the press was on the page before.
    pub is_at_once: bool,
}

impl Opening {
    /// Of a payment that PortOne knows; none where the window is a page.
    pub fn of(window: &Window, payment: &Payment, back: String, is_at_once: bool) -> Option<Self> {
        let Window::Script(script) = window else { return None };
        Some(Self {
            script: script.clone(),
            store_id: payment.store_id.clone()?,
            channel_key: payment.channel_key.clone()?,
            payment_key: payment.payment_key.clone()?,
            amount: payment.amount,
            back,
            is_at_once,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(sdk_url: &str, has_sandbox: bool) -> Window {
        Window::of(&Settings { payment_sdk_url: sdk_url.to_owned(), has_sandbox, ..Settings::default() })
    }

    #[test]
    fn a_script_opens_in_the_page_and_everything_else_is_a_page() {
        assert_eq!(window("", true), Window::Page(SANDBOX.to_owned()));
        assert_eq!(window("", false), Window::None);
        assert!(matches!(window("https://cdn.portone.io/v2/browser-sdk.js?x=1", true), Window::Script(_)));
        assert!(matches!(window("http://127.0.0.1:9/window", true), Window::Page(_)));
    }

    #[test]
    fn the_window_comes_back_to_the_payment() {
        let at = |window: Window| window.address("http://shop.example/", "r1", "k1");
        assert_eq!(at(window("", true)), "/sandbox/portone/window?paymentId=k1&returnUrl=%2Fpay%2Fr1");
        let apart = at(window("http://127.0.0.1:9/window", true));
        assert_eq!(apart, "http://127.0.0.1:9/window?paymentId=k1&returnUrl=http%3A%2F%2Fshop.example%2Fpay%2Fr1");
        assert_eq!(at(window("https://cdn.portone.io/v2/browser-sdk.js", false)), "/pay/r1?open=1");
    }

    #[test]
    fn only_a_real_provider_has_hosts_in_the_policy() {
        let policy = |sdk_url: &str| window(sdk_url, true).policy();
        assert_eq!(policy(""), Policy::Common);
        let real = policy("https://cdn.portone.io/v2/browser-sdk.js").header();
        let real = String::from_utf8_lossy(real.as_bytes()).into_owned();
        assert!(real.contains("script-src 'self' https://cdn.portone.io") && !real.contains("trusted-types"), "{real}");
        let apart = policy("http://127.0.0.1:9/window").header();
        let apart = String::from_utf8_lossy(apart.as_bytes()).into_owned();
        assert!(apart.contains("form-action 'self' http://127.0.0.1:9") && !apart.contains("script-src 'self' http"));
    }
}
