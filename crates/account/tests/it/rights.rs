//! A database user with the rights that the schema lists, and no more.

use crate::mails::cancelled;
use crate::support::{Desk, log_in};
use account::mails::UserReservationGroup;
use account::schema::SCHEMA;
use bus::{Handler, Places};
use domain::AccountId;
use ledger_testkit::{Own, Raw, Site, on_every_server};
use serde_json::json;
use uuid::Uuid;

on_every_server!(ledger_testkit::Own; a_user_with_the_listed_rights_does_everything_and_no_more);

async fn a_user_with_the_listed_rights_does_everything_and_no_more(own: Own) {
    let site = own.site();
    let database = site.url.rsplit('/').next().expect("a name").split('?').next().expect("a name").to_owned();
    let owner = crate::outsiders::connected(&site).await;
    assert_eq!(owner.is_migrated().await, Ok(true));
    grant(&own, &database).await;
    let scheme = if own.engine.is_postgres() { "postgres" } else { "mysql" };
    let url = format!("{scheme}://user_svc_user:change-me@127.0.0.1:{}/{database}", own.port());
    let desk = Desk::open(Site::on_server(own.engine, url)).await;
    let kim = desk.signed_up("kim@example.com", "ci-1").await;
    hears(&desk, kim).await;
    desk.signed_up("gone@example.com", "ci-2").await;
    desk.post("/auth/login", log_in("kim@example.com", "wrong one")).await;
    let kim = desk.logged_in("kim@example.com").await;
    let next = crate::support::pair(&desk.refresh(&kim.refresh).await);
    assert_eq!(desk.refresh(&kim.refresh).await.status, 401);
    let gone = desk.logged_in("gone@example.com").await;
    assert_eq!(desk.asks(&gone, "PATCH", "/users/me", Some(json!({"name": "Lee"}))).await.status, 200);
    assert_eq!(desk.asks(&gone, "DELETE", "/users/me", None).await.status, 204);
    let reset = json!({"email": "kim@example.com", "identityVerificationId": desk.offices.verified("v9", "ci-1"),
        "newPassword": crate::support::PASSWORD, "recaptchaToken": "pass"});
    assert_eq!(desk.post("/auth/password/reset", reset).await.status, 204);
    assert_eq!(desk.accounts.send_notices().await, Ok(1));
    assert!(desk.is_blacklisted(&next).await);
    {
        let _clock = clock::set(domain::Timestamp(clock::now().millis() + 500 * 86_400_000));
        desk.accounts.keep_house().await.expect("kept");
    }
    let raw = desk.raw().await;
    for line in [
        "DELETE FROM users",
        "DELETE FROM consents",
        "UPDATE login_history SET success = true",
        "UPDATE terms SET code = 'x'",
        "DELETE FROM used_verifications",
        "DELETE FROM consumer_places",
        "DELETE FROM audit_log",
        "UPDATE audit_log SET action = 'x'",
        "DROP TABLE users",
    ] {
        let refused = raw.run(line).await.expect_err(line).to_lowercase();
        assert!(["denied", "must be owner"].iter().any(|word| refused.contains(word)), "{line}: {refused}");
    }
}

/// A message that asks for no mail: it is recorded, with the place of its group.
async fn hears(desk: &Desk, kim: AccountId) {
    let group = UserReservationGroup::new(desk.accounts.clone(), Places::Kept);
    let message = cancelled(1, kim, Uuid::from_u128(77), "USER_REQUEST");
    for _ in 0..2 {
        group.handle(std::slice::from_ref(&message)).await.expect("heard");
    }
    assert_eq!(group.places(&[]).await.expect("read").len(), 1);
}

/// The rights of [`SCHEMA`], as `deploy/sql` will list them.
async fn grant(own: &Own, database: &str) {
    let is_postgres = own.engine.is_postgres();
    let (user, admin) = if is_postgres { ("user_svc_user", database) } else { ("'user_svc_user'@'%'", "mysql") };
    let raw = Raw::to(&own.administrator(admin), own.engine, &SCHEMA).await;
    let password = if is_postgres { "PASSWORD 'change-me'" } else { "IDENTIFIED BY 'change-me'" };
    raw.run(&format!("CREATE USER {user} {password}")).await.expect("a user");
    let (own_tables, common) = if is_postgres { ("user_service", "common") } else { (database, database) };
    if is_postgres {
        raw.run(&format!("GRANT USAGE ON SCHEMA user_service, common TO {user}")).await.expect("granted");
        raw.run(&format!("GRANT USAGE ON ALL SEQUENCES IN SCHEMA common TO {user}")).await.expect("granted");
    }
    raw.run(&format!("GRANT SELECT ON {own_tables}.seaql_migrations TO {user}")).await.expect("granted");
    for table in SCHEMA.all_tables() {
        let rights: Vec<String> = table.rights.iter().map(ToString::to_string).collect();
        let place = if SCHEMA.tables.contains(table) { own_tables } else { common };
        raw.run(&format!("GRANT {} ON {place}.{} TO {user}", rights.join(", "), table.name)).await.expect("granted");
    }
}
