//! What people read on the waiting page.

use super::Notice;
use onsale_http::Language;

/// The texts of one language. `{n}`, `{h}` and `{m}` stand for numbers; the page's script fills them in, too.
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
    lead: "지금 접속하신 분이 많아 순서대로 안내해 드리고 있습니다.",
    rank: "나의 순서",
    progress: "진행 정도",
    soon: "1분 안에 입장합니다.",
    minutes: "약 {n}분 뒤에 입장합니다.",
    hours: "약 {h}시간 {m}분 뒤에 입장합니다.",
    stopped: "지금은 입장이 잠시 멈춰 있습니다. 순서는 그대로입니다.",
    keep: "차례가 되면 자동으로 이동합니다. 새로고침하거나 창을 닫았다가 곧 돌아와도 순서는 그대로입니다.",
    live: "실시간으로 확인하고 있습니다.",
    offline: "연결이 끊겼습니다. 순서는 그대로이며, 다시 연결하고 있습니다.",
    refresh: "이 화면은 저절로 새로고침됩니다.",
    again: "다시 시도",
    entering: "차례가 되었습니다. 이동합니다.",
    notices: [
        (
            "쿠키가 필요합니다",
            "순서를 지키려면 쿠키를 사용해야 합니다. 브라우저에서 쿠키를 허용한 뒤 다시 시도해 주세요.",
        ),
        ("대기열이 가득 찼습니다", "지금은 기다리는 분이 너무 많습니다. 잠시 후 자동으로 다시 시도합니다."),
        ("대기열이 마감되었습니다", "더 이상 새로 기다릴 수 없습니다."),
        (
            "잠시 확인이 늦어지고 있습니다",
            "순서를 확인하지 못하고 있습니다. 이미 받은 순서는 그대로이며, 곧 자동으로 다시 시도합니다.",
        ),
        (
            "추첨에 참여하고 있습니다",
            "참여 번호는 {n}번입니다. 대기열이 열릴 때 순서를 추첨하며, 이 화면은 저절로 새로고침됩니다.",
        ),
    ],
};

const EN: Texts = Texts {
    title: "One moment, please",
    lead: "Many people are here right now. You are in line, and everyone goes in order.",
    rank: "Your place in line",
    progress: "Progress",
    soon: "Less than a minute until it is your turn.",
    minutes: "About {n} min until it is your turn.",
    hours: "About {h} h {m} min until it is your turn.",
    stopped: "Nobody is being let in at the moment. You keep your place.",
    keep: "You will be taken there when it is your turn. You keep your place if you reload, or close this page and come back soon.",
    live: "Updated live.",
    offline: "The connection was lost. You keep your place; trying again.",
    refresh: "This page reloads by itself.",
    again: "Try again",
    entering: "It is your turn. Taking you there.",
    notices: [
        (
            "Cookies are needed",
            "Your place is kept with a cookie. Please allow cookies in your browser, then try again.",
        ),
        ("The line is full", "Too many people are waiting right now. This page tries again by itself in a moment."),
        ("The line is closed", "Nobody can join it any more."),
        (
            "This is taking a little longer",
            "Your place can not be looked up right now. It is kept all the same, and this page tries again by itself.",
        ),
        (
            "You take part in the draw",
            "Your number is {n}. The order is drawn when the line opens; this page reloads by itself.",
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
    /// How long it will take, in words: rounded up, so that nobody is promised too much.
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
