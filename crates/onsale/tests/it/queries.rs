//! The kind: a parameter that is passed over and was meant. The walk goes over every operation of `/api/v1/` in the API
//! document: each refuses what it does not take, and takes all that it names.

use serde_json::Value;
use testkit::onsale::World;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

#[test]
fn every_operation_refuses_parameters_that_it_does_not_take() {
    let world = World::new();
    let document = world.anyone().get("/openapi.json").ok();
    let mut seen = 0;
    for (path, operations) in document["paths"].as_object().expect("paths") {
        if !path.starts_with("/api/v1/") {
            continue;
        }
        for (method, operation) in operations.as_object().expect("operations") {
            if !METHODS.contains(&method.as_str()) {
                continue;
            }
            let schemes = operation["security"].as_array().map_or(&[][..], Vec::as_slice);
            // What only a person's token opens takes no key.
            if schemes.iter().all(|scheme| scheme.get("accessToken").is_some()) && !schemes.is_empty() {
                continue;
            }
            seen += 1;
            let target = target(path, operation);
            let reply = world.admin().call(&method.to_uppercase(), &format!("{target}misspelt=1"), None);
            reply.is_error(400, "INVALID_INPUT");
            let message = reply.field("message").to_string();
            let entries = operation["security"].as_array().map_or(&[][..], Vec::as_slice);
            if entries.iter().all(|entry| entry.as_object().is_some_and(serde_json::Map::is_empty)) {
                // Nobody's key is looked at there: the parameters refuse by themselves.
                assert!(message.contains("misspelt"), "{method} {path}: {message}");
                continue;
            }
            assert!(message.contains("unknown parameter `misspelt`"), "{method} {path}: {message}");
            for name in queries(operation) {
                assert!(message.contains(&format!("`{name}`")), "{method} {path} does not name {name}: {message}");
            }
            let stranger = world.anyone().with("X-Api-Key", "onsale_nobody");
            let refused = stranger.call(&method.to_uppercase(), &format!("{target}misspelt=1"), None);
            assert_eq!(refused.status, 401, "{method} {path}: a stranger hears nothing about parameters");
        }
    }
    assert!(seen >= 20, "{seen}");
}

/// A path of this operation with all parameters that its document names, ready for one more.
fn target(path: &str, operation: &Value) -> String {
    let mut target = path.to_owned();
    while let (Some(from), Some(to)) = (target.find('{'), target.find('}')) {
        let name = if target[from..to].contains("coupon_id") {
            "0b0e0f5e-6c3d-4a57-9e3f-6d1f0a4f6a11"
        } else {
            "sample_event"
        };
        target.replace_range(from..=to, name);
    }
    let value =
        |parameter: &Value| if parameter["schema"]["type"].to_string().contains("boolean") { "true" } else { "1" };
    let named: String =
        parameters(operation).map(|one| format!("{}={}&", one["name"].as_str().expect("a name"), value(one))).collect();
    format!("{target}?{named}")
}

fn parameters(operation: &Value) -> impl Iterator<Item = &Value> {
    operation["parameters"].as_array().into_iter().flatten().filter(|parameter| parameter["in"] == "query")
}

fn queries(operation: &Value) -> Vec<String> {
    parameters(operation).map(|parameter| parameter["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn other_routes_pass_over_what_they_do_not_know() {
    let world = World::new();
    assert_eq!(world.anyone().get("/health/live?misspelt=1").status, 200);
    assert_eq!(world.admin().get("/queue/admin/stats?misspelt=1").status, 200);
    assert_eq!(world.admin().get("/api/v1/admin/campaigns?").status, 200);
    world.admin().get("/api/v1/admin/campaigns?siez=5").is_error(400, "INVALID_INPUT");
    world.anyone().get("/api/v1/coupons/status/sample_event?tennant=default").is_error(400, "INVALID_INPUT");
}
