//! What the browser brings back: read from the callback's query, or from whatever a person pasted.

use secrecy::SecretString;
use url::form_urlencoded;

/// The outcome of the issuer's page.
#[derive(Clone, Debug)]
pub enum Redirect {
    /// The person agreed.
    Callback {
        /// To be exchanged once.
        code: SecretString,
        /// Finds the pending sign-in.
        state: String,
    },
    /// The person or the issuer refused.
    Denied {
        /// The OAuth error code, such as `access_denied`.
        error: String,
        /// The issuer's own words.
        description: Option<String>,
        /// Finds the pending sign-in; a refusal without it is nobody's.
        state: Option<String>,
    },
}

/// Why a text is not a redirect. The texts are those of GoClaw's API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectError {
    /// Nothing was given.
    #[error("redirect_url is required")]
    Empty,
    /// Neither a code nor an error in it.
    #[error("no authorization code in redirect URL")]
    NoCode,
    /// A code that says nothing of the sign-in it belongs to.
    #[error("invalid state parameter (possible CSRF)")]
    NoState,
}

/// Reads a redirect: a whole URL (with or without its scheme), only its query, or `code#state`.
///
/// Line breaks and the quotes around a paste are taken off: terminals and chat programs add them.
pub fn parse_redirect(text: &str) -> Result<Redirect, RedirectError> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let text = text.trim_matches(['"', '\'', '`', '<', '>']);
    if text.is_empty() {
        return Err(RedirectError::Empty);
    }
    if let Some((_, query)) = text.split_once('?') {
        return from_query(query.split('#').next().unwrap_or_default());
    }
    if ["code=", "error=", "state="].iter().any(|key| text.contains(key)) {
        return from_query(text.trim_start_matches(['#', '&']));
    }
    if text.contains('/') {
        return Err(RedirectError::NoCode);
    }
    let (code, state) = text.split_once('#').unwrap_or((text, ""));
    callback(code, state)
}

fn from_query(query: &str) -> Result<Redirect, RedirectError> {
    let value = |name: &str| {
        form_urlencoded::parse(query.as_bytes())
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.into_owned())
    };
    let state = value("state");
    if let Some(error) = value("error") {
        return Ok(Redirect::Denied { error, description: value("error_description"), state });
    }
    callback(&value("code").unwrap_or_default(), &state.unwrap_or_default())
}

fn callback(code: &str, state: &str) -> Result<Redirect, RedirectError> {
    if code.is_empty() {
        return Err(RedirectError::NoCode);
    }
    if state.is_empty() {
        return Err(RedirectError::NoState);
    }
    Ok(Redirect::Callback { code: SecretString::from(code), state: state.to_owned() })
}

/// What to tell about a refusal. The issuer's words are cut and freed of control characters: they come through the
/// browser, so anyone may have written them.
pub fn denial(error: &str, description: Option<&str>) -> String {
    let description = description.unwrap_or_default();
    if error == "access_denied" && description.contains("missing_codex_entitlement") {
        return "this workspace has not enabled Codex for you: ask its administrator for access, then sign in again"
            .into();
    }
    let tame = |text: &str| text.chars().filter(|c| !c.is_control()).take(200).collect::<String>();
    match (error, tame(description)) {
        ("access_denied", words) if words.is_empty() => "the sign-in was declined in the browser".into(),
        ("access_denied", words) => format!("the sign-in was declined in the browser: {words}"),
        (error, words) if words.is_empty() => format!("the sign-in was refused: {}", tame(error)),
        (error, words) => format!("the sign-in was refused: {}: {words}", tame(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use secrecy::ExposeSecret as _;

    fn pair(text: &str) -> Result<(String, String), RedirectError> {
        match parse_redirect(text)? {
            Redirect::Callback { code, state } => Ok((code.expose_secret().to_owned(), state)),
            Redirect::Denied { error, .. } => panic!("denied: {error}"),
        }
    }

    #[test]
    fn a_redirect_is_read_in_every_form_that_people_paste() {
        for text in [
            "http://localhost:1455/auth/callback?code=ac_1&state=st_1",
            "localhost:1455/auth/callback?scope=openid+email&state=st_1&code=ac_1",
            "/auth/callback?code=ac_1&state=st_1#",
            "?code=ac_1&state=st_1",
            "code=ac_1&state=st_1",
            "  \"http://127.0.0.1:1457/auth/callback?code=ac_1&\n  state=st_1\" ",
            "<http://localhost:1455/auth/callback?code=ac%5F1&state=st%5f1>",
            "ac_1#st_1",
        ] {
            assert_eq!(pair(text), Ok(("ac_1".into(), "st_1".into())), "{text}");
        }
    }

    #[test]
    fn what_is_missing_is_said_in_goclaws_words() {
        let text = |input: &str| pair(input).unwrap_err().to_string();
        assert_eq!(text("  "), "redirect_url is required");
        assert_eq!(text("http://localhost:1455/auth/callback"), "no authorization code in redirect URL");
        assert_eq!(
            text("http://localhost:1455/auth/callback?state=st_1"),
            "no authorization code in redirect URL"
        );
        assert_eq!(text("?code=&state=st_1"), "no authorization code in redirect URL");
        assert_eq!(text("?code=ac_1"), "invalid state parameter (possible CSRF)");
        assert_eq!(text("ac_1"), "invalid state parameter (possible CSRF)");
        assert_eq!(text("ac_1#"), "invalid state parameter (possible CSRF)");
    }

    #[test]
    fn a_refusal_is_read_with_its_state_even_beside_a_code() {
        let read =
            parse_redirect("?error=access_denied&error_description=The+user+said+no&state=st_1&code=x");
        let Ok(Redirect::Denied { error, description, state }) = read else { panic!("{read:?}") };
        assert_eq!((error.as_str(), state.as_deref()), ("access_denied", Some("st_1")));
        assert_eq!(
            denial(&error, description.as_deref()),
            "the sign-in was declined in the browser: The user said no"
        );
    }

    #[test]
    fn a_workspace_without_codex_has_its_own_text() {
        let text = denial("access_denied", Some("missing_codex_entitlement"));
        assert!(text.contains("has not enabled Codex"), "{text}");
        assert!(!denial("server_error", Some("missing_codex_entitlement")).contains("has not enabled"));
    }

    #[test]
    fn the_issuers_words_are_cut_and_tamed() {
        let text = denial("server_error", Some(&format!("a\r\nb\u{1b}[31m{}", "x".repeat(5000))));
        assert!(text.len() < 300 && text.chars().all(|c| !c.is_control()), "{text}");
    }

    #[test]
    fn debug_of_a_callback_does_not_show_the_code() {
        assert!(!format!("{:?}", parse_redirect("?code=ac_secret&state=s")).contains("ac_secret"));
    }

    proptest! {
        #[test]
        fn any_code_and_state_survive_the_url(code in "[ -~]{1,40}", state in "[A-Za-z0-9_-]{43}") {
            prop_assume!(!code.trim().is_empty());
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("code", &code).append_pair("state", &state).finish();
            let url = format!("http://localhost:1455/auth/callback?{query}");
            prop_assert_eq!(pair(&url), Ok((code.clone(), state.clone())));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,200}") {
            let _ = parse_redirect(&text);
        }
    }
}
