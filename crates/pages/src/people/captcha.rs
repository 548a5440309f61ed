//! reCAPTCHA on a form.

use crate::Settings;
use url::Url;
use web::{Hosts, Language, Policy};

/// Where the sandbox's stand-in of reCAPTCHA's script is: every person passes, also without script.
const STAND_IN: &str = "/sandbox/recaptcha/api.js";
/// Google's scripts fetch the rest from here.
const GOOGLE_FILES: &str = "https://www.gstatic.com";

/// The robot check of a form.
#[derive(Clone, Debug)]
pub(super) struct Captcha {
    pub script: String,
    pub site_key: String,
    /// Whether it is the sandbox's.
    pub is_stand_in: bool,
}

impl Captcha {
    /// Of the configuration; none where there is none: then the API says that it cannot judge.
    pub fn of(settings: &Settings, language: Language) -> Option<Self> {
        let script = settings.recaptcha_script_url.as_str();
        let is_stand_in = settings.has_sandbox && (script.is_empty() || script.contains(STAND_IN));
        if script.is_empty() && !is_stand_in {
            return None;
        }
        let script = match (is_stand_in, script.contains('?')) {
            (true, _) => STAND_IN.to_owned(),
            (false, true) => format!("{script}&hl={}", language.as_str()),
            (false, false) => format!("{script}?hl={}", language.as_str()),
        };
        Some(Self { script, site_key: settings.recaptcha_site_key.clone(), is_stand_in })
    }

    /// Whether there is no box to tick: version 3, whose script is loaded with the site's key.
    pub fn is_silent(&self) -> bool {
        !self.is_stand_in && self.script.contains("render=") && !self.script.contains("render=explicit")
    }

    /// What a page with it may load.
    pub fn policy(&self) -> Policy {
        let Some(origin) = origin(&self.script) else { return Policy::Common };
        let sources = vec![origin, GOOGLE_FILES.to_owned()];
        Policy::With(Hosts { sources, form_actions: Vec::new(), has_inline_styles: true })
    }
}

/// The origin of an address of another site; none for a path of this one.
pub(super) fn origin(address: &str) -> Option<String> {
    let url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    Some(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_hosts_widen_the_policy() {
        let with = |url: &str, has_sandbox: bool| {
            let settings = Settings { recaptcha_script_url: url.to_owned(), has_sandbox, ..Settings::default() };
            Captcha::of(&settings, Language::Ko)
        };
        assert!(with("", false).is_none());
        for url in ["", STAND_IN] {
            let stand_in = with(url, true).expect("the sandbox's");
            assert!(stand_in.is_stand_in && stand_in.policy() == Policy::Common && !stand_in.is_silent());
        }
        let box_to_tick = with("https://www.google.com/recaptcha/api.js", true).expect("Google's");
        assert!(!box_to_tick.is_stand_in && !box_to_tick.is_silent() && box_to_tick.script.ends_with("?hl=ko"));
        let policy = box_to_tick.policy().header();
        let policy = std::str::from_utf8(policy.as_bytes()).expect("text");
        assert!(policy.contains("script-src 'self' https://www.google.com https://www.gstatic.com;"), "{policy}");
        assert!(with("https://www.google.com/recaptcha/api.js?render=key", false).expect("Google's").is_silent());
    }
}
