//! What can go wrong with a sign-in.

use crate::app::vault::VaultError;
use crate::domain::claims::MissingClaim;
use crate::domain::oauth::{AuthJsonError, RedirectError};

/// Why a sign-in did not go on. The texts are for people, the codes for programs; both are part of the API.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// A provider's name has to be a slug.
    #[error(
        "provider name \"{0}\" must be at most 64 lower-case letters, digits and inner hyphens, such as \"openai-codex\""
    )]
    InvalidName(String),
    /// The API base has to be a URL.
    #[error("api_base must be an http or https URL")]
    InvalidApiBase,
    /// The name belongs to a provider that does not sign in.
    #[error("provider \"{name}\" already exists as type \"{provider_type}\"")]
    OtherType {
        /// The provider.
        name: String,
        /// What it is.
        provider_type: String,
    },
    /// No such provider.
    #[error("provider \"{0}\" not found")]
    NotFound(String),
    /// Unusable redirect.
    #[error(transparent)]
    Redirect(#[from] RedirectError),
    /// The provider has no sign-in that could be finished.
    #[error("no pending OAuth flow")]
    NoPendingFlow,
    /// The `state` is of no sign-in of this provider.
    #[error("invalid state parameter (possible CSRF)")]
    InvalidState,
    /// The person, or the issuer, said no.
    #[error("{0}")]
    Denied(String),
    /// It was cancelled (or timed out) while its code was exchanged.
    #[error("the sign-in was cancelled")]
    Cancelled,
    /// The issuer refused the code.
    #[error("the sign-in server refused the code ({0}); start the sign-in again")]
    CodeRefused(String),
    /// The issuer did not answer. The sign-in stays pending.
    #[error("{0}; try again")]
    Unavailable(String),
    /// The issuer gave too little.
    #[error("the sign-in server sent no {0} token; start the sign-in again")]
    Incomplete(&'static str),
    /// The tokens do not say whose they are.
    #[error(transparent)]
    Unidentified(#[from] MissingClaim),
    /// This issuer has no device sign-in, or not for this client.
    #[error("the sign-in server offers no sign-in by device code; use the browser")]
    NoDeviceSignIn,
    /// The account is connected under another name.
    #[error("this ChatGPT account ({account}) is already connected as \"{provider_name}\"")]
    AlreadyConnected {
        /// Its address, or its id.
        account: String,
        /// The other name.
        provider_name: String,
    },
    /// The provider belongs to another account.
    #[error(
        "provider \"{provider_name}\" is signed in as {present}, not {offered}; sign in with `force` to replace the account"
    )]
    OtherAccount {
        /// The provider.
        provider_name: String,
        /// The account it has.
        present: String,
        /// The account that signed in.
        offered: String,
    },
    /// Unusable auth.json.
    #[error(transparent)]
    AuthJson(#[from] AuthJsonError),
    /// Tokens that only another issuer or client could refresh.
    #[error("this auth.json was issued by {found}, not by {expected}: its tokens cannot be refreshed here")]
    ForeignAuthJson {
        /// What the file says.
        found: String,
        /// What we are set to.
        expected: String,
    },
    /// What the request that finished the sign-in was told; another request waited for it.
    #[error("{error}")]
    Recorded {
        /// Its code.
        code: String,
        /// Its text.
        error: String,
    },
    /// Not the caller's fault.
    #[error("the sign-in could not be stored")]
    Database(#[from] sqlx::Error),
    /// Not the caller's fault.
    #[error("the sign-in's secrets could not be opened")]
    Vault(#[from] VaultError),
}

impl LoginError {
    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            Self::InvalidName(_) => "invalid_name",
            Self::InvalidApiBase => "invalid_api_base",
            Self::OtherType { .. } => "provider_type_conflict",
            Self::NotFound(_) => "provider_not_found",
            Self::Redirect(RedirectError::Empty) => "redirect_url_required",
            Self::Redirect(RedirectError::NoCode) => "missing_authorization_code",
            Self::Redirect(RedirectError::NoState) | Self::InvalidState => "invalid_state",
            Self::NoPendingFlow => "no_pending_flow",
            Self::Denied(_) => "sign_in_denied",
            Self::Cancelled => "sign_in_cancelled",
            Self::CodeRefused(_) => "code_refused",
            Self::Unavailable(_) => "sign_in_server_unavailable",
            Self::Incomplete(_) => "incomplete_tokens",
            Self::Unidentified(_) => "unidentified_account",
            Self::NoDeviceSignIn => "device_sign_in_unavailable",
            Self::AlreadyConnected { .. } => "account_already_connected",
            Self::OtherAccount { .. } => "account_mismatch",
            Self::AuthJson(_) => "invalid_auth_json",
            Self::ForeignAuthJson { .. } => "foreign_auth_json",
            Self::Recorded { code, .. } => code,
            Self::Database(_) | Self::Vault(_) => "internal",
        }
    }
}
