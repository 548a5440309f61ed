//! Pages of lists, and how they are asked for.

use onsale_http::ApiError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The last page that may be asked for.
const PAGE_MAX: u64 = 1_000_000;
/// Most entries of a page.
const SIZE_MAX: u64 = 100;

/// A page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The entries.
    pub list: Vec<T>,
    /// From 0.
    pub page: u64,
    /// Most entries of a page.
    pub size: u64,
    /// Entries of all pages.
    pub total_elements: u64,
}

/// Which page.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Paging {
    #[serde(default)]
    page: u64,
    #[serde(default = "twenty")]
    size: u64,
}

fn twenty() -> u64 {
    20
}

impl Paging {
    /// Page and size.
    ///
    /// # Errors
    /// `INVALID_INPUT`.
    pub fn checked(self) -> Result<(u64, u64), ApiError> {
        checked(self.page, self.size)
    }
}

/// Checks a page and its size.
///
/// # Errors
/// `INVALID_INPUT`.
pub fn checked(page: u64, size: u64) -> Result<(u64, u64), ApiError> {
    match (page, size) {
        (page, _) if page > PAGE_MAX => Err(ApiError::invalid("page must be 0 to 1000000")),
        (_, size) if !(1..=SIZE_MAX).contains(&size) => Err(ApiError::invalid("size must be 1 to 100")),
        checked => Ok(checked),
    }
}
