//! What a buyer was told at confirm counts (hole 12), and what others decide while we ask (holes 4, 6, 14).

use crate::desk::Desk;
use crate::role::HOLD_MS;
use bus::{Delivery, Handler, Message, Places};
use domain::message::{Envelope, Metadata, VERSION};
use domain::payment::{FailureReason, PaymentStatus, RefundKind};
use domain::reservation::Reservation;
use futures::FutureExt;
use payment::{Course, Place, ReservationGroup};
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

#[tokio::test]
async fn a_payment_whose_buyer_heard_410_is_never_taken_although_it_was_paid_in_time() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    let transaction = desk.paid(&begun, json!({})).await;
    desk.pass_ms(HOLD_MS);
    assert_eq!(desk.confirm(&begun, &transaction).await.said(), (410, "HOLD_EXPIRED"));
    desk.round().await;
    let row = desk.read(begun.id).await;
    assert_eq!((row.status, row.failure), (PaymentStatus::Failed, Some(FailureReason::HoldExpired)));
    assert_eq!(desk.role.calls().1, 0, "reservation was not asked to keep the seats");
    desk.rounds(3).await;
    assert_eq!(desk.read(begun.id).await.kept_amount(), 0, "his money is his again");
}

#[tokio::test]
async fn a_buyer_who_heard_422_is_told_the_same_again_and_nobody_is_asked() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    let transaction = desk.paid(&begun, json!({})).await;
    desk.role.cancel(begun.reservation);
    assert_eq!(desk.confirm(&begun, &transaction).await.said(), (422, "RESERVATION_NOT_PAYABLE"));
    desk.role.set_away(true);
    assert_eq!(desk.confirm(&begun, &transaction).await.said(), (422, "RESERVATION_NOT_PAYABLE"));
    assert_eq!(desk.calls(&begun.key).await.1, 0);
    let shown = desk.get(begun.user, &format!("/payments/{}", begun.id)).await.ok();
    assert_eq!(shown.body["told"], "RESERVATION_NOT_PAYABLE");
    desk.role.set_away(false);
    desk.rounds(3).await;
    let row = desk.read(begun.id).await;
    assert_eq!((row.failure, row.kept_amount()), (Some(FailureReason::ReservationCancelled), 0));
}

#[tokio::test]
async fn a_payment_in_time_that_nobody_was_told_about_is_taken_after_the_hold() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    desk.paid(&begun, json!({})).await;
    desk.pass_ms(HOLD_MS + 10_000);
    desk.role.sweep();
    desk.round().await;
    let row = desk.read(begun.id).await;
    let reservation = desk.role.get(begun.reservation);
    assert_eq!((row.status, row.hold_no), (PaymentStatus::Success, reservation.hold_no), "taken again");
    assert!(reservation.is_secured());
}

#[tokio::test]
async fn seats_that_were_sold_in_between_are_gone_and_the_money_is_owed() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    desk.paid(&begun, json!({})).await;
    desk.pass_ms(HOLD_MS + 10_000);
    let seats: Vec<Uuid> = desk.role.get(begun.reservation).seat_ids().iter().map(|seat| seat.get()).collect();
    desk.role.hold_of(crate::desk::somebody(), &seats);
    desk.round().await;
    let row = desk.read(begun.id).await;
    assert_eq!((row.status, row.failure), (PaymentStatus::Failed, Some(FailureReason::SeatsGone)));
    assert_eq!(desk.owed(begun.id).await, [(RefundKind::All, "SEATS_GONE".to_owned())]);
}

/// A service at whose place this happens.
fn watched(
    desk: &Desk,
    at: Place,
    happens: impl Fn() -> futures::future::BoxFuture<'static, ()> + Send + Sync + 'static,
) -> Desk2 {
    let course = Course::with(move |place| if place == at { happens() } else { async {}.boxed() });
    Desk2 { service: desk.service.watched(course) }
}

struct Desk2 {
    service: payment::PaymentService,
}

impl Desk2 {
    async fn confirm(&self, begun: &crate::desk::Begun, transaction: &str) -> crate::desk::Reply {
        let routes = payment::api::routes(self.service.clone());
        crate::desk::ask(routes, Some(begun.user), "POST", "/payments/confirm", Some(begun.confirmation(transaction)))
            .await
    }
}

#[tokio::test]
async fn a_reservation_that_is_cancelled_before_its_seats_are_kept_ends_the_payment() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    let transaction = desk.paid(&begun, json!({})).await;
    let (role, id) = (desk.role.clone(), begun.reservation);
    let watched = watched(&desk, Place::Paid, move || {
        role.cancel(id);
        async {}.boxed()
    });
    let reply = watched.confirm(&begun, &transaction).await.ok();
    assert_eq!(reply.body["failureReason"], "SEATS_GONE");
    assert_eq!(desk.owed(begun.id).await, [(RefundKind::All, "SEATS_GONE".to_owned())]);
}

/// The consumer's message about the end of a reservation.
pub fn cancelled(reservation: &Reservation, reason: &str, hold_no: Option<i64>) -> Message {
    let envelope = Arc::new(Envelope {
        event_id: Uuid::new_v4(),
        event_type: "ReservationCancelled".into(),
        aggregate_id: reservation.id.to_string(),
        aggregate_type: "Reservation".into(),
        version: VERSION.into(),
        timestamp: clock::now(),
        metadata: Metadata { correlation_id: "trace-9".into(), causation_id: None, user_id: None },
        payload: json!({"reservationId": reservation.id, "scheduleId": reservation.schedule, "seatIds": reservation.seat_ids(),
            "reason": reason, "cancelledAt": "2026-12-01T20:00:00.000", "holdNo": hold_no}),
    });
    Message { delivery: Delivery::of(&"reservation.events".into(), 0, &envelope), envelope }
}

/// Hole 14: SUCCESS is never written over a note whose hold is not below.
#[tokio::test]
async fn an_end_that_is_heard_of_while_we_ask_ends_the_payment_and_an_older_one_does_not() {
    for (is_older, status) in [(false, "FAILED"), (true, "SUCCESS")] {
        let desk = Desk::new().await;
        let begun = desk.begun().await;
        let transaction = desk.paid(&begun, json!({})).await;
        let reservation = desk.role.get(begun.reservation);
        let hold_no = reservation.hold_no - i64::from(is_older);
        let group = Arc::new(ReservationGroup::new(desk.service.clone(), Places::OfProcess));
        let watched = watched(&desk, Place::Secured, move || {
            let (group, message) = (group.clone(), cancelled(&reservation, "EVENT_CANCELLED", Some(hold_no)));
            async move { group.handle(&[message]).await.expect("noted") }.boxed()
        });
        let reply = watched.confirm(&begun, &transaction).await.ok();
        assert_eq!(reply.body["status"], status);
        let owed = desk.owed(begun.id).await;
        if is_older {
            assert_eq!(owed, []);
        } else {
            assert_eq!(owed, [(RefundKind::All, "RESERVATION_CANCELLED".to_owned())]);
            let told = desk.messages().await.pop().expect("told");
            assert!(told.metadata.correlation_id == "trace-9" && told.metadata.causation_id.is_some());
        }
    }
}
