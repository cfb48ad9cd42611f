//! The sign-in with ChatGPT as data: the PKCE pair, the state, what a browser brings back, a pending sign-in's life.
//!
//! Nothing here makes a random number or reads a clock: the shell brings both.

pub mod auth_json;
pub mod login;
pub mod redirect;

pub use auth_json::{AuthJsonError, ImportedTokens, read_auth_json};
pub use login::{InvalidTransition, Login, LoginMethod, LoginState, LoginWay};
pub use redirect::{Redirect, RedirectError, denial, parse_redirect};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use secrecy::{ExposeSecret as _, SecretString};

/// How long a sign-in may take, in minutes. The issuer polls a device code no longer than that either.
pub const LOGIN_MINUTES: i64 = 15;

/// A PKCE pair (RFC 7636, S256). The verifier proves at the exchange that we asked for the code.
#[derive(Clone, Debug)]
pub struct Pkce {
    /// 86 characters, base64url without padding.
    pub verifier: SecretString,
    /// SHA-256 of the verifier's ASCII: 43 characters, base64url without padding.
    pub challenge: String,
}

impl Pkce {
    /// Makes the pair from 64 random bytes, as the official client does.
    pub fn from_random(bytes: &[u8; 64]) -> Self {
        Self::from_verifier(SecretString::from(URL_SAFE_NO_PAD.encode(bytes)))
    }

    fn from_verifier(verifier: SecretString) -> Self {
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(
            verifier.expose_secret().to_owned(),
        ));
        Self { verifier, challenge: challenge.as_str().to_owned() }
    }
}

/// The `state` parameter from 32 random bytes: 43 characters, base64url without padding.
pub fn state_parameter(bytes: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_the_one_of_the_rfc() {
        let pkce = Pkce::from_verifier("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into());
        assert_eq!(pkce.challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn verifier_and_state_have_the_official_clients_lengths() {
        let pkce = Pkce::from_random(&[7; 64]);
        assert_eq!(pkce.verifier.expose_secret().len(), 86);
        assert_eq!(pkce.challenge.len(), 43);
        assert_eq!(state_parameter(&[7; 32]).len(), 43);
    }

    #[test]
    fn debug_of_a_pair_does_not_show_the_verifier() {
        let pkce = Pkce::from_random(&[7; 64]);
        assert!(!format!("{pkce:?}").contains(pkce.verifier.expose_secret()));
    }
}
