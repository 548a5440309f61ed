//! What the gate asks for: decided in the tables, once a turn, and told.

use super::{Scene, sale, told, until};
use crate::issuer::{LedgerOutbox, Outcome};
use crate::rows::{campaigns, coupons};
use bus::Publisher;
use domain::coupon::campaign::Switches;
use domain::line::LineOutcome;
use domain::message::{CouponRequested, Envelope, event_type, topic};
use domain::{Campaign, UserId};
use ledger::outbox;
use std::sync::Arc;

/// The request of somebody with this place.
fn asked(sale: &Campaign, ticket: u64) -> Envelope {
    let payload = CouponRequested {
        tenant: sale.id.tenant.to_string(),
        campaign_id: sale.id.event.to_string(),
        user_id: format!("u{ticket}"),
        ticket,
    };
    told(0xA000 + u128::from(ticket), event_type::COUPON_REQUESTED, &payload)
}

fn outcome(sale: &Campaign, ticket: u64, verdict: LineOutcome) -> Outcome {
    let user = UserId::new(&format!("u{ticket}")).expect("a name");
    Outcome { campaign: sale.id.clone(), user, verdict }
}

async fn ask(scene: &Scene, messages: Vec<Envelope>) {
    let messages: Vec<Arc<Envelope>> = messages.into_iter().map(Arc::new).collect();
    scene.bus.publish(topic::COUPON_REQUESTS, &messages).await.expect("published");
}

#[tokio::test]
async fn the_first_in_order_get_one_each_and_everybody_is_told() {
    let scene = Scene::start().await;
    let sale = sale(3);
    campaigns::create(&scene.ledger, &sale).await.expect("created");
    ask(&scene, (1..=5).map(|ticket| asked(&sale, ticket)).collect()).await;
    let verdict = |ticket| if ticket <= 3 { LineOutcome::Issued } else { LineOutcome::SoldOut };
    assert_eq!(scene.told.take(), (1..=5).map(|ticket| outcome(&sale, ticket, verdict(ticket))).collect::<Vec<_>>());
    let mut book = coupons::entries(&scene.ledger, &sale.id, None, 10).await.expect("read");
    book.sort_by_key(|entry| entry.serial);
    let kept: Vec<_> = book.iter().map(|entry| (entry.serial, entry.user_id.as_str())).collect();
    assert_eq!(kept, [(Some(1), "u1"), (Some(2), "u2"), (Some(3), "u3")]);
    assert_eq!(scene.letters().await, []);
    scene.bus.stop().await;
}

#[tokio::test]
async fn the_same_turn_again_gets_nothing_more_and_hears_it_again() {
    let scene = Scene::start().await;
    let sale = Campaign { per_user_limit: 2, ..sale(10) };
    campaigns::create(&scene.ledger, &sale).await.expect("created");
    for messages in [vec![asked(&sale, 1), asked(&sale, 1)], vec![asked(&sale, 1)], vec![asked(&sale, 1)]] {
        let count = messages.len();
        ask(&scene, messages).await;
        assert_eq!(scene.told.take(), vec![outcome(&sale, 1, LineOutcome::Issued); count]);
        assert_eq!(scene.kept(&sale).await, 1, "one turn, one coupon, though the limit is two");
    }
    scene.bus.stop().await;
}

#[tokio::test]
async fn while_the_campaign_rests_nothing_is_decided_and_afterwards_the_same_message_is() {
    let scene = Scene::start().await;
    let resting = Campaign { switches: Switches { opened: true, paused: true, closed: false }, ..sale(10) };
    campaigns::create(&scene.ledger, &resting).await.expect("created");
    ask(&scene, vec![asked(&resting, 1)]).await;
    assert_eq!(scene.told.take(), [], "put back, and asked for again");
    let open = Campaign { switches: Switches { opened: true, ..Switches::default() }, ..resting };
    campaigns::update(&scene.ledger, &open).await.expect("stored");
    ask(&scene, vec![asked(&open, 1)]).await;
    assert_eq!(scene.told.take(), [outcome(&open, 1, LineOutcome::Issued)]);
    assert_eq!(scene.kept(&open).await, 1);
    scene.bus.stop().await;
}

#[tokio::test]
async fn a_request_that_can_not_be_is_laid_aside_and_the_rest_goes_on() {
    let scene = Scene::start().await;
    let (sale, unknown) = (sale(10), Campaign { id: "other/none".parse().expect("a name"), ..sale(1) });
    campaigns::create(&scene.ledger, &sale).await.expect("created");
    let half = told(0xBAD, event_type::COUPON_REQUESTED, &serde_json::json!({"userId": "u1"}));
    ask(&scene, vec![asked(&sale, 1), half, asked(&unknown, 7), asked(&sale, 2)]).await;
    assert_eq!(scene.kept(&sale).await, 2);
    let mut errors: Vec<String> = scene.letters().await.into_iter().map(|letter| letter.error).collect();
    errors.sort();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[0].starts_with("payload: ") && errors[1] == "there is no such campaign", "{errors:?}");
    scene.bus.stop().await;
}

#[tokio::test]
async fn others_hear_of_it_as_of_any_coupon_and_no_second_row_comes_of_it() {
    let scene = Scene::start().await;
    let sale = sale(2);
    campaigns::create(&scene.ledger, &sale).await.expect("created");
    ask(&scene, vec![asked(&sale, 1), asked(&sale, 2)]).await;
    let waiting = outbox::next(&scene.ledger, 10).await.expect("read");
    let kinds: Vec<&str> = waiting.iter().map(|one| one.envelope.event_type.as_str()).collect();
    assert_eq!(kinds, [event_type::COUPON_ISSUED, event_type::COUPON_ISSUED, event_type::STOCK_EXHAUSTED]);
    let (cause, consequence) = (asked(&sale, 1), &waiting[0].envelope.metadata);
    assert_eq!(consequence.causation_id, Some(cause.event_id));
    assert_eq!(consequence.correlation_id, cause.metadata.correlation_id);
    let relay = scene.relay(LedgerOutbox(scene.ledger.clone()));
    until("handed over", async || outbox::next(&scene.ledger, 10).await.expect("read").is_empty()).await;
    scene.stop.stop();
    relay.await.expect("ended");
    assert_eq!(scene.kept(&sale).await, 2);
    assert_eq!(scene.letters().await, []);
    scene.bus.stop().await;
}
