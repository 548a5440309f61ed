//! Texts of the waiting page, in Korean and English.

use super::Notice;
use onsale_http::Language;

/// The texts of one language. `{n}`, `{h}` and `{m}` are placeholders for numbers; the page's script fills them in, too.
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
    notices: [(&'static str, &'static str); 5],
}

const KO: Texts = Texts {
    title: "잠시만 기다려 주세요",
    lead: "접속하신 분이 많아 순서대로 입장을 안내해 드리고 있습니다.",
    rank: "나의 순서",
    progress: "진행 상황",
    soon: "1분 안에 입장합니다.",
    minutes: "약 {n}분 뒤에 입장합니다.",
    hours: "약 {h}시간 {m}분 뒤에 입장합니다.",
    stopped: "지금은 입장이 잠시 중단되었습니다. 순서는 그대로 유지됩니다.",
    keep: "차례가 되면 자동으로 이동합니다. 새로고침하거나 창을 닫았다가 곧 다시 열어도 순서는 그대로 유지됩니다.",
    live: "실시간으로 순서를 확인하고 있습니다.",
    offline: "연결이 끊겨 다시 연결하고 있습니다. 순서는 그대로 유지됩니다.",
    refresh: "이 화면은 자동으로 새로고침됩니다.",
    again: "다시 시도",
    entering: "차례가 되었습니다. 이동합니다.",
    notices: [
        ("쿠키가 필요합니다", "순서를 유지하려면 쿠키가 필요합니다. 브라우저에서 쿠키를 허용한 뒤 다시 시도해 주세요."),
        ("대기열이 가득 찼습니다", "지금은 기다리는 분이 많아 더 받을 수 없습니다. 잠시 후 자동으로 다시 시도합니다."),
        ("대기열이 마감되었습니다", "더 이상 대기열에 들어갈 수 없습니다."),
        (
            "순서 확인이 지연되고 있습니다",
            "지금은 순서를 확인할 수 없습니다. 받은 순서는 그대로 유지되며, 잠시 후 자동으로 다시 시도합니다.",
        ),
        (
            "추첨에 참여했습니다",
            "참여 번호는 {n}번입니다. 대기열이 열리면 추첨으로 순서를 정합니다. 이 화면은 자동으로 새로고침됩니다.",
        ),
    ],
};

const EN: Texts = Texts {
    title: "One moment, please",
    lead: "Many people are visiting right now. You are in line and will enter in order.",
    rank: "Your position in line",
    progress: "Progress",
    soon: "Less than a minute until it is your turn.",
    minutes: "About {n} min until it is your turn.",
    hours: "About {h} h {m} min until it is your turn.",
    stopped: "Entry is paused at the moment. You keep your position.",
    keep: "This page takes you to the site when it is your turn. You keep your position if you reload the page, or close it and come back soon.",
    live: "Live updates are on.",
    offline: "The connection was lost. Reconnecting. You keep your position.",
    refresh: "This page reloads automatically.",
    again: "Try again",
    entering: "It is your turn. Taking you to the site.",
    notices: [
        (
            "Cookies are required",
            "A cookie keeps your position in line. Please allow cookies in your browser, then try again.",
        ),
        ("The line is full", "Too many people are waiting right now. This page tries again automatically in a moment."),
        ("The line is closed", "You can no longer join this line."),
        (
            "Your position is temporarily unavailable",
            "We cannot look up your position right now. You keep your position, and this page tries again automatically.",
        ),
        (
            "You are in the draw",
            "Your entry number is {n}. The draw sets the order when the line opens. This page reloads automatically.",
        ),
    ],
};

/// The texts of a language.
pub fn texts(language: Language) -> &'static Texts {
    match language {
        Language::Ko => &KO,
        Language::En => &EN,
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
        let (place, number) = match notice {
            Notice::NoCookies => (0, 0),
            Notice::Full => (1, 0),
            Notice::Closed => (2, 0),
            Notice::Away => (3, 0),
            Notice::Drawing(entry) => (4, entry),
        };
        let (title, text) = self.notices[place];
        (title, text.replace("{n}", &number.to_string()))
    }
}
