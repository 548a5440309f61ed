//! Mail servers that are away, slow, or talk nonsense.

use super::mail::{mail, mailer};
use super::support::Raw;
use crate::outside::MailFault;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A server that answers each command by its first word; a reply of no bytes ends the connection.
fn server(greeting: &'static str, replies: &'static [(&'static str, &'static str)]) -> Raw {
    Raw::new(move |stream| {
        let mut reader = BufReader::new(stream);
        if reader.get_mut().write_all(greeting.as_bytes()).is_err() {
            return;
        }
        let mut in_mail = false;
        for line in 0.. {
            let mut text = String::new();
            if reader.read_line(&mut text).unwrap_or(0) == 0 || line > 1_000 {
                return;
            }
            let word = if in_mail { ".".to_owned() } else { text.trim_end().chars().take(4).collect() };
            if in_mail && text != ".\r\n" {
                continue;
            }
            in_mail = word == "DATA";
            let of = |word: &str| replies.iter().find(|(known, _)| *known == word).map(|(_, reply)| *reply);
            let usual = match word.as_str() {
                "EHLO" => "250-here\r\n250 8BITMIME\r\n",
                "DATA" => "354 go on\r\n",
                _ => "250 ok\r\n",
            };
            match of(&word).unwrap_or(usual) {
                "" => return,
                reply if reader.get_mut().write_all(reply.as_bytes()).is_err() => return,
                _ => {}
            }
        }
    })
}

async fn sent(server: &Raw) -> Result<(), MailFault> {
    mailer(&format!("smtp://{}", server.address), None).send(&mail("hong@example.com")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_the_mail_is_for_good_and_all_else_may_be_tried_again() {
    const HELLO: &str = "220 here\r\n";
    assert_eq!(sent(&server(HELLO, &[])).await, Ok(()));
    for (greeting, replies, fault) in [
        (HELLO, &[("RCPT", "550 hong@example.com: no such user\r\n")][..], MailFault::Refused),
        (HELLO, &[("MAIL", "553 not you\r\n")], MailFault::Refused),
        (HELLO, &[(".", "554 spam\r\n")], MailFault::Refused),
        (HELLO, &[("RCPT", "450 later\r\n")], MailFault::Unavailable),
        (HELLO, &[("DATA", "451 later\r\n")], MailFault::Unavailable),
        (HELLO, &[("DATA", "")], MailFault::Unavailable),
        (HELLO, &[(".", "")], MailFault::Unavailable),
        (HELLO, &[("EHLO", "502 what?\r\n")], MailFault::Unavailable),
        (HELLO, &[("EHLO", "")], MailFault::Unavailable),
        ("554 go away\r\n", &[], MailFault::Unavailable),
        ("421 later\r\n", &[], MailFault::Unavailable),
        ("HTTP/1.1 400 Bad Request\r\n\r\n", &[], MailFault::Unavailable),
        ("\u{0}\u{0}\r\n", &[], MailFault::Unavailable),
        ("220-here\r\n", &[("EHLO", "")], MailFault::Unavailable),
    ] {
        assert_eq!(sent(&server(greeting, replies)).await, Err(fault), "{greeting} {replies:?}");
    }
    // The mail is the server's, whatever it says to the end.
    for bye in ["", "500 what?\r\n", "nonsense\r\n"] {
        let replies: &'static [(&str, &str)] = Vec::leak(vec![("QUIT", bye)]);
        assert_eq!(sent(&server(HELLO, replies)).await, Ok(()), "{bye}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_listens_and_silence_end_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("listens");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let nobody = mailer(&format!("smtp://{address}"), None).send(&mail("a@example.com")).await;
    assert_eq!(nobody, Err(MailFault::Unavailable));
    let silent = |stream: TcpStream| {
        std::thread::sleep(Duration::from_secs(30));
        drop(stream);
    };
    let dripping = |mut stream: TcpStream| {
        for _ in 0..300 {
            if stream.write_all(b"2").is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    let (silent, dripping) = (Raw::new(silent), Raw::new(dripping));
    let begun = Instant::now();
    let both = tokio::join!(sent(&silent), sent(&dripping));
    assert_eq!(both, (Err(MailFault::Unavailable), Err(MailFault::Unavailable)));
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_reply_is_cut_off() {
    const PIECES: [&[u8]; 2] = [&[b'2'; 4_096], b"220-and more\r\n"];
    let endless = |piece: &'static [u8], told: &Arc<AtomicUsize>| {
        let told = told.clone();
        Raw::new(move |mut stream| {
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_secs(30) && stream.write_all(piece).is_ok() {
                told.fetch_add(piece.len(), Ordering::Relaxed);
            }
        })
    };
    for piece in PIECES {
        let told = Arc::<AtomicUsize>::default();
        assert_eq!(sent(&endless(piece, &told)).await, Err(MailFault::Unavailable));
        // Whatever the speed of the machine: the buffers of a socket, and not what comes until the time is over.
        let bytes = told.load(Ordering::Relaxed);
        assert!(bytes < 16 << 20, "cut off by size, before the time is over: {bytes} bytes");
    }
}
