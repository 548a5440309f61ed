//! The headers of a line's public document, as the fast path writes them: those that the router gives it.

/// Any page of any site may read it, and any cache may keep it for [`lines::serving::FRESH`].
pub(super) const PUBLIC: &[u8] = b"\r\naccess-control-allow-origin: *\r\ncache-control: public, max-age=1";
