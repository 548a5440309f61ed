//! How far consumer groups have read (amendments, hole 8).

use crate::support::{MakeTable, TOPIC, insert};
use domain::message::Place;
use ledger::{Ledger, Schema, common_tables, place_table, places};
use ledger_testkit::{Raw, Site, on_every_database, patient};

on_every_database!(
    a_place_is_stored_with_its_change_and_never_goes_back,
    each_group_has_places_of_its_own,
    a_group_is_past_what_had_no_effect,
    a_group_notes_once_where_it_begins,
    members_that_begin_at_once_have_one_place,
    an_older_database_gets_the_table_and_keeps_its_rows,
);

static EARLIER: Schema = Schema {
    name: "toy_service",
    file: "toys.sqlite",
    topics: &[TOPIC],
    migrations: |database| vec![Box::new(MakeTable("toys")), common_tables(database)],
    tables: &[],
};

static PLACED: Schema = Schema {
    name: EARLIER.name,
    file: EARLIER.file,
    topics: EARLIER.topics,
    migrations: |database| (EARLIER.migrations)(database).into_iter().chain([place_table()]).collect(),
    tables: &[places::TABLE],
};

async fn open(site: &Site, schema: &'static Schema) -> Ledger {
    let ledger = Ledger::connect(&site.url, schema, patient()).await.expect("connects");
    ledger.migrate().await.expect("migrates");
    ledger
}

fn place(topic: &str, partition: i32, next_offset: i64) -> Place {
    Place { topic: topic.into(), partition, next_offset }
}

async fn note(ledger: &Ledger, group: &str, noted: &[Place]) {
    let change = ledger.begin().await.expect("begins");
    places::note(&change, group, noted).await.expect("noted");
    change.commit().await.expect("commits");
}

async fn of(ledger: &Ledger, group: &str) -> Vec<Place> {
    let mut all = places::of_group(ledger, group).await.expect("read");
    all.sort();
    all
}

async fn a_place_is_stored_with_its_change_and_never_goes_back(site: Site) {
    let ledger = open(&site, &PLACED).await;
    assert_eq!(of(&ledger, "a").await, []);
    let undone = ledger.begin().await.expect("begins");
    insert(&undone, "toys", "bear").await.expect("written");
    places::note(&undone, "a", &[place("x", 0, 5)]).await.expect("noted");
    drop(undone);
    assert_eq!(of(&ledger, "a").await, []);
    note(&ledger, "a", &[place("x", 0, 5), place("x", 1, 9)]).await;
    note(&ledger, "a", &[place("x", 0, 3), place("x", 1, 9)]).await;
    assert_eq!(of(&ledger, "a").await, [place("x", 0, 5), place("x", 1, 9)]);
    let undone = ledger.begin().await.expect("begins");
    places::note(&undone, "a", &[place("x", 0, 6)]).await.expect("noted");
    drop(undone);
    note(&ledger, "a", &[]).await;
    assert_eq!(of(&ledger, "a").await, [place("x", 0, 5), place("x", 1, 9)]);
    note(&ledger, "a", &[place("x", 0, i64::MAX)]).await;
    assert_eq!(of(&ledger, "a").await, [place("x", 0, i64::MAX), place("x", 1, 9)]);
}

async fn a_group_is_past_what_had_no_effect(site: Site) {
    let ledger = open(&site, &PLACED).await;
    places::pass(&ledger, "a", &[place("x", 0, 5)]).await.expect("noted");
    places::pass(&ledger, "a", &[place("x", 0, 3), place("x", 1, 9)]).await.expect("noted");
    assert_eq!(of(&ledger, "a").await, [place("x", 0, 5), place("x", 1, 9)]);
    assert_eq!(of(&ledger, "b").await, []);
}

async fn each_group_has_places_of_its_own(site: Site) {
    let ledger = open(&site, &PLACED).await;
    note(&ledger, "a", &[place("x", 0, 5), place("y", 0, 7)]).await;
    note(&ledger, "A", &[place("x", 0, 2), place("X", 0, 3)]).await;
    assert_eq!(of(&ledger, "a").await, [place("x", 0, 5), place("y", 0, 7)]);
    assert_eq!(of(&ledger, "A").await, [place("X", 0, 3), place("x", 0, 2)]);
}

/// As the group's consumer begins, when the broker has counted so far. Returns where it goes on.
async fn begin(ledger: &Ledger, group: &str, counted: &[Place]) -> Vec<Place> {
    let mut all = places::begin(ledger, group, counted).await.expect("noted");
    all.sort();
    all
}

async fn a_group_notes_once_where_it_begins(site: Site) {
    let ledger = open(&site, &PLACED).await;
    note(&ledger, "a", &[place("x", 0, 5), place("y", 0, 9)]).await;
    let all = [place("x", 0, 5), place("x", 1, 3), place("x", 2, 0), place("y", 0, 9)];
    // Whatever the broker counts later, where it stands already nothing changes.
    assert_eq!(begin(&ledger, "a", &[place("x", 2, 0), place("x", 0, 8), place("x", 1, 3)]).await, all);
    assert_eq!(begin(&ledger, "a", &[place("x", 0, 2), place("x", 1, 7), place("x", 2, 1)]).await, all);
    assert_eq!(begin(&ledger, "a", &[]).await, all);
    assert_eq!(of(&ledger, "a").await, all);
    // Of another group it says nothing.
    assert_eq!(begin(&ledger, "b", &[place("x", 0, 8)]).await, [place("x", 0, 8)]);
    // From there it goes on.
    note(&ledger, "a", &[place("x", 2, 1)]).await;
    assert_eq!(begin(&ledger, "a", &[place("x", 2, 0)]).await[2], place("x", 2, 1));
}

async fn members_that_begin_at_once_have_one_place(site: Site) {
    let ledger = open(&site, &PLACED).await;
    let (few, many) = ([place("x", 0, 3), place("x", 1, 3)], [place("x", 1, 8), place("x", 0, 8)]);
    let (one, other) = tokio::join!(begin(&ledger, "a", &few), begin(&ledger, "a", &many));
    assert_eq!(one, other);
    assert!(one == [place("x", 0, 3), place("x", 1, 3)] || one == [place("x", 0, 8), place("x", 1, 8)], "{one:?}");
}

async fn an_older_database_gets_the_table_and_keeps_its_rows(site: Site) {
    let earlier = open(&site, &EARLIER).await;
    let change = earlier.begin().await.expect("begins");
    insert(&change, "toys", "bear").await.expect("written");
    change.commit().await.expect("commits");
    let ledger = open(&site, &PLACED).await;
    note(&ledger, "a", &[place("x", 0, 5)]).await;
    assert_eq!(Raw::open(&site, &PLACED).await.texts("SELECT name FROM toys").await, ["bear"]);
    // The program of the earlier version, which still runs beside it, goes on.
    let change = earlier.begin().await.expect("begins");
    insert(&change, "toys", "duck").await.expect("written");
    change.commit().await.expect("commits");
}
