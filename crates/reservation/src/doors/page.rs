//! The page at the link of a QR code: it says what the ticket is worth, marks nothing, and shows nothing personal.

use crate::views::ticket::TicketView;
use ::http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY};
use ::http::{HeaderName, HeaderValue, StatusCode};
use askama::Template;
use axum::response::{IntoResponse, Response};
use domain::ticket::{DayZone, TicketStatus};
use onsale_http::Language;
use onsale_http::layer::render::OwnBody;
use onsale_http::text::message;

/// The page loads its style from this site, and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'; require-trusted-types-for 'script'";

/// The texts beside title and lead.
struct Texts {
    show: &'static str,
    date: &'static str,
    number: &'static str,
    used_at: &'static str,
    hint: &'static str,
}

/// The page of a ticket.
#[derive(Template)]
#[template(path = "ticket.html")]
pub(crate) struct TicketPage<'a> {
    ticket: &'a TicketView,
    title: &'static str,
    text: &'static str,
    texts: Texts,
    lang: &'static str,
    date: Option<String>,
    used: Option<String>,
    #[allow(dead_code, reason = "for the answer's header")]
    language: Language,
}

impl<'a> TicketPage<'a> {
    /// The page of what was found; times are shown in the zone of events.
    pub fn new(ticket: &'a TicketView, zone: &DayZone, language: Language) -> Self {
        let (title, text) = match TicketStatus::parse(ticket.status) {
            Some(TicketStatus::Valid) => ("ticket-valid-title", "ticket-valid"),
            Some(TicketStatus::Used) => ("ticket-used-title", "ticket-used"),
            Some(TicketStatus::Cancelled) => ("ticket-cancelled-title", "ticket-cancelled"),
            _ => ("ticket-forged-title", "ticket-forged"),
        };
        let of = |id| message(id, language);
        Self {
            ticket,
            title: of(title),
            text: of(text),
            texts: Texts {
                show: of("ticket-show"),
                date: of("ticket-date"),
                number: of("ticket-number"),
                used_at: of("ticket-used-at"),
                hint: of("ticket-hint"),
            },
            lang: language.as_str(),
            date: ticket.schedule_date.map(|at| zone.shown(at)),
            used: ticket.used_at.map(|at| zone.shown(at)),
            language,
        }
    }

    /// The answer.
    pub fn into_answer(self) -> Response {
        let language = self.language.as_str();
        let Ok(page) = self.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
        let headers = [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (CONTENT_LANGUAGE, language),
            (CACHE_CONTROL, "no-store"),
            (VARY, "Accept, Accept-Language"),
            (CONTENT_SECURITY_POLICY, POLICY),
            (HeaderName::from_static("x-robots-tag"), "noindex"),
        ];
        let mut response = page.into_response();
        for (name, value) in headers {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response.extensions_mut().insert(OwnBody);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;

    fn ticket(status: TicketStatus) -> TicketView {
        TicketView {
            status: status.as_str(),
            ticket_number: Some("T20261224-8K3N5QX2M7".into()),
            event_title: Some("<b>\"Show\"</b>".into()),
            schedule_date: Some(Timestamp::parse("2026-12-24T19:30:00+09:00").expect("a time")),
            seats: None,
            used_at: None,
            gate: None,
        }
    }

    #[test]
    fn a_page_says_what_the_ticket_is_worth_and_loads_from_this_site_alone() {
        for language in Language::ALL {
            for status in [TicketStatus::Valid, TicketStatus::Used, TicketStatus::Cancelled] {
                let ticket = ticket(status);
                let page = TicketPage::new(&ticket, &DayZone::default(), language).render().expect("a page");
                for part in [status.as_str(), "T20261224-8K3N5QX2M7", "2026-12-24 19:30", language.as_str()] {
                    assert!(page.contains(part), "{part} not in {page}");
                }
                assert!(!page.contains("<b>") && !page.contains("://") && !page.contains("style=\""), "{page}");
            }
            let forged = TicketView::forged();
            let page = TicketPage::new(&forged, &DayZone::default(), language).render().expect("a page");
            assert!(page.contains("FORGED") && !page.contains("<dl>"), "{page}");
        }
    }
}
