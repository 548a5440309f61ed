//! Writes `deploy/nginx/onsale/pages.conf`.

fn main() -> std::io::Result<()> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/nginx/onsale/pages.conf");
    std::fs::write(path, web::edge::configuration())
}
