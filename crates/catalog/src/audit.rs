//! What the audit log says of the catalog. Seats are named by their number alone: a hall may have 100,000.

use crate::model::{Event, Hall, Venue};
use call::{Entry, Facts};
use serde_json::{Value, json};

fn entry(action: &'static str, target: String, before: Option<Value>, after: Option<Value>) -> Option<Entry> {
    Entry::of(Facts { action, target, before, after })
}

fn venue_fields(venue: &Venue) -> Value {
    json!({"name": venue.name, "address": venue.address, "city": venue.city})
}

/// A change of a venue: made, changed, or deleted.
pub(crate) fn venue(action: &'static str, before: Option<&Venue>, after: Option<&Venue>) -> Option<Entry> {
    let id = before.or(after)?.id;
    entry(action, format!("venue:{id}"), before.map(venue_fields), after.map(venue_fields))
}

fn hall_fields(hall: &Hall) -> Value {
    let seats = hall.template.plan().map(|plan| plan.seats()).ok();
    json!({"venueId": hall.venue, "name": hall.name, "capacity": hall.capacity, "seats": seats})
}

/// A change of a hall.
pub(crate) fn hall(action: &'static str, before: Option<&Hall>, after: Option<&Hall>) -> Option<Entry> {
    let id = before.or(after)?.id;
    entry(action, format!("hall:{id}"), before.map(hall_fields), after.map(hall_fields))
}

fn event_fields(event: &Event) -> Value {
    json!({
        "title": event.title,
        "artist": event.artist,
        "description": event.description,
        "venueId": event.venue,
        "hallId": event.hall,
        "priceByGrade": event.prices,
        "status": event.state.as_str(),
    })
}

/// A change of an event. `reason` is the operator's.
pub(crate) fn event(
    action: &'static str,
    before: Option<&Event>,
    after: Option<&Event>,
    reason: Option<&str>,
) -> Option<Entry> {
    let id = before.or(after)?.id;
    let after = after.map(|after| {
        let mut fields = event_fields(after);
        if let Some(reason) = reason {
            fields["reason"] = json!(reason);
        }
        fields
    });
    entry(action, format!("event:{id}"), before.map(event_fields), after)
}
