//! The embedded engine when the disk or the process fails.

use domain::coupon::Coupon;
use domain::coupon::campaign::Switches;
use domain::{Campaign, CampaignId, CouponId, EventName, IssueOutcome, TenantName, Timestamp, UserId};
use hot::embedded::{EmbeddedEngine, JournalError, JournalOptions};
use hot::{CouponPort, HotError, IssueRequest};
use std::path::Path;

fn campaign(stock: u32, revision: u64) -> Campaign {
    Campaign {
        name: "a campaign".into(),
        switches: Switches { opened: true, ..Switches::default() },
        revision,
        ..Campaign::new(id(), stock)
    }
}

fn id() -> CampaignId {
    CampaignId::new(TenantName::default_tenant(), EventName::new("shoes").expect("valid"))
}

fn user(n: usize) -> UserId {
    UserId::new(&format!("user-{n}")).expect("valid")
}

fn request(n: usize) -> IssueRequest {
    IssueRequest { campaign: id(), user: user(n), key: None, admitted: false, coupon_id: None }
}

fn open(folder: &Path) -> EmbeddedEngine {
    crate::open_coupons(folder, JournalOptions::default()).expect("opens")
}

async fn issue(engine: &EmbeddedEngine, n: usize) -> Result<IssueOutcome, HotError> {
    engine.issue(vec![request(n)], Timestamp(5)).await.pop().expect("one answer")
}

#[tokio::test]
async fn a_second_process_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = open(folder.path());
    let second = crate::open_coupons(folder.path(), JournalOptions::default());
    assert!(matches!(second, Err(JournalError::InUse(_))));
    drop(engine);
    open(folder.path());
}

#[tokio::test]
async fn a_folder_of_another_version_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(open(folder.path()));
    let file = folder.path().join("hot.sqlite");
    let connection = rusqlite::Connection::open(&file).expect("opens");
    connection.execute("UPDATE meta SET value = 99 WHERE name = 'format'", []).expect("writes");
    drop(connection);
    let before = std::fs::read(&file).expect("reads");
    let refused = crate::open_coupons(folder.path(), JournalOptions::default());
    assert!(matches!(refused, Err(JournalError::Format { found: 99, .. })));
    assert_eq!(std::fs::read(&file).expect("reads"), before);
}

#[tokio::test]
async fn a_file_that_is_no_journal_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("hot.sqlite"), vec![7u8; 8192]).expect("writes");
    let refused = crate::open_coupons(folder.path(), JournalOptions::default());
    assert!(matches!(refused, Err(JournalError::Damaged { .. })), "{:?}", refused.err());
}

/// A power cut leaves a journal that ends anywhere within its last write: every earlier success must be there.
#[tokio::test]
async fn a_journal_cut_in_the_middle_of_its_last_transaction_keeps_all_before_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = open(folder.path());
    engine.put_campaign(campaign(100, 1)).await.expect("made");
    for n in 0..20 {
        assert!(matches!(issue(&engine, n).await, Ok(IssueOutcome::Issued { .. })));
    }
    let wal = folder.path().join("hot.sqlite-wal");
    let before_last = std::fs::metadata(&wal).expect("a log").len();
    issue(&engine, 20).await.expect("decided");
    let whole = std::fs::read(&wal).expect("reads");
    let database = std::fs::read(folder.path().join("hot.sqlite")).expect("reads");
    assert!(whole.len() as u64 > before_last);
    for cut in [before_last + 1, (before_last + whole.len() as u64) / 2, whole.len() as u64 - 1] {
        let copy = tempfile::tempdir().expect("a folder");
        std::fs::write(copy.path().join("hot.sqlite"), &database).expect("writes");
        std::fs::write(copy.path().join("hot.sqlite-wal"), &whole[..cut as usize]).expect("writes");
        let engine = open(copy.path());
        let kept = engine.coupons(&id()).await.expect("reads");
        assert_eq!(kept.len(), 20, "cut at {cut}");
        assert!(matches!(issue(&engine, 20).await, Ok(IssueOutcome::Issued { coupon, .. }) if coupon.serial == 21));
    }
}

/// SQLite reports "full" as on a full disk. No coupon may be promised then, and no promised one lost.
#[tokio::test]
async fn a_full_disk_refuses_and_forgets_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = open(folder.path());
    engine.put_campaign(campaign(100_000, 1)).await.expect("made");
    drop(engine);
    let options = JournalOptions { pages_max: Some(40), ..JournalOptions::default() };
    let engine = crate::open_coupons(folder.path(), options).expect("opens");
    let (mut promised, mut refused) = (Vec::new(), 0);
    for n in 0..4_000 {
        match issue(&engine, n).await {
            Ok(IssueOutcome::Issued { coupon, .. }) => promised.push((user(n), coupon)),
            Err(HotError::Unavailable(_)) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(refused > 0 && !promised.is_empty());
    let remaining = engine.status(&id(), Timestamp(5)).await.expect("reads").expect("is there").remaining;
    assert_eq!(remaining as usize, 100_000 - promised.len());
    drop(engine);
    let engine = open(folder.path());
    assert_eq!(engine.coupons(&id()).await.expect("reads").len(), promised.len());
    for (user, coupon) in promised {
        let held = engine.coupons_of(&id(), &user).await.expect("reads").expect("is there");
        assert_eq!((held.len(), held[0].coupon_id, held[0].serial), (1, coupon.coupon_id, coupon.serial));
    }
    assert!(
        matches!(issue(&engine, 99_999).await, Ok(IssueOutcome::Issued { .. })),
        "it continues when there is room again"
    );
}

#[tokio::test]
async fn many_at_once_never_oversell() {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = open(folder.path());
    engine.put_campaign(campaign(50, 1)).await.expect("made");
    let tasks: Vec<_> = (0..40)
        .map(|task| {
            let engine = engine.clone();
            tokio::spawn(async move {
                let batch = (0..20).map(|n| request(task * 10 + n)).collect();
                engine.issue(batch, Timestamp(5)).await
            })
        })
        .collect();
    let mut issued = 0;
    for task in tasks {
        let answers = task.await.expect("runs");
        issued += answers.iter().filter(|answer| matches!(answer, Ok(IssueOutcome::Issued { .. }))).count();
    }
    assert_eq!(issued, 50);
    let mut serials: Vec<u32> = engine.coupons(&id()).await.expect("reads").iter().map(|c| c.serial).collect();
    serials.sort_unstable();
    assert_eq!(serials, (1..=50).collect::<Vec<_>>());
}

#[tokio::test]
async fn coupons_of_the_ledger_can_be_restored_after_the_journal_was_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = open(folder.path());
    engine.put_campaign(campaign(5, 1)).await.expect("made");
    let kept = |serial, n, revoked| Coupon {
        coupon_id: CouponId(uuid::Uuid::new_v4()),
        serial,
        user: user(n),
        nth_of_user: 1,
        issued_at: Timestamp(1),
        revoked,
    };
    let twice = kept(4, 9, false);
    let refused =
        engine.restore(&id(), vec![kept(4, 1, false), kept(2, 2, false), kept(0, 3, true), twice.clone()]).await;
    assert_eq!(refused.expect("puts back"), vec![twice]);
    drop(engine);
    let engine = open(folder.path());
    let mut given = Vec::new();
    for n in 0..10 {
        if let Ok(IssueOutcome::Issued { coupon, .. }) = issue(&engine, n).await {
            given.push((n, coupon.serial));
        }
    }
    assert_eq!(given, [(0, 1), (4, 3), (5, 5)], "holders keep their coupons, and the free numbers are given");
}

#[tokio::test]
async fn acknowledged_messages_are_not_offered_again_and_the_last_coupon_has_its_own_message() {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = open(folder.path());
    engine.put_campaign(campaign(2, 1)).await.expect("made");
    for n in 0..3 {
        issue(&engine, n).await.expect("decided");
    }
    let told = engine.outbox(10).await.expect("reads");
    let kinds: Vec<_> = told.iter().map(|message| message.envelope.event_type.as_str()).collect();
    assert_eq!(kinds, ["CouponIssued", "CouponIssued", "StockExhausted"]);
    engine.acknowledge(told[0].position).await.expect("notes");
    drop(engine);
    let again = open(folder.path()).outbox(10).await.expect("reads");
    assert_eq!(
        again.iter().map(|m| m.envelope.event_id).collect::<Vec<_>>(),
        told[1..].iter().map(|m| m.envelope.event_id).collect::<Vec<_>>()
    );
}
