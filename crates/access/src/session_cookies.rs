//! The cookies of a page's session (WEB-009): written here alone, for the gateway's `/session` and for a social log-in.
//!
//! | cookie | path | who reads it | life |
//! |---|---|---|---|
//! | `accessToken` | `/` | the gateway; no script | the access token's |
//! | `refreshToken` | `/session` | the gateway; no script | the refresh token's |
//! | `csrfToken` | `/` | scripts and forms of this site | the refresh token's |
//!
//! The CSRF token is `<nonce>.<code>`. The code is an HMAC over the account and the nonce, so a neighbouring site that
//! plants a cookie of its own account proves nothing for another account. It stays the same when the tokens are renewed: a
//! form that was rendered before another tab renewed is still good.

use crate::token::{SecretFault, secret_bytes};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::AccountId;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue, Uri};
use onsale_http::head::cookies;
use sha2::Sha256;
use std::net::IpAddr;
use subtle::ConstantTimeEq;

/// The cookie with the access token.
pub const ACCESS_COOKIE: &str = "accessToken";
/// The cookie with the refresh token.
pub const REFRESH_COOKIE: &str = "refreshToken";
/// The cookie with the CSRF token, which scripts read.
pub const CSRF_COOKIE: &str = "csrfToken";
/// Only requests under this path carry the refresh token.
pub const REFRESH_PATH: &str = "/session";

/// The nonce's bytes.
const NONCE_BYTES: usize = 16;
/// Longest CSRF token that is looked at; ours have 66 bytes.
const CSRF_BYTES_MAX: usize = 128;
/// What the key of CSRF tokens is derived with: it signs nothing else.
const CSRF_PURPOSE: &[u8] = b"onsale csrfToken v1";

/// A session's tokens, and how long each is good, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct SessionTokens<'a> {
    /// The account.
    pub account: AccountId,
    /// The access token.
    pub access: &'a str,
    /// Its life.
    pub access_seconds: i64,
    /// The refresh token.
    pub refresh: &'a str,
    /// Its life.
    pub refresh_seconds: i64,
}

/// A cookie as it is set. `SameSite=Lax` always: other sites' links find a person logged in, their forms do not.
#[derive(Clone, Copy, Debug)]
pub struct SetCookie<'a> {
    /// The name.
    pub name: &'a str,
    /// The value: visible ASCII without `;`, `,`, quotes and backslash.
    pub value: &'a str,
    /// The path.
    pub path: &'a str,
    /// Its life in seconds; 0 removes it.
    pub seconds: i64,
    /// Whether scripts cannot read it.
    pub is_http_only: bool,
}

/// Writes the cookies and judges CSRF tokens. Cheap to clone.
#[derive(Clone)]
pub struct SessionCookies {
    sign: Hmac<Sha256>,
    previous: Option<Hmac<Sha256>>,
    is_secure: bool,
}

/// Shows no key.
impl std::fmt::Debug for SessionCookies {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("SessionCookies").field("is_secure", &self.is_secure).finish_non_exhaustive()
    }
}

impl SessionCookies {
    /// `secret` and `previous` are the texts of `auth.jwt_secret` and the one before (empty: none): both roles that know
    /// the cookies know them. `public_url`: `http.public_url`, see [`is_secure`].
    ///
    /// # Errors
    /// [`SecretFault`].
    pub fn new(secret: &str, previous: &str, public_url: &str) -> Result<Self, SecretFault> {
        let previous = if previous.is_empty() { None } else { Some(derived(previous)?) };
        Ok(Self { sign: derived(secret)?, previous, is_secure: is_secure(public_url) })
    }

    /// Whether the cookies are `Secure`.
    pub fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// The cookies of a new session.
    pub fn begin(&self, tokens: &SessionTokens<'_>) -> Vec<HeaderValue> {
        self.all(tokens, &self.csrf(tokens.account))
    }

    /// The cookies of a renewed session. The browser keeps its CSRF token if it is one of this account.
    pub fn renew(&self, tokens: &SessionTokens<'_>, request: &HeaderMap) -> Vec<HeaderValue> {
        let kept = cookies::values(request, CSRF_COOKIE).find(|value| self.is_csrf(tokens.account, value));
        let kept = kept.and_then(|value| std::str::from_utf8(value).ok()).map(str::to_owned);
        self.all(tokens, &kept.unwrap_or_else(|| self.csrf(tokens.account)))
    }

    /// The cookies that end a session.
    pub fn end(&self) -> Vec<HeaderValue> {
        self.written(("", 0), ("", 0), "")
    }

    /// Whether a request proves that a page of this site sent it: `offered` (the header or the form's field) is one of the
    /// CSRF cookies, and was made for this account.
    pub fn proves(&self, account: AccountId, request: &HeaderMap, offered: &[u8]) -> bool {
        let is_cookie = cookies::values(request, CSRF_COOKIE).any(|value| bool::from(value.ct_eq(offered)));
        is_cookie && self.is_csrf(account, offered)
    }

    /// A key for something else of pages, the same on every server that knows the secret. `purpose`: which no other key has.
    pub fn key_for(&self, purpose: &str) -> [u8; 32] {
        self.sign.clone().chain_update(b"key: ").chain_update(purpose).finalize().into_bytes().into()
    }

    /// One cookie of this site, `Secure` as the session's are.
    pub fn set(&self, cookie: &SetCookie<'_>) -> Option<HeaderValue> {
        let SetCookie { name, value, path, seconds, is_http_only } = cookie;
        let http_only = if *is_http_only { "; HttpOnly" } else { "" };
        let secure = if self.is_secure { "; Secure" } else { "" };
        let seconds = (*seconds).max(0);
        HeaderValue::from_str(&format!(
            "{name}={value}; Path={path}; Max-Age={seconds}{http_only}{secure}; SameSite=Lax"
        ))
        .ok()
    }

    fn all(&self, tokens: &SessionTokens<'_>, csrf: &str) -> Vec<HeaderValue> {
        let SessionTokens { access, access_seconds, refresh, refresh_seconds, .. } = *tokens;
        self.written((access, access_seconds), (refresh, refresh_seconds), csrf)
    }

    fn written(&self, access: (&str, i64), refresh: (&str, i64), csrf: &str) -> Vec<HeaderValue> {
        let cookies = [
            SetCookie { name: ACCESS_COOKIE, value: access.0, path: "/", seconds: access.1, is_http_only: true },
            SetCookie {
                name: REFRESH_COOKIE,
                value: refresh.0,
                path: REFRESH_PATH,
                seconds: refresh.1,
                is_http_only: true,
            },
            SetCookie { name: CSRF_COOKIE, value: csrf, path: "/", seconds: refresh.1, is_http_only: false },
        ];
        cookies.iter().filter_map(|cookie| self.set(cookie)).collect()
    }

    /// A new CSRF token.
    fn csrf(&self, account: AccountId) -> String {
        let mut nonce = [0; NONCE_BYTES];
        // Without randomness the token is still bound to the account by the key.
        let _ = getrandom::fill(&mut nonce);
        let nonce = URL_SAFE_NO_PAD.encode(nonce);
        let code = URL_SAFE_NO_PAD.encode(code(&self.sign, account, nonce.as_bytes()).finalize().into_bytes());
        format!("{nonce}.{code}")
    }

    /// Whether a CSRF token was made here for this account.
    fn is_csrf(&self, account: AccountId, token: &[u8]) -> bool {
        let Some(at) = token.iter().position(|byte| *byte == b'.').filter(|_| token.len() <= CSRF_BYTES_MAX) else {
            return false;
        };
        let Ok(signature) = URL_SAFE_NO_PAD.decode(&token[at + 1..]) else { return false };
        let keys = [Some(&self.sign), self.previous.as_ref()];
        keys.into_iter().flatten().any(|key| code(key, account, &token[..at]).verify_slice(&signature).is_ok())
    }
}

/// The account's id has one length, so different accounts and nonces give different input.
fn code(key: &Hmac<Sha256>, account: AccountId, nonce: &[u8]) -> Hmac<Sha256> {
    key.clone().chain_update(account.get().as_bytes()).chain_update(nonce)
}

fn derived(secret: &str) -> Result<Hmac<Sha256>, SecretFault> {
    let bytes = secret_bytes(secret)?;
    let key = |bytes: &[u8]| Hmac::<Sha256>::new_from_slice(bytes).map_err(|_| SecretFault::Short);
    let derived = key(&bytes)?.chain_update(CSRF_PURPOSE).finalize().into_bytes();
    key(&derived)
}

/// Whether cookies are `Secure` at this address of the product: everywhere but on plain HTTP to the machine itself, where
/// a browser would not keep them.
pub fn is_secure(public_url: &str) -> bool {
    let Ok(url) = public_url.parse::<Uri>() else { return true };
    let host = url.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let is_loopback = match host.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    };
    url.scheme_str() != Some("http") || !is_loopback
}
