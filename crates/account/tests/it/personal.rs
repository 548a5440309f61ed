//! Personal data: nothing of it stands anywhere in the clear, and keys are exchanged while people log in.

use crate::support::{Desk, PASSWORD, key, log_in, sign_up};
use account::operators::{OperatorAccount, create_user, rotate_keys, set_role};
use account::personal::PersonalKeys;
use call::Call;
use domain::ErrorCode;
use domain::account::{EmailAddress, Password, PersonName, UserRole};
use ledger::calls::audit::{self, Filter};
use ledger_testkit::{Site, on_every_database};
use serde_json::json;

on_every_database!(
    keys_are_exchanged_in_batches_and_a_run_may_be_repeated,
    commands_make_administrators_and_leave_an_entry,
);

const EMAIL: &str = "Minsu.Searchable@example.com";
pub const NAME: &str = "Searchable Person";
pub const PHONE: &str = "010-7777-4321";
const CI: &str = "ci-searchable-0123456789";

/// Every spelling in which somebody could be found.
fn needles() -> Vec<String> {
    let bare = [EMAIL, NAME, PHONE, CI, "di-of-kim", PASSWORD, "01077774321", "another secret word"];
    bare.iter().flat_map(|text| [text.to_string(), text.to_lowercase(), text.to_uppercase()]).collect()
}

pub fn found_in(bytes: &[u8]) -> Vec<String> {
    let has = |needle: &String| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
    needles().into_iter().filter(has).collect()
}

#[tokio::test]
async fn nothing_that_says_who_somebody_is_stands_in_the_database_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}?mode=rwc", folder.path().join("user_service.sqlite").display());
    let desk = Desk::open(Site::on_server(ledger_testkit::Engine::Sqlite, url)).await;
    let mut form = sign_up(EMAIL, &desk.offices.verified("v1", CI));
    form["name"] = json!(NAME);
    form["phone"] = json!(PHONE);
    assert_eq!(desk.post("/auth/signup", form.clone()).await.status, 201);
    assert_eq!(desk.post("/auth/signup", form).await.status, 400);
    let kim = desk.logged_in(EMAIL).await;
    desk.post("/auth/login", log_in(EMAIL, "another secret word")).await;
    desk.asks(&kim, "PATCH", "/users/me", Some(json!({"name": NAME, "phone": PHONE}))).await;
    let body = json!({"currentPassword": PASSWORD, "newPassword": "another secret word"});
    assert_eq!(desk.asks(&kim, "PUT", "/users/me/password", Some(body)).await.status, 204);
    assert_eq!(desk.refresh(&kim.refresh).await.status, 200);
    assert_eq!(desk.asks(&kim, "DELETE", "/users/me", None).await.status, 204);
    let mut files = 0;
    for file in std::fs::read_dir(folder.path()).expect("a folder") {
        let bytes = std::fs::read(file.expect("a file").path()).expect("read");
        assert_eq!(found_in(&bytes), Vec::<String>::new());
        let tokens = [&kim.access, &kim.refresh];
        assert!(!tokens.iter().any(|token| bytes.windows(token.len()).any(|window| window == token.as_bytes())));
        files += 1;
    }
    assert!(files >= 1);
    assert!(!found_in(b"x minsu.searchable@example.com y").is_empty(), "the search itself finds");
}

#[tokio::test]
async fn keys_that_cannot_read_are_an_error_that_shows_nothing() {
    let desk = Desk::open(Site::sqlite()).await;
    let mut form = sign_up(EMAIL, &desk.offices.verified("v1", CI));
    form["name"] = json!(NAME);
    desk.post("/auth/signup", form).await;
    let kim = desk.logged_in(EMAIL).await;
    let Desk { site, .. } = desk;
    let desk = Desk::with(site, |settings| settings.personal_data_key = key(7)).await;
    let heard = desk.asks(&kim, "GET", "/users/me", None).await;
    assert_eq!((heard.status, heard.code()), (500, "INTERNAL_ERROR"));
    assert_eq!(found_in(heard.body.to_string().as_bytes()), Vec::<String>::new());
    let other = PersonalKeys::new(&key(7), "", &key(2)).expect("keys");
    assert!(rotate_keys(&desk.accounts.ledger, &other, |_| {}).await.is_err());
}

#[tokio::test]
async fn what_is_shown_for_debugging_says_nothing() {
    let desk = Desk::open(Site::sqlite()).await;
    let form: account::views::sessions::SignUpBody =
        serde_json::from_value(sign_up(EMAIL, &desk.offices.verified("v1", CI))).expect("a body");
    let form = form.checked().expect("valid");
    let log_in: account::views::sessions::LogInBody = serde_json::from_value(log_in(EMAIL, PASSWORD)).expect("a body");
    let credentials = log_in.checked().expect("valid");
    let shown = format!("{form:?} {credentials:?} {:?} {:?}", form.email, form.password);
    assert_eq!(found_in(shown.as_bytes()), Vec::<String>::new());
}

async fn keys_are_exchanged_in_batches_and_a_run_may_be_repeated(site: Site) {
    let desk = Desk::open(site).await;
    for n in 0..5 {
        desk.signed_up(&format!("n{n}@example.com"), &format!("ci-{n}")).await;
    }
    desk.admin("admin@example.com").await;
    let before = desk.raw().await.texts("SELECT email FROM users ORDER BY id").await;
    let (ledger, old) = (desk.accounts.ledger.clone(), desk.accounts.personal.clone());
    let none = rotate_keys(&ledger, &old, |_| {}).await.expect("nothing to do");
    assert_eq!((none.seen, none.changed), (6, 0));
    let both = PersonalKeys::new(&key(3), &key(1), &key(2)).expect("keys");
    let mut told = Vec::new();
    let rotate = rotate_keys(&ledger, &both, |so_far| told.push(so_far));
    let done = call::within(Call::of_command("admin rotate-keys"), rotate).await.expect("rotated");
    assert_eq!((done.seen, done.changed, told.last()), (6, 6, Some(&done)));
    let again = rotate_keys(&ledger, &both, |_| {});
    let again = call::within(Call::of_command("admin rotate-keys"), again).await.expect("nothing is left");
    assert_eq!(again.changed, 0);
    let of_rotation = Filter { action: Some("user.rotate-keys".to_owned()), ..Filter::default() };
    let (entries, total) = audit::list(&ledger, &of_rotation, 0, 10).await.expect("read");
    assert_eq!(total, 1, "what changes nothing leaves no entry: {entries:?}");
    assert_eq!((entries[0].actor_id.as_str(), entries[0].target.as_str()), ("admin rotate-keys", "user:*"));
    assert_eq!((&entries[0].before, &entries[0].after), (&None, &Some(json!({"seen": 6, "changed": 6}))));
    let after = desk.raw().await.texts("SELECT email FROM users ORDER BY id").await;
    assert!(before.iter().zip(&after).all(|(before, after)| before.split('.').next() != after.split('.').next()));
    let Desk { site, .. } = desk;
    let desk = Desk::with(site, |settings| settings.personal_data_key = key(3)).await;
    let kim = desk.logged_in("N0@example.com").await;
    assert_eq!(desk.asks(&kim, "GET", "/users/me", None).await.body["name"], "김민수");
    // A new key of look-ups, too.
    let lookup = PersonalKeys::new(&key(3), "", &key(4)).expect("keys");
    assert_eq!(rotate_keys(&desk.accounts.ledger, &lookup, |_| {}).await.expect("rotated").changed, 6);
    let Desk { site, .. } = desk;
    let desk = Desk::with(site, |settings| {
        settings.personal_data_key = key(3);
        settings.lookup_key = key(4);
    })
    .await;
    desk.logged_in("n1@example.com").await;
    let other = sign_up("x@example.com", &desk.offices.verified("v9", "ci-2"));
    assert_eq!(desk.post("/auth/signup", other).await.code(), "DUPLICATE_IDENTITY");
}

async fn commands_make_administrators_and_leave_an_entry(site: Site) {
    let desk = Desk::open(site).await;
    let (ledger, personal) = (&desk.accounts.ledger, &desk.accounts.personal);
    let email = EmailAddress::parse("admin@example.com").expect("valid");
    let wanted = OperatorAccount {
        email: email.clone(),
        password: Password::parse(PASSWORD).expect("valid"),
        name: PersonName::parse("Operator").expect("valid"),
        role: UserRole::Admin,
    };
    let make = create_user(ledger, personal, &desk.accounts.hashing, &wanted);
    let id = call::within(Call::of_command("admin create-user"), make).await.expect("made");
    let again = create_user(ledger, personal, &desk.accounts.hashing, &wanted).await;
    assert_eq!(again.map_err(|error| error.code), Err(ErrorCode::AlreadyExistsEmail));
    let admin = desk.logged_in("ADMIN@example.com").await;
    let profile = desk.asks(&admin, "GET", "/users/me", None).await;
    assert_eq!((&profile.body["role"], &profile.body["phone"]), (&json!("ADMIN"), &json!(null)));
    let set = set_role(ledger, personal, &email, UserRole::User);
    assert_eq!(call::within(Call::of_command("admin set-role"), set).await, Ok(true));
    assert_eq!(set_role(ledger, personal, &email, UserRole::User).await, Ok(true), "again changes nothing");
    let nobody = EmailAddress::parse("nobody@example.com").expect("valid");
    assert_eq!(set_role(ledger, personal, &nobody, UserRole::User).await, Ok(false));
    assert_eq!(desk.refresh(&admin.refresh).await.code(), "REVOKED_REFRESH_TOKEN", "its tokens say the former role");
    let (entries, total) = audit::list(ledger, &Filter::default(), 0, 10).await.expect("read");
    let actions: Vec<&str> = entries.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!((actions, total), (vec!["user.role", "user.create"], 2));
    assert!(entries.iter().all(|entry| entry.target == format!("user:{id}")));
    let entries = format!("{entries:?}");
    assert!(!entries.contains("example.com") && !entries.contains("Operator"), "{entries}");
}
