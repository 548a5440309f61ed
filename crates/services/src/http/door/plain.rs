//! A door without a hot route: everything is hyper's, within the door's limits.

use super::head::HotHead;
use super::reply::Reply;
use super::worker::HotRoute;
use crate::clock;
use crate::http::{Language, TraceId, error_body};
use domain::ErrorCode;
use std::net::IpAddr;

/// No request is for it.
#[derive(Clone, Copy, Debug)]
pub struct NoHotRoute;

impl HotRoute for NoHotRoute {
    const METHOD: &'static str = "";
    const PATH: &'static str = "";
    type Undecided = ();

    fn answer_now(&self, _: IpAddr, _: &HotHead<'_>, _: &[u8], _: &mut Vec<u8>) -> Option<()> {
        None
    }

    async fn answer(&self, (): (), _: &mut Vec<u8>) {}

    fn refuse(&self, code: ErrorCode, detail: &'static str, out: &mut Vec<u8>) {
        let (trace_id, mut body) = (TraceId::fresh(), Vec::new());
        let detail = Some(detail).filter(|detail| !detail.is_empty());
        error_body(code, Language::En, detail, clock::now(), &trace_id, &mut body);
        let (status, trace_id) = (code.status(), trace_id.as_str());
        Reply { status, trace_id, retry_after_seconds: None, rate: None, close: true }.write(&body, out);
    }
}
