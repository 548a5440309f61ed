//! The sandbox as a process of its own (`onsale sandbox`), to outlive the product.

use crate::service::Sandbox;
use crate::smtp::{self, MailTls};
use axum::Router;
use onsale_http::{HttpSettings, standard};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

/// Longest request: an answer that was ordered to hang must not be a 504.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(900);

/// The addresses of a sandbox, taken and not served yet.
#[derive(Debug)]
pub struct Listeners {
    http: TcpListener,
    mail: Option<TcpListener>,
}

impl Listeners {
    /// Takes the addresses.
    ///
    /// # Errors
    /// When another program has one.
    pub async fn take(http: SocketAddr, mail: Option<SocketAddr>) -> io::Result<Self> {
        let http = TcpListener::bind(http).await?;
        let mail = match mail {
            Some(address) => Some(TcpListener::bind(address).await?),
            None => None,
        };
        Ok(Self { http, mail })
    }

    /// Where HTTP is served.
    ///
    /// # Errors
    /// The system's.
    pub fn http_address(&self) -> io::Result<SocketAddr> {
        self.http.local_addr()
    }

    /// Where mail is taken, if anywhere.
    ///
    /// # Errors
    /// The system's.
    pub fn mail_address(&self) -> io::Result<Option<SocketAddr>> {
        self.mail.as_ref().map(TcpListener::local_addr).transpose()
    }
}

/// All routes with the standard layers, for a server of their own.
pub fn service(sandbox: Sandbox) -> Router {
    let http = HttpSettings { request_timeout: REQUEST_TIMEOUT, access_log: false, ..HttpSettings::default() };
    standard(crate::routes(sandbox), http)
}

/// Serves until `until` ends. Calls under way are cut off then: whatever was answered is in the books.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    sandbox: Sandbox,
    listeners: Listeners,
    tls: Option<MailTls>,
    until: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let mail = listeners.mail.map(|listener| tokio::spawn(smtp::serve(sandbox.clone(), listener, tls)));
    let served = tokio::select! {
        served = axum::serve(listeners.http, service(sandbox)).into_future() => served,
        () = until => Ok(()),
    };
    if let Some(mail) = mail {
        mail.abort();
    }
    served
}
