//! `access.oidc`.

use super::*;

fn with(issuers: &str) -> String {
    format!("{{ \"access\": {{ \"oidc\": [{issuers}] }} }}")
}

const CORP: &str = r#"{ "name": "corp", "issuer": "https://id.example.com/", "client_id": "gateway",
    "client_secret": "of-the-client", "roles": { "Ops & Co": "operator" } }"#;

#[test]
fn an_issuer_is_read_to_the_letter_and_its_secret_is_shown_to_nobody() {
    let loaded = load(&with(CORP));
    let issuer = loaded.config.access.issuer("corp").unwrap();
    // A token's issuer is compared with it.
    assert_eq!(issuer.issuer, "https://id.example.com/");
    assert_eq!((issuer.label(), issuer.groups_claim.as_str()), ("corp", "groups"));
    assert_eq!(issuer.roles["Ops & Co"], crate::domain::access::Role::Operator);
    let said = format!("{}{}{:?}", loaded.report(), loaded.table(), loaded.config);
    assert!(!said.contains("of-the-client"), "{said}");
    assert_eq!(loaded.masked()["access"]["oidc"][0]["client_secret"], "***");
}

#[test]
fn another_secret_is_a_change_and_the_same_one_is_none() {
    let running = load(&with(CORP));
    let again = reload(&loader(&[]), &running, Some(file(&with(CORP)))).unwrap();
    assert!(again.is_none());
    let text = with(&CORP.replace("of-the-client", "another"));
    let change = reload(&loader(&[]), &running, Some(file(&text))).unwrap().unwrap();
    assert_eq!(change.applied.len(), 1);
    assert_eq!(change.applied[0].to_string(), "access.oidc: changed");
}

#[test]
fn what_is_wrong_with_an_issuer_is_said_at_its_place() {
    let broken = |issuer: &str| problems(&with(issuer)).join("\n");
    for (issuer, said) in [
        (CORP.replace("\"client_id\"", "\"client\""), "unknown key \"client\" in access.oidc[0]"),
        (
            CORP.replace("\"corp\"", "\"Corp!\""),
            "access.oidc[0].name: found \"Corp!\", expected a name of at most",
        ),
        (CORP.replace("https://id.", "http://id."), "expected a URL that begins with https://"),
        (CORP.replace("operator", "boss"), "access.oidc[0].roles.Ops & Co: found boss, expected"),
        (CORP.replace("{ \"Ops & Co\": \"operator\" }", "{}"), "access.oidc[0].roles: nobody can sign in"),
        (CORP.replace("\"roles\"", "\"default_role\": \"owner\", \"roles\""), "not everybody can be owner"),
        (
            CORP.replace("operator\" }", "owner\" }, \"tenant\": \"x\""),
            "access.oidc[0].roles: an owner has all tenants",
        ),
        (format!("{CORP}, {CORP}"), "access.oidc[1].name: another issuer is called \"corp\""),
        ("{ \"default_role\": \"viewer\" }".into(), "access.oidc[0].issuer: an issuer needs its issuer"),
    ] {
        assert!(broken(&issuer).contains(said), "{issuer}\n{}\n{said}", broken(&issuer));
    }
    let here = CORP.replace("https://id.example.com/", "http://127.0.0.1:4000");
    assert_eq!(broken(&here), "");
}
