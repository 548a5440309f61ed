//! One connection: RFC 5321 as far as a client of mails needs it.

use super::lines::{Line, Lines};
use super::message;
use crate::books::mails::{self, Mail};
use crate::service::Sandbox;
use std::io;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// Longest line of a command and of a mail in bytes (RFC 5321, 4.5.3.1), with room for long addresses.
const COMMAND_BYTES_MAX: usize = 2_048;
const LINE_BYTES_MAX: usize = 8_192;
/// Largest mail in bytes.
const MAIL_BYTES_MAX: usize = 1024 * 1024;
/// Recipients of one mail.
const RECIPIENTS_MAX: usize = 100;
/// Commands of one connection, and those of them that are none.
const COMMANDS_MAX: usize = 5_000;
const MISTAKES_MAX: usize = 10;

/// What becomes of a connection.
enum Next {
    /// It has ended.
    Closed,
    /// TLS begins.
    Tls,
}

/// Serves a connection to its end.
pub async fn run(sandbox: &Sandbox, stream: TcpStream, tls: Option<TlsAcceptor>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = Lines::new(stream);
    lines.say("220 sandbox ESMTP").await?;
    let offers_tls = tls.is_some();
    let next = Session { sandbox, offers_tls, from: None, to: Vec::new() }.serve(&mut lines).await?;
    if let (Next::Tls, Some(acceptor)) = (next, tls) {
        // Commands that were sent ahead in the clear would count as sent by the one whom TLS then proves.
        let Some(stream) = lines.into_stream() else { return Ok(()) };
        let mut lines = Lines::new(acceptor.accept(stream).await?);
        Session { sandbox, offers_tls: false, from: None, to: Vec::new() }.serve(&mut lines).await?;
    }
    Ok(())
}

struct Session<'a> {
    sandbox: &'a Sandbox,
    offers_tls: bool,
    from: Option<String>,
    to: Vec<String>,
}

impl Session<'_> {
    async fn serve<S: AsyncRead + AsyncWrite + Unpin>(&mut self, lines: &mut Lines<S>) -> io::Result<Next> {
        let mut mistakes = 0;
        for _ in 0..COMMANDS_MAX {
            let line = match lines.next(COMMAND_BYTES_MAX).await? {
                Line::Whole(line) => line,
                Line::TooLong => {
                    lines.say("500 the line is too long").await?;
                    return Ok(Next::Closed);
                }
                Line::End => return Ok(Next::Closed),
            };
            let text = String::from_utf8_lossy(&line).into_owned();
            let (verb, rest) = text.split_once(' ').unwrap_or((&text, ""));
            match verb.to_ascii_uppercase().as_str() {
                "QUIT" => {
                    lines.say("221 bye").await?;
                    return Ok(Next::Closed);
                }
                "STARTTLS" if self.offers_tls => {
                    if lines.has_more() {
                        lines.say("503 nothing may follow STARTTLS").await?;
                        return Ok(Next::Closed);
                    }
                    lines.say("220 go on").await?;
                    return Ok(Next::Tls);
                }
                "DATA" => {
                    if !self.data(lines).await? {
                        return Ok(Next::Closed);
                    }
                }
                "AUTH" => self.auth(rest, lines).await?,
                verb => {
                    let reply = self.reply(verb, rest);
                    mistakes += usize::from(reply.starts_with("50"));
                    lines.say(&reply).await?;
                }
            }
            if mistakes >= MISTAKES_MAX {
                break;
            }
        }
        lines.say("421 too many commands").await?;
        Ok(Next::Closed)
    }

    fn reply(&mut self, verb: &str, rest: &str) -> String {
        match verb {
            "EHLO" => {
                self.reset();
                let tls = if self.offers_tls { "250-STARTTLS\r\n" } else { "" };
                let size = MAIL_BYTES_MAX;
                format!("250-sandbox\r\n{tls}250-AUTH PLAIN LOGIN\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE {size}")
            }
            "HELO" => {
                self.reset();
                "250 sandbox".to_owned()
            }
            "MAIL" => match path(rest, "FROM:") {
                Some(_) if self.from.is_some() => "503 there is a sender already".to_owned(),
                Some((from, parameters)) if is_within_size(parameters) => {
                    self.from = Some(from);
                    "250 ok".to_owned()
                }
                Some(_) => "552 the mail is too large".to_owned(),
                None => "501 MAIL FROM:<address>".to_owned(),
            },
            "RCPT" => match path(rest, "TO:") {
                _ if self.from.is_none() => "503 MAIL comes first".to_owned(),
                _ if self.to.len() >= RECIPIENTS_MAX => "452 too many recipients".to_owned(),
                Some((to, _)) if to.contains('@') => {
                    self.to.push(to);
                    "250 ok".to_owned()
                }
                _ => "501 RCPT TO:<address>".to_owned(),
            },
            "RSET" => {
                self.reset();
                "250 ok".to_owned()
            }
            "NOOP" => "250 ok".to_owned(),
            "VRFY" => "252 send it, and see".to_owned(),
            _ => "500 no such command".to_owned(),
        }
    }

    fn reset(&mut self) {
        self.from = None;
        self.to.clear();
    }

    /// Anybody may log in, by any word.
    async fn auth<S: AsyncRead + AsyncWrite + Unpin>(&self, rest: &str, lines: &mut Lines<S>) -> io::Result<()> {
        let mut words = rest.split_ascii_whitespace();
        let mechanism = words.next().unwrap_or_default().to_ascii_uppercase();
        let prompts = match (mechanism.as_str(), words.next()) {
            ("PLAIN", Some(_)) => 0,
            ("PLAIN", None) | ("LOGIN", Some(_)) => 1,
            ("LOGIN", None) => 2,
            _ => return lines.say("504 PLAIN or LOGIN").await,
        };
        for _ in 0..prompts {
            lines.say("334 ").await?;
            if !matches!(lines.next(COMMAND_BYTES_MAX).await?, Line::Whole(_)) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        lines.say("235 welcome").await
    }

    /// Takes a mail. Whether the connection goes on.
    async fn data<S: AsyncRead + AsyncWrite + Unpin>(&mut self, lines: &mut Lines<S>) -> io::Result<bool> {
        if self.from.is_none() || self.to.is_empty() {
            lines.say("503 MAIL and RCPT come first").await?;
            return Ok(true);
        }
        lines.say("354 end with a dot").await?;
        let mut bytes = Vec::new();
        loop {
            let line = match lines.next(LINE_BYTES_MAX).await? {
                Line::Whole(line) => line,
                Line::TooLong => {
                    lines.say("500 a line of the mail is too long").await?;
                    return Ok(false);
                }
                Line::End => return Ok(false),
            };
            if line == b"." {
                break;
            }
            bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            bytes.extend_from_slice(b"\r\n");
            if bytes.len() > MAIL_BYTES_MAX {
                lines.say("552 the mail is too large").await?;
                return Ok(false);
            }
        }
        let is_kept = self.keep(&bytes).await;
        self.reset();
        lines.say(if is_kept { "250 taken" } else { "451 the book could not be written" }).await?;
        Ok(true)
    }

    async fn keep(&self, bytes: &[u8]) -> bool {
        let message = message::read(bytes);
        let at_ms = clock::now().millis();
        let one = |to: &String| Mail {
            to: to.to_lowercase(),
            subject: message.subject.clone(),
            text: message.text.clone(),
            at_ms,
        };
        let all: Vec<Mail> = self.to.iter().map(one).collect();
        let change =
            move |connection: &rusqlite::Connection| all.iter().try_for_each(|mail| mails::insert(connection, mail));
        self.sandbox.0.books.change(change).await.is_ok()
    }
}

/// The address in `FROM:<a@b> SIZE=1`, and what follows it.
fn path<'a>(rest: &'a str, word: &str) -> Option<(String, &'a str)> {
    let start = rest.get(..word.len()).filter(|start| start.eq_ignore_ascii_case(word))?;
    let inner = rest[start.len()..].trim_start().strip_prefix('<')?;
    let (address, parameters) = inner.split_once('>')?;
    let is_address = address.len() <= 320 && !address.contains(|one: char| one.is_control() || one == ' ');
    is_address.then(|| (address.to_owned(), parameters))
}

/// Whether the size that the client announces is taken.
fn is_within_size(parameters: &str) -> bool {
    let sizes = parameters
        .split_ascii_whitespace()
        .filter_map(|one| one.to_ascii_uppercase().strip_prefix("SIZE=").map(str::to_owned));
    sizes.into_iter().all(|size| size.parse::<usize>().is_ok_and(|size| size <= MAIL_BYTES_MAX))
}
