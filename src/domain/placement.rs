//! Where a ChatGPT account's workspace wants its calls to go.
//!
//! The backend's `GET /wham/accounts/check` tells it; a workspace whose data has to stay in a region is served by
//! another origin than the usual one. The official client sends no request before it knows.

use serde_json::Value;
use url::{Host, Url};

/// What the answer says where nothing is asked for.
const NO_CONSTRAINT: &str = "NO_CONSTRAINT";
/// Whoever owns these owns the tokens that are sent to them.
const OPENAI: [&str; 2] = ["chatgpt.com", "openai.com"];

/// What one account's workspace asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// As told, such as `https://us.chatgpt.com`; whether calls follow it is [`backend_base`]'s decision.
    pub backend_origin: Option<String>,
    /// Goes with every call.
    pub routing_override: Option<RoutingOverride>,
}

/// The value of the header `x-openai-account-routing-override`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoutingOverride {
    Us,
    UsCr,
}

impl RoutingOverride {
    /// As the wire writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::UsCr => "us_cr",
        }
    }

    /// The one that is written so.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Us, Self::UsCr].into_iter().find(|known| known.as_str() == text)
    }
}

/// Why an answer says nothing about an account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unplaced {
    #[error("the answer lists no accounts")]
    NoList,
    #[error("the answer does not list this account")]
    NotListed,
    #[error("the workspace's origin \"{0}\" is not an https origin")]
    Origin(String),
    #[error("the workspace's routing override \"{0}\" is unknown")]
    Override(String),
}

impl Placement {
    /// What an answer of `accounts/check` says of an account. `accounts` is a list, or a map from the id to an object
    /// with the member `account`.
    ///
    /// # Errors
    /// The account is not in it, or what it says of it cannot be used.
    pub fn read(answer: &Value, account_id: &str) -> Result<Self, Unplaced> {
        let is_it = |account: &&Value| {
            ["id", "account_id"].iter().any(|key| account[*key].as_str() == Some(account_id))
        };
        let account = match &answer["accounts"] {
            Value::Array(accounts) => accounts.iter().find(is_it),
            Value::Object(accounts) => match accounts.get(account_id) {
                Some(entry) => Some(&entry["account"]).filter(|account| account.is_object()),
                None => accounts.values().map(|entry| &entry["account"]).find(is_it),
            },
            _ => return Err(Unplaced::NoList),
        };
        let account = account.ok_or(Unplaced::NotListed)?;
        let told =
            |key: &str| account[key].as_str().filter(|text| !text.is_empty() && *text != NO_CONSTRAINT);
        let backend_origin = told("workspace_backend_origin")
            .map(|text| origin(text).ok_or_else(|| Unplaced::Origin(text.chars().take(200).collect())))
            .transpose()?;
        let routing_override = told("account_routing_override")
            .map(|text| {
                RoutingOverride::parse(text)
                    .ok_or_else(|| Unplaced::Override(text.chars().take(50).collect()))
            })
            .transpose()?;
        Ok(Self { backend_origin, routing_override })
    }
}

/// An origin and nothing more: https (plain http on this machine), no credentials, no path.
fn origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let plain = url.username().is_empty() && url.password().is_none();
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let secure = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
    (plain && bare && secure && url.has_host()).then(|| url.origin().ascii_serialization())
}

/// The backend's base on a workspace's origin: the path stays that of the configured base
/// (`https://us.chatgpt.com/backend-api`). `None` where the origin is not followed.
///
/// Access tokens are sent there, so an answer must not be able to name just any host. Followed are origins of
/// `chatgpt.com` and `openai.com` and below them, by https on its own port, when the configured base is one of these
/// too: the tokens stay with who issued them, and who has put a proxy in front of the backend keeps all calls there.
/// For tests and the demo, an origin on this machine is followed from a base on this machine.
pub fn backend_base(origin: &str, configured: &str) -> Option<String> {
    let (told, base) = (Url::parse(origin).ok()?, Url::parse(configured).ok()?);
    let followed = (is_openai(&told) && is_openai(&base)) || (is_loopback(&told) && is_loopback(&base));
    followed.then(|| format!("{}{}", told.origin().ascii_serialization(), base.path().trim_end_matches('/')))
}

fn is_openai(url: &Url) -> bool {
    let Some(Host::Domain(name)) = url.host() else { return false };
    let below =
        |parent: &str| name.strip_suffix(parent).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    url.scheme() == "https" && url.port().is_none() && OPENAI.iter().any(|parent| below(parent))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ID: &str = "00000000-0000-4000-8000-000000000001";

    fn fixture(name: &str) -> Value {
        let path = format!("{}/tests/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_str(&std::fs::read_to_string(path).expect("a fixture")).expect("JSON")
    }

    fn placed(origin: &str, routing: &str) -> Result<Placement, Unplaced> {
        let account =
            json!({"id": ID, "workspace_backend_origin": origin, "account_routing_override": routing});
        Placement::read(&json!({ "accounts": [account] }), ID)
    }

    #[test]
    fn both_forms_of_the_answer_are_read() {
        assert_eq!(Placement::read(&fixture("accounts-check"), ID), Ok(Placement::default()));
        let mapped = Placement { backend_origin: Some("https://chatgpt.com".into()), routing_override: None };
        assert_eq!(Placement::read(&fixture("accounts-check-map-form"), ID), Ok(mapped));
        let other = json!({"accounts": {"default": {"account": {
            "account_id": ID, "workspace_backend_origin": null, "account_routing_override": "us_cr"}}}});
        let routed = Placement { backend_origin: None, routing_override: Some(RoutingOverride::UsCr) };
        assert_eq!(Placement::read(&other, ID), Ok(routed));
    }

    #[test]
    fn an_answer_that_says_nothing_of_the_account_is_told_apart() {
        for name in ["accounts-check", "accounts-check-map-form"] {
            assert_eq!(Placement::read(&fixture(name), "somebody-else"), Err(Unplaced::NotListed));
        }
        for answer in [json!({}), json!([]), json!({"accounts": 7}), Value::Null] {
            assert_eq!(Placement::read(&answer, ID), Err(Unplaced::NoList), "{answer}");
        }
        assert_eq!(placed("NO_CONSTRAINT", "eu"), Err(Unplaced::Override("eu".into())));
    }

    #[test]
    fn only_an_https_origin_without_credentials_is_an_origin() {
        let right = placed("https://us.chatgpt.com/", "us").expect("an origin");
        assert_eq!(right.backend_origin.as_deref(), Some("https://us.chatgpt.com"));
        assert_eq!(right.routing_override, Some(RoutingOverride::Us));
        for wrong in [
            "http://us.chatgpt.com",
            "https://user@us.chatgpt.com",
            "https://user:password@us.chatgpt.com",
            "https://us.chatgpt.com/path",
            "https://us.chatgpt.com?x=1",
            "https://us.chatgpt.com#x",
            "ftp://us.chatgpt.com",
            "us.chatgpt.com",
            "https://",
        ] {
            assert!(matches!(placed(wrong, "us"), Err(Unplaced::Origin(_))), "{wrong}");
        }
    }

    #[test]
    fn calls_follow_an_origin_to_openai_and_nowhere_else() {
        let base = "https://chatgpt.com/backend-api";
        for (origin, expected) in [
            ("https://us.chatgpt.com", "https://us.chatgpt.com/backend-api"),
            ("https://CHATGPT.com", "https://chatgpt.com/backend-api"),
            ("https://eu.api.openai.com", "https://eu.api.openai.com/backend-api"),
        ] {
            assert_eq!(backend_base(origin, base).as_deref(), Some(expected));
        }
        for origin in [
            "https://evil.example",
            "https://evilchatgpt.com",
            "https://chatgpt.com.evil.example",
            "https://chatgpt.com@evil.example",
            "https://chatgpt.com:8443",
            "https://chatgpt.com.",
            "http://chatgpt.com",
            "https://127.0.0.1",
            "http://localhost:1",
        ] {
            assert_eq!(backend_base(origin, base), None, "{origin}");
        }
    }

    #[test]
    fn who_has_a_proxy_in_front_of_the_backend_keeps_all_calls_there() {
        for base in ["https://proxy.example/backend-api", "http://127.0.0.1:8080/backend-api"] {
            assert_eq!(backend_base("https://us.chatgpt.com", base), None, "{base}");
        }
        let local = backend_base("http://localhost:9", "http://127.0.0.1:9/backend-api/");
        assert_eq!(local.as_deref(), Some("http://localhost:9/backend-api"));
    }
}
