//! Who a token belongs to: the claims of `OpenAI`'s JWTs.
//!
//! The signature is **not** verified, on purpose: both tokens come straight from the issuer over TLS (or from a file
//! that the operator hands in), nobody is let in because of what they say, and the API checks them itself. They are
//! read as the official client reads them (codex `login/src/token_data.rs`): as a label on the sign-in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};
use std::fmt;

/// The claim that holds the account's facts.
const AUTH: &str = "https://api.openai.com/auth";
/// Where an access token keeps the address.
const PROFILE: &str = "https://api.openai.com/profile";

/// Whose account a sign-in belongs to. Two sign-ins are the same account exactly when `issuer`, `account_id` and
/// `user_id` agree: a Team workspace has one account id for all its seats, and one person has several workspaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// `iss`, without a trailing slash. Absent from tokens that are not JWTs.
    pub issuer: Option<String>,
    /// The workspace: the value of the `chatgpt-account-id` header.
    pub account_id: String,
    pub user_id: String,
    pub email: Option<String>,
    /// As the issuer wrote it (`plus`, `team`, …); an unknown plan stays what it is.
    pub plan_type: Option<String>,
    /// A `FedRAMP` workspace: its calls need a header of their own.
    pub is_fedramp: bool,
}

/// What of an identity the tokens did not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MissingClaim {
    #[error("the tokens name no ChatGPT account")]
    AccountId,
    #[error("the tokens name no ChatGPT user")]
    UserId,
}

/// The claims of one sign-in, merged: the id token first, then the access token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    pub issuer: Option<String>,
    pub account_id: Option<String>,
    pub user_id: Option<String>,
    pub email: Option<String>,
    pub plan_type: Option<String>,
    pub is_fedramp: bool,
}

impl Claims {
    /// Reads both tokens. A token that is absent or no JWT adds nothing; it is never an error.
    pub fn read(id_token: Option<&str>, access_token: &str) -> Self {
        let tokens: Vec<Payload> =
            [id_token, Some(access_token)].into_iter().flatten().filter_map(Payload::decode).collect();
        let first = |claim: fn(&Payload) -> Option<String>| tokens.iter().find_map(claim);
        Self {
            issuer: first(|t| t.text("iss").map(|iss| iss.trim_end_matches('/').to_owned())),
            account_id: first(|t| t.auth_text("chatgpt_account_id")),
            user_id: first(|t| t.auth_text("chatgpt_user_id"))
                .or_else(|| first(|t| t.auth_text("user_id")))
                .or_else(|| first(Payload::user_of_account_user))
                .or_else(|| first(|t| t.text("sub"))),
            email: first(|t| t.text("email")).or_else(|| first(Payload::profile_email)),
            plan_type: first(|t| t.auth_text("chatgpt_plan_type")),
            is_fedramp: tokens.iter().any(|t| t.auth_flag("chatgpt_account_is_fedramp")),
        }
    }

    /// The identity, when the tokens say enough for one.
    pub fn identity(self) -> Result<Identity, MissingClaim> {
        Ok(Identity {
            issuer: self.issuer,
            account_id: self.account_id.ok_or(MissingClaim::AccountId)?,
            user_id: self.user_id.ok_or(MissingClaim::UserId)?,
            email: self.email,
            plan_type: self.plan_type,
            is_fedramp: self.is_fedramp,
        })
    }
}

impl Identity {
    /// [`Claims::read`] and [`Claims::identity`] in one.
    pub fn read(id_token: Option<&str>, access_token: &str) -> Result<Self, MissingClaim> {
        Claims::read(id_token, access_token).identity()
    }
}

/// When the access token ends (`exp`); `None` when it is no JWT or does not say.
pub fn expires_at(access_token: &str) -> Option<DateTime<Utc>> {
    Payload::decode(access_token)?.time("exp")
}

/// How long the access token was meant to live (`exp - iat`); `None` when it does not say.
pub fn lifetime(access_token: &str) -> Option<TimeDelta> {
    let payload = Payload::decode(access_token)?;
    let lifetime = payload.time("exp")? - payload.time("iat")?;
    (lifetime > TimeDelta::zero()).then_some(lifetime)
}

/// The decoded middle part of a JWT. Its `Debug` shows nothing: claims are personal data.
struct Payload(Map<String, Value>);

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payload(..)")
    }
}

impl Payload {
    fn decode(token: &str) -> Option<Self> {
        let mut parts = token.trim().split('.');
        let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
        match serde_json::from_slice(&bytes).ok()? {
            Value::Object(claims) => Some(Self(claims)),
            _ => None,
        }
    }

    fn text(&self, claim: &str) -> Option<String> {
        non_empty(self.0.get(claim))
    }

    fn auth_text(&self, claim: &str) -> Option<String> {
        non_empty(self.0.get(AUTH)?.get(claim))
    }

    fn auth_flag(&self, claim: &str) -> bool {
        self.0.get(AUTH).and_then(|auth| auth.get(claim)).and_then(Value::as_bool).unwrap_or(false)
    }

    fn profile_email(&self) -> Option<String> {
        non_empty(self.0.get(PROFILE)?.get("email"))
    }

    /// `chatgpt_account_user_id` is `<user>__<account>`.
    fn user_of_account_user(&self) -> Option<String> {
        let both = self.auth_text("chatgpt_account_user_id")?;
        let (user, _account) = both.split_once("__")?;
        (!user.is_empty()).then(|| user.to_owned())
    }

    /// A `NumericDate`; fractions of a second are cut off.
    fn time(&self, claim: &str) -> Option<DateTime<Utc>> {
        let value = self.0.get(claim)?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole seconds are wanted, and the cast saturates"
        )]
        let seconds = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))?;
        DateTime::from_timestamp(seconds, 0)
    }
}

fn non_empty(value: Option<&Value>) -> Option<String> {
    value?.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn jwt(claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2ln", part(&json!({"alg": "RS256"})), part(claims))
    }

    fn id_claims() -> Value {
        json!({
            "iss": "https://auth.openai.com/", "sub": "google-oauth2|000", "exp": 1_795_303_600, "iat": 1_795_300_000,
            "email": "someone@example.com",
            AUTH: {
                "chatgpt_account_id": "acc-1", "chatgpt_account_user_id": "user-1__acc-1",
                "chatgpt_plan_type": "plus", "chatgpt_user_id": "user-1", "user_id": "user-1",
                "chatgpt_account_is_fedramp": false,
            },
        })
    }

    fn access_claims() -> Value {
        json!({
            "iss": "https://auth.openai.com", "sub": "google-oauth2|000", "exp": 1_796_164_000, "iat": 1_795_300_000,
            AUTH: {"chatgpt_account_id": "acc-1", "chatgpt_plan_type": "team", "user_id": "user-1"},
            PROFILE: {"email": "profile@example.com"},
        })
    }

    #[test]
    fn the_id_token_says_who_and_the_access_token_says_until_when() {
        let (id, access) = (jwt(&id_claims()), jwt(&access_claims()));
        let identity = Identity::read(Some(&id), &access).unwrap();
        assert_eq!(
            identity,
            Identity {
                issuer: Some("https://auth.openai.com".into()),
                account_id: "acc-1".into(),
                user_id: "user-1".into(),
                email: Some("someone@example.com".into()),
                plan_type: Some("plus".into()),
                is_fedramp: false,
            }
        );
        assert_eq!(expires_at(&access).unwrap().timestamp(), 1_796_164_000);
        assert_eq!(lifetime(&access), Some(TimeDelta::days(10)));
    }

    #[test]
    fn without_an_id_token_the_access_token_is_enough() {
        let identity = Identity::read(None, &jwt(&access_claims())).unwrap();
        assert_eq!(identity.email.as_deref(), Some("profile@example.com"));
        assert_eq!(identity.plan_type.as_deref(), Some("team"));
        assert_eq!(identity.user_id, "user-1");
    }

    #[test]
    fn the_user_id_falls_back_step_by_step() {
        let user =
            |auth: Value| Claims::read(None, &jwt(&json!({"sub": "the-sub", AUTH: auth}))).user_id.unwrap();
        assert_eq!(user(json!({"chatgpt_user_id": "a", "user_id": "b"})), "a");
        assert_eq!(user(json!({"chatgpt_user_id": "", "user_id": "b"})), "b");
        assert_eq!(user(json!({"chatgpt_account_user_id": "c__acc"})), "c");
        assert_eq!(user(json!({})), "the-sub");
    }

    #[test]
    fn an_unknown_plan_stays_what_it_is() {
        let claims = Claims::read(None, &jwt(&json!({AUTH: {"chatgpt_plan_type": "ent26-x"}})));
        assert_eq!(claims.plan_type.as_deref(), Some("ent26-x"));
    }

    #[test]
    fn either_token_can_say_fedramp() {
        let plain = jwt(&id_claims());
        let fed = jwt(&json!({AUTH: {"chatgpt_account_is_fedramp": true}}));
        assert!(Claims::read(Some(&plain), &fed).is_fedramp);
        assert!(Claims::read(Some(&fed), &plain).is_fedramp);
        assert!(!Claims::read(Some(&plain), &plain).is_fedramp);
    }

    #[test]
    fn tokens_without_an_account_have_no_identity() {
        assert_eq!(Identity::read(None, "opaque-token"), Err(MissingClaim::AccountId));
        let no_user = jwt(&json!({AUTH: {"chatgpt_account_id": "acc"}}));
        assert_eq!(Identity::read(None, &no_user), Err(MissingClaim::UserId));
    }

    #[test]
    fn a_token_that_says_no_lifetime_has_none() {
        assert_eq!(lifetime(&jwt(&json!({"exp": 10, "iat": 20}))), None);
        assert_eq!(lifetime(&jwt(&json!({"exp": 10}))), None);
        assert_eq!(expires_at(&jwt(&json!({"exp": "soon"}))), None);
        assert_eq!(expires_at(&jwt(&json!({"exp": 10.9}))).unwrap().timestamp(), 10);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(id in ".{0,80}", access in "[A-Za-z0-9_=.-]{0,120}") {
            let _ = Claims::read(Some(&id), &access);
            let _ = expires_at(&access);
            let _ = lifetime(&id);
        }

        #[test]
        fn no_payload_makes_the_reader_panic(exp in any::<i64>(), iat in any::<f64>(), auth in ".{0,20}") {
            let token = jwt(&json!({"exp": exp, "iat": iat, AUTH: auth, PROFILE: [1]}));
            let _ = Claims::read(None, &token);
            let _ = expires_at(&token);
            let _ = lifetime(&token);
        }
    }
}
