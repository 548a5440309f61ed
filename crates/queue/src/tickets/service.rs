//! The parts that all use cases share.

use super::claims::Claims;
use super::public::Found;
use super::schedules::Schedules;
use super::settings::TicketSettings;
use super::stock::Stocks;
use access::Peer;
use domain::limit::Rate;
use domain::line::{Brake, Challenge, LineId, LineStatus, SaleWindow};
use domain::{ErrorCode, ScheduleId};
use hot::lease::Lease;
use hot::line::{LineUser, Recovery};
use hot::{KeyPort, LimitPort};
use lines::{Challenges, LineClient, RuleCache, ServingCache, Straight, Streams};
use onsale_http::ApiError;
use std::sync::{Arc, Mutex};

/// The roles that lines before seats ask.
#[derive(Clone, Debug)]
pub struct TicketPeers {
    /// Knows when seats are sold.
    pub catalog: Peer,
    /// Knows how many seats are free; none: nobody hears chances, and neither stock nor brake slow admission.
    pub reservation: Option<Peer>,
    /// Asked whether it can take more; none: reservation's word is enough.
    pub payment: Option<Peer>,
}

/// What the service is made of.
#[derive(Clone)]
pub struct TicketParts {
    /// The lines.
    pub lines: LineClient,
    /// Their public documents.
    pub cache: ServingCache,
    /// The same, pushed.
    pub streams: Streams,
    /// What is asked for before a place.
    pub challenges: Option<Challenges>,
    /// Claims and copies of passes.
    pub keys: Arc<dyn KeyPort>,
    /// Buckets of looks at the own place.
    pub limits: Arc<dyn LimitPort>,
    /// The other roles.
    pub peers: TicketPeers,
}

/// The lines before the seats of schedules. Cheap to clone.
#[derive(Clone)]
pub struct TicketQueue {
    pub(super) settings: Arc<TicketSettings>,
    pub(super) lines: LineClient,
    pub(super) cache: ServingCache,
    pub(super) streams: Streams,
    pub(super) challenges: Option<Challenges>,
    pub(super) keys: Arc<dyn KeyPort>,
    pub(super) limits: Arc<dyn LimitPort>,
    pub(super) look_rate: Rate,
    pub(super) schedules: Schedules,
    pub(super) stocks: Stocks,
    pub(super) claims: Claims,
    pub(super) found: Arc<Found>,
    pub(super) rules: RuleCache,
    pub(super) straight: Straight,
    /// Held by the process that follows the lines.
    pub(super) lease: Arc<Lease>,
    pub(super) brake: Arc<Mutex<Brake>>,
}

impl TicketQueue {
    /// Opens the service. Nothing is asked yet.
    pub fn open(settings: TicketSettings, parts: TicketParts) -> Self {
        let TicketParts { lines, cache, streams, challenges, keys, limits, peers } = parts;
        let TicketPeers { catalog, reservation, payment } = peers;
        Self {
            look_rate: Rate::per_minute(settings.status_per_minute),
            schedules: Schedules::new(catalog, keys.clone()),
            stocks: Stocks::new(reservation, payment, lines.port.clone(), settings.pass_ttl_ms),
            claims: Claims::new(keys.clone(), &settings),
            found: Arc::default(),
            rules: RuleCache::new(lines.port.clone()),
            straight: Straight::new(lines.clone()),
            lease: Arc::new(Lease::new(keys.clone(), "ticket-lines")),
            brake: Arc::default(),
            settings: Arc::new(settings),
            lines,
            cache,
            streams,
            challenges,
            keys,
            limits,
        }
    }

    /// The line before a schedule's seats, made if it is not there. One that the engine has lost is made as it was.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub(super) async fn line(&self, schedule: ScheduleId, sale: &SaleWindow) -> Result<LineId, ApiError> {
        let line = LineId::of_schedule(schedule);
        if self.rules.rule(&line).await?.is_none() {
            self.make(&line, sale).await?;
        }
        Ok(line)
    }

    pub(super) async fn make(&self, line: &LineId, sale: &SaleWindow) -> Result<(), ApiError> {
        if self.lines.port.recover_line(line).await? != Recovery::There {
            self.lines.port.make_line(line, self.settings.rule(sale)).await?;
        }
        self.rules.forget(line);
        self.cache.forget(line);
        Ok(())
    }

    /// Makes the line that an operator names before anybody has entered it. A schedule that the catalog does not know has none,
    /// and neither has one whose sale is over.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn make_for_operator(&self, schedule: ScheduleId) -> Result<(), ApiError> {
        self.line_or_make(schedule, |_, _| true).await.map(drop)
    }

    /// What the line asks for before a place.
    pub(super) async fn asks_for(&self, line: &LineId) -> Result<Challenge, ApiError> {
        // Whoever enters a ticket line has an account.
        let challenge = self.rules.rule(line).await?.map_or(Challenge::None, |rule| rule.asks_for());
        Ok(if challenge == Challenge::Account { Challenge::None } else { challenge })
    }

    /// The person's status in the line; the person is heard of.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub(super) async fn heard(&self, who: &LineUser) -> Result<LineStatus, ApiError> {
        match self.lines.port.check_in_now(who) {
            Some(status) => Ok(status),
            None => Ok(self.lines.check_in(who.clone()).await?),
        }
    }
}

/// Why nobody enters or waits now, as people hear it.
pub(super) fn check_sale(sale: &SaleWindow) -> Result<(), ApiError> {
    use domain::catalog::NotSellable;
    sale.check(clock::now()).map_err(|reason| {
        let code = match reason {
            NotSellable::Cancelled => ErrorCode::EventCancelled,
            NotSellable::NotStarted => ErrorCode::TicketSaleNotStarted,
            NotSellable::Ended => ErrorCode::TicketSaleEnded,
        };
        code.into()
    })
}
