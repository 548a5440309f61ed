//! The gate's requests: decided in the tables, once for each turn, and reported.

use super::{Scene, envelope, sale, until};
use crate::issuer::Outcome;
use crate::rows::{campaigns, coupons};
use ::outbox::LedgerOutbox;
use bus::Publisher;
use domain::coupon::campaign::Switches;
use domain::line::{LineOutcome, QueueNumber};
use domain::message::{CouponRequested, Envelope, event_type, topic};
use domain::{Campaign, UserId};
use ledger::outbox;
use std::sync::Arc;

/// The request of the user with this queue number.
fn requested(sale: &Campaign, number: u64) -> Envelope {
    let payload = CouponRequested {
        tenant: sale.id.tenant.to_string(),
        campaign_id: sale.id.event.to_string(),
        user_id: format!("u{number}"),
        number: QueueNumber(number),
    };
    envelope(0xA000 + u128::from(number), event_type::COUPON_REQUESTED, &payload)
}

fn outcome(sale: &Campaign, number: u64, line_outcome: LineOutcome) -> Outcome {
    let user = UserId::new(&format!("u{number}")).expect("a name");
    Outcome { campaign: sale.id.clone(), user, result: line_outcome }
}

async fn request(scene: &Scene, messages: Vec<Envelope>) {
    let messages: Vec<Arc<Envelope>> = messages.into_iter().map(Arc::new).collect();
    scene.bus.publish(topic::COUPON_REQUESTS, &messages).await.expect("published");
}

#[tokio::test]
async fn coupons_go_to_the_first_in_order_and_every_outcome_is_reported() {
    let scene = Scene::start().await;
    let sale = sale(3);
    campaigns::create(&scene.ledger, &sale).await.expect("created");
    request(&scene, (1..=5).map(|number| requested(&sale, number)).collect()).await;
    let expected = |number| if number <= 3 { LineOutcome::Issued } else { LineOutcome::SoldOut };
    assert_eq!(scene.gate.take(), (1..=5).map(|number| outcome(&sale, number, expected(number))).collect::<Vec<_>>());
    let mut book = coupons::entries(&scene.ledger, &sale.id, None, 10).await.expect("read");
    book.sort_by_key(|entry| entry.serial);
    let kept: Vec<_> = book.iter().map(|entry| (entry.serial, entry.user_id.as_str())).collect();
    assert_eq!(kept, [(Some(1), "u1"), (Some(2), "u2"), (Some(3), "u3")]);
    assert_eq!(scene.letters().await, []);
    scene.bus.stop().await;
}

#[tokio::test]
async fn a_repeated_turn_gets_no_second_coupon_and_the_same_outcome() {
    let scene = Scene::start().await;
    let sale = Campaign { per_user_limit: 2, ..sale(10) };
    campaigns::create(&scene.ledger, &sale).await.expect("created");
    for messages in
        [vec![requested(&sale, 1), requested(&sale, 1)], vec![requested(&sale, 1)], vec![requested(&sale, 1)]]
    {
        let count = messages.len();
        request(&scene, messages).await;
        assert_eq!(scene.gate.take(), vec![outcome(&sale, 1, LineOutcome::Issued); count]);
        assert_eq!(scene.kept(&sale).await, 1, "one turn, one coupon, though the limit is two");
    }
    scene.bus.stop().await;
}

#[tokio::test]
async fn a_request_is_not_decided_while_the_campaign_is_paused_and_is_decided_afterwards() {
    let scene = Scene::start().await;
    let paused = Campaign { switches: Switches { opened: true, paused: true, closed: false }, ..sale(10) };
    campaigns::create(&scene.ledger, &paused).await.expect("created");
    request(&scene, vec![requested(&paused, 1)]).await;
    assert_eq!(scene.gate.take(), [], "the gate will send the request again");
    let open = Campaign { switches: Switches { opened: true, ..Switches::default() }, ..paused };
    campaigns::update(&scene.ledger, &open).await.expect("stored");
    request(&scene, vec![requested(&open, 1)]).await;
    assert_eq!(scene.gate.take(), [outcome(&open, 1, LineOutcome::Issued)]);
    assert_eq!(scene.kept(&open).await, 1);
    scene.bus.stop().await;
}

#[tokio::test]
async fn an_invalid_request_becomes_a_dead_letter_and_the_others_are_decided() {
    let scene = Scene::start().await;
    let (sale, unknown) = (sale(10), Campaign { id: "other/none".parse().expect("a name"), ..sale(1) });
    campaigns::create(&scene.ledger, &sale).await.expect("created");
    let half = envelope(0xBAD, event_type::COUPON_REQUESTED, &serde_json::json!({"userId": "u1"}));
    request(&scene, vec![requested(&sale, 1), half, requested(&unknown, 7), requested(&sale, 2)]).await;
    assert_eq!(scene.kept(&sale).await, 2);
    let mut errors: Vec<String> = scene.letters().await.into_iter().map(|letter| letter.error).collect();
    errors.sort();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[0].starts_with("payload: ") && errors[1] == "the campaign does not exist", "{errors:?}");
    scene.bus.stop().await;
}

#[tokio::test]
async fn a_decision_publishes_the_same_messages_as_any_coupon_and_makes_no_second_row() {
    let scene = Scene::start().await;
    let sale = sale(2);
    campaigns::create(&scene.ledger, &sale).await.expect("created");
    request(&scene, vec![requested(&sale, 1), requested(&sale, 2)]).await;
    let waiting = outbox::next(&scene.ledger, 10).await.expect("read");
    let kinds: Vec<&str> = waiting.iter().map(|one| one.envelope.event_type.as_str()).collect();
    assert_eq!(kinds, [event_type::COUPON_ISSUED, event_type::COUPON_ISSUED, event_type::STOCK_EXHAUSTED]);
    let (cause, consequence) = (requested(&sale, 1), &waiting[0].envelope.metadata);
    assert_eq!(consequence.causation_id, Some(cause.event_id));
    assert_eq!(consequence.correlation_id, cause.metadata.correlation_id);
    let relay = scene.relay(LedgerOutbox::new(scene.ledger.clone()));
    until("published", async || outbox::next(&scene.ledger, 10).await.expect("read").is_empty()).await;
    scene.stop.stop();
    relay.await.expect("ended");
    assert_eq!(scene.kept(&sale).await, 2);
    assert_eq!(scene.letters().await, []);
    scene.bus.stop().await;
}
