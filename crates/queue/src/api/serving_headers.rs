//! The headers of a line's public document, as the fast path writes them: those that the router gives it.

use onsale_http::server::SharedHeaders;

/// Any page of any site may read it, and any cache may keep it for [`lines::serving::FRESH`].
pub(super) const PUBLIC: SharedHeaders = SharedHeaders {
    of_success: b"\r\ncache-control: public, max-age=1",
    always: b"\r\naccess-control-allow-origin: *",
};
