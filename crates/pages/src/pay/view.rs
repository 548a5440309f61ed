//! The page as its template takes it.

use super::load::{Discount, Known, Reservation};
use super::state::{Note, Over, PayState, Why};
use super::window::{Opening, Window};
use crate::{Pages, Visitor};
use askama::Template;
use axum::response::Response;
use http::StatusCode;
use web::{Caching, FieldError, Policy, Shell, Texts, page};

/// Everything that the page shows.
pub(super) struct Scene<'a> {
    pub reservation: &'a Reservation,
    pub known: &'a Known,
    pub state: PayState,
    pub discounts: &'a [Discount],
    /// The coupon that was chosen.
    pub coupon: &'a str,
    /// Whether the provider's window opens without a press.
    pub is_opening: bool,
}

#[derive(Template)]
#[template(path = "pay/page.html")]
struct PayPage<'a> {
    shell: Shell,
    errors: Vec<FieldError>,
    id: &'a str,
    state: &'static str,
    heading: &'a str,
    is_passing: bool,
    show: &'a str,
    when: String,
    place: String,
    seats: Vec<SeatView>,
    total: i64,
    /// What is taken off; empty where nothing is.
    discount: String,
    amount: String,
    /// On the button.
    press: String,
    coupons: Vec<Coupon<'a>>,
    until: String,
    until_iso: String,
    left_ms: Option<i64>,
    /// The button's text where the hold may be made longer.
    longer: Option<String>,
    is_extended: bool,
    can_change: bool,
    schedule: &'a str,
    texts: Vec<&'a str>,
    opening: Option<Opening>,
    /// Where the window is a page, or its script can run.
    has_window: bool,
    is_script: bool,
    payment: Option<PaymentView<'a>>,
    transaction: &'a str,
    again: Vec<u32>,
}

struct SeatView {
    name: String,
    grade: String,
    price: String,
}

struct Coupon<'a> {
    id: &'a str,
    text: String,
    discount: i64,
    payable: i64,
    is_chosen: bool,
}

struct PaymentView<'a> {
    id: &'a str,
    key: &'a str,
    amount: i64,
}

impl Scene<'_> {
    /// The page. With a fault of a form its status and words.
    pub fn page(&self, pages: &Pages, visitor: &Visitor, fault: Option<(StatusCode, String)>) -> Response {
        let t = visitor.t();
        let window = Window::of(&pages.settings);
        let (status, errors) = match fault {
            Some((status, text)) => (status, vec![FieldError::new("", text)]),
            None => (StatusCode::OK, Vec::new()),
        };
        let template = self.template(pages, visitor, t, &window, errors);
        // Only a page that opens the provider's window may load what it needs.
        let needs_hosts = matches!(self.state, PayState::Ready | PayState::Window(_));
        let policy = if needs_hosts { window.policy() } else { Policy::Common };
        page(status, &template.shell, &policy, Caching::Private, &template)
    }

    fn template<'s>(
        &'s self,
        pages: &Pages,
        visitor: &Visitor,
        t: Texts,
        window: &Window,
        errors: Vec<FieldError>,
    ) -> PayPage<'s> {
        let of = self.reservation;
        let payment = self.known.payment();
        let chosen = self.discounts.iter().find(|one| one.coupon_id == self.coupon);
        let discount = match payment {
            Some(payment) => payment.discount_amount.unwrap_or(0),
            None => chosen.map_or(0, |one| one.discount_amount),
        };
        let amount = t.won(payment.map_or(of.total_amount - discount, |payment| payment.amount));
        let heading = t.find(heading_id(&self.state)).unwrap_or_default();
        let until = of.hold_expires_at.as_deref().and_then(web::texts::read_time);
        let is_held =
            matches!(self.state, PayState::Ready | PayState::Free | PayState::Window(_) | PayState::Confirming { .. });
        let is_before = matches!(self.state, PayState::Ready | PayState::Free);
        let is_extended = of.extended.unwrap_or(false);
        let minutes = pages.settings.hold_extend_seconds / 60;
        let may_extend = is_before && payment.is_none() && of.payment_id.is_none() && minutes > 0 && !is_extended;
        let back = format!("/pay/{}", of.reservation_id);
        let when = of.schedule_date.as_deref().and_then(web::texts::read_time);
        let place = [of.venue_name.as_deref(), of.hall_name.as_deref()];
        let shell = Shell::new(visitor, heading).script("pay.js").style("pay.css").texts("pay-js-");
        PayPage {
            shell: shell.errors(!errors.is_empty()),
            errors,
            id: &of.reservation_id,
            state: self.state.name(),
            heading,
            is_passing: self.state.is_passing(),
            show: of.event_title.as_deref().unwrap_or_default(),
            when: when.map(|at| t.moment(at)).unwrap_or_default(),
            place: place.into_iter().flatten().collect::<Vec<_>>().join(" "),
            seats: of.seats.iter().map(|seat| seat_view(t, seat)).collect(),
            total: of.total_amount,
            discount: if discount > 0 { t.won(discount) } else { String::new() },
            press: t.with("pay-card-amount", &[("amount", amount.as_str().into())]),
            amount,
            coupons: self.coupons(t),
            until: until.map(|at| t.with("pay-until", &[("time", t.time(at).into())])).unwrap_or_default(),
            until_iso: until.map(|at| t.iso(at)).unwrap_or_default(),
            left_ms: of.hold_expires_in_ms.filter(|_| is_held),
            longer: may_extend.then(|| t.with("pay-longer-of", &[("minutes", minutes.into())])),
            is_extended: is_extended && is_before,
            can_change: is_before && of.payment_id.is_none(),
            schedule: &of.schedule_id,
            texts: self.texts(t),
            opening: payment.and_then(|payment| Opening::of(window, payment, back, self.is_opening)),
            has_window: *window != Window::None,
            is_script: matches!(window, Window::Script(_)),
            payment: payment.map(|payment| PaymentView {
                id: &payment.payment_id,
                key: payment.payment_key.as_deref().unwrap_or_default(),
                amount: payment.amount,
            }),
            transaction: if let PayState::Confirming { transaction } = &self.state { transaction } else { "" },
            again: of.seats.iter().filter_map(|seat| index_of(&seat.seat_id)).collect(),
        }
    }

    fn coupons(&self, t: Texts) -> Vec<Coupon<'_>> {
        let coupon = |one: &'_ Discount| {
            let args = [
                ("name", one.name.clone().into()),
                ("discount", t.won(one.discount_amount).into()),
                ("payable", t.won(one.payable).into()),
            ];
            t.with("pay-coupon-of", &args)
        };
        let of = |one| Coupon {
            text: coupon(one),
            id: one.coupon_id.as_str(),
            discount: one.discount_amount,
            payable: one.payable,
            is_chosen: one.coupon_id == self.coupon,
        };
        self.discounts.iter().map(of).collect()
    }

    /// What has happened, and what is safe.
    fn texts<'t>(&self, t: Texts) -> Vec<&'t str> {
        let ids: &[&str] = match &self.state {
            PayState::Ready | PayState::Free | PayState::Ticket => &[],
            PayState::Window(Note::Unfinished) => &["pay-window-text"],
            PayState::Window(Note::Closed) => &["pay-window-closed"],
            PayState::Window(Note::Refused) => &["pay-window-refused"],
            PayState::Confirming { .. } => &["pay-confirming-text"],
            PayState::Ticketing => &["pay-ticket-text"],
            PayState::Unknown => &["pay-unknown-text", "pay-unknown-safe"],
            PayState::Failed(Why::NotPaid) => &["pay-failed-text", "pay-failed-not-paid"],
            PayState::Failed(Why::Away) => &["pay-failed-away", "pay-failed-text"],
            PayState::Failed(Why::SeatsGone) => &["pay-failed-seats"],
            PayState::Failed(Why::CouponGone) => &["pay-failed-coupon", "pay-failed-text"],
            PayState::Failed(Why::Refunded) => &["pay-failed-text", "pay-failed-refund"],
            PayState::Expired if self.known.payment().is_some() => &["pay-expired-text", "pay-failed-refund"],
            PayState::Expired => &["pay-expired-text", "pay-failed-not-paid"],
            PayState::Ended(Over::User) => &["pay-ended-user"],
            PayState::Ended(Over::Event) => &["pay-ended-event"],
            PayState::Ended(Over::Refunded) => &["pay-ended-refunded"],
        };
        ids.iter().filter_map(|id| t.find(id)).collect()
    }
}

fn heading_id(state: &PayState) -> &'static str {
    match state {
        PayState::Ready | PayState::Ticket => "pay-title",
        PayState::Free => "pay-title-free",
        PayState::Window(_) => "pay-title-window",
        PayState::Confirming { .. } | PayState::Ticketing => "pay-title-confirming",
        PayState::Unknown => "pay-title-unknown",
        PayState::Failed(_) => "pay-title-failed",
        PayState::Expired => "pay-title-expired",
        PayState::Ended(_) => "pay-title-ended",
    }
}

fn seat_view(t: Texts, seat: &super::load::Seat) -> SeatView {
    let name = crate::seats::name_of(t, &seat.seat_number);
    let grade = t.with("pay-seat", &[("seat", name.as_str().into()), ("grade", seat.grade.as_str().into())]);
    SeatView { name: grade, grade: seat.grade.clone(), price: t.won(seat.price) }
}

/// The index of a seat: the last eight digits of its id.
fn index_of(seat_id: &str) -> Option<u32> {
    u32::from_str_radix(seat_id.get(seat_id.len().checked_sub(8)?..)?, 16).ok()
}
