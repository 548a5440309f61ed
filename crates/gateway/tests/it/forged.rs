//! Requests that are forged, foreign or malformed, with the answer to each.

use crate::stack::{Answer, Front, PASS, SERVICE_KEY, SITE, Stack, bearer, page, request};
use crate::tokens;
use axum::body::Body;
use bytes::Bytes;
use domain::account::UserRole::{Admin, User};
use http::{HeaderName, HeaderValue};
use std::convert::Infallible;

/// The answers of one table, checked one by one and counted.
struct Table {
    front: Front,
    rows: usize,
}

impl Table {
    async fn row(&mut self, method: &str, target: &str, headers: &[(&str, &str)], status: u16, code: &str) -> Answer {
        let answer = self.front.call(method, target, headers, "").await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{method} {target} {headers:?}: {}",
            String::from_utf8_lossy(&answer.bytes)
        );
        for name in ["x-trace-id", "x-content-type-options", "x-frame-options", "content-security-policy"] {
            assert_eq!(answer.headers.get_all(name).iter().count(), 1, "{name} of {method} {target}");
        }
        self.rows += 1;
        answer
    }

    async fn paths(&mut self) {
        let admin = bearer(Admin);
        let admin = [("authorization", &*admin), ("x-queue-token", PASS)];
        for path in [
            "/internal",
            "/internal/",
            "/internal/keys/check",
            "/internal/seats/status/1",
            "/internal/anything?x=1",
            "/gate/events/shoes/processing/complete",
        ] {
            for method in ["GET", "POST"] {
                self.row(method, path, &[("x-service-api-key", SERVICE_KEY)], 404, "NOT_FOUND").await;
                self.row(method, path, &admin, 404, "NOT_FOUND").await;
            }
        }
        for path in [
            "/nowhere",
            "/Users/me",
            "/USERS/ME",
            "/users/Me",
            "/users/me/",
            "/users",
            "/users/",
            "/users/me;v=1",
            "/users;v=1/me",
            "/users/m%65",
            "/%75sers/me",
            "/users/m%2565",
            "/auth",
            "/auth/",
            "/auth/Login",
            "/auth/login/",
            "/auth/login;x",
            "/auth/login.json",
            "/api",
            "/api/v1",
            "/api/v2/coupons/issue",
            "/api/V1/coupons/issue",
            "/api/v1/coupons/issue/",
            "/api/v1/coupons/issue/x",
            "/events/",
            "/Events",
            "/event",
            "/events/1/open/now",
            "/queue",
            "/queue/",
            "/queue/admin",
            "/queue/admin/shop/unknown",
            "/queue/serving",
            "/queue/serving/",
            "/queue/serving/a;b",
            "/reservations/hold/1/2/3",
            "/payments/",
            "/payments/webhook/",
            "/tickets",
            "/session/",
            "/Session",
            "/session/renew/",
            "/time/",
            "/TIME",
            "/metrics/",
            "/openapi.json/",
            "/.env",
            "/.git/config",
            "/wp-login.php",
            "/etc/passwd",
            "/actuator",
            "/actuator/env",
            "/users/me%20",
            "/users/me.",
            "/users/me~",
            "/events/%31",
            "/venues/1%3bx",
            "/users/%E2%80%AEme",
            "/payments/confirm;jsessionid=1",
            "/robots.txt/",
        ] {
            self.row("GET", path, &admin, 404, "NOT_FOUND").await;
        }
        for path in [
            "/users//me",
            "//users/me",
            "/users/me//",
            "/users/./me",
            "/users/../users/me",
            "/..",
            "/.",
            "/events/..",
            "/events/%2e%2e/users/me",
            "/events/%2E%2E",
            "/events/.%2e",
            "/users%2fme",
            "/users%2Fme",
            "/users/%5cme",
            "/users\\me",
            "/users/me%00",
            "/users/%0ame",
            "/users/%0d%0aX:1",
            "/users/%7f",
            "/users/%",
            "/users/%4",
            "/users/%zz",
            "/internal%2fkeys",
            "/internal/../users/me",
            "/queue/check/shop/../../users/me",
            "/events/%c0%ae%c0%ae/%2e%2e",
        ] {
            // What the library itself cannot hold never arrives.
            if path.parse::<http::Uri>().is_ok() {
                self.row("GET", path, &admin, 400, "INVALID_INPUT").await;
            } else {
                self.rows += 1;
            }
        }
    }

    async fn methods(&mut self) {
        let admin = bearer(Admin);
        for (method, path, allow) in [
            ("POST", "/users/me", "PATCH"),
            ("GET", "/auth/login", "POST"),
            ("DELETE", "/auth/login", "POST"),
            ("BREW", "/auth/login", "POST"),
            ("TRACE", "/events", "GET"),
            ("CONNECT", "/events", "GET"),
            ("get", "/events", "GET"),
            ("PATCH", "/venues", "POST"),
            ("PUT", "/payments", "POST"),
            ("DELETE", "/payments/1", "GET"),
            ("POST", "/time", "GET"),
            ("PUT", "/session", "DELETE"),
            ("GET", "/queue/enter", "POST"),
            ("POST", "/queue/leave", "DELETE"),
            ("GET", "/payments/webhook", "GET"),
        ] {
            if path == "/payments/webhook" {
                continue;
            }
            let answer = self.row(method, path, &[("authorization", &admin)], 405, "METHOD_NOT_ALLOWED").await;
            assert!(
                answer.header("allow").is_some_and(|words| words.split(',').any(|word| word == allow)),
                "{method} {path}"
            );
        }
        for name in [
            "x-http-method-override",
            "x-http-method",
            "x-method-override",
            "x-original-url",
            "x-rewrite-url",
            "x-original-method",
            "x-forwarded-prefix",
            "x-forwarded-path",
            "x-accel-redirect",
        ] {
            let answer = self.row("GET", "/events", &[(name, "/internal/keys/check")], 200, "").await;
            assert_eq!(answer.json()["route"], "/events");
            let answer = self.row("POST", "/auth/signup", &[(name, "DELETE")], 200, "").await;
            assert_eq!(answer.json()["method"], "POST");
        }
    }

    async fn identities(&mut self) {
        let id = "0190a1b2-0000-7000-8000-000000000002";
        for (name, role) in [
            ("X-User-Id", "X-User-Role"),
            ("x-user-id", "x-user-role"),
            ("X_User_Id", "X_User_Role"),
            ("X-User_Id", "X-User_Role"),
            ("X_USER-ID", "X_USER-ROLE"),
            ("x.user.id", "x.user.role"),
            ("X~User~Id", "X~User~Role"),
            ("X-User-Email", "X-User-Roles"),
            ("X-User-Id-", "X-User-Role-"),
            ("X-User--Id", "X-User--Role"),
        ] {
            let forged =
                [(name, id), (role, "ADMIN"), ("X-Service-Api-Key", SERVICE_KEY), ("X_Service_Api_Key", SERVICE_KEY)];
            for (method, path) in [("POST", "/events"), ("GET", "/users/me"), ("POST", "/queue/admin/shop/pause")] {
                self.row(method, path, &forged, 401, "UNAUTHORIZED").await;
            }
            let answer = self.row("GET", "/events", &forged, 200, "").await;
            assert!(answer.json()["person"].is_null());
            let headers = answer.json()["headers"].to_string().to_lowercase();
            assert!(!headers.contains(id) && !headers.contains(SERVICE_KEY) && !headers.contains("admin"), "{headers}");
            // A person stays who the token says.
            let user = bearer(User);
            let both = [&forged[..], &[("authorization", &*user)]].concat();
            let answer = self.row("GET", "/users/me", &both, 200, "").await;
            assert_eq!(answer.json()["person"]["role"], "USER");
            self.row("POST", "/events", &both, 403, "FORBIDDEN").await;
        }
    }

    async fn tokens(&mut self) {
        for (what, token, is) in tokens::all() {
            let header = format!("Bearer {token}");
            let (status, code) = match is {
                "good" => (200, ""),
                "expired" => (401, "EXPIRED_TOKEN"),
                // What is no token at all cannot be one of ours.
                _ if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) => (401, "UNAUTHORIZED"),
                _ => (401, "INVALID_TOKEN"),
            };
            let answer = self.front.get("/users/me", &[("authorization", &header)]).await;
            assert_eq!((answer.status, answer.code().as_str()), (status, code), "{what}");
            self.rows += 1;
            let answer = self.row("GET", "/events", &[("authorization", &header)], 200, "").await;
            assert_eq!(
                answer.json()["person"].is_null(),
                is != "good",
                "{what}: a bad one is ignored where nobody is needed"
            );
            let cookie = format!("accessToken={token}");
            if !token.contains(['"', ' ']) && !token.is_empty() {
                let answer = self.front.get("/users/me", &[("cookie", &cookie)]).await;
                assert_eq!(answer.status, status, "{what} as a cookie");
                self.rows += 1;
            }
        }
        let good = bearer(User);
        let bare = good.trim_start_matches("Bearer ").to_owned();
        for value in [
            "",
            "Bearer",
            "Bearer ",
            "Basic YWxhZGRpbjpvcGVuc2VzYW1l",
            "Digest x",
            "Token x",
            "Bearer  x",
            "Bearer a b",
            "bearerx",
            &bare,
            &format!("bearer {bare}"),
            &format!("BEARER {bare}"),
            &format!("Bearer  {bare}"),
            &format!("Bearer\t{bare}"),
            &format!("Bearer {bare}, Bearer {bare}"),
            &format!("Bearer {bare} x"),
            &format!("Bearer,{bare}"),
            &format!("Token {bare}"),
            &format!("JWT {bare}"),
        ] {
            self.row("GET", "/users/me", &[("authorization", value)], 401, "UNAUTHORIZED").await;
        }
        self.row("GET", "/users/me", &[("authorization", &good), ("authorization", &good)], 400, "INVALID_INPUT").await;
        for target in [format!("/users/me?access_token={bare}"), format!("/users/me?token={bare}")] {
            self.row("GET", &target, &[], 401, "UNAUTHORIZED").await;
        }
        for name in ["x-access-token", "x-authorization", "proxy-authorization", "authentication"] {
            self.row("GET", "/users/me", &[(name, &good)], 401, "UNAUTHORIZED").await;
        }
    }

    async fn passes(&mut self) {
        let user = bearer(User);
        let upper = PASS.to_uppercase();
        for (method, path) in [("POST", "/reservations/hold"), ("GET", "/reservations/seats/1"), ("POST", "/payments")]
        {
            self.row(method, path, &[("authorization", &user), ("x-queue-token", PASS)], 200, "").await;
            self.row(method, path, &[("authorization", &user)], 401, "QUEUE_TOKEN_MISSING").await;
            self.row(method, path, &[("authorization", &user), ("x-queue-token", "")], 401, "QUEUE_TOKEN_MISSING")
                .await;
            for bad in [
                "x",
                "qr_",
                "qr_x",
                &PASS[3..],
                &upper,
                &format!("{PASS}0"),
                &PASS[..38],
                &format!("{PASS},{PASS}"),
                &format!("{PASS}; x"),
                &PASS.replace('-', ""),
                &PASS.replace("qr_", "qr-"),
                &PASS.replace("qr_", "QR_"),
                &PASS.replace('f', "g"),
                &format!("qr_{{{}}}", &PASS[3..]),
                &format!("qr_urn:uuid:{}", &PASS[3..]),
            ] {
                self.row(method, path, &[("authorization", &user), ("x-queue-token", bad)], 401, "QUEUE_TOKEN_INVALID")
                    .await;
            }
            // Who has no token hears of that first.
            self.row(method, path, &[("x-queue-token", "x")], 401, "UNAUTHORIZED").await;
        }
    }

    async fn sizes(&mut self) {
        for (path, length, status) in [
            ("/auth/login", "10240", 200),
            ("/auth/login", "10241", 413),
            ("/auth/nowhere", "10241", 413),
            ("/users/me", "10241", 413),
            ("/session", "10241", 413),
            ("/authx", "10241", 404),
            ("/usersx", "10241", 404),
            ("/api/v1/coupons/issue", "1048576", 200),
            ("/api/v1/coupons/issue", "1048577", 413),
            ("/nowhere", "1048577", 413),
            ("/internal/x", "1048577", 404),
            ("/payments/webhook", "99999999", 413),
        ] {
            let mut request = request("POST", path, &[("content-length", length)], "");
            *request.body_mut() = Body::from(vec![b'x'; length.parse::<usize>().expect("a number").min(2_000_000)]);
            let answer = Answer::of(self.front.send(request).await).await;
            assert_eq!(answer.status, status, "{path} {length}: {answer:?}");
            assert!(status != 413 || answer.header("connection") == Some("close"));
            self.rows += 1;
        }
        // Without a declared length it is counted while it is read, after the caller is known.
        for (path, chunks, status) in [("/auth/login", 11, 413), ("/auth/login", 10, 200), ("/users/me", 11, 401)] {
            let parts = (0..chunks).map(|_| Ok::<_, Infallible>(Bytes::from(vec![b'x'; 1_024])));
            let method = if path == "/users/me" { "PATCH" } else { "POST" };
            let mut request = request(method, path, &[], "");
            *request.body_mut() = Body::from_stream(futures::stream::iter(parts));
            assert_eq!(Answer::of(self.front.send(request).await).await.status, status, "{path} {chunks}");
            self.rows += 1;
        }
    }

    async fn heads(&mut self) {
        for (name, value, status, code) in [
            ("content-encoding", "gzip", 415, "UNSUPPORTED_MEDIA_TYPE"),
            ("expect", "magic", 417, "EXPECTATION_FAILED"),
            ("transfer-encoding", "gzip, chunked", 400, "INVALID_INPUT"),
            ("host", "a b", 400, "INVALID_INPUT"),
        ] {
            self.row("POST", "/auth/login", &[(name, value)], status, code).await;
        }
        for name in
            ["authorization", "x-api-key", "x-queue-token", "x-csrf-token", "origin", "idempotency-key", "x-user-id"]
        {
            self.row("GET", "/events", &[(name, "a"), (name, "a")], 400, "INVALID_INPUT").await;
        }
        // Bytes that are no text, in every header that is ours to read.
        for name in [
            "authorization",
            "x-api-key",
            "x-queue-token",
            "cookie",
            "origin",
            "referer",
            "x-trace-id",
            "te",
            "connection",
        ] {
            let mut request = request("GET", "/events", &[], "");
            let value = HeaderValue::from_bytes(b"\xff\xfe\xea\xb0").expect("a value");
            request.headers_mut().insert(HeaderName::from_static(name), value);
            let answer = Answer::of(self.front.send(request).await).await;
            assert_eq!(answer.status, 200, "{name}: {answer:?}");
            self.rows += 1;
        }
    }

    async fn sites(&mut self) {
        let (cookie, csrf) = page(User);
        for origin in [
            "",
            "null",
            "https://evil.example",
            "https://tickets.example.evil.example",
            "http://tickets.example",
            "https://tickets.example:444",
            "https://tickets.example/",
            "HTTPS://TICKETS.EXAMPLE",
            "tickets.example",
            "https://tickets.example evil",
            "file://",
        ] {
            let headers = [("cookie", &*cookie), ("x-csrf-token", &*csrf), ("origin", origin)];
            self.row("PATCH", "/users/me", &headers, 403, "CSRF_TOKEN_INVALID").await;
            self.row("POST", "/session", &[("origin", origin)], 403, "CSRF_TOKEN_INVALID").await;
        }
        let reversed: String = csrf.chars().rev().collect();
        let upper = csrf.to_uppercase();
        for token in
            ["", ".", "x", "x.y", &csrf[..20], &upper, &reversed, &format!("{csrf}x"), &format!("{csrf}.{csrf}")]
        {
            let headers = [("cookie", &*cookie), ("x-csrf-token", token), ("origin", SITE)];
            self.row("PATCH", "/users/me", &headers, 403, "CSRF_TOKEN_INVALID").await;
        }
    }
}

#[tokio::test]
async fn forged_foreign_and_malformed_requests_have_their_answers() {
    let mut stack = Stack::default();
    stack.settings.limits_enabled = false;
    let mut table = Table { front: stack.telling(), rows: 0 };
    table.paths().await;
    table.methods().await;
    table.identities().await;
    table.tokens().await;
    table.passes().await;
    table.sizes().await;
    table.heads().await;
    table.sites().await;
    assert!(table.rows >= 300, "{} rows", table.rows);
}
