//! What goes on by itself: mails that are owed, and the hourly run over the tables.

use crate::mail_texts::{language_of, password_changed};
use crate::mails::TicketMail;
use crate::outside::{Mail, MailFault};
use crate::personal::PersonalField;
use crate::rows::entities::{notice, user};
use crate::rows::{logins, notices, tokens, users};
use crate::service::{AccountService, is_active};
use domain::account::AccountStatus;
use domain::{AccountId, Timestamp};
use futures::{StreamExt, stream};
use ledger::moment::read;
use onsale_http::ApiError;
use std::time::Duration;

/// Time between two looks for mails that are owed.
const MAIL_EVERY: Duration = Duration::from_secs(5);
/// Mails that one look takes.
const MAILS_AT_ONCE: u64 = 50;
/// Mails that are sent at the same time, each over a connection of its own.
const MAILS_BESIDE: usize = 8;
/// How long mails that were given up are kept, in days: longer than their dead letters.
const GIVEN_UP_KEPT_DAYS: i64 = 30;
/// How long a mail is tried, in seconds (contract: 24 h).
const MAIL_TRIED_SECONDS: i64 = 86_400;
/// First pause after a failure, in seconds; it doubles.
const MAIL_PAUSE_SECONDS: i64 = 15;
/// Longest pause, in seconds.
const MAIL_PAUSE_SECONDS_MAX: i64 = 1_800;

/// Time between two runs over the tables.
const HOUSE_EVERY: Duration = Duration::from_secs(3_600);
/// Accounts that one step takes.
const ACCOUNTS_AT_ONCE: u64 = 100;
/// How long attempts to log in are kept, in days.
const LOGINS_KEPT_DAYS: i64 = 365;
/// The same for e-mail addresses that nobody has: strangers fill that.
const STRANGERS_KEPT_DAYS: i64 = 30;
/// How long tokens that ran out are kept, in days: one that is shown late is still told apart from a forged one.
const TOKENS_KEPT_DAYS: i64 = 30;

const DAY_SECONDS: i64 = 86_400;

impl AccountService {
    /// Sends mails that are owed, until the process ends.
    pub async fn run_notices(self) {
        loop {
            match self.send_notices().await {
                // There may be more: a cancelled show has thousands of holders.
                Ok(sent) if sent as u64 >= MAILS_AT_ONCE => continue,
                Ok(_) => {}
                Err(error) => tracing::warn!(code = error.code.as_str(), "mails that are owed cannot be sent now"),
            }
            let _ = tokio::time::timeout(MAIL_EVERY, self.owed.notified()).await;
        }
    }

    /// Sends the mails whose time has come, each once; a mail whose reply was lost comes twice. Returns how many were sent.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn send_notices(&self) -> Result<usize, ApiError> {
        let due = notices::due(&self.ledger, clock::now(), MAILS_AT_ONCE).await?;
        let sent: Vec<Result<bool, ApiError>> = stream::iter(due)
            .map(|notice| async move { self.take_and_send(&notice).await })
            .buffer_unordered(MAILS_BESIDE)
            .collect()
            .await;
        sent.into_iter().try_fold(0, |count, sent| Ok(count + usize::from(sent?)))
    }

    /// Returns whether the mail was sent.
    async fn take_and_send(&self, notice: &notice::Model) -> Result<bool, ApiError> {
        let pause = MAIL_PAUSE_SECONDS.saturating_mul(1 << notice.tries.clamp(0, 8)).min(MAIL_PAUSE_SECONDS_MAX);
        // Taken first: a process that dies while it sends leaves the mail to the next one.
        if !notices::take(&self.ledger, notice, clock::now().plus_seconds(pause)).await? {
            return Ok(false);
        }
        let is_last = clock::now() >= read(notice.created_at).plus_seconds(MAIL_TRIED_SECONDS);
        match self.send_notice(notice).await? {
            Ok(()) => {
                notices::done(&self.ledger, notice).await?;
                Ok(true)
            }
            Err(MailFault::Unavailable) if !is_last => Ok(false),
            Err(fault) => self.give_up(notice, fault).await.map(|()| false),
        }
    }

    async fn send_notice(&self, notice: &notice::Model) -> Result<Result<(), MailFault>, ApiError> {
        let id = AccountId(notice.user_id.0);
        let ticket_mail = TicketMail::parse(&notice.kind);
        let account = users::get(self.ledger.connection(), id).await?;
        // A sleeping account keeps its tickets.
        let is_told = |account: &user::Model| match ticket_mail {
            Some(_) => account.status != AccountStatus::Deleted.as_str(),
            None => is_active(account),
        };
        let Some(account) = account.filter(is_told) else { return Ok(Ok(())) };
        let Some(to) = self.opened(PersonalField::Email, id, account.email.as_deref())? else { return Ok(Ok(())) };
        if let Some(kind) = ticket_mail {
            return Ok(self.send_ticket_mail(kind, notice, &account, &to).await);
        }
        let mail: Mail = match notice.kind.as_str() {
            notices::PASSWORD_CHANGED => password_changed(&to, language_of(&account.locale), &notice.trace_id),
            kind => return Err(ApiError::internal(format!("there is no mail for a notice {kind}"))),
        };
        Ok(self.mailer.send(&mail).await)
    }

    /// Puts accounts to sleep, erases deleted ones, and removes what is old: at the start and each hour, until the process
    /// ends. Several processes may do it at once.
    pub async fn run_housekeeping(self) {
        loop {
            if let Err(error) = self.keep_house().await {
                tracing::warn!(
                    code = error.code.as_str(),
                    "the run over the accounts has failed; the next one goes on"
                );
            }
            tokio::time::sleep(HOUSE_EVERY).await;
        }
    }

    /// One run over the tables.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`; the next run goes on.
    pub async fn keep_house(&self) -> Result<(), ApiError> {
        while self.note_dormant(ACCOUNTS_AT_ONCE).await? as u64 == ACCOUNTS_AT_ONCE {}
        while self.erase_due(ACCOUNTS_AT_ONCE).await? as u64 == ACCOUNTS_AT_ONCE {}
        let ago = |days: i64| -> Timestamp { clock::now().plus_seconds(-days * DAY_SECONDS) };
        tokens::purge(&self.ledger, ago(TOKENS_KEPT_DAYS)).await?;
        logins::purge(&self.ledger, ago(LOGINS_KEPT_DAYS), ago(STRANGERS_KEPT_DAYS)).await?;
        notices::purge(&self.ledger, ago(GIVEN_UP_KEPT_DAYS)).await?;
        Ok(())
    }
}
