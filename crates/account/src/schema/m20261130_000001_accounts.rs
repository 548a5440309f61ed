//! Accounts, their sessions and log-ins, terms with consents, and what is linked to accounts.
//!
//! Columns that say who somebody is hold AES-256-GCM in text (`personal.rs`); `*_hash` holds keyed hashes.

use ledger::columns::{moment, table};
use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

/// The longest encrypted value: an e-mail address of 254 bytes with key id, nonce and tag, in Base64.
const SEALED_LENGTH: u32 = 512;
/// SHA-256 and HMAC-SHA-256 in hexadecimal.
const HASH_LENGTH: u32 = 64;
/// CI and DI, for which PortOne names no limit; more than 1,024 bytes are not taken.
const IDENTITY_LENGTH: u32 = 1_536;
/// Longest id of a verification.
const VERIFICATION_LENGTH: u32 = 256;
/// Longest user agent that is kept.
const AGENT_LENGTH: u32 = 255;
/// Longest id of a person at another provider, and code of terms.
const NAME_LENGTH: u32 = 128;

/// First tables of the user role.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = |name: &'static str| Index::create().name(name).take();
        let due = index("ix_users_status").col("status").col("deleted_at").take();
        create(manager, "users", users(manager), [due]).await?;
        let indexes = [
            index("ix_refresh_tokens_family").col("token_family").take(),
            index("ix_refresh_tokens_user").col("user_id").col("access_expires_at").take(),
            index("ix_refresh_tokens_jti").col("access_token_jti").take(),
            index("ix_refresh_tokens_blacklist").col("blacklist_due").col("access_expires_at").take(),
            index("ix_refresh_tokens_end").col("expires_at").take(),
        ];
        create(manager, "refresh_tokens", refresh_tokens(manager), indexes).await?;
        let indexes = [
            index("ix_login_history_user").col("user_id").col("created_at").take(),
            index("ix_login_history_age").col("created_at").take(),
        ];
        create(manager, "login_history", login_history(manager), indexes).await?;
        let of_user = index("ix_used_verifications_user").col("user_id").take();
        create(manager, "used_verifications", used_verifications(manager), [of_user]).await?;
        create(manager, "terms", terms(manager), []).await?;
        let of_user = index("ix_consents_user").col("user_id").col("at").take();
        create(manager, "consents", consents(manager), [of_user]).await?;
        create(manager, "social_accounts", social_accounts(manager), []).await?;
        let due = index("ix_notices_next").col("next_at").take();
        create(manager, "notices", notices(manager), [due]).await
    }
}

/// Makes a table with its indexes. On MySQL they are part of the table's own statement, since a second run after a lost
/// connection would fail on an existing index.
async fn create<const N: usize>(
    manager: &SchemaManager<'_>,
    name: &'static str,
    mut table: TableCreateStatement,
    indexes: [IndexCreateStatement; N],
) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::MySql {
        for mut index in indexes {
            table.index(&mut index);
        }
        return manager.create_table(table).await;
    }
    manager.create_table(table).await?;
    for mut index in indexes {
        manager.create_index(index.if_not_exists().table(name).take()).await?;
    }
    Ok(())
}

/// A text that is compared byte by byte.
fn exact(manager: &SchemaManager<'_>, column: &'static str, length: u32) -> ColumnDef {
    let mut column = ColumnDef::new(column).string_len(length).take();
    if manager.get_database_backend() == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}

fn sealed(manager: &SchemaManager<'_>, column: &'static str) -> ColumnDef {
    exact(manager, column, SEALED_LENGTH)
}

fn hash(manager: &SchemaManager<'_>, column: &'static str) -> ColumnDef {
    exact(manager, column, HASH_LENGTH)
}

/// A text of any length: a plain `text` of MySQL ends at 64 KiB.
fn long_text(manager: &SchemaManager<'_>, column: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(column);
    match manager.get_database_backend() {
        DbBackend::MySql => column.custom("mediumtext"),
        _ => column.text(),
    };
    column
}

fn of_user(name: &'static str, table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().name(name).from(table, "user_id").to("users", "id").take()
}

/// An erased account keeps its row without anything that says who it was: therefore most columns may be empty.
fn users(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let is_reachable = Expr::col("status").eq("DELETED").or(Expr::col("email_hash").is_not_null());
    let deleted_has_time = Expr::col("status").ne("DELETED").or(Expr::col("deleted_at").is_not_null());
    table(manager, "users")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(sealed(manager, "email"))
        .col(hash(manager, "email_hash"))
        .col(exact(manager, "password_hash", 100))
        .col(sealed(manager, "name"))
        .col(sealed(manager, "phone"))
        .col(hash(manager, "phone_hash"))
        .col(exact(manager, "ci", IDENTITY_LENGTH))
        .col(hash(manager, "ci_hash"))
        .col(exact(manager, "di", IDENTITY_LENGTH))
        .col(ColumnDef::new("role").string_len(16).not_null())
        .col(ColumnDef::new("status").string_len(16).not_null())
        .col(ColumnDef::new("locale").string_len(8).not_null())
        .col(moment(manager, "last_login_at"))
        .col(moment(manager, "deleted_at"))
        .col(moment(manager, "erased_at"))
        .col(moment(manager, "created_at").not_null())
        .col(moment(manager, "updated_at").not_null())
        .check(("ck_users_role", Expr::col("role").is_in(["USER", "ADMIN"])))
        .check(("ck_users_status", Expr::col("status").is_in(["ACTIVE", "DORMANT", "DELETED"])))
        .check(("ck_users_reachable", is_reachable))
        .check(("ck_users_deleted_has_time", deleted_has_time))
        .index(Index::create().name("uq_users_email_hash").col("email_hash").unique())
        .index(Index::create().name("uq_users_ci_hash").col("ci_hash").unique())
        .take()
}

/// The token itself is nowhere: `refresh_token` is its SHA-256.
fn refresh_tokens(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let revoked_has_time = Expr::col("revoked").eq(false).or(Expr::col("revoked_at").is_not_null());
    table(manager, "refresh_tokens")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(ColumnDef::new("user_id").uuid().not_null())
        .col(ColumnDef::new("token_family").uuid().not_null())
        .col(hash(manager, "refresh_token").not_null())
        .col(exact(manager, "access_token_jti", 36).not_null())
        .col(moment(manager, "issued_at").not_null())
        .col(moment(manager, "expires_at").not_null())
        .col(moment(manager, "access_expires_at").not_null())
        .col(ColumnDef::new("revoked").boolean().not_null())
        .col(moment(manager, "revoked_at"))
        .col(ColumnDef::new("replaces").uuid())
        .col(hash(manager, "agent_hash"))
        .col(ColumnDef::new("blacklist_due").boolean().not_null())
        .col(moment(manager, "created_at").not_null())
        .check(("ck_refresh_tokens_revoked_has_time", revoked_has_time))
        .index(Index::create().name("uq_refresh_tokens_token").col("refresh_token").unique())
        // A token has one successor: of several that exchange it at once one wins.
        .index(Index::create().name("uq_refresh_tokens_replaces").col("replaces").unique())
        .foreign_key(&mut of_user("fk_refresh_tokens_user", "refresh_tokens"))
        .take()
}

fn login_history(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let methods = ["EMAIL", "KAKAO", "NAVER", "GOOGLE"];
    let has_reason = Expr::col("failure_reason").is_null();
    table(manager, "login_history")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(ColumnDef::new("user_id").uuid())
        .col(ColumnDef::new("ip_address").string_len(64).not_null())
        .col(ColumnDef::new("network").string_len(64).not_null())
        .col(ColumnDef::new("user_agent").string_len(AGENT_LENGTH).not_null())
        .col(hash(manager, "browser").not_null())
        .col(ColumnDef::new("login_method").string_len(16).not_null())
        .col(ColumnDef::new("success").boolean().not_null())
        .col(ColumnDef::new("failure_reason").string_len(32))
        .col(ColumnDef::new("suspicious").boolean().not_null())
        .col(moment(manager, "created_at").not_null())
        .check(("ck_login_history_method", Expr::col("login_method").is_in(methods)))
        .check(("ck_login_history_reason", Expr::col("success").eq(false).or(has_reason)))
        .foreign_key(&mut of_user("fk_login_history_user", "login_history"))
        .take()
}

fn used_verifications(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "used_verifications")
        .col(exact(manager, "verification_id", VERIFICATION_LENGTH).not_null().primary_key())
        .col(ColumnDef::new("user_id").uuid())
        .col(ColumnDef::new("purpose").string_len(16).not_null())
        .col(moment(manager, "used_at").not_null())
        .foreign_key(&mut of_user("fk_used_verifications_user", "used_verifications"))
        .take()
}

fn terms(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "terms")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(exact(manager, "code", NAME_LENGTH).not_null())
        .col(exact(manager, "version", 32).not_null())
        .col(ColumnDef::new("title_ko").string_len(200).not_null())
        .col(ColumnDef::new("title_en").string_len(200).not_null())
        .col(long_text(manager, "body_ko").not_null())
        .col(long_text(manager, "body_en").not_null())
        .col(ColumnDef::new("required").boolean().not_null())
        .col(moment(manager, "effective_at").not_null())
        .col(moment(manager, "created_at").not_null())
        .index(Index::create().name("uq_terms_code_version").col("code").col("version").unique())
        .take()
}

/// Rows are only added: the latest one of a code and version counts.
fn consents(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "consents")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(ColumnDef::new("user_id").uuid().not_null())
        .col(exact(manager, "code", NAME_LENGTH).not_null())
        .col(exact(manager, "version", 32).not_null())
        .col(ColumnDef::new("agreed").boolean().not_null())
        .col(moment(manager, "at").not_null())
        .foreign_key(&mut of_user("fk_consents_user", "consents"))
        .take()
}

/// `subject` is the person's id at the provider, as a keyed hash.
fn social_accounts(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "social_accounts")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(ColumnDef::new("user_id").uuid().not_null())
        .col(ColumnDef::new("provider").string_len(16).not_null())
        .col(exact(manager, "subject", 255).not_null())
        .col(hash(manager, "email_hash"))
        .col(moment(manager, "linked_at").not_null())
        .check(("ck_social_accounts_provider", Expr::col("provider").is_in(["KAKAO", "NAVER", "GOOGLE"])))
        .index(Index::create().name("uq_social_accounts_subject").col("provider").col("subject").unique())
        .index(Index::create().name("uq_social_accounts_user").col("user_id").col("provider").unique())
        .foreign_key(&mut of_user("fk_social_accounts_user", "social_accounts"))
        .take()
}

/// Mails that are owed. No address stands here: it is read when the mail is sent.
fn notices(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "notices")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(ColumnDef::new("user_id").uuid().not_null())
        .col(ColumnDef::new("kind").string_len(32).not_null())
        .col(ColumnDef::new("trace_id").string_len(64).not_null())
        .col(ColumnDef::new("tries").integer().not_null())
        .col(moment(manager, "next_at").not_null())
        .col(moment(manager, "created_at").not_null())
        .foreign_key(&mut of_user("fk_notices_user", "notices"))
        .take()
}
