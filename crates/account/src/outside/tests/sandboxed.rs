//! reCAPTCHA, identity verification and social log-in as the real services would answer.

use super::support::{World, identity, oauth};
use crate::outside::{IdentityFault, OauthClient, OauthFault, OauthProvider, RecaptchaFault};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_judged() {
    let world = World::new().await;
    let recaptcha = world.recaptcha();
    let from = Some("::ffff:192.0.2.1".parse().expect("an address"));
    assert_eq!(recaptcha.check("pass", from).await, Ok(()));
    assert_eq!(recaptcha.check("pass", None).await, Ok(()));
    for token in ["fail", "low", "", " ", "unknown & odd=1", &"x".repeat(100_000)] {
        assert_eq!(recaptcha.check(token, None).await, Err(RecaptchaFault::Failed), "{:.20}", token);
    }
    assert_eq!(recaptcha.check("slow", None).await, Err(RecaptchaFault::Unavailable));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_of_ours_is_nobodys_failure() {
    let world = World::new().await;
    let settings = crate::outside::RecaptchaSettings {
        base_url: format!("http://{}/sandbox/", world.http),
        secret: "other".to_owned(),
        min_score: 0.5,
    };
    let recaptcha = crate::outside::Recaptcha::new(&settings).expect("a client");
    assert_eq!(recaptcha.check("pass", None).await, Err(RecaptchaFault::Unavailable));
    let verifier = identity(&format!("http://{}/sandbox/portone/api", world.http), "other");
    assert_eq!(verifier.verified("x").await, Err(IdentityFault::Unavailable));
}

#[tokio::test(flavor = "multi_thread")]
async fn verified_people_are_found() {
    let world = World::new().await;
    let verifier = world.identity();
    let made =
        world.door("/portone/identity-verifications", &json!({"name": "홍길동", "phone": "010-1234-5678"})).await;
    let id = made["identityVerificationId"].as_str().expect("an id");
    let found = verifier.verified(id).await.expect("a person");
    assert_eq!((found.name.as_str(), found.phone.as_deref()), ("홍길동", Some("010-1234-5678")));
    assert_eq!((json!(found.ci), found.di.map(|di| di.len())), (made["ci"].clone(), Some(64)));
    assert_eq!(world.told(&format!("/portone/identity-verifications/{id}")).await["calls"], 1);
    for (door, fault) in [
        (json!({"name": "a", "phone": "1", "status": "READY"}), IdentityFault::Pending),
        (json!({"name": "a", "phone": "1", "status": "FAILED"}), IdentityFault::Failed),
        (json!({"name": "a", "phone": "1", "ci": ""}), IdentityFault::Failed),
    ] {
        let made = world.door("/portone/identity-verifications", &door).await;
        let id = made["identityVerificationId"].as_str().expect("an id");
        assert_eq!(verifier.verified(id).await, Err(fault), "{door}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_no_id_is_nobodys_and_asks_nobody() {
    let world = World::new().await;
    let nobody = super::support::Raw::json(500, "{}");
    let alone = identity(&nobody.url(), "secret");
    let long = "x".repeat(257);
    for id in [
        "",
        " ",
        ".",
        "..",
        "../payments/p",
        "a/b",
        "a\\b",
        "a?b",
        "a#b",
        "%2e%2e",
        "a%00",
        "\u{0}",
        "홍",
        "a b",
        "a\r\nb",
        &long,
    ] {
        assert_eq!(alone.verified(id).await, Err(IdentityFault::Failed), "{id}");
    }
    assert_eq!(nobody.count.load(std::sync::atomic::Ordering::SeqCst), 0);
    for id in ["unknown", "a:b", "~", "...a", &long[1..]] {
        assert_eq!(world.identity().verified(id).await, Err(IdentityFault::Failed), "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_portone_are_no_verdict() {
    let world = World::new().await;
    let verifier = world.identity();
    let made = world.door("/portone/identity-verifications", &json!({"name": "a", "phone": "1"})).await;
    let id = made["identityVerificationId"].as_str().expect("an id");
    for mode in ["error", "garbage", "hang", "slow"] {
        world.door("/portone/faults", &json!({"mode": mode, "call": "identity", "count": 1})).await;
        assert_eq!(verifier.verified(id).await, Err(IdentityFault::Unavailable), "{mode}");
    }
    assert!(verifier.verified(id).await.is_ok(), "and afterwards it is as before");
}

/// Follows the browser through the provider's page.
async fn code(client: &OauthClient, state: &str, verifier: &str, who: &str) -> String {
    let url = client.authorize_url("http://127.0.0.1:1/callback", state, verifier).expect("an address");
    let there: url::Url = format!("{url}&as={who}").parse().expect("an address");
    let address = (there.host_str().expect("a host").to_owned(), there.port().expect("a port"));
    let path = there[url::Position::BeforePath..].to_owned();
    let get = move || {
        let address = std::net::ToSocketAddrs::to_socket_addrs(&address).expect("resolves").next().expect("one");
        testkit::http::Client::new(address).get(&path)
    };
    let reply = tokio::task::spawn_blocking(get).await.expect("a reply");
    assert_eq!(reply.status, 303, "{}", reply.text());
    let back: url::Url = reply.header("location").expect("a location").parse().expect("an address");
    let field = |name: &str| back.query_pairs().find(|(given, _)| given == name).map(|(_, value)| value.into_owned());
    assert_eq!(field("state").as_deref(), Some(state));
    field("code").expect("a code")
}

#[tokio::test(flavor = "multi_thread")]
async fn people_log_in_at_each_provider() {
    const BACK: &str = "http://127.0.0.1:1/callback";
    let world = World::new().await;
    for provider in OauthProvider::ALL {
        world
            .door(
                &format!("/oauth/{provider}/people"),
                &json!({"id": "42", "email": "hong@example.com", "name": "Hong"}),
            )
            .await;
        world.door(&format!("/oauth/{provider}/people"), &json!({"id": "43", "name": "shy"})).await;
        let client = world.oauth(provider);
        let verifier = OauthClient::new_verifier();
        let one = code(&client, "a state&more", &verifier, "42").await;
        let token = client.exchange(&one, "a state&more", BACK, &verifier).await.expect("a token");
        let person = client.profile(&token).await.expect("a person");
        assert_eq!((person.subject.as_str(), person.email.as_deref()), ("42", Some("hong@example.com")));
        assert_eq!(person.is_email_verified, provider != OauthProvider::Naver, "{provider}");
        let shy = code(&client, "s", &verifier, "43").await;
        let token = client.exchange(&shy, "s", BACK, &verifier).await.expect("a token");
        assert_eq!(client.profile(&token).await.expect("a person").email, None);
        let again = client.exchange(&one, "a state&more", BACK, &verifier).await;
        assert_eq!(again.err(), Some(OauthFault::Refused), "a code counts once");
        let stolen = code(&client, "s", &verifier, "42").await;
        let other = OauthClient::new_verifier();
        assert_eq!(
            client.exchange(&stolen, "s", BACK, &other).await.err(),
            Some(OauthFault::Refused),
            "another verifier"
        );
        assert_eq!(client.exchange("", "s", BACK, &verifier).await.err(), Some(OauthFault::Refused));
        assert_eq!(client.exchange("invented", "s", BACK, &verifier).await.err(), Some(OauthFault::Refused));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_registration_is_ours_to_mend() {
    let world = World::new().await;
    for provider in OauthProvider::ALL {
        let of = |part: &str| format!("http://{}/sandbox/oauth/{provider}/{part}", world.http);
        let client = oauth(provider, &[of("authorize"), of("token"), of("profile")], "wrong");
        let told = client.exchange("code", "s", "http://127.0.0.1:1/", &OauthClient::new_verifier()).await;
        assert_eq!(told.err(), Some(OauthFault::Unavailable), "{provider}");
    }
}

#[test]
fn the_way_to_a_provider_has_all_its_fields() {
    let settings = |provider| crate::outside::OauthSettings::of(provider, "our id".to_owned(), "our secret".to_owned());
    for (provider, start, scope) in [
        (OauthProvider::Kakao, "https://kauth.kakao.com/oauth/authorize?", Some("account_email")),
        (OauthProvider::Naver, "https://nid.naver.com/oauth2.0/authorize?", Some("email")),
        (OauthProvider::Google, "https://accounts.google.com/o/oauth2/v2/auth?", Some("openid email")),
    ] {
        let client = OauthClient::new(provider, settings(provider)).expect("a client");
        // The example of RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let url = client.authorize_url("https://shop.example/back", "st", verifier).expect("an address");
        assert!(url.starts_with(start) && !url.contains("secret"), "{url}");
        let url: url::Url = url.parse().expect("an address");
        let field =
            |name: &str| url.query_pairs().find(|(given, _)| given == name).map(|(_, value)| value.into_owned());
        assert_eq!(field("response_type").as_deref(), Some("code"));
        assert_eq!(field("client_id").as_deref(), Some("our id"));
        assert_eq!(field("redirect_uri").as_deref(), Some("https://shop.example/back"));
        assert_eq!(field("state").as_deref(), Some("st"));
        assert_eq!(field("code_challenge").as_deref(), Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
        assert_eq!(field("code_challenge_method").as_deref(), Some("S256"));
        assert_eq!(field("scope").as_deref(), scope);
    }
    assert!("Kakao".parse::<OauthProvider>().is_err() && "naver".parse() == Ok(OauthProvider::Naver));
}
