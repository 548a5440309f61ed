//! Clients of other companies' services: reCAPTCHA, PortOne's identity verification, mail, log-in with a social account.
//!
//! Each speaks the real protocol to the address that the settings name; whether the sandbox or the company itself answers
//! there, nothing here knows. A service that is away, slow, or answers nonsense is `Unavailable`: never a verdict about a
//! person. Errors and logs name the service and the kind of the failure, and no secret, token or personal data.

mod http;
pub mod identity;
pub mod mail;
pub mod oauth;
pub mod recaptcha;
mod wire;

#[cfg(test)]
mod tests;

pub use http::ClientFault;
pub use identity::{Identity, IdentityFault, IdentitySettings, IdentityVerifier};
pub use mail::{Mail, MailFault, MailSettings, Mailer, MailerFault};
pub use oauth::{OauthClient, OauthFault, OauthProvider, OauthSettings, OauthToken, SocialPerson, UnknownProvider};
pub use recaptcha::{Recaptcha, RecaptchaFault, RecaptchaSettings};
