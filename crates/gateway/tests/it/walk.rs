//! Every route of the table x everybody who may call it.

use crate::stack::{PASS, Stack, access_token, bearer, claims, keys};
use domain::account::UserRole::{Admin, User};
use gateway::routes::{Access, ROWS, Row, Verb};

const KEY: (&str, &str) = ("x-api-key", "ok_0190a1b2_secret");

/// A path of the route.
pub fn path_of(row: &Row) -> String {
    let parts = row.pattern.split('/').map(|part| match part {
        "{line}" => "shop",
        part if part.starts_with("{*") => "a/b",
        part if part.starts_with('{') => "0190a1b2-0000-7000-8000-0000000000aa",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

pub fn method_of(row: &Row) -> &'static str {
    if row.verb == Verb::Any { "PATCH" } else { row.verb.as_str() }
}

/// What each caller hears: `None` for the service's own answer.
fn expected(access: Access, caller: &str) -> Option<(u16, &'static str)> {
    let unauthorized = Some((401, "UNAUTHORIZED"));
    match (access, caller) {
        (Access::Anyone | Access::Public, _) => None,
        (_, "expired") => Some((401, "EXPIRED_TOKEN")),
        (_, "bad" | "bad and key") => Some((401, "INVALID_TOKEN")),
        (_, "basic") => unauthorized,
        (Access::Own, _) => None,
        (Access::AdminOrKey, "key" | "admin" | "admin and key" | "user and key") => None,
        (Access::AdminOrKey, "nobody" | "service key" | "identity") => unauthorized,
        (Access::AdminOrKey, "user") => Some((403, "FORBIDDEN")),
        (_, "nobody" | "service key" | "identity" | "key") => unauthorized,
        (Access::Token, _) => None,
        (Access::Admin, "admin" | "admin and key") => None,
        (Access::Admin, _) => Some((403, "FORBIDDEN")),
        _ => panic!("{access:?} x {caller}"),
    }
}

#[tokio::test]
async fn every_route_lets_in_those_whom_the_table_names_and_nobody_else() {
    let mut stack = Stack::default();
    stack.settings.limits_enabled = false;
    let front = stack.telling();
    let (user, admin) = (bearer(User), bearer(Admin));
    let mut late = claims(Admin);
    late.exp = late.iat - 1;
    let expired = format!("Bearer {}", keys().access_token(&late));
    let bad = format!("Bearer {}x", access_token(Admin));
    let id = "0190a1b2-0000-7000-8000-000000000002";
    let callers: Vec<(&str, Vec<(&str, &str)>)> = vec![
        ("nobody", vec![]),
        ("user", vec![("authorization", &user)]),
        ("admin", vec![("authorization", &admin)]),
        ("expired", vec![("authorization", &expired)]),
        ("bad", vec![("authorization", &bad)]),
        ("basic", vec![("authorization", "Basic YWRtaW46YWRtaW4=")]),
        ("key", vec![KEY]),
        ("user and key", vec![("authorization", &user), KEY]),
        ("admin and key", vec![("authorization", &admin), KEY]),
        ("bad and key", vec![("authorization", &bad), KEY]),
        ("service key", vec![("x-service-api-key", crate::stack::SERVICE_KEY)]),
        (
            "identity",
            vec![("x-user-id", id), ("x-user-role", "ADMIN"), ("x-service-api-key", crate::stack::SERVICE_KEY)],
        ),
    ];
    let mut asked = 0;
    for row in ROWS.iter().filter(|row| !row.pattern.starts_with("/session") && row.pattern != "/time") {
        for (caller, headers) in &callers {
            let headers = [headers.as_slice(), &[("x-queue-token", PASS)]].concat();
            let answer = front.call(method_of(row), &path_of(row), &headers, "").await;
            let what = format!("{:?} {} as {caller}: {answer:?}", row.verb, row.pattern);
            asked += 1;
            match expected(row.access, caller) {
                Some((status, code)) => {
                    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{what}");
                    assert_eq!(answer.headers.contains_key("www-authenticate"), status == 401, "{what}");
                }
                None => {
                    assert_eq!(answer.status, 200, "{what}");
                    let told = answer.json();
                    assert_eq!(told["route"], row.pattern, "{what}");
                    let takes_keys = matches!(row.access, Access::Own | Access::AdminOrKey);
                    let role = match *caller {
                        _ if row.access == Access::Anyone => None,
                        "user and key" | "admin and key" if takes_keys => None,
                        "user" | "user and key" => Some("USER"),
                        "admin" | "admin and key" => Some("ADMIN"),
                        _ => None,
                    };
                    assert_eq!(told["person"]["role"].as_str(), role, "{what}");
                    for name in ["x-user-id", "x-user-role", "x-service-api-key"] {
                        assert_eq!(answer.told(name), None, "{what}");
                    }
                    if caller.contains("key") && *caller != "service key" {
                        assert_eq!(answer.told("x-api-key").as_deref(), Some(KEY.1), "{what}");
                    }
                    // No service hears of a token, but for those that read it themselves.
                    let hears = answer.told("authorization").is_some();
                    let must = match row.access {
                        Access::Anyone => headers.iter().any(|(name, _)| *name == "authorization"),
                        _ => ["/auth/logout", "/users/me/password"].contains(&row.pattern),
                    };
                    assert_eq!(hears, must, "{what}");
                }
            }
        }
    }
    assert!(asked > 1_500, "{asked}");
}

#[tokio::test]
async fn a_pass_is_demanded_where_the_contract_says_so_and_nowhere_else() {
    let front = Stack::default().telling();
    let user = bearer(User);
    let with_pass = [
        ("GET", "/reservations/seats/{scheduleId}"),
        ("GET", "/reservations/seats/{scheduleId}/state"),
        ("GET", "/reservations/seats/{scheduleId}/stream"),
        ("POST", "/reservations/hold"),
        ("PUT", "/reservations/hold/{id}"),
        ("POST", "/reservations/hold/{id}/extend"),
        ("POST", "/payments"),
        ("POST", "/payments/confirm"),
    ];
    for row in ROWS.iter().filter(|row| row.access == Access::Token) {
        let is_listed = with_pass.contains(&(row.verb.as_str(), row.pattern));
        let answer = front.call(method_of(row), &path_of(row), &[("authorization", &user)], "").await;
        let code = answer.code();
        assert_eq!(code == "QUEUE_TOKEN_MISSING", is_listed, "{:?} {}: {code}", row.verb, row.pattern);
        assert_eq!(row.needs_pass, is_listed, "{:?} {}", row.verb, row.pattern);
    }
}
