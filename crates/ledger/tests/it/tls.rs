//! TLS towards database servers, and their IPv6 addresses: whoever cannot show a certificate of a trusted authority for the
//! address that was called is refused. And the reason of a connection that cannot be made is told with its address.

use crate::support::TOYS;
use ledger::{Ledger, LedgerError, LedgerOptions};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use std::path::Path;
use std::time::Duration;
use testkit::{Authority, Certificate, Kit, MariaDb, Port, Postgres, PostgresVersion};

fn hurried() -> LedgerOptions {
    LedgerOptions { acquire_timeout: Duration::from_secs(5), ..LedgerOptions::default() }
}

async fn open(url: &str, authorities: Option<&Path>) -> Result<Ledger, LedgerError> {
    Ledger::connect_trusting(url, authorities, &TOYS, hurried()).await
}

/// What the server says about the connection.
async fn cipher(ledger: &Ledger, backend: DbBackend, question: &str) -> String {
    let question = Statement::from_string(backend, question);
    let row = ledger.connection().query_one_raw(question).await.expect("asked").expect("a row");
    row.try_get_by_index::<Option<String>>(0).expect("a text").unwrap_or_default()
}

fn with(url: &str, mode: &str) -> String {
    format!("{url}?{mode}")
}

/// Every mode with every authority. `checked`, `unchecked`: the modes of the URL.
async fn only_the_right_server_is_trusted(
    url: &str,
    (right, wrong): (&Authority, &Authority),
    (backend, question): (DbBackend, &str),
    (checked, unchecked): (&str, &str),
) {
    for (url, authorities) in [
        (with(url, checked), Some(right.file())),
        (url.to_owned(), Some(right.file())),
        (with(url, unchecked), None),
        (with(&url.replace("127.0.0.1", "[::1]"), checked), Some(right.file())),
    ] {
        let ledger = open(&url, authorities).await.unwrap_or_else(|error| panic!("{url}: {error}"));
        let cipher = cipher(&ledger, backend, question).await;
        assert!(cipher.contains("TLS"), "{url}: {cipher:?}");
    }
    let plain = open(url, None).await.expect("in the clear");
    assert_eq!(cipher(&plain, backend, question).await, "", "no mode and no authority: as it was");
    for (url, authorities) in
        [(with(url, checked), Some(wrong.file())), (with(url, checked), None), (url.to_owned(), Some(wrong.file()))]
    {
        let refused = open(&url, authorities).await.expect_err("not trusted");
        assert!(matches!(refused, LedgerError::Unavailable(_)), "{refused:?}");
        let text = refused.to_string();
        assert!(text.contains("certificate") && text.contains("127.0.0.1:"), "{text}");
    }
}

fn authorities(folder: &Path) -> (Authority, Authority) {
    let make = |name| Authority::make(folder, name).expect("made");
    (make("right"), make("wrong"))
}

/// Debian's; the newer one that the tests install was built without TLS.
const OF_POSTGRES: &str = "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
const OF_MARIADB: &str =
    "SELECT CAST(variable_value AS CHAR) FROM information_schema.session_status WHERE variable_name = 'Ssl_version'";

#[tokio::test]
async fn postgres_is_checked() {
    let kit = Kit::temporary().expect("a folder");
    let folder = tempfile::tempdir().expect("a folder");
    let (right, wrong) = authorities(folder.path());
    let start = |certificate: &Certificate| Postgres::start_encrypted(&kit, PostgresVersion::V15, certificate);
    let Some(server) = testkit::available(start(&right.sign_here().expect("signed"))) else { return };
    let url = server.fresh_database("tls").expect("a database");
    let modes = ("sslmode=verify-full", "sslmode=require");
    only_the_right_server_is_trusted(&url, (&right, &wrong), (DbBackend::Postgres, OF_POSTGRES), modes).await;
    let other = start(&right.sign(&["elsewhere.example"]).expect("signed")).expect("starts");
    let url = other.fresh_database("tls").expect("a database");
    open(&url, Some(right.file())).await.expect_err("of another host");
}

#[tokio::test]
async fn mariadb_is_checked() {
    let kit = Kit::temporary().expect("a folder");
    let folder = tempfile::tempdir().expect("a folder");
    let (right, wrong) = authorities(folder.path());
    let start = |certificate: &Certificate| MariaDb::start_encrypted(&kit, certificate);
    let Some(server) = testkit::available(start(&right.sign_here().expect("signed"))) else { return };
    let url = server.fresh_database("tls").expect("a database");
    let (name, password) =
        url.trim_start_matches("mysql://").split_once('@').expect("a user").0.split_once(':').expect("both");
    let user = format!("create user {name}@'::1' identified by '{password}'; grant all on {name}.* to {name}@'::1'");
    server.execute(&user).expect("by IPv6, too");
    let modes = ("ssl-mode=VERIFY_IDENTITY", "ssl-mode=REQUIRED");
    only_the_right_server_is_trusted(&url, (&right, &wrong), (DbBackend::MySql, OF_MARIADB), modes).await;
    let other = start(&right.sign(&["elsewhere.example"]).expect("signed")).expect("starts");
    let url = other.fresh_database("tls").expect("a database");
    open(&url, Some(right.file())).await.expect_err("of another host");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_with_the_reason() {
    let port = Port::free().expect("a port").number();
    for url in [format!("postgres://u:secret@127.0.0.1:{port}/d"), format!("mysql://u:secret@[::1]:{port}/toy_service")]
    {
        let options = LedgerOptions { acquire_timeout: Duration::from_secs(1), ..LedgerOptions::default() };
        let error = Ledger::connect(&url, &TOYS, options).await.expect_err("nobody listens");
        let text = error.to_string();
        assert!(matches!(error, LedgerError::Unavailable(_)), "{error:?}");
        assert!(text.contains("refused") && text.contains(&format!(":{port}")), "{text}");
        assert!(!text.contains("pool timed out") && !text.contains("secret"), "{text}");
    }
}
