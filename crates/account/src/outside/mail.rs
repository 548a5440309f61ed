//! Mail over SMTP. What must not be lost is repeated by the caller: a mail whose last reply was lost may come twice.

use super::wire::Bounded;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::extension::ClientId;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use url::{Host, Url};
use uuid::Uuid;

/// Longest time for one mail, from the connection to the last reply.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait for the reply to `QUIT`, after which nothing depends on the server.
const QUIT_TIMEOUT: Duration = Duration::from_secs(1);
/// Most bytes that a server may say about one mail, TLS included.
const REPLY_BYTES_MAX: usize = 256 * 1024;
/// Longest subject in bytes.
const SUBJECT_BYTES_MAX: usize = 1_000;
/// Longest text in bytes.
const TEXT_BYTES_MAX: usize = 256 * 1024;
/// Ports of submission (RFC 8314).
const PORT_STARTTLS: u16 = 587;
const PORT_TLS: u16 = 465;

/// Where mail is handed over.
#[derive(Clone)]
pub struct MailSettings {
    /// `user.smtp.url`: `smtps://user:password@host[:port]` speaks TLS from the first byte; `smtp://` demands STARTTLS. On
    /// a loopback address without `ca_file` `smtp://` speaks no TLS.
    pub url: String,
    /// `user.smtp.from`, such as `Onsale <no-reply@example.com>`.
    pub from: String,
    /// Certificates in PEM of those that are trusted instead of the system's.
    pub ca_file: Option<PathBuf>,
}

impl fmt::Debug for MailSettings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("MailSettings").field("from", &self.from).finish_non_exhaustive()
    }
}

/// Why the settings cannot be used. It repeats no password.
#[derive(Debug, thiserror::Error)]
pub enum MailerFault {
    /// No such address.
    #[error("user.smtp.url must be smtp://host[:port] or smtps://host[:port], with user:password@ where needed")]
    Url,
    /// No address of a mailbox.
    #[error("user.smtp.from must be an address such as Onsale <no-reply@example.com>")]
    From,
    /// The file of trusted certificates.
    #[error("{0} holds no certificates in PEM, or cannot be read")]
    Authorities(PathBuf),
    /// The system's certificates cannot be read.
    #[error("no TLS client can be made")]
    Tls(#[source] lettre::transport::smtp::Error),
}

/// A mail in plain text.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The address of one person.
    pub to: String,
    /// One line.
    pub subject: String,
    /// The text, its lines ended by `\n`.
    pub text: String,
}

/// It holds an address, and often a code, so it tells nothing in a log.
impl fmt::Debug for Mail {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Mail").finish_non_exhaustive()
    }
}

/// Why a mail was not handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailFault {
    /// The server will never take it, or the address is none. To send it again is of no use.
    #[error("the mail was refused for good")]
    Refused,
    /// The server is away, slow, refuses our log-in or TLS, or answered something else. The mail may have been taken.
    #[error("the mail server did not take the mail")]
    Unavailable,
}

/// How far a mail came when something failed.
enum Stage {
    /// Nobody listens.
    Connecting,
    /// Before the server heard of this mail: a refusal is about us.
    Greeting(lettre::transport::smtp::Error),
    /// A refusal is about this mail.
    Handing(lettre::transport::smtp::Error),
}

struct Server {
    host: String,
    port: u16,
    /// None: no TLS, on a loopback address.
    tls: Option<TlsParameters>,
    is_tls_from_start: bool,
    credentials: Option<Credentials>,
    hello: ClientId,
    from: Mailbox,
}

/// The mail server of these settings. Cheap to clone. Each mail has a connection of its own.
#[derive(Clone)]
pub struct Mailer(Arc<Server>);

impl Mailer {
    /// The mail server of these settings. Nothing is sent yet.
    ///
    /// # Errors
    /// [`MailerFault`].
    pub fn new(settings: &MailSettings) -> Result<Self, MailerFault> {
        let from: Mailbox = settings.from.parse().map_err(|_| MailerFault::From)?;
        let url = Url::parse(settings.url.trim()).map_err(|_| MailerFault::Url)?;
        let is_tls_from_start = match url.scheme() {
            "smtps" => true,
            "smtp" => false,
            _ => return Err(MailerFault::Url),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(MailerFault::Url)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let speaks_tls = is_tls_from_start || settings.ca_file.is_some() || !is_loopback(&url);
        Ok(Self(Arc::new(Server {
            port: url.port().unwrap_or(if is_tls_from_start { PORT_TLS } else { PORT_STARTTLS }),
            tls: speaks_tls.then(|| tls(&host, settings)).transpose()?,
            is_tls_from_start,
            credentials: credentials(&url)?,
            hello: ClientId::Domain(from.email.domain().to_owned()),
            from,
            host,
        })))
    }

    /// Hands one mail over.
    ///
    /// # Errors
    /// [`MailFault`].
    pub async fn send(&self, mail: &Mail) -> Result<(), MailFault> {
        let (envelope, bytes) = self.0.message(mail).ok_or(MailFault::Refused)?;
        match tokio::time::timeout(TIMEOUT, self.0.hand_over(&envelope, &bytes)).await {
            Ok(Ok(())) => Ok(()),
            // What a server says may repeat the address, so only its code is logged.
            Ok(Err(Stage::Handing(error))) if error.is_permanent() => {
                tracing::warn!(code = %code_of(&error), "the mail server refused a mail for good");
                Err(MailFault::Refused)
            }
            Ok(Err(Stage::Connecting)) => {
                tracing::warn!("no connection to the mail server");
                Err(MailFault::Unavailable)
            }
            Ok(Err(Stage::Greeting(error) | Stage::Handing(error))) => {
                tracing::warn!(code = %code_of(&error), timed_out = error.is_timeout(), "the mail server did not take a mail");
                Err(MailFault::Unavailable)
            }
            Err(_) => {
                tracing::warn!("the mail server did not take a mail in time");
                Err(MailFault::Unavailable)
            }
        }
    }
}

impl Server {
    /// The mail as it is sent; none for an address or a text that no server takes.
    fn message(&self, mail: &Mail) -> Option<(Envelope, Vec<u8>)> {
        if mail.subject.len() > SUBJECT_BYTES_MAX || mail.text.len() > TEXT_BYTES_MAX {
            return None;
        }
        let to = Mailbox::new(None, mail.to.parse().ok()?);
        // A line end in a subject would begin another header.
        let subject: String = mail.subject.chars().map(|one| if one.is_control() { ' ' } else { one }).collect();
        let id = format!("<{}@{}>", Uuid::new_v4(), self.from.email.domain());
        // Answering machines answer no such mail (RFC 3834).
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(subject)
            .date(clock::system_time())
            .message_id(Some(id))
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.clone())
            .ok()?;
        Some((message.envelope().clone(), message.formatted()))
    }

    async fn hand_over(&self, envelope: &Envelope, bytes: &[u8]) -> Result<(), Stage> {
        let mut connection = self.greet().await?;
        if let Some(credentials) = &self.credentials {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            connection.auth(&mechanisms, credentials).await.map_err(Stage::Greeting)?;
        }
        connection.send(envelope, bytes).await.map_err(Stage::Handing)?;
        // The mail is the server's now, whatever it says to this.
        let _ = tokio::time::timeout(QUIT_TIMEOUT, connection.quit()).await;
        Ok(())
    }

    async fn greet(&self) -> Result<AsyncSmtpConnection, Stage> {
        let server = (self.host.as_str(), self.port);
        if self.is_tls_from_start {
            let connected =
                AsyncSmtpConnection::connect_tokio1(server, Some(TIMEOUT), &self.hello, self.tls.clone(), None);
            return connected.await.map_err(Stage::Greeting);
        }
        let stream = TcpStream::connect(server).await.map_err(|_| Stage::Connecting)?;
        let stream = Box::new(Bounded::new(stream, REPLY_BYTES_MAX));
        let connected = AsyncSmtpConnection::connect_with_transport(stream, &self.hello);
        let mut connection = connected.await.map_err(Stage::Greeting)?;
        if let Some(tls) = &self.tls {
            // Refuses a server that does not offer it: somebody between may have taken the offer away.
            connection.starttls(tls.clone(), &self.hello).await.map_err(Stage::Greeting)?;
        }
        Ok(connection)
    }
}

fn code_of(error: &lettre::transport::smtp::Error) -> String {
    error.status().map_or_else(|| "none".to_owned(), |code| code.to_string())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn tls(host: &str, settings: &MailSettings) -> Result<TlsParameters, MailerFault> {
    let mut builder = TlsParametersBuilder::new(host.to_owned());
    if let Some(path) = &settings.ca_file {
        let unreadable = || MailerFault::Authorities(path.clone());
        let pem = std::fs::read(path).map_err(|_| unreadable())?;
        builder = builder.certificate_store(CertificateStore::None);
        builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|_| unreadable())?);
    }
    builder.build().map_err(MailerFault::Tls)
}

/// User and password of an address, which writes them with escapes.
fn credentials(url: &Url) -> Result<Option<Credentials>, MailerFault> {
    let decoded = |text: &str| {
        // A query is decoded like this, but for what has a meaning in a query alone.
        let field = format!("a={}", text.replace('+', "%2B").replace('&', "%26"));
        url::form_urlencoded::parse(field.as_bytes()).next().map(|(_, value)| value.into_owned())
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        (user, Some(password)) if !user.is_empty() => {
            let (user, password) = (decoded(user), decoded(password));
            let (Some(user), Some(password)) = (user, password) else { return Err(MailerFault::Url) };
            Ok(Some(Credentials::new(user, password)))
        }
        _ => Err(MailerFault::Url),
    }
}
