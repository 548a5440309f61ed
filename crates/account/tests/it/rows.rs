//! The tables' own constraints: the database itself refuses.

use crate::support::Desk;
use ledger_testkit::{Site, on_every_database};

on_every_database!(a_row_that_would_break_a_promise_is_refused_by_the_database);

async fn a_row_that_would_break_a_promise_is_refused_by_the_database(site: Site) {
    let desk = Desk::open(site).await;
    desk.signed_up("kim@example.com", "ci-1").await;
    desk.signed_up("lee@example.com", "ci-2").await;
    let one = desk.logged_in("kim@example.com").await;
    desk.refresh(&one.refresh).await;
    let raw = desk.raw().await;
    let hash = raw.texts("SELECT email_hash FROM users ORDER BY id").await;
    let person = raw.texts("SELECT ci_hash FROM users ORDER BY id").await;
    for line in [
        format!("UPDATE users SET email_hash = '{}'", hash[0]),
        format!("UPDATE users SET ci_hash = '{}'", person[0]),
        "UPDATE users SET status = 'GONE'".into(),
        "UPDATE users SET role = 'ROOT'".into(),
        "UPDATE users SET status = 'DELETED'".into(),
        "UPDATE users SET email_hash = NULL".into(),
        "UPDATE refresh_tokens SET revoked = true, revoked_at = NULL".into(),
        "UPDATE refresh_tokens SET refresh_token = 'x'".into(),
        // A token has one successor.
        format!("UPDATE refresh_tokens SET replaces = {}", raw.engine().uuid(7)),
        "UPDATE login_history SET success = true, failure_reason = 'INVALID_PASSWORD'".into(),
        "UPDATE login_history SET login_method = 'FAX'".into(),
        "DELETE FROM users".into(),
    ] {
        let refused = raw.run(&line).await.expect_err(&line).to_lowercase();
        let words = ["unique", "duplicate", "constraint", "check"];
        assert!(words.iter().any(|word| refused.contains(word)), "{line}: {refused}");
    }
}
