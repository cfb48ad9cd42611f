//! Taking over the official client's sign-in, from its `auth.json`.

use super::connect::Target;
use super::start::checked;
use super::{Connected, LoginError, LoginOptions, Logins};
use crate::domain::access::Actor;
use crate::domain::oauth::read_auth_json;
use crate::domain::provider::is_slug;
use crate::upstream::openai_auth::TokenSet;
use serde_json::Value;

/// To be shown with every import.
pub const IMPORT_WARNING: &str = "two programs must not share a refresh token: it changes with every use, and who \
    comes second is signed out. Sign out of the Codex CLI that this auth.json came from by deleting the file, and do \
    not use `codex logout`, which would end this sign-in too; or sign in separately for the gateway";

impl Logins {
    /// Connects the account of a parsed `auth.json`. Its tokens are not tried: a refresh would take them away from the
    /// official client even if storing them failed.
    pub async fn import(
        &self,
        actor: &Actor,
        provider_name: &str,
        auth_json: &Value,
        options: LoginOptions,
    ) -> Result<Connected, LoginError> {
        if !is_slug(provider_name) {
            return Err(LoginError::InvalidName(provider_name.chars().take(80).collect()));
        }
        let options = checked(options)?;
        let file = read_auth_json(auth_json)?;
        let expected = self.auth.issuer();
        if let Some(found) = file.issuer.filter(|found| found.trim_end_matches('/') != expected) {
            let found = found.chars().filter(|c| !c.is_control()).take(200).collect();
            return Err(LoginError::ForeignAuthJson { found, expected: expected.to_owned() });
        }
        let target = Target {
            actor: actor.clone(),
            action: "provider.import",
            provider_name: provider_name.to_owned(),
            options,
            login: None,
        };
        let tokens = TokenSet {
            id_token: file.id_token,
            access_token: Some(file.access_token),
            refresh_token: Some(file.refresh_token),
        };
        self.connect(&target, &tokens).await
    }
}
