//! The JSON of the audit log.

pub use operators::AuditEntry;
use serde::Serialize;
use utoipa::ToSchema;

/// A page of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditPage {
    /// Newest first.
    pub list: Vec<AuditEntry>,
    /// From 0.
    pub page: u64,
    /// Most entries of a page.
    pub size: u64,
    /// Entries of all pages.
    pub total_elements: u64,
}
