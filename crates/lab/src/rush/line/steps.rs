//! What a person does about an answer.

use super::super::answer::Code;
use super::crowd::{LineCrowd, Then};
use super::person::{Person, Step};
use super::said::{Queued, Result, Standing};
use super::tracks::Told;

/// Who goes away and comes back is away for so many pauses between two looks.
const AWAY_POLLS: u64 = 3;
/// Who tries to get past the line while waiting does so after this look.
const CHEATS_AT_LOOK: u8 = 1;

impl LineCrowd<'_> {
    /// Asked for a place.
    pub(super) fn queued(&mut self, user: u32, queued: Queued, is_uncertain: bool, now_ns: u64) -> Then {
        let (rank, is_new_place) = match queued {
            Queued::New { rank } => (rank, true),
            Queued::Known { rank } => (rank, false),
            Queued::SoldOut => {
                if self.person(user).has_place() {
                    self.place_gone(user, now_ns, "queued again and heard of no place");
                }
                return self.decided(user, Code::SoldOut, now_ns);
            }
        };
        if is_new_place && self.person(user).has_place() {
            self.place_gone(user, now_ns, "queued again and got a new place");
        }
        let person = &mut self.people[user as usize];
        if !person.has_place() {
            self.notes.entered += 1;
            if is_new_place || is_uncertain {
                self.order.entered(&mut person.turn);
            } else {
                // The place is from an earlier run: nobody knows when it was taken.
                person.forget_place();
            }
        }
        if rank == 0 {
            // Through already, says the answer; the rank tells how far.
            return self.soon(user, Step::Look, now_ns);
        }
        self.ranked(user, rank, now_ns);
        let person = self.person(user);
        if std::mem::take(&mut person.manners.twice) {
            self.notes.asked_twice += 1;
            return self.soon(user, Step::Queue, now_ns);
        }
        self.wait(user, now_ns)
    }

    /// Asked for the rank.
    pub(super) fn stood(&mut self, user: u32, standing: Standing, now_ns: u64) -> Then {
        match standing {
            Standing::Waiting { rank } => {
                self.ranked(user, rank, now_ns);
                self.go_away_or_wait(user, now_ns)
            }
            Standing::Processing => {
                self.notes.is_processed = true;
                self.came_to_turn(user, now_ns);
                self.person(user).heard_ns = now_ns;
                self.count_step();
                self.wait(user, now_ns)
            }
            Standing::Active => {
                self.let_in(user, now_ns);
                self.soon(user, Step::Ask, now_ns)
            }
            Standing::Issued | Standing::SoldOut => {
                self.came_to_turn(user, now_ns);
                let code = if standing == Standing::Issued { Code::Issued } else { Code::SoldOut };
                self.decided(user, code, now_ns)
            }
            Standing::Unknown => {
                self.place_gone(user, now_ns, "asked for the rank and heard of no place");
                self.person(user).step = Step::Queue;
                self.after_polls(1, now_ns)
            }
        }
    }

    /// Still waits, and has looked once more.
    fn go_away_or_wait(&mut self, user: u32, now_ns: u64) -> Then {
        let person = self.person(user);
        person.looks = person.looks.saturating_add(1);
        let Person { manners, looks, .. } = *person;
        if looks == manners.leaves_after {
            self.notes.left += 1;
            return Then::Settled;
        }
        if looks == manners.pauses_after {
            person.step = Step::Queue;
            self.notes.came_back += 1;
            return self.after_polls(AWAY_POLLS, now_ns);
        }
        if manners.cheats && looks == CHEATS_AT_LOOK {
            return self.soon(user, Step::CheatAtGate, now_ns);
        }
        self.wait(user, now_ns)
    }

    /// Knows the document, newer than before perhaps.
    pub(super) fn read(&mut self, user: u32, now_ns: u64) -> Then {
        self.notes.documents += 1;
        self.count_step();
        let (document, person) = (self.latest.document(), &self.people[user as usize]);
        let rank = document.rank(person.number);
        if rank == 0 {
            return self.soon(user, Step::Look, now_ns);
        }
        let rank = u32::try_from(rank).unwrap_or(u32::MAX).min(person.rank);
        self.notes.tracks.shown(user, now_ns, Told::by(&document, rank, person.number));
        self.go_away_or_wait(user, now_ns)
    }

    /// Asked for the coupon.
    pub(super) fn asked(&mut self, user: u32, result: Result, is_uncertain: bool, now_ns: u64) -> Then {
        match result {
            Result::Success => self.decided(user, Code::Issued, now_ns),
            Result::AlreadyIssued => {
                self.notes.tally.trouble.yes_heard_late += u64::from(is_uncertain);
                self.decided(user, Code::AlreadyIssued, now_ns)
            }
            Result::OutOfStock => self.decided(user, Code::SoldOut, now_ns),
            // The pass has run out on the way.
            Result::NoPass => {
                self.person(user).step = Step::Look;
                self.after_polls(1, now_ns)
            }
        }
    }

    /// Asked for the coupon at the gate without having heard of a pass, or a second time.
    pub(super) fn cheated(&mut self, user: u32, result: Result, now_ns: u64) -> Then {
        self.notes.cheats += 1;
        let person = self.person(user);
        // Somebody who waits may have been let in since the last look, and has then not cheated.
        let may_be_inside = person.has_place() && !person.is_decided;
        if result == Result::Success && !may_be_inside {
            let when = if person.is_decided { "a second time" } else { "without a place" };
            self.notes.got_past.note(user, || format!("got the coupon at the gate {when}"));
        }
        match result {
            _ if self.person(user).is_decided => self.soon(user, Step::CheatAtCoupons, now_ns),
            Result::Success if may_be_inside => {
                self.let_in(user, now_ns);
                self.decided(user, Code::Issued, now_ns)
            }
            _ if may_be_inside => self.wait(user, now_ns),
            _ => self.soon(user, Step::CheatAtCoupons, now_ns),
        }
    }

    /// The same of the coupon service.
    pub(super) fn cheated_at_coupons(&mut self, user: u32, code: Code, now_ns: u64) -> Then {
        self.notes.cheats += 1;
        if code == Code::Issued {
            self.notes.got_past.note(user, || "got the coupon from the coupon service".into());
        }
        if self.person(user).is_decided { Then::Settled } else { self.soon(user, Step::Queue, now_ns) }
    }

    fn soon(&mut self, user: u32, step: Step, now_ns: u64) -> Then {
        self.person(user).step = step;
        Then::At(now_ns)
    }

    fn wait(&mut self, user: u32, now_ns: u64) -> Then {
        self.person(user).step = if self.by_document { Step::Read } else { Step::Look };
        self.after_polls(1, now_ns)
    }

    /// Was shown a rank.
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
                self.notes.overtaken.note(user, || format!("rank {rank}, and somebody later had heard {bound}"));
            }
        }
        self.order.heard(person.turn, rank);
        self.notes.ranks_heard += 1;
        self.notes.tracks.shown(user, now_ns, Told::by(&document, rank, person.number));
        self.count_step();
    }

    /// Waits no more, since some moment after the last word of it.
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

    /// A place is there no more. Only a pass that has run out explains it.
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

    /// Knows what came of it.
    fn decided(&mut self, user: u32, code: Code, now_ns: u64) -> Then {
        let is_yes = matches!(code, Code::Issued | Code::AlreadyIssued);
        let person = self.person(user);
        person.is_decided = true;
        let (latency_ns, cheats) = (now_ns.saturating_sub(person.came_ns), person.manners.cheats);
        self.notes.tally.decided(code, is_yes, latency_ns, now_ns);
        if is_yes {
            self.notes.served.push(user);
            self.count_issued();
        }
        if cheats {
            self.person(user).step = Step::CheatAtGate;
            return self.after_polls(1, now_ns);
        }
        Then::Settled
    }
}
