//! The mail server and its book.

use crate::support::World;
use sandbox::SandboxSettings;
use sandbox::smtp::MailTls;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A client that says anything.
struct Talk(BufReader<TcpStream>);

impl Talk {
    fn begin(world: &World) -> Self {
        let stream = TcpStream::connect(world.mail).expect("connects");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("sets");
        let mut talk = Self(BufReader::new(stream));
        assert_eq!(talk.reply(), 220);
        talk
    }

    /// The code of a reply, whose last line has no dash; 0 at the end of the connection.
    fn reply(&mut self) -> u16 {
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).unwrap_or(0) == 0 {
                return 0;
            }
            if line.as_bytes().get(3) == Some(&b' ') {
                return line[..3].parse().expect("a code");
            }
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        let _ = self.0.get_mut().write_all(bytes);
    }

    fn say(&mut self, text: &str) -> u16 {
        self.send(format!("{text}\r\n").as_bytes());
        self.reply()
    }

    fn mail(&mut self, to: &str, content: &str) -> u16 {
        assert_eq!(self.say("MAIL FROM:<a@example.com> SIZE=100"), 250);
        assert_eq!(self.say(&format!("RCPT TO:<{to}>")), 250);
        assert_eq!(self.say("DATA"), 354);
        self.say(&format!("{content}\r\n."))
    }
}

fn book(world: &World, to: &str) -> Vec<Value> {
    world.client().get(&format!("/sandbox/mail{to}")).ok()["list"].as_array().expect("a list").clone()
}

#[test]
fn mail_lands_in_the_book_newest_first() {
    let world = World::new();
    let mut talk = Talk::begin(&world);
    assert_eq!(talk.say("EHLO here"), 250);
    assert_eq!(talk.mail("Hong@Example.com", "Subject: =?utf-8?B?7J247Kad?=\r\n\r\n123456\r\n..dot"), 250);
    assert_eq!(talk.mail("kim@example.com", "Subject: two\r\n\r\nx"), 250);
    assert_eq!(talk.say("QUIT"), 221);
    let all = book(&world, "");
    assert_eq!(all.len(), 2);
    assert_eq!(all[0]["subject"], "two");
    let of_one = book(&world, "?to=hong@example.com");
    assert_eq!(of_one.len(), 1);
    let mail = &of_one[0];
    assert_eq!(
        (&mail["to"], &mail["subject"], &mail["text"]),
        (&json!("hong@example.com"), &json!("인증"), &json!("123456\n.dot\n"))
    );
    assert_eq!(mail["at"].as_str().map(str::len), Some("2026-01-01T00:00:00".len()));
    assert!(book(&world, "?to=nobody@example.com").is_empty());
    assert_eq!(book(&world.again(), "").len(), 2, "after a restart, too");
}

#[test]
fn one_mail_stays_one() {
    let world = World::new();
    let mut talk = Talk::begin(&world);
    talk.say("EHLO here");
    let smuggled = "Subject: a\r\n\r\nx\n.\nMAIL FROM:<evil@example.com>\r\n.\rQUIT";
    assert_eq!(talk.mail("a@example.com", smuggled), 250);
    assert_eq!(book(&world, "").len(), 1, "a line feed alone ends nothing");
}

#[test]
fn commands_come_in_their_order_and_mistakes_end() {
    let world = World::new();
    let mut talk = Talk::begin(&world);
    for (text, code) in [
        ("DATA", 503),
        ("RCPT TO:<a@b.c>", 503),
        ("MAIL FROM:a@b.c", 501),
        ("MAIL FROM:<a@b.c> SIZE=99999999", 552),
        ("MAIL FROM:<a@b.c>", 250),
        ("MAIL FROM:<a@b.c>", 503),
        ("RCPT TO:<nobody>", 501),
        ("DATA", 503),
        ("RSET", 250),
        ("RCPT TO:<a@b.c>", 503),
        ("NOOP", 250),
        ("VRFY a", 252),
        ("STARTTLS", 500),
        ("AUTH PLAIN AGEAYg==", 235),
        ("AUTH CRAM-MD5", 504),
    ] {
        assert_eq!(talk.say(text), code, "{text}");
    }
    let mut talk = Talk::begin(&world);
    let codes: Vec<u16> = (0..12).map(|_| talk.say("GET / HTTP/1.1")).collect();
    assert_eq!(codes[9..], [500, 421, 0], "{codes:?}");
}

#[test]
fn sizes_are_bounded() {
    let world = World::new();
    let mut talk = Talk::begin(&world);
    talk.send(&vec![b'a'; 1 << 20]);
    assert!(matches!(talk.reply(), 500 | 0));
    let mut talk = Talk::begin(&world);
    talk.say("MAIL FROM:<a@b.c>");
    let codes: Vec<u16> = (0..101).map(|at| talk.say(&format!("RCPT TO:<a{at}@b.c>"))).collect();
    assert_eq!((codes[99], codes[100]), (250, 452));
    let mut talk = Talk::begin(&world);
    talk.say("MAIL FROM:<a@b.c>");
    talk.say("RCPT TO:<a@b.c>");
    talk.say("DATA");
    for _ in 0..2_000 {
        talk.send(&[&[b'a'; 1_000][..], b"\r\n"].concat());
    }
    assert!(matches!(talk.reply(), 552 | 0));
    assert!(book(&world, "").is_empty());
}

#[test]
fn commands_before_tls_are_nobodys() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let authority = testkit::Authority::make(folder.path(), "mail").expect("an authority");
    let certificate = authority.sign_here().expect("a certificate");
    let tls = MailTls::from_pem(certificate.chain().as_bytes(), certificate.key().as_bytes()).expect("a pair");
    let world = World::with(SandboxSettings::default(), Some(tls));
    let mut talk = Talk::begin(&world);
    talk.say("EHLO here");
    talk.send(b"STARTTLS\r\nMAIL FROM:<evil@example.com>\r\n");
    assert_eq!((talk.reply(), talk.reply()), (503, 0));
    let mut talk = Talk::begin(&world);
    assert_eq!(talk.say("STARTTLS"), 220);
    talk.send(b"no TLS at all\r\n");
    talk.reply();
    assert!(book(&world, "").is_empty());
}
