//! The reaction of a user to each response.

use super::crowd::{LineCrowd, NextAction};
use super::person::{Person, Step};
use super::replies::{EnqueueReply, IssueReply, RankReply};
use super::tracks::Forecast;
use domain::coupon::issue::IssueCode;

/// A returning user is absent for this many polling intervals.
const AWAY_POLLS: u64 = 3;
/// A waiting user tries to bypass the line after this poll.
const CHEATS_AT_LOOK: u8 = 1;

impl LineCrowd<'_> {
    /// Handles the response to enqueueing.
    pub(super) fn on_enqueue(
        &mut self,
        user: u32,
        queued: EnqueueReply,
        is_uncertain: bool,
        now_ns: u64,
    ) -> NextAction {
        let (rank, is_new_place) = match queued {
            EnqueueReply::New { rank } => (rank, true),
            EnqueueReply::Known { rank } => (rank, false),
            EnqueueReply::SoldOut => {
                if self.person(user).has_place() {
                    self.place_gone(user, now_ns, "enqueued again and got no place");
                }
                return self.decided(user, IssueCode::SoldOut, now_ns);
            }
        };
        if is_new_place && self.person(user).has_place() {
            self.place_gone(user, now_ns, "enqueued again and got a new place");
        }
        let person = &mut self.people[user as usize];
        if !person.has_place() {
            self.notes.entered += 1;
            if is_new_place || is_uncertain {
                self.order.entered(&mut person.turn);
            } else {
                // The place is from an earlier run, so its time is unknown.
                person.forget_place();
            }
        }
        if rank == 0 {
            // Already admitted: the next poll shows the state.
            return self.soon(user, Step::PollRank, now_ns);
        }
        self.ranked(user, rank, now_ns);
        let person = self.person(user);
        if std::mem::take(&mut person.behavior.twice) {
            self.notes.asked_twice += 1;
            return self.soon(user, Step::Enqueue, now_ns);
        }
        self.wait(user, now_ns)
    }

    /// Handles the response to a poll of the rank.
    pub(super) fn on_rank(&mut self, user: u32, standing: RankReply, now_ns: u64) -> NextAction {
        match standing {
            RankReply::Waiting { rank } => {
                self.ranked(user, rank, now_ns);
                self.go_away_or_wait(user, now_ns)
            }
            RankReply::Processing => {
                self.notes.is_processed = true;
                self.came_to_turn(user, now_ns);
                self.person(user).heard_ns = now_ns;
                self.count_step();
                self.wait(user, now_ns)
            }
            RankReply::Active => {
                self.let_in(user, now_ns);
                self.soon(user, Step::RequestCoupon, now_ns)
            }
            RankReply::Issued | RankReply::SoldOut => {
                self.came_to_turn(user, now_ns);
                let code = if standing == RankReply::Issued { IssueCode::Issued } else { IssueCode::SoldOut };
                self.decided(user, code, now_ns)
            }
            RankReply::Unknown => {
                self.place_gone(user, now_ns, "polled the rank and got no place");
                self.person(user).step = Step::Enqueue;
                self.after_polls(1, now_ns)
            }
        }
    }

    /// Counts a poll of a waiting user, and chooses what the user does next.
    fn go_away_or_wait(&mut self, user: u32, now_ns: u64) -> NextAction {
        let person = self.person(user);
        person.looks = person.looks.saturating_add(1);
        let Person { behavior, looks, .. } = *person;
        if looks == behavior.leaves_after {
            self.notes.left += 1;
            return NextAction::Settled;
        }
        if looks == behavior.pauses_after {
            person.step = Step::Enqueue;
            self.notes.came_back += 1;
            return self.after_polls(AWAY_POLLS, now_ns);
        }
        if behavior.cheats && looks == CHEATS_AT_LOOK {
            return self.soon(user, Step::BypassAtGate, now_ns);
        }
        self.wait(user, now_ns)
    }

    /// Handles a public document.
    pub(super) fn read(&mut self, user: u32, now_ns: u64) -> NextAction {
        self.notes.documents += 1;
        self.count_step();
        let (document, person) = (self.latest.document(), &self.people[user as usize]);
        let rank = document.rank(person.number);
        if rank == 0 {
            return self.soon(user, Step::PollRank, now_ns);
        }
        let rank = u32::try_from(rank).unwrap_or(u32::MAX).min(person.rank);
        self.notes.tracks.shown(user, now_ns, Forecast::by(&document, rank, person.number));
        self.go_away_or_wait(user, now_ns)
    }

    /// Handles the response to the coupon request after admission.
    pub(super) fn on_issue(&mut self, user: u32, result: IssueReply, is_uncertain: bool, now_ns: u64) -> NextAction {
        match result {
            IssueReply::Success => self.decided(user, IssueCode::Issued, now_ns),
            IssueReply::AlreadyIssued => {
                self.notes.tally.trouble.yes_heard_late += u64::from(is_uncertain);
                self.decided(user, IssueCode::AlreadyIssued, now_ns)
            }
            IssueReply::OutOfStock => self.decided(user, IssueCode::SoldOut, now_ns),
            // The pass has expired.
            IssueReply::NoPass => {
                self.person(user).step = Step::PollRank;
                self.after_polls(1, now_ns)
            }
        }
    }

    /// Handles the response to a coupon request at the gate without a known pass, or to a second one.
    pub(super) fn on_gate_bypass(&mut self, user: u32, result: IssueReply, now_ns: u64) -> NextAction {
        self.notes.cheats += 1;
        let person = self.person(user);
        // A waiting user may have been admitted since the last poll; success is then correct.
        let may_be_inside = person.has_place() && !person.is_decided;
        if result == IssueReply::Success && !may_be_inside {
            let when = if person.is_decided { "a second time" } else { "without a place" };
            self.notes.got_past.note(user, || format!("got the coupon at the gate {when}"));
        }
        match result {
            _ if self.person(user).is_decided => self.soon(user, Step::BypassAtCoupons, now_ns),
            IssueReply::Success if may_be_inside => {
                self.let_in(user, now_ns);
                self.decided(user, IssueCode::Issued, now_ns)
            }
            _ if may_be_inside => self.wait(user, now_ns),
            _ => self.soon(user, Step::BypassAtCoupons, now_ns),
        }
    }

    /// Handles the response of the coupon service to the same attempt.
    pub(super) fn on_coupon_bypass(&mut self, user: u32, code: IssueCode, now_ns: u64) -> NextAction {
        self.notes.cheats += 1;
        if code == IssueCode::Issued {
            self.notes.got_past.note(user, || "got the coupon from the coupon service".into());
        }
        if self.person(user).is_decided { NextAction::Settled } else { self.soon(user, Step::Enqueue, now_ns) }
    }

    fn soon(&mut self, user: u32, step: Step, now_ns: u64) -> NextAction {
        self.person(user).step = step;
        NextAction::At(now_ns)
    }

    fn wait(&mut self, user: u32, now_ns: u64) -> NextAction {
        self.person(user).step = if self.by_document { Step::ReadDocument } else { Step::PollRank };
        self.after_polls(1, now_ns)
    }

    /// Records and checks a rank.
    fn ranked(&mut self, user: u32, rank: u32, now_ns: u64) {
        let document = self.latest.document();
        let person = &mut self.people[user as usize];
        let before = std::mem::replace(&mut person.rank, rank);
        (person.heard_ns, person.number) = (now_ns, document.number(rank));
        if before != Person::NO_RANK && rank > before {
            self.notes.worsened.note(user, || format!("rank {before}, later {rank}"));
        }
        if let Some(bound) = person.bound {
            self.notes.compared += 1;
            if rank >= bound {
                self.notes.overtaken.note(user, || format!("rank {rank}, but a later user already had rank {bound}"));
            }
        }
        self.order.heard(person.turn, rank);
        self.notes.ranks_heard += 1;
        self.notes.tracks.shown(user, now_ns, Forecast::by(&document, rank, person.number));
        self.count_step();
    }

    /// Records that the wait has ended since the last response.
    fn came_to_turn(&mut self, user: u32, now_ns: u64) {
        let person = &self.people[user as usize];
        if person.has_place() {
            self.notes.tracks.admitted(user, person.heard_ns, now_ns);
        }
    }

    fn let_in(&mut self, user: u32, now_ns: u64) {
        self.came_to_turn(user, now_ns);
        let person = &mut self.people[user as usize];
        self.order.heard(person.turn, 0);
        (person.rank, person.heard_ns) = (0, now_ns);
        self.count_step();
    }

    /// Records a lost place. Only an expired pass explains it.
    fn place_gone(&mut self, user: u32, now_ns: u64, what: &str) {
        let place_ns = self.place_ns;
        let person = self.person(user);
        let unheard_ns = now_ns.saturating_sub(person.heard_ns);
        let may_have_lapsed = person.is_inside() || unheard_ns >= place_ns;
        let (rank, had_place) = (person.rank, person.has_place());
        person.forget_place();
        if may_have_lapsed || !had_place {
            self.notes.lapsed += 1;
        } else {
            let seconds = unheard_ns as f64 / 1e9;
            self.notes.lost_places.note(user, || format!("{what}, {seconds:.1} s after rank {rank}"));
        }
    }

    /// Records the decision.
    fn decided(&mut self, user: u32, code: IssueCode, now_ns: u64) -> NextAction {
        let is_yes = matches!(code, IssueCode::Issued | IssueCode::AlreadyIssued);
        let person = self.person(user);
        person.is_decided = true;
        let (latency_ns, cheats) = (now_ns.saturating_sub(person.came_ns), person.behavior.cheats);
        self.notes.tally.decided(code, is_yes, latency_ns, now_ns);
        if is_yes {
            self.notes.served.push(user);
            self.count_issued();
        }
        if cheats {
            self.person(user).step = Step::BypassAtGate;
            return self.after_polls(1, now_ns);
        }
        NextAction::Settled
    }
}
