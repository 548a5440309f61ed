//! Forms of the page of seats. Each is one call of the API, under the form's key: pressed twice, it happens once.

use super::load::{self, Show};
use super::view::{Asked, Part, Scene, Trouble};
use super::{PARTY, is_without_pass, names, schedule, without_pass};
use crate::api::Nothing;
use crate::forms::{Fields, see_other};
use crate::{Pages, Problem, Visitor};
use axum::extract::{Path, State};
use axum::response::Response;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The fields; all as texts, since a browser may send anything.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wish {
    /// `hold`, `best`, `swap` or `release`.
    r#do: String,
    /// Indices of seats.
    seat: Vec<String>,
    party: String,
    grade: String,
    wheelchair: String,
    /// The hold that is changed or let go.
    reservation: String,
    /// The block that was looked at.
    section: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Held {
    reservation_id: String,
}

pub(super) async fn submit(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields<Wish>,
) -> Result<Response, Problem> {
    let id = schedule(&visitor, &id)?;
    let show = load::show(&pages, &visitor, id).await?;
    let form = Form { pages: &pages, visitor: &visitor, id, show: &show, fields: &fields };
    let refused = match fields.value.r#do.as_str() {
        "release" => match form.release().await {
            Ok(()) => return Ok(see_other(&format!("/seats/{id}?released=1"))),
            Err(problem) => problem,
        },
        _ => match form.hold().await {
            Ok(Some(reservation)) => return Ok(see_other(&format!("/pay/{reservation}"))),
            Ok(None) => return form.again(Trouble::of(StatusCode::BAD_REQUEST, form.none_chosen())).await,
            Err(problem) => problem,
        },
    };
    form.refused(refused).await
}

/// A form, with what is needed to answer it.
struct Form<'a> {
    pages: &'a Pages,
    visitor: &'a Visitor,
    id: Uuid,
    show: &'a Show,
    fields: &'a Fields<Wish>,
}

impl Trouble {
    fn of(status: StatusCode, text: String) -> Self {
        Self { status: Some(status), text, instead: Vec::new() }
    }
}

impl Form<'_> {
    fn wish(&self) -> &Wish {
        &self.fields.value
    }

    fn seats(&self) -> BTreeSet<u32> {
        self.wish().seat.iter().filter_map(|index| index.parse().ok()).collect()
    }

    fn party(&self) -> u32 {
        let most = self.pages.settings.seats_max;
        self.wish().party.parse().ok().filter(|party| (1..=most).contains(party)).unwrap_or(PARTY.min(most))
    }

    fn none_chosen(&self) -> String {
        self.visitor.t().get("seats-error-none").to_owned()
    }

    /// Holds seats, the best ones or the chosen ones, or changes a hold's. The reservation; none where no seat was chosen.
    async fn hold(&self) -> Result<Option<String>, Problem> {
        let wish = self.wish();
        let ids: Vec<String> = self.seats().into_iter().filter_map(|index| self.show.hall.id(index)).collect();
        let (method, path, body) = match wish.r#do.as_str() {
            "best" => (Method::POST, "/reservations/hold".to_owned(), self.best()),
            _ if ids.is_empty() => return Ok(None),
            "swap" => {
                let reservation = Uuid::try_parse(&wish.reservation).map_err(|_| Problem::not_found(self.visitor))?;
                (Method::PUT, format!("/reservations/hold/{reservation}"), json!({"newSeatIds": ids}))
            }
            _ => (Method::POST, "/reservations/hold".to_owned(), json!({"scheduleId": self.id, "seatIds": ids})),
        };
        let held = self.pages.api.send::<Held>(self.visitor, method, &path, &body, &self.fields.proof).await?;
        Ok(Some(held.body.reservation_id))
    }

    fn best(&self) -> Value {
        let mut body = json!({"scheduleId": self.id, "count": self.party()});
        if !self.wish().grade.is_empty() {
            body["grade"] = json!(self.wish().grade);
        }
        if !self.wish().wheelchair.is_empty() {
            body["flags"] = json!(["wheelchair"]);
        }
        body
    }

    async fn release(&self) -> Result<(), Problem> {
        let reservation = Uuid::try_parse(&self.wish().reservation).map_err(|_| Problem::not_found(self.visitor))?;
        let path = format!("/reservations/hold/{reservation}");
        self.pages.api.send::<Nothing>(self.visitor, Method::DELETE, &path, &(), &self.fields.proof).await.map(drop)
    }

    async fn refused(&self, problem: Problem) -> Result<Response, Problem> {
        if is_without_pass(&problem) {
            return without_pass(self.id, problem);
        }
        if problem.status == StatusCode::UNAUTHORIZED {
            return Err(self.visitor.to_login());
        }
        match self.trouble(&problem) {
            Some(trouble) => self.again(trouble).await,
            None => Err(problem),
        }
    }

    /// The refusal in the page's words; none for what concerns no seats.
    fn trouble(&self, problem: &Problem) -> Option<Trouble> {
        let t = self.visitor.t();
        let most = self.pages.settings.seats_max;
        let plain = |id: &str| Trouble::of(problem.status, t.get(id).to_owned());
        Some(match problem.code.as_str() {
            "SEAT_ALREADY_HELD" | "SEAT_ALREADY_SOLD" => self.taken(problem),
            "SEAT_NOT_AVAILABLE" => {
                let count = ("count", self.party().into());
                let text = match self.wish().grade.as_str() {
                    "" => t.with("seats-error-best", &[count]),
                    grade => t.with("seats-error-best-grade", &[count, ("grade", grade.into())]),
                };
                Trouble { instead: self.indices(problem, "instead"), ..Trouble::of(problem.status, text) }
            }
            "MAX_SEATS_EXCEEDED" => match problem.body["held"].as_u64() {
                Some(held) => {
                    let args = [("held", held.into()), ("most", most.into())];
                    Trouble::of(problem.status, t.with("seats-error-held", &args))
                }
                None => Trouble::of(problem.status, t.with("seats-error-many", &[("most", most.into())])),
            },
            // More seats than a request may name.
            "INVALID_INPUT" if self.seats().len() > most as usize => {
                Trouble::of(problem.status, t.with("seats-error-many", &[("most", most.into())]))
            }
            "RESERVATION_IN_PROGRESS" if self.wish().r#do == "swap" => plain("seats-error-paying"),
            "RESERVATION_IN_PROGRESS" => plain("seats-error-busy"),
            "HOLD_EXPIRED" | "RESERVATION_ALREADY_CANCELLED" => plain("seats-error-expired"),
            "RESERVATION_NOT_MODIFIABLE" => plain("seats-error-paying"),
            "EVENT_CANCELLED" => plain("seats-error-cancelled"),
            "TICKET_SALE_ENDED" => plain("seats-error-closed"),
            "TICKET_SALE_NOT_STARTED" => plain("seats-error-early"),
            // After going back to a form that has done its work: the page comes with a new key.
            "IDEMPOTENCY_KEY_REUSED" => plain("seats-error-other"),
            _ if problem.status == StatusCode::TOO_MANY_REQUESTS || problem.status.is_server_error() => {
                plain("seats-error-other")
            }
            _ => return None,
        })
    }

    fn indices(&self, problem: &Problem, field: &str) -> Vec<u32> {
        let ids = problem.body[field].as_array().into_iter().flatten().filter_map(Value::as_str);
        ids.filter_map(|id| self.show.hall.index(id)).collect()
    }

    /// "B-7 was just taken. B-9 and B-10 are free beside it."
    fn taken(&self, problem: &Problem) -> Trouble {
        let t = self.visitor.t();
        let (taken, instead) = (self.indices(problem, "taken"), self.indices(problem, "instead"));
        let say = |id: &str, seats: &[u32]| {
            let count = u32::try_from(seats.len()).unwrap_or(u32::MAX);
            let seats = names::several(t, &self.show.hall, seats);
            t.with(id, &[("seats", seats.into()), ("count", count.into())])
        };
        let asked = self.seats();
        let added: Vec<u32> = instead.iter().copied().filter(|index| !asked.contains(index)).collect();
        let has_kept = added.len() < instead.len();
        let second = match (added.is_empty(), has_kept) {
            (true, _) => t.get("seats-error-nothing").to_owned(),
            (false, true) => say("seats-error-beside", &added),
            (false, false) => say("seats-error-instead", &added),
        };
        let text = format!("{} {second}", say("seats-error-taken", &taken));
        Trouble { status: Some(problem.status), text, instead }
    }

    /// The page again, with what was chosen as far as it is still free.
    async fn again(&self, trouble: Trouble) -> Result<Response, Problem> {
        let board = match load::board(self.pages, self.visitor, self.id).await {
            Ok(board) => board,
            Err(problem) => return without_pass(self.id, problem),
        };
        let hall = &self.show.hall;
        let holds = load::holds(self.pages, self.visitor, self.id, hall).await;
        let chosen: BTreeSet<u32> = self.seats().into_iter().filter(|index| board.is_free(*index)).collect();
        let looked_at = self.wish().section.parse().ok().filter(|at| *at < hall.blocks.len());
        let of_choice = || self.seats().first().and_then(|index| hall.block_of(*index)).map(|block| block.at);
        let part = match (self.wish().r#do.as_str(), looked_at) {
            ("best" | "release", _) => Part::Overview,
            (_, Some(at)) => Part::Block(at),
            (_, None) => of_choice().map_or(Part::Overview, Part::Block),
        };
        let asked = Asked {
            part,
            chosen,
            party: self.party(),
            grade: self.wish().grade.clone(),
            is_wheelchair: !self.wish().wheelchair.is_empty(),
            is_change: self.wish().r#do == "swap",
            is_released: false,
        };
        let scene = Scene { id: self.id, show: self.show, board: &board, holds: &holds };
        Ok(scene.page(self.pages, self.visitor, &asked, Some(trouble)))
    }
}
