//! The steps of a purchase, by mouse, in any language: each begins on the page where the one before ended.

use super::shop::{PASSWORD, Shop, Show, next_number};
use crate::browser::Person;

/// What the console may say of a payment: the provider's notice was quicker than the page.
pub const PAID_BEFORE: &str = "payments/confirm";
/// The main button of a form.
pub const GO: &str = "main form .actions button:first-of-type";

/// Signs up from the log-in page, step by step, and logs in. Returns the address.
#[track_caller]
pub fn sign_up(person: &Person) -> String {
    person.follow("main a[href^='/signup']");
    agree(person);
    identify(person);
    let (email, phone) = new_person();
    person.fill("#email", &email);
    person.follow(GO);
    skip_code(person);
    account(person, &phone);
    person.until("location.pathname === '/login'");
    log_in(person);
    email
}

/// An address and a number that nobody has.
pub fn new_person() -> (String, String) {
    let number = next_number();
    (format!("stranger{number}@example.com"), format!("010-9{:03}-{:04}", number / 10_000, number % 10_000))
}

/// The terms.
#[track_caller]
pub fn agree(person: &Person) {
    person.until("location.pathname === '/signup'");
    let boxes = "[...document.querySelectorAll('main input[type=checkbox]')].map((box) => box.id)";
    let boxes: Vec<String> = serde_json::from_value(person.value(boxes).expect("boxes")).expect("texts");
    for id in boxes {
        person.click(&format!("input[id='{id}']"));
    }
    person.follow(GO);
}

/// The window of the identity verification.
#[track_caller]
pub fn identify(person: &Person) {
    person.until("location.pathname === '/signup/identity'");
    person.follow("#identity");
    person.fill("input[name=name]", "김하늘");
    person.fill("input[name=phone]", &new_person().1);
    person.follow("button[value=VERIFIED]");
    person.until("location.pathname === '/signup/email'");
}

/// The demonstration does not demand the code.
#[track_caller]
pub fn skip_code(person: &Person) {
    person.follow("button[value=skip]");
    person.until("location.pathname === '/signup/account'");
}

/// Password, name, number.
#[track_caller]
pub fn account(person: &Person, phone: &str) {
    person.fill("#password", PASSWORD);
    person.fill("#name", "김하늘");
    person.fill("#phone", phone);
    person.follow(GO);
}

/// The log-in page, which knows the address.
#[track_caller]
pub fn log_in(person: &Person) {
    person.fill("#password", PASSWORD);
    person.follow(GO);
}

/// From a show's page to its seats, or to the log-in.
#[track_caller]
pub fn join(person: &Person, shop: &Shop, show: &Show) {
    person.open(&shop.url(&format!("/shows/{}", show.event)));
    person.follow(".time a.button");
}

/// Waits until it is one's turn, and the seats are there.
#[track_caller]
pub fn wait_for_seats(person: &Person, show: &Show) {
    person.until(&format!("location.pathname === '/seats/{}' && document.readyState === 'complete'", show.schedule));
}

/// Lets the page choose seats side by side, and holds them. Returns the reservation.
#[track_caller]
pub fn take_best(person: &Person) -> String {
    person.follow("#best button[value=best]");
    person.until("location.pathname.startsWith('/pay/')");
    reservation(person)
}

/// The reservation of the page that is shown.
pub fn reservation(person: &Person) -> String {
    person.words("location.pathname.split('/').pop()")
}

/// Opens the payment's window, pays there, and comes back.
#[track_caller]
pub fn pay(person: &Person) {
    person.until_state(&["ready"]);
    person.follow("#press");
    pay_in_window(person);
}

/// The window itself.
#[track_caller]
pub fn pay_in_window(person: &Person) {
    person.until("location.pathname === '/sandbox/portone/window'");
    person.click("button[value=PAID]");
}

/// Waits for the ticket.
#[track_caller]
pub fn wait_for_ticket(person: &Person) {
    person.until("location.pathname.startsWith('/me/tickets/') && document.readyState === 'complete'");
    person.until_state(&["good"]);
}
