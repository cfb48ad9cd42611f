//! `chatgpt`: the sign-in with ChatGPT and its backend. The values are facts of the official client.

use super::section::section;
use super::values::{self, Host, HttpUrl, NonEmpty};

section! {
    /// The sign-in with ChatGPT and its backend.
    Chatgpt {
        /// Who issues the tokens. No slash at the end.
        #[serde(deserialize_with = "values::text::<HttpUrl, _>")]
        issuer: String = "https://auth.openai.com".into(),
        /// The backend that serves the models. No slash at the end. A provider may have its own; a workspace that asks
        /// for another origin of OpenAI's is served from there, unless this is a proxy.
        #[serde(deserialize_with = "values::text::<HttpUrl, _>")]
        api_base: String = "https://chatgpt.com/backend-api".into(),
        /// The OAuth client. The issuer knows its redirect ports.
        #[serde(deserialize_with = "values::text::<NonEmpty, _>")]
        client_id: String = "app_EMoamEEZ73f0CkXaXp7hrann".into(),
        /// What a sign-in asks for.
        #[serde(deserialize_with = "values::texts::<NonEmpty, _>")]
        scopes: Vec<String> = ["openid", "profile", "email", "offline_access"].map(Into::into).into(),
        /// The host in the redirect URL: the browser's machine.
        #[serde(deserialize_with = "values::text::<Host, _>")]
        redirect_host: String = "localhost".into(),
        /// The address the callback listener binds. Null is loopback, v4 and v6; a container needs `0.0.0.0`.
        #[serde(deserialize_with = "values::maybe_text::<Host, _>")]
        callback_host: Option<String> = None,
        /// The ports to try for the callback, in order. The issuer refuses ports that it does not know.
        #[serde(deserialize_with = "values::ports")]
        callback_ports: Vec<u16> = vec![1455, 1457],
        /// How we name ourselves to the backend.
        #[serde(deserialize_with = "values::text::<NonEmpty, _>")]
        originator: String = "gateway".into(),
        /// The client version that the model list is asked for; models can need a minimal one.
        #[serde(deserialize_with = "values::text::<NonEmpty, _>")]
        client_version: String = "0.169.0".into(),
    }
}
