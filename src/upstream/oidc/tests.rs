use super::*;
use openidconnect::core::{CoreEdDsaPrivateSigningKey, CoreHmacKey, CoreJsonWebKeySet};
use openidconnect::{
    Audience, EndUserEmail, IdTokenClaims, IssuerUrl, JsonWebKeyId, PrivateSigningKey, StandardClaims,
};
use serde_json::json;

const ISSUER: &str = "https://id.example.com/realms/staff";
const NONCE: &str = "the nonce of this sign-in";
/// Made for this test, and in use nowhere.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIGRwxTGgj47kN0jsWcaKUaeiXQw65l1EomXIpgM/5LfO\n-----END PRIVATE KEY-----";

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn key(id: &str) -> CoreEdDsaPrivateSigningKey {
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(KEY, Some(JsonWebKeyId::new(id.to_owned()))).unwrap()
}

fn metadata(algorithms: &[&str]) -> CoreProviderMetadata {
    let metadata: CoreProviderMetadata = serde_json::from_value(json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://id.example.com/auth",
        "token_endpoint": "https://id.example.com/token",
        "jwks_uri": "https://id.example.com/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": algorithms,
    }))
    .unwrap();
    metadata.set_jwks(CoreJsonWebKeySet::new(vec![key("one").as_verification_key()]))
}

/// An id token of a minute ago, with what a test changes.
struct Token {
    issuer: &'static str,
    audience: &'static str,
    nonce: Option<&'static str>,
    expires_at: DateTime<Utc>,
    issued_at: DateTime<Utc>,
}

impl Default for Token {
    fn default() -> Self {
        Self {
            issuer: ISSUER,
            audience: "gateway",
            nonce: Some(NONCE),
            expires_at: at(300),
            issued_at: at(-60),
        }
    }
}

impl Token {
    fn claims(&self) -> IdTokenClaims<AllClaims, CoreGenderClaim> {
        let rest = json!({"groups": ["ops"], "realm_access": {"roles": ["admin"]}});
        let Value::Object(rest) = rest else { panic!("no object") };
        let email = EndUserEmail::new("ada@example.com".to_owned());
        IdTokenClaims::new(
            IssuerUrl::new(self.issuer.to_owned()).unwrap(),
            vec![Audience::new(self.audience.to_owned())],
            self.expires_at,
            self.issued_at,
            StandardClaims::new(SubjectIdentifier::new("ada".to_owned()))
                .set_email(Some(email))
                .set_email_verified(Some(true)),
            AllClaims(rest),
        )
        .set_nonce(self.nonce.map(|nonce| Nonce::new(nonce.to_owned())))
    }

    fn signed(&self, key_id: &str) -> AnyIdToken {
        IdToken::new(self.claims(), &key(key_id), CoreJwsSigningAlgorithm::EdDsa, None, None).unwrap()
    }
}

fn judged(metadata: &CoreProviderMetadata, token: &AnyIdToken) -> Result<Claims, Wrong> {
    let (code, verifier) = ("code".into(), "verifier".into());
    let redeemed =
        Redeemed { code: &code, nonce: NONCE, verifier: &verifier, groups_claim: "groups", now: at(0) };
    let registration = Registration {
        issuer: ISSUER,
        client_id: "gateway",
        client_secret: None,
        redirect_uri: "https://gateway.example.com/v1/auth/oidc/corp/callback",
    };
    verified(metadata, registration, token, redeemed)
}

#[test]
fn an_id_token_counts_that_is_this_issuers_for_us_of_this_sign_in_and_in_force() {
    let claims = judged(&metadata(&["RS256", "EdDSA"]), &Token::default().signed("one")).unwrap();
    assert_eq!((claims.subject.as_str(), claims.email.as_deref()), ("ada", Some("ada@example.com")));
    assert!(claims.email_verified);
    assert_eq!(claims.groups, Some(vec!["ops".to_owned()]));
    // Clocks differ a little.
    for token in
        [Token { expires_at: at(-30), ..Token::default() }, Token { issued_at: at(30), ..Token::default() }]
    {
        assert!(judged(&metadata(&["EdDSA"]), &token.signed("one")).is_ok());
    }
}

#[test]
fn one_that_is_not_is_refused_for_its_reason() {
    let metadata = metadata(&["EdDSA"]);
    for (token, why) in [
        (
            Token { issuer: "https://id.example.com/realms/other", ..Token::default() },
            "it is of another issuer",
        ),
        (Token { audience: "somebody-else", ..Token::default() }, "it is for somebody else"),
        (Token { nonce: Some("another"), ..Token::default() }, "it is of another sign-in"),
        (Token { nonce: None, ..Token::default() }, "it is of another sign-in"),
        (Token { expires_at: at(-61), ..Token::default() }, "it has expired, or is of the future"),
        (Token { issued_at: at(61), ..Token::default() }, "it has expired, or is of the future"),
    ] {
        assert_eq!(judged(&metadata, &token.signed("one")), Err(Wrong::Other(why)));
    }
}

#[test]
fn a_signature_counts_only_of_a_key_of_the_issuers() {
    let token = Token::default();
    let metadata = metadata(&["EdDSA", "HS256", "none"]);
    assert_eq!(judged(&metadata, &token.signed("two")), Err(Wrong::Key));
    // Another token's signature.
    let text = token.signed("one").to_string();
    let (head, _) = text.rsplit_once('.').unwrap();
    let other = Token { audience: "somebody-else", ..Token::default() }.signed("one").to_string();
    let forged: AnyIdToken = format!("{head}.{}", other.rsplit_once('.').unwrap().1).parse().unwrap();
    assert_eq!(judged(&metadata, &forged), Err(Wrong::Key));
    // A shared secret, whatever the issuer says that it uses.
    let secret = CoreHmacKey::new("the client's secret");
    let shared: AnyIdToken =
        IdToken::new(token.claims(), &secret, CoreJwsSigningAlgorithm::HmacSha256, None, None).unwrap();
    assert!(matches!(judged(&metadata, &shared), Err(Wrong::Other(_))));
}
