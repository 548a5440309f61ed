//! Mail to the sandbox: in the clear on loopback, and over STARTTLS.

use super::support::World;
use crate::outside::{Mail, MailFault, MailSettings, Mailer, MailerFault};
use sandbox::smtp::MailTls;
use serde_json::json;
use std::path::PathBuf;
use tempfile::TempDir;

pub fn mailer(url: &str, ca_file: Option<PathBuf>) -> Mailer {
    let settings = MailSettings { url: url.to_owned(), from: "Onsale <no-reply@shop.example>".to_owned(), ca_file };
    Mailer::new(&settings).expect("a mailer")
}

pub fn mail(to: &str) -> Mail {
    Mail { to: to.to_owned(), subject: "인증 번호".to_owned(), text: "번호: 123456\n.\n..\n끝\n".to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_arrives_as_it_was_written() {
    let world = World::new().await;
    let mailer = mailer(&format!("smtp://{}", world.mail), None);
    mailer.send(&mail("hong@example.com")).await.expect("taken");
    let list = world.told("/mail?to=hong@example.com").await["list"].clone();
    assert_eq!(list.as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&list[0]["subject"], list[0]["text"].as_str().map(str::trim_end)),
        (&json!("인증 번호"), Some("번호: 123456\n.\n..\n끝"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_end_in_a_subject_begins_no_header() {
    let world = World::new().await;
    let mailer = mailer(&format!("smtp://{}", world.mail), None);
    let subject = "a\r\nBcc: evil@example.com\r\n\r\nbody".to_owned();
    mailer.send(&Mail { subject, ..mail("hong@example.com") }).await.expect("taken");
    let list = world.told("/mail").await["list"].clone();
    assert_eq!(list.as_array().map(Vec::len), Some(1));
    assert!(list[0]["subject"].as_str().is_some_and(|subject| subject.contains("Bcc: evil")), "{list}");
    assert!(list[0]["text"].as_str().is_some_and(|text| text.contains("123456")), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_server_takes_is_refused_here() {
    let world = World::new().await;
    let mailer = mailer(&format!("smtp://{}", world.mail), None);
    for to in [
        "",
        "nobody",
        "a@b@c",
        "a b@example.com",
        "a@example.com\r\nRCPT TO:<evil@example.com>",
        "a@example.com, b@example.com",
    ] {
        assert_eq!(mailer.send(&mail(to)).await, Err(MailFault::Refused), "{to:?}");
    }
    let long = Mail { text: "x".repeat(1 << 20), ..mail("hong@example.com") };
    assert_eq!(mailer.send(&long).await, Err(MailFault::Refused));
    assert_eq!(world.told("/mail").await["list"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn starttls_is_used_with_a_trusted_certificate_alone() {
    let folder = TempDir::new().expect("a folder");
    let ours = testkit::Authority::make(folder.path(), "ours").expect("an authority");
    let other = testkit::Authority::make(folder.path(), "other").expect("an authority");
    let certificate = ours.sign_here().expect("a certificate");
    let tls = MailTls::from_pem(certificate.chain().as_bytes(), certificate.key().as_bytes()).expect("a pair");
    let world = World::with(Some(tls)).await;
    let url = format!("smtp://user:p%26ss@{}", world.mail);
    mailer(&url, Some(ours.file().to_owned())).send(&mail("a@example.com")).await.expect("taken");
    let stranger = mailer(&url, Some(other.file().to_owned())).send(&mail("b@example.com")).await;
    assert_eq!(stranger, Err(MailFault::Unavailable));
    let plain = World::new().await;
    let stripped =
        mailer(&format!("smtp://{}", plain.mail), Some(ours.file().to_owned())).send(&mail("c@example.com")).await;
    assert_eq!(stripped, Err(MailFault::Unavailable), "no TLS is offered, so nothing is said");
    assert_eq!(plain.told("/mail").await["list"], json!([]));
    assert_eq!(world.told("/mail").await["list"].as_array().map(Vec::len), Some(1));
}

#[test]
fn settings_that_cannot_be_are_refused_by_name() {
    let of = |url: &str, from: &str, ca_file: Option<&str>| {
        let settings = MailSettings { url: url.to_owned(), from: from.to_owned(), ca_file: ca_file.map(PathBuf::from) };
        Mailer::new(&settings).err()
    };
    for url in ["", "mail.example", "http://mail.example", "smtp://", "smtp:mail.example", "smtp://user@mail.example"] {
        assert!(matches!(of(url, "a@b.c", None), Some(MailerFault::Url)), "{url}");
    }
    for from in ["", "nobody", "a@b.c\r\nBcc: d@e.f"] {
        assert!(matches!(of("smtp://localhost", from, None), Some(MailerFault::From)), "{from}");
    }
    assert!(matches!(of("smtp://localhost", "a@b.c", Some("/nowhere")), Some(MailerFault::Authorities(_))));
    for url in ["smtp://localhost", "smtp://[::1]:25", "smtp://127.0.0.1:2525"] {
        assert!(of(url, "Onsale <a@b.c>", None).is_none(), "{url}");
    }
}
