//! The texts of the waiting page, from the messages of `onsale_http::text`.

use super::Notice;
use onsale_http::Language;
use onsale_http::text::message;

/// The texts of one language. `{n}`, `{h}` and `{m}` are placeholders for numbers; the page's script fills them in,
/// too.
pub struct Texts {
    pub title: &'static str,
    pub lead: &'static str,
    pub rank: &'static str,
    pub progress: &'static str,
    pub soon: &'static str,
    pub minutes: &'static str,
    pub hours: &'static str,
    pub stopped: &'static str,
    pub keep: &'static str,
    pub live: &'static str,
    pub offline: &'static str,
    pub refresh: &'static str,
    pub again: &'static str,
    pub entering: &'static str,
    pub ask_title: &'static str,
    pub ask_pow: &'static str,
    pub ask_working: &'static str,
    pub ask_failed: &'static str,
    pub ask_script: &'static str,
    pub ask_recaptcha: &'static str,
    pub ask_go: &'static str,
    pub lost: &'static str,
    pub late: &'static str,
    language: Language,
}

/// The texts of a language.
pub fn texts(language: Language) -> Texts {
    let of = |id| message(id, language);
    Texts {
        title: of("wait-title"),
        lead: of("wait-lead"),
        rank: of("wait-rank"),
        progress: of("wait-progress"),
        soon: of("wait-soon"),
        minutes: of("wait-minutes"),
        hours: of("wait-hours"),
        stopped: of("wait-stopped"),
        keep: of("wait-keep"),
        live: of("wait-live"),
        offline: of("wait-offline"),
        refresh: of("wait-refresh"),
        again: of("wait-again"),
        entering: of("wait-entering"),
        ask_title: of("ask-title"),
        ask_pow: of("ask-pow"),
        ask_working: of("ask-working"),
        ask_failed: of("ask-failed"),
        ask_script: of("ask-script"),
        ask_recaptcha: of("ask-recaptcha"),
        ask_go: of("ask-go"),
        lost: of("wait-lost"),
        late: of("wait-late"),
        language,
    }
}

impl Texts {
    /// The estimated wait in words, rounded up so that it never promises too short a wait.
    pub fn estimate(&self, wait_seconds: Option<u64>) -> String {
        let Some(seconds) = wait_seconds else { return self.stopped.to_owned() };
        let minutes = seconds.div_ceil(60);
        if seconds < 60 {
            self.soon.to_owned()
        } else if minutes < 60 {
            self.minutes.replace("{n}", &minutes.to_string())
        } else {
            self.hours.replace("{h}", &(minutes / 60).to_string()).replace("{m}", &(minutes % 60).to_string())
        }
    }

    /// Title and text of a page without a rank.
    pub fn notice(&self, notice: Notice) -> (&'static str, String) {
        let (title, text, number) = match notice {
            Notice::NoCookies => ("notice-no-cookies-title", "notice-no-cookies", 0),
            Notice::CookieLost => ("notice-cookie-lost-title", "notice-cookie-lost", 0),
            Notice::Full => ("notice-full-title", "notice-full", 0),
            Notice::TooMany => ("notice-too-many-title", "notice-too-many", 0),
            Notice::AccountNeeded => ("notice-account-title", "notice-account", 0),
            Notice::Closed => ("notice-closed-title", "notice-closed", 0),
            Notice::Unavailable => ("notice-unavailable-title", "notice-unavailable", 0),
            Notice::Drawing(entry) => ("notice-drawing-title", "notice-drawing", entry.get()),
        };
        (message(title, self.language), message(text, self.language).replace("{n}", &number.to_string()))
    }
}
