//! The one thread that decides. Requests from all sides are taken together, decided in memory, flushed once,
//! and answered: the longer a flush takes, the more decisions share the next one.

use super::journal::Journal;
use super::state::State;
use crate::port::{EngineStats, HotError, IssueRequest, SaleCounts};
use domain::coupon::Coupon;
use domain::{Campaign, CampaignId, CouponId, IssueOutcome, Timestamp, UserId};
use std::sync::Arc;
use tokio::sync::{Notify, mpsc, oneshot};

/// Most requests decided before a flush: bounds the memory of a round and the wait of its first request.
const ROUND_REQUESTS_MAX: usize = 8_192;

pub(super) type Answer<T> = oneshot::Sender<Result<T, HotError>>;
pub(super) type Decisions = Vec<Result<IssueOutcome, HotError>>;

/// A command for the owner.
pub(super) enum Command {
    Issue { batch: Vec<IssueRequest>, now: Timestamp, answer: oneshot::Sender<Decisions> },
    PutCampaign { campaign: Box<Campaign>, now: Timestamp, answer: Answer<()> },
    Revoke { target: Box<Revocation>, now: Timestamp, answer: Answer<bool> },
    Restore { id: CampaignId, coupons: Vec<Coupon>, now: Timestamp, answer: Answer<Vec<Coupon>> },
    CouponsOf { id: CampaignId, user: UserId, answer: Answer<Option<Vec<Coupon>>> },
    Coupons { id: CampaignId, skip: usize, limit: usize, answer: Answer<Vec<Coupon>> },
    Counts { id: CampaignId, answer: Answer<Option<SaleCounts>> },
    Acknowledge { position: u64, answer: Answer<()> },
    Forget { id: CampaignId, answer: Answer<()> },
    Stats { answer: Answer<EngineStats> },
    Check { now: Timestamp, answer: Answer<()> },
}

/// Which coupon is to be taken back.
pub(super) struct Revocation {
    pub id: CampaignId,
    pub user: UserId,
    pub coupon_id: CouponId,
    pub return_to_stock: bool,
}

pub(super) struct Owner {
    pub journal: Journal,
    pub state: State,
    /// Set when the disk gave an answer that cannot be trusted: only a restart, which reads it again, shows what it holds.
    broken: Option<HotError>,
    /// Why the last decision could not be kept, until one can.
    failing: Option<String>,
    round_requests: metrics::Histogram,
    keep_seconds: metrics::Histogram,
    /// Notified when a round with coupons is on the disk, for the relay.
    written: Arc<Notify>,
}

/// A batch and who waits for it.
type IssueCall = (Vec<IssueRequest>, Timestamp, oneshot::Sender<Decisions>);

impl Owner {
    pub fn new(journal: Journal, state: State, written: Arc<Notify>) -> Self {
        Self {
            journal,
            state,
            broken: None,
            failing: None,
            round_requests: metrics::histogram!("onsale_hot_round_size"),
            keep_seconds: metrics::histogram!("onsale_hot_keep_seconds"),
            written,
        }
    }

    /// Decides until every asker is gone.
    pub fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        while let Some(first) = commands.blocking_recv() {
            let mut calls: Vec<IssueCall> = Vec::new();
            let mut requests = 0;
            let mut next = Some(first);
            while let Some(command) = next {
                match command {
                    Command::Issue { batch, now, answer } => {
                        requests += batch.len();
                        calls.push((batch, now, answer));
                    }
                    other => {
                        self.decide(std::mem::take(&mut calls));
                        self.handle(other);
                    }
                }
                next = if requests < ROUND_REQUESTS_MAX { commands.try_recv().ok() } else { None };
            }
            self.decide(calls);
        }
    }

    fn decide(&mut self, calls: Vec<IssueCall>) {
        if calls.is_empty() {
            return;
        }
        let mut answers = Vec::with_capacity(calls.len());
        let kept = match self.refusal() {
            Some(error) => {
                answers.extend(
                    calls.into_iter().map(|(batch, _, answer)| (vec![IssueOutcome::SoldOut; batch.len()], answer)),
                );
                Err(error)
            }
            None => {
                let mut round = self.state.round();
                for (batch, now, answer) in calls {
                    answers.push((batch.into_iter().map(|request| round.issue(request, now)).collect(), answer));
                }
                self.round_requests
                    .record(answers.iter().map(|(outcomes, _): &(Vec<_>, _)| outcomes.len() as f64).sum::<f64>());
                let begun = std::time::Instant::now();
                let kept = round.keep(&self.journal);
                self.keep_seconds.record(begun.elapsed().as_secs_f64());
                kept
            }
        };
        if kept != Ok(false) {
            self.note(&kept);
        }
        if kept == Ok(true) {
            self.written.notify_one();
        }
        for (outcomes, answer) in answers {
            let heard = outcomes.into_iter().map(|outcome: IssueOutcome| kept.clone().map(|_| outcome)).collect();
            let _ = answer.send(heard);
        }
    }

    fn refusal(&self) -> Option<HotError> {
        self.broken.clone()
    }

    fn note<T>(&mut self, result: &Result<T, HotError>) {
        self.say(result.as_ref().err());
        if let Err(error @ HotError::Unknown(_)) = result {
            let why = error.reason();
            tracing::error!(why, "the journal's disk cannot be trusted; deciding stops until the program is restarted");
            let error = error.clone();
            let reason = format!("the journal's disk failed ({}); check it and restart", error.reason());
            self.broken = Some(HotError::unavailable(reason).because(error));
        }
    }

    /// Says once when keeping begins to fail, and once when it works again: in between there may be a million refusals.
    fn say(&mut self, error: Option<&HotError>) {
        match (error, &self.failing) {
            (Some(error), None) => {
                tracing::error!(%error, "decisions cannot be kept");
                self.failing = Some(error.to_string());
            }
            (None, Some(_)) => {
                tracing::warn!("decisions are kept again");
                self.failing = None;
            }
            _ => {}
        }
    }

    fn handle(&mut self, command: Command) {
        match command {
            Command::Issue { batch, now, answer } => self.decide(vec![(batch, now, answer)]),
            Command::PutCampaign { campaign, now, answer } => {
                let result = self.change(|state, journal| state.put_campaign(journal, *campaign, now));
                let _ = answer.send(result);
            }
            Command::Revoke { target, now, answer } => {
                let result = self.change(|state, journal| state.revoke(journal, &target, now));
                let _ = answer.send(result);
            }
            Command::Acknowledge { position, answer } => {
                let result =
                    self.change(|_, journal| Ok(journal.transaction(|| journal.write_acknowledged(position))?));
                let _ = answer.send(result);
            }
            Command::Forget { id, answer } => {
                let result = self.change(|state, journal| state.forget(journal, &id));
                let _ = answer.send(result);
            }
            Command::Restore { id, coupons, now, answer } => {
                let result = self.change(|state, journal| state.restore(journal, &id, coupons, now));
                let _ = answer.send(result);
            }
            Command::Check { now, answer } => {
                let result = self.change(|_, journal| Ok(journal.check(now)?));
                let _ = answer.send(result);
            }
            Command::CouponsOf { id, user, answer } => {
                let _ = answer.send(Ok(self.coupons_of(&id, &user)));
            }
            Command::Coupons { id, skip, limit, answer } => {
                let _ = answer.send(Ok(self.coupons(&id, skip, limit)));
            }
            Command::Counts { id, answer } => {
                let _ = answer.send(Ok(self.counts(&id)));
            }
            Command::Stats { answer } => {
                let _ = answer.send(Ok(self.stats()));
            }
        }
    }

    fn change<T>(&mut self, change: impl FnOnce(&mut State, &Journal) -> Result<T, HotError>) -> Result<T, HotError> {
        let result = match self.refusal() {
            Some(error) => Err(error),
            None => change(&mut self.state, &self.journal),
        };
        self.note(&result);
        result
    }

    fn coupons_of(&self, id: &CampaignId, user: &UserId) -> Option<Vec<Coupon>> {
        let sale = self.state.sale(id)?;
        Some(sale.winners.of_user(user.as_str()).filter_map(super::coupon_of).collect())
    }

    fn counts(&self, id: &CampaignId) -> Option<SaleCounts> {
        let winners = &self.state.sale(id)?.winners;
        Some(SaleCounts { given: winners.len() as u64, revoked: u64::from(winners.revoked()) })
    }

    fn coupons(&self, id: &CampaignId, skip: usize, limit: usize) -> Vec<Coupon> {
        let Some(sale) = self.state.sale(id) else { return Vec::new() };
        let end = sale.winners.len().min(skip.saturating_add(limit));
        (skip..end).filter_map(|row| sale.winners.get(row as u32)).filter_map(super::coupon_of).collect()
    }

    fn stats(&self) -> EngineStats {
        EngineStats {
            engine: "embedded",
            coupons: self.state.coupons(),
            winner_bytes: self.state.winner_bytes(),
            available: self.broken.is_none() && self.failing.is_none(),
            ..EngineStats::default()
        }
    }
}
