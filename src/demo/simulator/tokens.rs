//! Tokens: JWT-shaped, rotating, in families. One sign-in is one family; a reused refresh token ends it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ids;
use super::refusal::Refusal;
use super::spec::AccountSpec;

/// The client id of the Codex client, the only one this issuer knows.
pub const CLIENT_ID: &str = "app_EMoamEEZ73f0CkXaXp7hrann";

/// What a sign-in or a refresh hands out. Nothing in it is worth a secret's type: it opens the simulator only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenSet {
    /// A JWT with the claims of the account.
    pub id_token: String,
    /// A JWT for the `Authorization` header.
    pub access_token: String,
    /// `rt_…`, good for one refresh.
    pub refresh_token: String,
    /// Seconds until the access token runs out.
    pub expires_in: i64,
    /// `Bearer`.
    pub token_type: String,
    /// The granted scopes.
    pub scope: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RefreshState {
    Live,
    Used { at_ms: i64 },
    Revoked,
    Expired,
}

#[derive(Clone, Copy, Debug)]
struct RefreshToken {
    account: usize,
    family: u64,
    state: RefreshState,
}

#[derive(Clone, Copy, Debug)]
struct AccessToken {
    account: usize,
    family: u64,
    issued_ms: i64,
    expires_ms: i64,
    revoked: bool,
}

/// What became of a refresh.
#[derive(Debug)]
pub(super) enum Refreshed {
    Rotated(TokenSet),
    /// A used token came back: the family is gone.
    Reused(Refusal),
    Refused(Refusal),
}

/// Every token ever issued.
#[derive(Debug, Default)]
pub(super) struct TokenBook {
    access: HashMap<String, AccessToken>,
    refresh: HashMap<String, RefreshToken>,
    families: u64,
    serial: u64,
}

const SCOPE: &str = "openid profile email offline_access api.connectors.read api.connectors.invoke";

fn refresh_error(code: &str, message: &str) -> Refusal {
    Refusal::error(401, Some("invalid_request_error"), None, Some(code), message)
}

impl TokenBook {
    /// A new sign-in of this account.
    pub(super) fn sign_in(
        &mut self,
        account: usize,
        spec: &AccountSpec,
        issuer: &str,
        now_ms: i64,
    ) -> TokenSet {
        self.families += 1;
        self.issue(account, self.families, spec, issuer, now_ms)
    }

    fn issue(
        &mut self,
        account: usize,
        family: u64,
        spec: &AccountSpec,
        issuer: &str,
        now_ms: i64,
    ) -> TokenSet {
        self.serial += 1;
        let serial = self.serial.to_string();
        let expires_ms = now_ms + ids::millis(spec.access_token_ttl);
        let unique = ids::digest(&["token", issuer, &spec.email, &serial, &now_ms.to_string()]);
        let (iat, exp) = (now_ms.div_euclid(1000), expires_ms.div_euclid(1000));
        let access_token = jwt(&access_claims(spec, issuer, &ids::uuid_shaped(&unique), iat, exp));
        let id_token = jwt(&id_claims(spec, issuer, &ids::uuid_shaped(&unique), iat, iat + 3600));
        let refresh_token = format!("rt_{}", ids::hex(&unique, 48));
        let token = AccessToken { account, family, issued_ms: now_ms, expires_ms, revoked: false };
        self.access.insert(access_token.clone(), token);
        self.refresh
            .insert(refresh_token.clone(), RefreshToken { account, family, state: RefreshState::Live });
        TokenSet {
            id_token,
            access_token,
            refresh_token,
            expires_in: (exp - iat).max(0),
            token_type: "Bearer".into(),
            scope: SCOPE.into(),
        }
    }

    /// Whose access token this is.
    pub(super) fn authenticate(&self, access_token: &str, now_ms: i64) -> Result<usize, Refusal> {
        let token = self.access.get(access_token).ok_or_else(Refusal::token_invalidated)?;
        if token.revoked {
            return Err(Refusal::token_invalidated());
        }
        if token.expires_ms <= now_ms {
            return Err(Refusal::token_expired());
        }
        Ok(token.account)
    }

    /// Ends this access token alone, if it is at least so old; whether it did.
    pub(super) fn expire_aged(&mut self, access_token: &str, least_age_ms: i64, now_ms: i64) -> bool {
        let token =
            self.access.get_mut(access_token).filter(|token| now_ms - token.issued_ms >= least_age_ms);
        token.map(|token| token.expires_ms = token.expires_ms.min(now_ms)).is_some()
    }

    /// Whose access token this is or was.
    pub(super) fn owner_of_access(&self, access_token: &str) -> Option<usize> {
        self.access.get(access_token).map(|token| token.account)
    }

    /// Whose refresh token this is or was.
    pub(super) fn owner_of_refresh(&self, refresh_token: &str) -> Option<usize> {
        self.refresh.get(refresh_token).map(|token| token.account)
    }

    /// One rotation. Within `grace_ms` of its use a token works once more.
    pub(super) fn refresh(
        &mut self,
        refresh_token: &str,
        spec: &AccountSpec,
        issuer: &str,
        grace_ms: i64,
        now_ms: i64,
    ) -> Refreshed {
        let Some(token) = self.refresh.get_mut(refresh_token) else {
            let body = json!({ "error": "invalid_grant", "error_description": "Invalid refresh token" });
            return Refreshed::Refused(Refusal::new(400, body));
        };
        let (account, family) = (token.account, token.family);
        match token.state {
            RefreshState::Live => token.state = RefreshState::Used { at_ms: now_ms },
            RefreshState::Used { at_ms } if now_ms - at_ms < grace_ms => {}
            RefreshState::Used { .. } => {
                self.revoke_where(|_, of| of == family);
                return Refreshed::Reused(refresh_error(
                    "refresh_token_reused",
                    "Your refresh token has already been used to generate a new access token. \
                     Please try signing in again.",
                ));
            }
            RefreshState::Revoked => {
                return Refreshed::Refused(refresh_error(
                    "refresh_token_invalidated",
                    "Your refresh token has been invalidated. Please try signing in again.",
                ));
            }
            RefreshState::Expired => {
                return Refreshed::Refused(refresh_error(
                    "refresh_token_expired",
                    "Could not validate your refresh token. Please try signing in again.",
                ));
            }
        }
        Refreshed::Rotated(self.issue(account, family, spec, issuer, now_ms))
    }

    /// Ends the family of this token (access or refresh); false when nobody knows it.
    pub(super) fn revoke_family(&mut self, token: &str) -> bool {
        let family = self.refresh.get(token).map(|token| token.family);
        let Some(family) = family.or_else(|| self.access.get(token).map(|token| token.family)) else {
            return false;
        };
        self.revoke_where(|_, of| of == family);
        true
    }

    /// Ends every family of the account.
    pub(super) fn revoke_account(&mut self, account: usize) {
        self.revoke_where(|of, _| of == account);
    }

    fn revoke_where(&mut self, hit: impl Fn(usize, u64) -> bool) {
        for token in self.access.values_mut().filter(|token| hit(token.account, token.family)) {
            token.revoked = true;
        }
        for token in self.refresh.values_mut().filter(|token| hit(token.account, token.family)) {
            // A used one stays used: whoever brings it back is told of the reuse.
            if token.state == RefreshState::Live {
                token.state = RefreshState::Revoked;
            }
        }
    }

    /// Every access token of the account is out from now on, whatever its `exp` says.
    pub(super) fn expire_access(&mut self, account: usize, now_ms: i64) {
        for token in self.access.values_mut().filter(|token| token.account == account) {
            token.expires_ms = token.expires_ms.min(now_ms);
        }
    }

    /// Every live refresh token of the account is out from now on.
    pub(super) fn expire_refresh(&mut self, account: usize) {
        for token in self.refresh.values_mut().filter(|token| token.account == account) {
            if token.state == RefreshState::Live {
                token.state = RefreshState::Expired;
            }
        }
    }
}

/// Header, claims, and a signature that signs nothing: clients read these tokens without verifying.
fn jwt(claims: &Value) -> String {
    let head = ids::base64url(r#"{"alg":"RS256","kid":"simulator","typ":"JWT"}"#);
    let body = ids::base64url(claims.to_string());
    let signature = ids::base64url(ids::digest(&["signature", &body]));
    format!("{head}.{body}.{signature}")
}

fn id_claims(spec: &AccountSpec, issuer: &str, jti: &str, iat: i64, exp: i64) -> Value {
    let day = |offset: i64| {
        chrono::DateTime::from_timestamp(iat + offset * 86_400, 0).unwrap_or_default().to_rfc3339()
    };
    json!({
        "iss": issuer, "aud": [CLIENT_ID], "sub": format!("google-oauth2|{}", spec.user_id), "iat": iat, "exp": exp,
        "auth_time": iat, "auth_provider": "google", "at_hash": ids::hex(&ids::digest(&[jti]), 22), "jti": jti,
        "sid": format!("sid-{jti}"), "rat": iat, "email": spec.email, "email_verified": true,
        "https://api.openai.com/auth": {
            "chatgpt_account_id": spec.account_id,
            "chatgpt_account_user_id": format!("{}__{}", spec.user_id, spec.account_id),
            "chatgpt_plan_type": spec.plan, "chatgpt_user_id": spec.user_id, "user_id": spec.user_id,
            "chatgpt_account_is_fedramp": false,
            "chatgpt_subscription_active_start": day(-30),
            "chatgpt_subscription_active_until": day(30),
            "chatgpt_subscription_last_checked": day(0),
            "groups": [],
            "organizations": [{ "id": "org-SIMULATED", "is_default": true, "role": "owner", "title": "Personal" }],
        },
    })
}

fn access_claims(spec: &AccountSpec, issuer: &str, jti: &str, iat: i64, exp: i64) -> Value {
    json!({
        "iss": issuer, "aud": ["https://api.openai.com/v1"], "client_id": CLIENT_ID, "iat": iat, "nbf": iat,
        "exp": exp, "jti": jti, "scp": SCOPE.split(' ').collect::<Vec<_>>(), "session_id": format!("authsess_{jti}"),
        "sub": format!("google-oauth2|{}", spec.user_id), "pwd_auth_time": iat * 1000,
        "https://api.openai.com/auth": {
            "chatgpt_account_id": spec.account_id,
            "chatgpt_account_user_id": format!("{}__{}", spec.user_id, spec.account_id),
            "chatgpt_compute_residency": "no_constraint", "chatgpt_plan_type": spec.plan,
            "chatgpt_user_id": spec.user_id, "user_id": spec.user_id,
        },
        "https://api.openai.com/profile": { "email": spec.email, "email_verified": true },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::simulator::script;

    fn rotated(outcome: Refreshed) -> TokenSet {
        match outcome {
            Refreshed::Rotated(tokens) => tokens,
            Refreshed::Reused(refusal) | Refreshed::Refused(refusal) => panic!("refused: {refusal:?}"),
        }
    }

    fn claims(jwt: &str) -> Value {
        let body = jwt.split('.').nth(1).expect("three parts");
        serde_json::from_slice(&ids::from_base64url(body).expect("base64url")).expect("json")
    }

    fn keys(value: &Value) -> Vec<&String> {
        value.as_object().expect("an object").keys().collect()
    }

    #[test]
    fn the_claims_are_those_of_the_recorded_tokens() {
        let spec = AccountSpec::new("ada@example.com");
        let tokens = TokenBook::default().sign_in(0, &spec, "http://issuer", 1_795_300_000_000);
        for (jwt, fixture) in
            [(&tokens.id_token, "id-token-claims"), (&tokens.access_token, "access-token-claims")]
        {
            let (ours, recorded) = (claims(jwt), script::json_fixture(fixture).expect("the fixture exists"));
            assert_eq!(keys(&ours), keys(&recorded));
            let auth = "https://api.openai.com/auth";
            assert_eq!(keys(&ours[auth]), keys(&recorded[auth]));
        }
        assert_eq!(claims(&tokens.access_token)["exp"], 1_795_300_000 + 864_000);
    }

    #[test]
    fn a_rotated_refresh_token_works_once_and_its_reuse_ends_the_family() {
        let (spec, mut book) = (AccountSpec::new("ada@example.com"), TokenBook::default());
        let first = book.sign_in(0, &spec, "i", 0);
        let other = book.sign_in(0, &spec, "i", 0);
        let second = rotated(book.refresh(&first.refresh_token, &spec, "i", 0, 1));
        assert!(book.authenticate(&second.access_token, 2).is_ok());
        let Refreshed::Reused(refusal) = book.refresh(&first.refresh_token, &spec, "i", 0, 3) else {
            panic!("the reuse went unnoticed");
        };
        assert_eq!(
            refusal,
            script::error_fixture("token-error-401-refresh_token_reused").expect("the fixture")
        );
        assert_eq!(book.authenticate(&second.access_token, 4), Err(Refusal::token_invalidated()));
        let Refreshed::Refused(refusal) = book.refresh(&second.refresh_token, &spec, "i", 0, 5) else {
            panic!("the family lives on");
        };
        assert_eq!(
            refusal,
            script::error_fixture("token-error-401-refresh_token_invalidated").expect("the fixture")
        );
        rotated(book.refresh(&other.refresh_token, &spec, "i", 0, 6));
    }

    #[test]
    fn within_the_grace_a_used_token_works_again() {
        let (spec, mut book) = (AccountSpec::new("ada@example.com"), TokenBook::default());
        let first = book.sign_in(0, &spec, "i", 0);
        rotated(book.refresh(&first.refresh_token, &spec, "i", 1000, 1));
        rotated(book.refresh(&first.refresh_token, &spec, "i", 1000, 900));
        assert!(matches!(book.refresh(&first.refresh_token, &spec, "i", 1000, 1001), Refreshed::Reused(_)));
    }

    #[test]
    fn expired_and_revoked_are_told_apart() {
        let (spec, mut book) = (AccountSpec::new("ada@example.com"), TokenBook::default());
        let tokens = book.sign_in(0, &spec, "i", 0);
        book.expire_access(0, 10);
        assert_eq!(book.authenticate(&tokens.access_token, 10), Err(Refusal::token_expired()));
        book.expire_refresh(0);
        let Refreshed::Refused(refusal) = book.refresh(&tokens.refresh_token, &spec, "i", 0, 11) else {
            panic!("an expired refresh token worked");
        };
        assert_eq!(
            refusal,
            script::error_fixture("token-error-401-refresh_token_expired").expect("the fixture")
        );
        assert!(book.revoke_family(&tokens.access_token));
        assert_eq!(book.authenticate(&tokens.access_token, 12), Err(Refusal::token_invalidated()));
        assert_eq!(book.authenticate("made up", 12), Err(Refusal::token_invalidated()));
    }
}
