//! The words of the pages. They are the sandbox's own: no product ships them.

use onsale_http::Language;

/// The words of one language.
pub(crate) struct Texts {
    pub note: &'static str,
    pub pay_title: &'static str,
    pub pay_amount: &'static str,
    pub pay_amount_missing: &'static str,
    pub pay_paid: &'static str,
    pub pay_failed: &'static str,
    pub pay_cancelled: &'static str,
    pub pay_pending: &'static str,
    pub pay_again: &'static str,
    pub back: &'static str,
    pub identity_title: &'static str,
    pub identity_name: &'static str,
    pub identity_phone: &'static str,
    pub identity_verified: &'static str,
    pub identity_failed: &'static str,
    pub identity_ready: &'static str,
    pub log_in_title: &'static str,
    pub log_in_as: &'static str,
    pub log_in_new: &'static str,
    pub log_in_id: &'static str,
    pub log_in_email: &'static str,
    pub log_in_refuse: &'static str,
    pub won: &'static str,
}

/// The words of a language.
pub(crate) fn texts(language: Language) -> &'static Texts {
    match language {
        Language::Ko => &KO,
        Language::En => &EN,
    }
}

const KO: Texts = Texts {
    note: "시험용 화면입니다. 실제 결제와 본인 확인은 이루어지지 않습니다.",
    pay_title: "결제",
    pay_amount: "결제 금액",
    pay_amount_missing: "등록된 결제 금액이 없습니다.",
    pay_paid: "결제하기",
    pay_failed: "카드 거절",
    pay_cancelled: "결제 취소",
    pay_pending: "결제 대기",
    pay_again: "이미 결제되었습니다.",
    back: "돌아가기",
    identity_title: "본인 확인",
    identity_name: "이름",
    identity_phone: "휴대전화 번호",
    identity_verified: "확인 완료",
    identity_failed: "확인 실패",
    identity_ready: "나중에 하기",
    log_in_title: "로그인",
    log_in_as: "이 계정으로 계속하기",
    log_in_new: "새 계정 만들기",
    log_in_id: "아이디",
    log_in_email: "이메일(선택)",
    log_in_refuse: "동의하지 않음",
    won: "원",
};

const EN: Texts = Texts {
    note: "This page is for tests. Nothing is really paid or verified.",
    pay_title: "Payment",
    pay_amount: "Amount",
    pay_amount_missing: "No amount is registered for this payment.",
    pay_paid: "Pay",
    pay_failed: "Card is refused",
    pay_cancelled: "Give up",
    pay_pending: "Leave pending",
    pay_again: "It is paid already.",
    back: "Go back",
    identity_title: "Identity verification",
    identity_name: "Name",
    identity_phone: "Mobile number",
    identity_verified: "Verify",
    identity_failed: "Fail",
    identity_ready: "Later",
    log_in_title: "Log in",
    log_in_as: "Continue as",
    log_in_new: "Make a new account",
    log_in_id: "Id",
    log_in_email: "E-mail (optional)",
    log_in_refuse: "Do not allow",
    won: " won",
};
