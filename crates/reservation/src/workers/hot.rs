//! Hot state follows steps that no caller waits for. What is lost on the way is put right from the rows (hole 17).

use super::Windows;
use ::hot::SeatPort;
use ::hot::line::Clock;
use domain::reservation::{Reservation, ReservationStatus, StepAnswer};
use domain::seat::{Holding, Release};
use domain::{ReservationId, ScheduleId, SeatId};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{Mutex, mpsc};

/// Most changes that wait; more are left to be put right.
const WAITING_MAX: usize = 10_000;
/// Most changes taken together.
const BATCH_MAX: usize = 256;

/// A change of a reservation that hot state has not heard of.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Change {
    /// These seats are nobody's any more.
    Release(Holding),
    /// The seats are kept until the catalog has them as sold.
    Keep(Holding),
}

/// Changes that hot state has to hear of. Cheap to clone.
#[derive(Clone)]
pub struct HotNews {
    seats: Arc<dyn SeatPort>,
    windows: Arc<dyn Windows>,
    sender: mpsc::Sender<Change>,
    waiting: Arc<Mutex<mpsc::Receiver<Change>>>,
}

fn holding(of: &Reservation, seats: Vec<SeatId>) -> Holding {
    Holding { schedule: of.schedule, reservation: of.id, user: of.user, seats }
}

impl HotNews {
    pub(super) fn new(seats: Arc<dyn SeatPort>, windows: Arc<dyn Windows>) -> Self {
        let (sender, waiting) = mpsc::channel(WAITING_MAX);
        Self { seats, windows, sender, waiting: Arc::new(Mutex::new(waiting)) }
    }

    /// Notes what a step has changed; waits for nothing.
    pub fn tell(&self, answer: &StepAnswer) {
        let of = &answer.reservation;
        if !answer.given_up.is_empty() {
            self.note(Change::Release(holding(of, answer.given_up.clone())));
        }
        if answer.has_changed && of.status == ReservationStatus::Confirmed {
            self.note(Change::Keep(holding(of, of.live_seats())));
        }
    }

    fn note(&self, change: Change) {
        if self.sender.try_send(change).is_err() {
            metrics::counter!("onsale_reservation_hot_news_lost_total").increment(1);
        }
    }

    pub(super) async fn run(&self) {
        // One reader: a second loop waits until the first has ended.
        let mut waiting = self.waiting.lock().await;
        loop {
            let mut batch = Vec::new();
            if waiting.recv_many(&mut batch, BATCH_MAX).await == 0 {
                return;
            }
            self.apply(batch).await;
        }
    }

    async fn apply(&self, batch: Vec<Change>) {
        let mut released = Vec::new();
        for change in batch {
            match change {
                Change::Release(of) => released.push(of),
                Change::Keep(of) => {
                    if let Err(error) = self.seats.keep(&of, Clock::Engine).await {
                        tracing::warn!(%error, reservation = %of.reservation, "sold seats are kept by the next look");
                    }
                }
            }
        }
        self.release(released).await;
    }

    /// Gives seats of ended reservations back; what fails is put right from the rows. For fairness nothing depends on the moment:
    /// the end of a hold is itself the return (hole 24).
    pub(super) async fn release(&self, released: Vec<Holding>) {
        let mut of: BTreeMap<ScheduleId, Vec<Holding>> = BTreeMap::new();
        for one in released.into_iter().filter(|one| !one.seats.is_empty()) {
            of.entry(one.schedule).or_default().push(one);
        }
        for (schedule, all) in of {
            let window = self.windows.window(schedule).await;
            let ids: Vec<ReservationId> = all.iter().map(|one| one.reservation).collect();
            let batch = all.into_iter().map(|of| Release { of, window }).collect();
            let released = self.seats.release(batch, Clock::Engine).await;
            for (id, failed) in ids.iter().zip(released).filter_map(|(id, outcome)| Some((id, outcome.err()?))) {
                tracing::warn!(error = %failed, reservation = %id, "seats that are free are released by the next look");
            }
        }
    }

    /// The seats of reservations that have ended, as they were before.
    pub(super) fn ended(of: &Reservation) -> Option<Holding> {
        (!of.is_live() && of.used.is_none()).then(|| holding(of, of.seat_ids()))
    }
}
