//! Members of a group: sharing, waiting, dead letters (FCFS-008, MSG-001).

use super::support::*;
use bus::{Cause, HandleError, Reason};
use domain::message::Place;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn members_share_the_partitions_and_pass_them_on_without_loss_or_repetition() {
    let Some(bootstrap) = bootstrap() else { return };
    let names = Names::new();
    let (one, two) = (Recorder::new(&names), Recorder::new(&names));
    let publisher = publisher(&bootstrap);
    let first = start(&bootstrap, &names, &one);
    publish(&publisher, names.topic, 1..=1_000).await;
    until("the first handles all", async || one.count() == 1_000).await;
    let second = start(&bootstrap, &names, &two);
    let mut next = 1_001;
    until("both have partitions", async || {
        publish(&publisher, names.topic, next..next + 50).await;
        next += 50;
        two.count() > 200
    })
    .await;
    assert!(one.count() > 1_000, "the first goes on");
    first.stop().await;
    let left_at = one.count();
    publish(&publisher, names.topic, next..next + 1_000).await;
    next += 1_000;
    until("the second handles the rest", async || one.count() + two.count() >= next as usize - 1).await;
    assert_eq!(one.count(), left_at);
    let all: HashSet<u128> = one.ids().into_iter().chain(two.ids()).collect();
    assert_eq!(all.len() as u128, next - 1, "nothing is lost");
    assert_eq!((one.count() + two.count()) as u128, next - 1, "nothing was handled twice: all offsets were committed");
    assert_ordered(&one.ids(), 7);
    assert_ordered(&two.ids(), 7);
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_unavailable_nothing_is_lost_and_the_member_stays() {
    let Some(bootstrap) = real_bootstrap() else { return };
    let names = Names::new();
    let unavailable = Arc::new(AtomicBool::new(true));
    let seen = Arc::clone(&unavailable);
    let recorder = Recorder::scripted(&names, move |_| match seen.load(Ordering::SeqCst) {
        true => Err(HandleError::Unavailable(Cause::new("no route"))),
        false => Ok(()),
    });
    let bus = start(&bootstrap, &names, &recorder);
    publish(&publisher(&bootstrap), names.topic, 1..=6_000).await;
    until("the handler was called", async || recorder.calls.load(Ordering::SeqCst) > 3).await;
    let before = members(&bootstrap, names.group);
    assert_eq!(before.len(), 1);
    // Twice as long as the brokers wait for a member that does not poll.
    tokio::time::sleep(options().poll_interval_max * 2).await;
    assert_eq!(members(&bootstrap, names.group), before, "the same member, never expelled");
    assert_eq!(recorder.count(), 0);
    unavailable.store(false, Ordering::SeqCst);
    until("all messages are handled", async || recorder.count() >= 6_000).await;
    assert_ordered(&recorder.ids(), 7);
    assert_eq!(recorder.count(), 6_000, "nothing twice");
    bus.stop().await;
    assert_eq!(all_dead_letters(&bootstrap, &names).await, []);
}

/// Amendments, hole 8: the database was put back to an older copy.
#[tokio::test(flavor = "multi_thread")]
async fn a_group_whose_database_is_behind_the_broker_reads_again_from_its_own_place() {
    let Some(bootstrap) = real_bootstrap() else { return };
    let names = Names::new();
    let publisher = publisher(&bootstrap);
    let first = Recorder::new(&names);
    let bus = start(&bootstrap, &names, &first);
    publish(&publisher, names.topic, 1..=300).await;
    until("all were handled", async || first.count() == 300).await;
    bus.stop().await;
    let counts = first.seen.lock().expect("not poisoned").iter().fold(BTreeMap::new(), |mut counts, seen| {
        *counts.entry(seen.partition).or_insert(0_i64) += 1;
        counts
    });
    assert!(counts.len() > 1, "{counts:?}");
    let place = |partition, next_offset| Place { topic: names.topic.to_owned(), partition, next_offset };
    // One partition is behind, another is said to be further than the broker's count, of others nothing is known.
    let (&behind, _) = counts.first_key_value().expect("one");
    let (&ahead, &read) = counts.last_key_value().expect("one");
    let second = Recorder::new(&names);
    *second.places.lock().expect("not poisoned") = None;
    let bus = start(&bootstrap, &names, &second);
    publish(&publisher, names.topic, 301..=400).await;
    // Nothing is read while nobody knows where to begin.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(second.count(), 0);
    *second.places.lock().expect("not poisoned") = Some(vec![place(behind, 2), place(ahead, read + 5)]);
    let again = counts[&behind] as usize - 2;
    until("the rest and what was lost", async || second.count() >= 100 + again).await;
    bus.stop().await;
    assert_eq!(second.count(), 100 + again, "nothing else twice, nothing left out");
    let seen = second.seen.lock().expect("not poisoned");
    let repeated: HashSet<i32> = seen.iter().filter(|seen| seen.id <= 300).map(|seen| seen.partition).collect();
    assert_eq!(repeated, HashSet::from([behind]));
}

/// The ids of a group's members.
fn members(bootstrap: &str, group: &str) -> Vec<String> {
    use rdkafka::consumer::{BaseConsumer, Consumer};
    let client: BaseConsumer = rdkafka::ClientConfig::new().set("bootstrap.servers", bootstrap).create().expect("made");
    let list = client.fetch_group_list(Some(group), Duration::from_secs(10)).expect("listed");
    list.groups().iter().flat_map(|group| group.members().iter().map(|member| member.id().to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_messages_become_dead_letters_and_the_others_are_handled() {
    let Some(bootstrap) = real_bootstrap() else { return };
    let names = Names::new();
    let recorder = Recorder::new(&names);
    let bus = start(&bootstrap, &names, &recorder);
    let publisher = publisher(&bootstrap);
    let mut random = fastrand::Rng::with_seed(20_261_121);
    let mut poison: Vec<Vec<u8>> = Vec::new();
    for round in 0..50 {
        publish(&publisher, names.topic, round * 10 + 1..=round * 10 + 10).await;
        let part: Vec<Vec<u8>> = (0..10).map(|_| malformed(&mut random)).collect();
        let writes = part.iter().map(|value| write_raw(&bootstrap, names.topic, "sale1", value));
        futures::future::join_all(writes).await;
        poison.extend(part);
    }
    until("the good ones arrived", async || recorder.count() == 500).await;
    until("the bad ones are dead letters", async || all_dead_letters(&bootstrap, &names).await.len() >= 500).await;
    assert_ordered(&recorder.ids(), 7);
    let letters = all_dead_letters(&bootstrap, &names).await;
    let mut values: Vec<Vec<u8>> = letters.iter().map(|letter| letter.value.clone()).collect();
    values.sort();
    poison.sort();
    assert!(values == poison, "each unchanged, none twice");
    for letter in &letters {
        assert_eq!(letter.reason, Reason::Malformed);
        assert_eq!((letter.topic.as_str(), letter.original_topic.as_str()), (names.dead_letters, names.topic));
        assert_eq!((letter.group.as_deref(), letter.key.as_str()), (Some(names.group), "sale1"));
        assert_eq!(letter.headers, [("traceId".to_owned(), "abc".to_owned())]);
        assert!(letter.original_offset >= 0 && letter.original_partition >= 0 && !letter.error.is_empty());
    }
    let offsets: HashSet<_> = letters.iter().map(|one| (one.original_partition, one.original_offset)).collect();
    assert_eq!(offsets.len(), 500);
    bus.stop().await;
}

/// Bytes, text, JSON of another shape, a message cut short.
fn malformed(random: &mut fastrand::Rng) -> Vec<u8> {
    match random.u8(0..4) {
        0 => (0..random.usize(1..300)).map(|_| random.u8(..)).collect(),
        1 => (0..random.usize(1..300)).map(|_| random.alphanumeric()).collect::<String>().into_bytes(),
        2 => serde_json::to_vec(&serde_json::json!({"eventId": random.u32(..), "payload": []})).expect("written"),
        _ => {
            let whole = serde_json::to_vec(&envelope(random.u128(..), 7)).expect("written");
            whole[..random.usize(1..whole.len())].to_vec()
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poisoned_message_reorders_no_other_and_its_offset_is_committed() {
    let Some(bootstrap) = real_bootstrap() else { return };
    let names = Names::new();
    let recorder = Recorder::scripted(&names, |ids| match ids.contains(&77) {
        true => Err(HandleError::Batch(Cause::new("poison"))),
        false => Ok(()),
    });
    let bus = start(&bootstrap, &names, &recorder);
    publish(&publisher(&bootstrap), names.topic, 1..=200).await;
    until("all others are handled", async || recorder.count() == 199).await;
    assert_ordered(&recorder.ids(), 7);
    until("it is a dead letter", async || all_dead_letters(&bootstrap, &names).await.len() == 1).await;
    assert_eq!(all_dead_letters(&bootstrap, &names).await[0].reason, Reason::MaxRetryExceeded);
    bus.stop().await;
    let reader = bus::kafka::KafkaReader::connect(&bootstrap).expect("brokers are named");
    assert_eq!(reader.lag(names.group, &[names.topic], &[]).await, Ok(0));
}
