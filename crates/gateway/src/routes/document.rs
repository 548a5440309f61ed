//! The table against the API document: a test of the program asks for no difference.

use super::{Access, Lookup, find};
use http::Method;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::Operation;

/// Where the document and the table disagree, in words: a route that the table does not know, or lets in others than the
/// document says. Internal routes are passed over.
pub fn differences(document: &OpenApi) -> Vec<String> {
    let mut found = Vec::new();
    for (path, item) in &document.paths.paths {
        if path.starts_with("/internal/") || path.ends_with("/processing/complete") {
            continue;
        }
        let operations = [
            (Method::GET, &item.get),
            (Method::PUT, &item.put),
            (Method::POST, &item.post),
            (Method::PATCH, &item.patch),
            (Method::DELETE, &item.delete),
        ];
        for (method, operation) in operations {
            let Some(operation) = operation else { continue };
            let example = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
            match find(&method, &example.collect::<Vec<_>>().join("/")) {
                Lookup::Found(route) if agrees(route.row.access, operation) => {}
                Lookup::Found(route) => found.push(format!(
                    "{method} {path}: the table says {:?}, the document {:?}",
                    route.row.access,
                    schemes(operation)
                )),
                _ => found.push(format!("{method} {path}: not in the table")),
            }
        }
    }
    found
}

/// The schemes of an operation, each with its scopes; an empty one for "needs nothing".
fn schemes(operation: &Operation) -> Vec<String> {
    let requirements = operation.security.iter().flatten();
    requirements.filter_map(|requirement| serde_json::to_string(requirement).ok()).collect()
}

fn agrees(access: Access, operation: &Operation) -> bool {
    let schemes = schemes(operation);
    let has = |word: &str| schemes.iter().any(|scheme| scheme.contains(word));
    let (key, token, admin) = (has("apiKey"), has("accessToken"), has("\"admin\""));
    let is_open = schemes.is_empty() || schemes.iter().any(|scheme| scheme == "{}" || scheme == "[]");
    match access {
        Access::Anyone | Access::Public => is_open && !key,
        Access::Token => token && !key && !admin,
        Access::Admin => token && admin && !key,
        Access::AdminOrKey => key && !is_open,
        Access::Own => key,
    }
}
