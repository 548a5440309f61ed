//! The pages for people, on the gateway's port.
//!
//! ```text
//! settings   what pages know of the configuration
//! visitor    who looks: language, address, cookies to send on
//! api        requests to the API in memory, with the visitor's cookies: CSRF, roles, limits are the gateway's filters, once
//! problem    what the API refused, as a page that says what is safe
//! forms      forms without script: CSRF token, Idempotency-Key
//! looks      a name, a logo, colours of one's own
//! kept       pages that are the same for everybody: made once, kept for seconds
//! front      pages before the API; errors of the API as pages for browsers
//! shop people ticket wait seats pay coupon console   the pages
//! ```

mod api;
mod console;
mod coupon;
mod forms;
mod front;
mod kept;
mod looks;
mod pay;
mod people;
mod problem;
mod seats;
mod settings;
mod shop;
mod ticket;
mod visitor;
mod wait;

pub use api::{Api, Nothing, Reply};
pub use forms::{Fields, Proof};
pub use front::in_front;
pub use problem::Problem;
pub use settings::{DraftKey, Settings};
pub use visitor::{SessionUser, Visitor};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::get;
use kept::Kept;
use looks::Looks;
use std::sync::Arc;

/// Pictures and styles that the API keeps: looks of one's own, posters of shows.
const API_FILES: [&str; 2] = ["/assets/look/{file}", "/assets/poster/{file}"];

/// A file as the API has it.
async fn file_of_api(State(pages): State<Pages>, request: Request) -> Response {
    pages.api.pass_on(request).await
}

/// What every page has: the state of its handlers. Cheap to clone.
#[derive(Clone)]
pub struct Pages {
    /// The API, in memory.
    pub api: Api,
    /// What pages know of the configuration.
    pub settings: Arc<Settings>,
    kept: Kept,
    looks: Looks,
}

/// What all workers of a process share: settings, and the pages that are kept. Cheap to clone.
#[derive(Clone)]
pub struct Shared {
    settings: Arc<Settings>,
    kept: Kept,
    looks: Looks,
}

impl Shared {
    /// Makes nothing yet.
    pub fn new(settings: Settings) -> Self {
        Self { settings: Arc::new(settings), kept: Kept::default(), looks: Looks::default() }
    }

    /// The routes of all pages over an API: the gateway's router with its filters, without the standard layers. Put it before
    /// the API with [`in_front`].
    pub fn routes(&self, api: Router) -> Router {
        let pages = Pages {
            api: Api::new(api, self.settings.public_url.clone()),
            settings: self.settings.clone(),
            kept: self.kept.clone(),
            looks: self.looks.clone(),
        };
        let groups = [
            shop::routes(),
            people::routes(),
            ticket::routes(),
            wait::routes(),
            seats::routes(),
            pay::routes(),
            coupon::routes(),
            console::routes(),
        ];
        // Before the kit's own assets, whose addresses look alike.
        let files_of_api = API_FILES.into_iter().fold(Router::new(), |all, path| all.route(path, get(file_of_api)));
        let routes = groups.into_iter().fold(files_of_api, Router::merge);
        front::layers(routes.with_state(pages)).merge(web::assets::routes())
    }
}
