//! The official client's `auth.json`, as it is and as it was.

use secrecy::SecretString;
use serde_json::Value;

/// The tokens of an `auth.json`.
#[derive(Clone, Debug)]
pub struct ImportedTokens {
    /// Old files may lack it; the access token has the same claims.
    pub id_token: Option<SecretString>,
    /// May have expired: it can be refreshed.
    pub access_token: SecretString,
    /// Rotates with every use, so from now on it belongs to one program only.
    pub refresh_token: SecretString,
    /// Who issued the tokens; only newer files (0.169) say it.
    pub issuer: Option<String>,
}

/// Why an `auth.json` holds no sign-in that we can use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthJsonError {
    /// Not the file's content.
    #[error("auth_json must be the content of the Codex CLI's auth.json (a JSON object)")]
    NotAnObject,
    /// Signed in with an API key.
    #[error("this auth.json holds an API key, not a sign-in with ChatGPT; run `codex login` first")]
    ApiKey,
    /// A kind of sign-in that we do not know.
    #[error("this auth.json holds a sign-in of another kind ({0}), not one with ChatGPT")]
    OtherMode(String),
    /// Signed out.
    #[error("this auth.json holds no tokens; run `codex login` first")]
    NoTokens,
    /// Some are missing.
    #[error("this auth.json has no tokens.{0}")]
    Missing(&'static str),
}

/// Reads the tokens of a parsed `auth.json`. Older files lack `auth_mode`, `oauth_provenance` and `login_owner_id`.
pub fn read_auth_json(file: &Value) -> Result<ImportedTokens, AuthJsonError> {
    let file = file.as_object().ok_or(AuthJsonError::NotAnObject)?;
    let text = |value: Option<&Value>| {
        value.and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty()).map(ToOwned::to_owned)
    };
    let mode = text(file.get("auth_mode")).unwrap_or_else(|| "chatgpt".into());
    let tokens = file.get("tokens").and_then(Value::as_object).filter(|tokens| !tokens.is_empty());
    let has_key = text(file.get("OPENAI_API_KEY")).is_some();
    if mode.eq_ignore_ascii_case("apikey") || (tokens.is_none() && has_key) {
        return Err(AuthJsonError::ApiKey);
    }
    if !mode.eq_ignore_ascii_case("chatgpt") {
        return Err(AuthJsonError::OtherMode(mode.chars().filter(|c| !c.is_control()).take(40).collect()));
    }
    let tokens = tokens.ok_or(AuthJsonError::NoTokens)?;
    let token = |name: &'static str| text(tokens.get(name)).map(SecretString::from);
    Ok(ImportedTokens {
        id_token: token("id_token"),
        access_token: token("access_token").ok_or(AuthJsonError::Missing("access_token"))?,
        refresh_token: token("refresh_token").ok_or(AuthJsonError::Missing("refresh_token"))?,
        issuer: text(tokens.get("oauth_provenance").and_then(|it| it.get("issuer"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;
    use serde_json::json;

    #[test]
    fn a_file_of_today_is_read() {
        let tokens = read_auth_json(&json!({
            "auth_mode": "chatgpt",
            "OPENAI_API_KEY": null,
            "tokens": {
                "id_token": "id", "access_token": "at", "refresh_token": "rt", "account_id": "acc",
                "oauth_provenance": {"issuer": "https://auth.openai.com", "client_id": "app_1"},
                "login_owner_id": "owner"
            },
            "last_refresh": "2026-11-21T10:00:00Z"
        }))
        .unwrap();
        assert_eq!(tokens.refresh_token.expose_secret(), "rt");
        assert_eq!(tokens.issuer.as_deref(), Some("https://auth.openai.com"));
        assert!(!format!("{tokens:?}").contains("\"rt\""));
    }

    #[test]
    fn an_older_file_is_read() {
        let tokens = read_auth_json(&json!({
            "OPENAI_API_KEY": "sk-left-over",
            "tokens": {"id_token": "id", "access_token": "at", "refresh_token": "rt"},
            "last_refresh": "2025-06-01T10:00:00.123456Z"
        }))
        .unwrap();
        assert!(tokens.id_token.is_some() && tokens.issuer.is_none());
    }

    #[test]
    fn what_is_no_sign_in_with_chatgpt_is_told_apart() {
        let error = |file: Value| read_auth_json(&file).unwrap_err();
        assert_eq!(error(json!("{}")), AuthJsonError::NotAnObject);
        assert_eq!(error(json!({})), AuthJsonError::NoTokens);
        assert_eq!(error(json!({"tokens": {}})), AuthJsonError::NoTokens);
        assert_eq!(error(json!({"OPENAI_API_KEY": "sk-1"})), AuthJsonError::ApiKey);
        assert_eq!(
            error(json!({"auth_mode": "apikey", "tokens": {"access_token": "a"}})),
            AuthJsonError::ApiKey
        );
        assert_eq!(
            error(json!({"auth_mode": "agentIdentity"})),
            AuthJsonError::OtherMode("agentIdentity".into())
        );
        assert_eq!(error(json!({"tokens": {"access_token": "a"}})), AuthJsonError::Missing("refresh_token"));
        assert_eq!(
            error(json!({"tokens": {"access_token": " ", "refresh_token": "r"}})),
            AuthJsonError::Missing("access_token")
        );
    }
}
