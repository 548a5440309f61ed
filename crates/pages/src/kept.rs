//! Pages that are the same for everybody: made once, by one request while the others wait, kept for a second or a few.
//!
//! A million people who reload a show's page are one rendering a second, and bytes from memory.

use crate::Pages;
use crate::problem::Problem;
use crate::visitor::Visitor;
use axum::body::{Body, to_bytes};
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use moka::Expiry;
use moka::future::Cache;
use onsale_http::Language;
use onsale_http::layer::render::OwnBody;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Most memory of all kept pages, in bytes.
const BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Largest page that is kept, in bytes.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Brotli's effort: a page is compressed once for all who get it.
const BROTLI_EFFORT: i32 = 6;
/// Of a page with all its forms and headers, beside its bytes.
const OVERHEAD_BYTES: usize = 1_024;

struct Page {
    status: StatusCode,
    headers: HeaderMap,
    plain: Bytes,
    brotli: Bytes,
    gzip: Bytes,
    life: Duration,
}

type Key = (Language, String);

/// The pages that are kept. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Kept(Cache<Key, Arc<Page>>);

/// Each page has a life of its own.
struct Lives;

impl Expiry<Key, Arc<Page>> for Lives {
    fn expire_after_create(&self, _: &Key, page: &Arc<Page>, _: Instant) -> Option<Duration> {
        Some(page.life)
    }
}

impl Default for Kept {
    fn default() -> Self {
        let weight = |_: &Key, page: &Arc<Page>| {
            let bytes = page.plain.len() + page.brotli.len() + page.gzip.len() + OVERHEAD_BYTES;
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        Self(Cache::builder().weigher(weight).max_capacity(BYTES_MAX).expire_after(Lives).build())
    }
}

impl Pages {
    /// A page that is the same for everybody, kept for `life`. `here`: path and the query's known parameters in one order: what
    /// is left out of it is left out of the page. `make` gets a visitor who is nobody: without cookies, so that no page
    /// for one person can come into it.
    ///
    /// # Errors
    /// Of `make`; they are not kept.
    pub async fn kept<F>(
        &self,
        visitor: &Visitor,
        here: impl Into<String>,
        life: Duration,
        make: impl FnOnce(Visitor) -> F,
    ) -> Result<Response, Problem>
    where
        F: Future<Output = Result<Response, Problem>>,
    {
        let here = here.into();
        let key = (visitor.lang, here.clone());
        let everybody = visitor.everybody(here);
        let made =
            self.kept.0.try_get_with(key, async { page_of(make(everybody.clone()).await?, &everybody, life).await });
        match made.await {
            Ok(page) => Ok(page.answer(&visitor.encodings)),
            Err(problem) => Err(problem.seen_by(visitor)),
        }
    }
}

async fn page_of(response: Response, everybody: &Visitor, life: Duration) -> Result<Arc<Page>, Problem> {
    let (parts, body) = response.into_parts();
    let plain = to_bytes(body, PAGE_BYTES_MAX).await.map_err(|error| Problem::broken(everybody, error))?;
    let broken = |error: std::io::Error| Problem::broken(everybody, error);
    let brotli = brotli_of(&plain).map_err(broken)?;
    let gzip = gzip_of(&plain).map_err(broken)?;
    Ok(Arc::new(Page { status: parts.status, headers: parts.headers, plain, brotli, gzip, life }))
}

fn brotli_of(plain: &[u8]) -> std::io::Result<Bytes> {
    let mut compressed = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: BROTLI_EFFORT, ..Default::default() };
    brotli::BrotliCompress(&mut &plain[..], &mut compressed, &params)?;
    Ok(compressed.into())
}

fn gzip_of(plain: &[u8]) -> std::io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain)?;
    encoder.finish().map(Bytes::from)
}

impl Page {
    fn answer(&self, accepted: &str) -> Response {
        let forms = [("br", &self.brotli), ("gzip", &self.gzip)];
        let form = forms.into_iter().find(|(name, _)| web::assets::accepts(accepted, name));
        let mut response = Response::new(Body::from(form.map_or(&self.plain, |(_, body)| body).clone()));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        if let Some((name, _)) = form {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        response.headers_mut().append(VARY, HeaderValue::from_static("Accept-Encoding"));
        response.extensions_mut().insert(OwnBody);
        response
    }
}
