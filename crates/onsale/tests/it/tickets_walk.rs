//! A walk through accounts and catalog with `curl`, as the guides show it, in one process.

use std::process::Command;
use testkit::onsale::World;

/// The script, which also runs against separate processes (`tests/system/tickets.rs`).
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/walks/tickets.sh");

#[test]
fn a_person_signs_up_and_an_administrator_makes_an_event() {
    let password = "an administrator's own";
    let world = World::with(&[("ONSALE__DEMO__ADMIN_PASSWORD", password)]);
    let base = format!("http://{}", world.server.address);
    // The example accounts are made just after the server listens.
    testkit::onsale::wait_until("the administrator is there", || {
        let login = serde_json::json!({"email": "admin@onsale.local", "password": password, "recaptchaToken": "pass"});
        world.anyone().post_json("/auth/login", &login).status == 200
    });
    let walk = Command::new("bash").arg(SCRIPT).args([&base, "admin@onsale.local", password]).output();
    let walk = walk.expect("bash runs");
    let told = format!("{}{}", String::from_utf8_lossy(&walk.stdout), String::from_utf8_lossy(&walk.stderr));
    assert!(walk.status.success() && told.contains("the walk is done"), "{told}");
}

/// The gateway's table and the document of the program name the same routes.
#[test]
fn the_gateway_knows_every_route_of_the_document() {
    let world = World::new();
    let document = world.anyone().get("/openapi.json").text();
    let document = serde_json::from_str(&document).expect("an API document");
    assert_eq!(gateway::routes::differences(&document), Vec::<String>::new());
}
