//! What comes back and is not what was asked for.

use super::{ADA, begin, installation, sent_to, users};
use crate::people::{Browser, failures};
use serde_json::{Value, json};

const EXPIRED: &str = "/?sign_in_error=sign_in_expired";

#[tokio::test]
async fn what_comes_back_counts_once_in_the_browser_that_began_and_with_its_own_state() {
    let (issuer, world, node, _owner) = installation(|_| {}).await;
    issuer.next(&json!({"sub": "ada", "email": ADA, "email_verified": true, "groups": ["ops"]})).await;
    let browser = Browser::new(&node);
    let back = issuer.visit(&begin(&browser).await).await;
    // Another browser, another issuer's door, another state, none.
    assert_eq!(sent_to(&Browser::new(&node).get(&back).await), EXPIRED);
    assert_eq!(sent_to(&browser.get(&back.replace("/corp/", "/other/")).await), EXPIRED);
    let (path, query) = back.split_once('?').unwrap();
    for query in [query.replace("state=", "state=x"), query.replace("state=", "status="), String::new()] {
        assert_eq!(sent_to(&browser.get(&format!("{path}?{query}")).await), EXPIRED, "{query}");
    }
    // Rightly once, and not again.
    let come_in = browser.get(&back).await;
    assert_eq!(sent_to(&come_in), "/keys");
    let cookies: Vec<_> =
        come_in.headers.get_all("set-cookie").iter().map(|set| set.to_str().unwrap()).collect();
    assert!(cookies.iter().any(|set| set.starts_with("gateway_session=") && set.contains("SameSite=Strict")));
    assert_eq!(sent_to(&browser.get(&back).await), EXPIRED);
    assert!(browser.is_in().await);

    // Too late.
    let late = Browser::new(&node);
    let back = issuer.visit(&begin(&late).await).await;
    let sql = "update oidc_sign_ins set expires_at = now() - interval '1 second'";
    sqlx::query(sql).execute(&world.db.pool).await.unwrap();
    assert_eq!(sent_to(&late.get(&back).await), EXPIRED);
    node.app.people.prune().await.unwrap();
    let left: i64 =
        sqlx::query_scalar("select count(*) from oidc_sign_ins").fetch_one(&world.db.pool).await.unwrap();
    assert_eq!(left, 0);
    node.stop().await;
}

/// The page with another value for a parameter.
fn with(page: &str, name: &str, value: &str) -> String {
    let mut url = url::Url::parse(page).unwrap();
    let others: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    assert!(others.iter().any(|(other, _)| other == name), "{page}");
    let changed = others.iter().map(|(n, v)| (n, if n == name { value } else { v.as_str() }));
    url.query_pairs_mut().clear().extend_pairs(changed);
    url.into()
}

#[tokio::test]
async fn a_token_of_another_sign_in_and_a_code_without_its_verifier_are_worth_nothing() {
    let (issuer, _world, node, owner) = installation(|_| {}).await;
    issuer.next(&json!({"sub": "ada", "email": ADA, "email_verified": true, "groups": ["ops"]})).await;
    let browser = Browser::new(&node);
    let page = with(&begin(&browser).await, "nonce", "of-another-sign-in");
    let back = issuer.visit(&page).await;
    assert_eq!(sent_to(&browser.get(&back).await), "/keys?sign_in_error=issuer_untrusted");
    let page = with(&begin(&browser).await, "code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    let back = issuer.visit(&page).await;
    assert_eq!(sent_to(&browser.get(&back).await), "/keys?sign_in_error=issuer_refused");
    // The answer of one sign-in in the place of another's.
    let back = issuer.visit(&begin(&browser).await).await;
    let begun = begin(&browser).await;
    let state = url::Url::parse(&begun).unwrap();
    let state = state.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let mixed = with(&format!("http://gateway{back}"), "state", &state);
    assert_eq!(
        sent_to(&browser.get(mixed.trim_start_matches("http://gateway")).await),
        "/keys?sign_in_error=issuer_refused"
    );
    // Another issuer's word.
    let back = issuer.visit(&begin(&browser).await).await;
    let mixed = with(&format!("http://gateway{back}"), "iss", "https://evil.example");
    assert_eq!(
        sent_to(&browser.get(mixed.trim_start_matches("http://gateway")).await),
        "/keys?sign_in_error=issuer_untrusted"
    );
    assert!(!browser.is_in().await);
    assert_eq!(users(&owner).await.len(), 1);
    // The audit log tells of them as of wrong passwords; not of who changed their mind, nor of issuers that are none.
    let back = issuer.visit_and(&begin(&browser).await, "cancel=1").await;
    assert_eq!(sent_to(&browser.get(&back).await), "/keys?sign_in_error=cancelled");
    browser.get("/v1/auth/oidc/none/callback?state=x&code=y").await;
    node.app.people.tell_failures().await.unwrap();
    let entries = failures::told(&owner, "master").await;
    let told = entries.iter().map(|entry| (&entry["object"]["name"], &entry["after"]["failures"]));
    assert_eq!(told.collect::<Vec<_>>(), [(&json!("OpenID Connect: corp"), &json!(4))], "{entries:?}");
    node.stop().await;
}

#[tokio::test]
async fn a_sign_in_that_is_cancelled_says_so_and_repeats_nothing_of_the_issuers() {
    let (issuer, _world, node, _owner) = installation(|_| {}).await;
    let browser = Browser::new(&node);
    let back = issuer.visit_and(&begin(&browser).await, "cancel=1").await;
    assert!(back.contains("secret"), "{back}");
    let answer = browser.get(&back).await;
    assert_eq!(sent_to(&answer), "/keys?sign_in_error=cancelled");
    assert!(!format!("{:?}{}", answer.headers, answer.text()).contains("secret"));
    node.stop().await;
}

#[tokio::test]
async fn sign_ins_begin_as_pages_lead_to_no_other_site_and_are_bounded() {
    let (issuer, world, node, _owner) = installation(|_| {}).await;
    let browser = Browser::new(&node);
    let picture = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")];
    let start = "/v1/auth/oidc/corp/start";
    assert_eq!(browser.send("GET", start, &picture, &Value::Null).await.status, 403);
    let link = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
    let answer = browser.send("GET", start, &link, &Value::Null).await;
    assert!(sent_to(&answer).starts_with(&issuer.url));
    let cookie = answer.header("set-cookie").unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/;", "Max-Age=600"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let stored: (String, String) = sqlx::query_as("select return_to, verifier from oidc_sign_ins")
        .fetch_one(&world.db.pool)
        .await
        .unwrap();
    assert!(stored.0 == "/" && stored.1.starts_with("aes-gcm:"), "{stored:?}");
    for foreign in ["//evil.example", "https://evil.example/", "/%5Cevil.example"] {
        let refused = browser.get(&format!("/v1/auth/oidc/none/start?return_to={foreign}")).await;
        assert_eq!(sent_to(&refused), "/?sign_in_error=unknown_issuer", "{foreign}");
    }
    // So many from one address that nobody finishes, and no more; who comes from elsewhere is not kept out.
    let most = node.app.config.load().access.sign_in_attempts_per_address;
    for _ in 1..most {
        assert!(begin(&browser).await.starts_with(&issuer.url));
    }
    assert_eq!(begin(&browser).await, "/keys?sign_in_error=too_many_attempts");
    assert!(begin(&Browser::at(&node, "203.0.113.7")).await.starts_with(&issuer.url));
    node.stop().await;
}
