//! 9. Every change was told, everything that was told was handed over, and every group has had it; dead letters are explained.

use super::Found;
use super::index::Index;
use crate::records::{GROUPS, MessageBook, PaymentStatus, ReservationStatus};
use crate::violation::Violation;
use domain::message::topic::topic_of;
use std::collections::HashSet;
use uuid::Uuid;

pub(super) fn check(index: &Index<'_>, found: &mut Found) {
    let Some(book) = &index.books.messages else { return found.unchecked(9) };
    check_delivery(book, found);
    let told: HashSet<(&str, &str)> =
        book.messages.iter().map(|message| (message.kind.as_str(), message.aggregate.as_str())).collect();
    let mut demand = |aggregate: Uuid, event_type: &'static str| {
        let is_told = told.contains(&(event_type, aggregate.hyphenated().to_string().as_str()));
        found.unless(is_told, || Violation::Untold { aggregate, event_type });
    };
    for payment in index.payment_book().into_iter().flat_map(|book| &book.payments) {
        let id = payment.id.get();
        match payment.status {
            PaymentStatus::Pending => {}
            PaymentStatus::Success => demand(id, "PaymentSuccess"),
            PaymentStatus::Failed => demand(id, "PaymentFailed"),
            PaymentStatus::Refunded => {
                demand(id, "PaymentSuccess");
                demand(id, "PaymentRefunded");
            }
        }
    }
    for row in index.reservation_book().into_iter().flat_map(|book| &book.reservations) {
        if row.status == ReservationStatus::Cancelled {
            demand(row.id.get(), "ReservationCancelled");
        }
    }
    if index.payment_book().is_none() || index.reservation_book().is_none() {
        found.unchecked(9);
    }
}

fn check_delivery(book: &MessageBook, found: &mut Found) {
    for letter in &book.dead_letters {
        let is_named = letter.message.is_some_and(|id| book.named_dead_letters.contains(&id));
        let name = || letter.message.map_or_else(|| "that cannot be read".to_owned(), |id| id.to_string());
        found.unless(is_named, || Violation::DeadLetter {
            message: name(),
            topic: letter.topic.clone(),
            reason: letter.reason.clone(),
        });
    }
    let dead: HashSet<Uuid> = book.dead_letters.iter().filter_map(|letter| letter.message).collect();
    for message in &book.messages {
        if !message.is_published && !dead.contains(&message.id) {
            let (event_type, aggregate) = (message.kind.clone(), message.aggregate.clone());
            found.add(Violation::Unpublished { message: message.id, event_type, aggregate });
            continue;
        }
        // A message that nobody could process is one violation already, or explained.
        if dead.contains(&message.id) {
            continue;
        }
        let heard = book.processed.get(&message.id);
        for group in GROUPS.iter().filter(|group| Some(group.topic) == topic_of(&message.kind)) {
            let is_read = book.groups.contains(group.name);
            let has_heard = heard.is_some_and(|groups| groups.contains(group.name));
            found.unless(has_heard || !is_read, || Violation::Unheard {
                message: message.id,
                event_type: message.kind.clone(),
                group: group.name,
            });
        }
    }
}
