//! Pairs of tokens: made from rows, so that a pair can be told again without being kept.

use crate::origin::Origin;
use crate::personal::PersonalField;
use crate::rows::entities::{refresh_token, user};
use crate::service::AccountService;
use access::token::{AccessClaims, RefreshClaims};
use domain::account::UserRole;
use domain::{AccountId, Timestamp};
use ledger::moment::{read, stored};
use onsale_http::ApiError;
use sea_orm::ActiveValue::Set;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A session as it is told: a pair of tokens, and whose they are.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// The access token.
    pub access_token: String,
    /// The refresh token.
    pub refresh_token: String,
    /// How long the access token is good, in seconds.
    pub expires_in: i64,
    /// How long the refresh token is good, in seconds.
    pub refresh_expires_in: i64,
    /// The account.
    pub account: AccountId,
    /// The person's name; empty where the account has none.
    pub name: String,
    /// What the person may do.
    pub role: UserRole,
}

/// Shows no token.
impl std::fmt::Debug for Session {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Session").field("account", &self.account).finish_non_exhaustive()
    }
}

/// What a new token is part of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lineage {
    pub family: Uuid,
    pub replaces: Option<Uuid>,
}

impl Lineage {
    /// A new family.
    pub(crate) fn begin() -> Self {
        Self { family: Uuid::now_v7(), replaces: None }
    }
}

/// SHA-256 of a token, as the table has it.
pub fn token_hash(token: &str) -> String {
    hex::encode(Sha256::digest(token))
}

impl AccountService {
    /// The row of a new pair. Times of tokens are whole seconds.
    pub(crate) fn new_token(
        &self,
        account: &user::Model,
        lineage: Lineage,
        origin: &Origin,
        now: Timestamp,
    ) -> refresh_token::Model {
        let life = |seconds: u32| Timestamp(now.millis() / 1_000 * 1_000).plus_seconds(i64::from(seconds));
        let mut row = refresh_token::Model {
            id: Uuid::now_v7().into(),
            user_id: account.id,
            token_family: lineage.family.into(),
            refresh_token: String::new(),
            access_token_jti: Uuid::new_v4().to_string(),
            issued_at: stored(now),
            expires_at: stored(life(self.settings.refresh_ttl_seconds)),
            access_expires_at: stored(life(self.settings.access_ttl_seconds)),
            revoked: false,
            revoked_at: None,
            replaces: lineage.replaces.map(Into::into),
            agent_hash: Some(self.agent_hash(origin)),
            blacklist_due: false,
            created_at: stored(now),
        };
        row.refresh_token = token_hash(&self.refresh_token(&row));
        row
    }

    /// A keyed hash of the user agent.
    pub(crate) fn agent_hash(&self, origin: &Origin) -> String {
        self.personal.hash("agent", &origin.user_agent)
    }

    /// The refresh token of a row.
    pub(crate) fn refresh_token(&self, row: &refresh_token::Model) -> String {
        self.tokens.refresh_token(&RefreshClaims {
            sub: AccountId(row.user_id.0),
            jti: row.id.0.to_string(),
            iat: read(row.issued_at).millis() / 1_000,
            exp: read(row.expires_at).millis() / 1_000,
        })
    }

    /// The pair of a row.
    pub(crate) fn session(
        &self,
        account: &user::Model,
        row: &refresh_token::Model,
        now: Timestamp,
    ) -> Result<Session, ApiError> {
        let (id, role) = (account.account(), account.user_role()?);
        let left = |until| (read(until).millis() - now.millis() / 1_000 * 1_000) / 1_000;
        let email = self.opened(PersonalField::Email, id, account.email.as_deref())?.unwrap_or_default();
        let access_token = self.tokens.access_token(&AccessClaims {
            sub: id,
            jti: row.access_token_jti.clone(),
            role,
            email,
            iat: read(row.issued_at).millis() / 1_000,
            exp: read(row.access_expires_at).millis() / 1_000,
        });
        Ok(Session {
            access_token,
            refresh_token: self.refresh_token(row),
            expires_in: left(row.access_expires_at),
            refresh_expires_in: left(row.expires_at),
            account: id,
            name: self.opened(PersonalField::Name, id, account.name.as_deref())?.unwrap_or_default(),
            role,
        })
    }
}

/// A row to be stored.
pub(crate) fn to_insert(row: &refresh_token::Model) -> refresh_token::ActiveModel {
    let refresh_token::Model {
        id,
        user_id,
        token_family,
        refresh_token,
        access_token_jti,
        issued_at,
        expires_at,
        access_expires_at,
        revoked,
        revoked_at,
        replaces,
        agent_hash,
        blacklist_due,
        created_at,
    } = row.clone();
    refresh_token::ActiveModel {
        id: Set(id),
        user_id: Set(user_id),
        token_family: Set(token_family),
        refresh_token: Set(refresh_token),
        access_token_jti: Set(access_token_jti),
        issued_at: Set(issued_at),
        expires_at: Set(expires_at),
        access_expires_at: Set(access_expires_at),
        revoked: Set(revoked),
        revoked_at: Set(revoked_at),
        replaces: Set(replaces),
        agent_hash: Set(agent_hash),
        blacklist_due: Set(blacklist_due),
        created_at: Set(created_at),
    }
}
