//! What a value may be. A rule says what it accepts and, in words, what would be right, so that every error of a
//! value is made in one place and carries its path.

use secrecy::SecretString;
use serde::de::{self, Deserialize, Deserializer, Unexpected, Visitor};
use std::fmt;
use std::marker::PhantomData;
use std::path::PathBuf;

pub use crate::domain::agent::THINKING_LEVELS;
use crate::domain::pool::config::Strategy as PoolStrategy;
use crate::domain::provider::is_slug;

/// What a pool's strategy may be.
pub const STRATEGIES: [&str; 4] = [
    PoolStrategy::PrimaryFirst.as_str(),
    PoolStrategy::PriorityOrder.as_str(),
    PoolStrategy::RoundRobin.as_str(),
    PoolStrategy::QuotaAware.as_str(),
];

/// What a string has to be.
pub(super) trait Rule {
    /// The end of "expected …".
    fn expected() -> String;
    /// The value to keep, which may be a tidier one; `None` refuses.
    fn accept(text: &str) -> Option<String>;
}

pub(super) struct NonEmpty;
impl Rule for NonEmpty {
    fn expected() -> String {
        "a string that is not empty".into()
    }
    fn accept(text: &str) -> Option<String> {
        (!text.trim().is_empty()).then(|| text.to_owned())
    }
}

/// See [`is_slug`].
pub(super) struct Slug;
impl Rule for Slug {
    fn expected() -> String {
        "a name of at most 64 small letters, digits and inner hyphens, such as \"openai-codex\"".into()
    }
    fn accept(text: &str) -> Option<String> {
        is_slug(text).then(|| text.to_owned())
    }
}

/// A URL of the web; slashes at its end are dropped, so that paths can be appended.
pub(super) struct HttpUrl;
impl Rule for HttpUrl {
    fn expected() -> String {
        "a URL that begins with http:// or https://, without user, query and fragment".into()
    }
    fn accept(text: &str) -> Option<String> {
        web_url(text).map(|_| text.trim_end_matches('/').to_owned())
    }
}

/// An issuer of OpenID Connect, kept to the letter: tokens are compared with it. Only this machine may leave out TLS.
pub(super) struct Issuer;
impl Rule for Issuer {
    fn expected() -> String {
        "a URL that begins with https:// (http:// on this machine alone), without user, query and fragment"
            .into()
    }
    fn accept(text: &str) -> Option<String> {
        let url = web_url(text)?;
        let here = match url.host()? {
            url::Host::Domain(name) => name == "localhost",
            url::Host::Ipv4(address) => address.is_loopback(),
            url::Host::Ipv6(address) => address.is_loopback(),
        };
        (url.scheme() == "https" || here).then(|| text.to_owned())
    }
}

/// A web origin, or `*`.
pub(super) struct Origin;
impl Rule for Origin {
    fn expected() -> String {
        "an origin such as \"https://chat.example.com\", or \"*\"".into()
    }
    fn accept(text: &str) -> Option<String> {
        if text == "*" {
            return Some(text.to_owned());
        }
        let url = web_url(text)?;
        (url.path() == "/").then(|| url.origin().ascii_serialization())
    }
}

fn web_url(text: &str) -> Option<url::Url> {
    let url = url::Url::parse(text).ok()?;
    let plain = url.username().is_empty() && url.password().is_none();
    let bare = url.query().is_none() && url.fragment().is_none();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && plain && bare).then_some(url)
}

/// An IP address or a host name.
pub(super) struct Host;
impl Rule for Host {
    fn expected() -> String {
        "an IP address or a host name, without a port".into()
    }
    fn accept(text: &str) -> Option<String> {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        if bare.parse::<std::net::IpAddr>().is_ok() {
            return Some(bare.to_owned());
        }
        let label =
            |l: &str| !l.is_empty() && l.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        text.trim_end_matches('.').split('.').all(label).then(|| text.to_owned())
    }
}

/// A filter of log lines, as `tracing` understands it.
pub(super) struct LogFilter;
impl Rule for LogFilter {
    fn expected() -> String {
        "a level (off, error, warn, info, debug, trace) or a filter such as \"info,gateway=debug\"".into()
    }
    fn accept(text: &str) -> Option<String> {
        // A lone word that is no level would be taken as the name of a target, and silence everything.
        let named = |part: &str| part.contains(['=', ':', '[', '_']);
        let level =
            |part: &str| !part.is_empty() && part.parse::<tracing_subscriber::filter::LevelFilter>().is_ok();
        let parts = !text.trim().is_empty() && text.split(',').all(|part| named(part) || level(part.trim()));
        (parts && tracing_subscriber::EnvFilter::try_new(text).is_ok()).then(|| text.to_owned())
    }
}

macro_rules! one_of {
    ($(#[$meta:meta])* $name:ident = $values:expr) => {
        $(#[$meta])*
        pub(super) struct $name;
        impl Rule for $name {
            fn expected() -> String {
                format!("one of {}", $values.join(", "))
            }
            fn accept(text: &str) -> Option<String> {
                $values.contains(&text).then(|| text.to_owned())
            }
        }
    };
}

one_of!(ThinkingLevel = THINKING_LEVELS);
one_of!(Strategy = STRATEGIES);
one_of!(OverrideMode = ["inherit", "custom"]);
one_of!(ExecSandbox = ["auto", "required", "off"]);

/// An entry of an agent's list of tools.
pub(super) struct ToolPattern;
impl Rule for ToolPattern {
    fn expected() -> String {
        format!(
            "\"*\", \"mcp:<server>\", \"mcp_<server>_<tool>\", or a built-in tool: {}",
            crate::domain::tool::BUILT_IN.join(", ")
        )
    }
    fn accept(text: &str) -> Option<String> {
        text.parse::<crate::domain::tool::Pattern>().ok().map(|pattern| pattern.to_string())
    }
}

/// A host, or a host with a port, as it stands in a URL.
pub(super) struct TrustedHost;
impl Rule for TrustedHost {
    fn expected() -> String {
        "a host or host:port, such as \"wiki.internal\", \"10.0.0.7:8080\" or \"[fd00::1]:8080\"".into()
    }
    fn accept(text: &str) -> Option<String> {
        let url = web_url(&format!("http://{text}"))?;
        let host = url.host_str()?.trim_end_matches('.').to_owned();
        let bare = url.path() == "/" && !text.contains(['/', '\\', '@', '*']);
        // A URL does not keep the port that is its scheme's own.
        let port = url.port().or_else(|| text.ends_with(":80").then_some(80));
        bare.then(|| port.map_or(host.clone(), |port| format!("{host}:{port}")))
    }
}

/// A string under a rule.
struct Text<R>(String, PhantomData<R>);

impl<'de, R: Rule> Deserialize<'de> for Text<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Seen<R>(PhantomData<R>);
        impl<R: Rule> Visitor<'_> for Seen<R> {
            type Value = Text<R>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&R::expected())
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                let kept = R::accept(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))?;
                Ok(Text(kept, PhantomData))
            }
        }
        deserializer.deserialize_str(Seen(PhantomData))
    }
}

/// A string under the rule `R`.
pub(super) fn text<'de, R: Rule, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Text::<R>::deserialize(deserializer)?.0)
}

/// A string under the rule `R`, or null.
pub(super) fn maybe_text<'de, R: Rule, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Ok(Option::<Text<R>>::deserialize(deserializer)?.map(|text| text.0))
}

/// A list of strings under the rule `R`.
pub(super) fn texts<'de, R: Rule, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(Vec::<Text<R>>::deserialize(deserializer)?.into_iter().map(|text| text.0).collect())
}

/// A whole number from `MIN` to `MAX`.
struct Within<const MIN: u64, const MAX: u64, T>(T);

impl<'de, const MIN: u64, const MAX: u64, T: TryFrom<u64>> Deserialize<'de> for Within<MIN, MAX, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Seen<const MIN: u64, const MAX: u64, T>(PhantomData<T>);
        impl<const MIN: u64, const MAX: u64, T: TryFrom<u64>> Visitor<'_> for Seen<MIN, MAX, T> {
            type Value = Within<MIN, MAX, T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a whole number from {MIN} to {MAX}")
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                let wrong = || E::invalid_value(Unexpected::Unsigned(number), &self);
                if !(MIN..=MAX).contains(&number) {
                    return Err(wrong());
                }
                T::try_from(number).map(Within).map_err(|_| wrong())
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                match u64::try_from(number) {
                    Ok(number) => self.visit_u64(number),
                    Err(_) => Err(E::invalid_value(Unexpected::Signed(number), &self)),
                }
            }
        }
        deserializer.deserialize_u64(Seen(PhantomData))
    }
}

/// A whole number from `MIN` to `MAX`.
pub(super) fn within<'de, const MIN: u64, const MAX: u64, T: TryFrom<u64>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Within::<MIN, MAX, T>::deserialize(deserializer)?.0)
}

/// A whole number from `MIN` to `MAX`, or null.
pub(super) fn maybe_within<'de, const MIN: u64, const MAX: u64, T: TryFrom<u64>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Ok(Option::<Within<MIN, MAX, T>>::deserialize(deserializer)?.map(|number| number.0))
}

/// A directory, or null for the default of the present user, which the loader fills in.
pub(super) fn data_dir<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    Ok(Option::<PathBuf>::deserialize(deserializer)?.unwrap_or_default())
}

/// Ports to listen on.
pub(super) fn ports<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u16>, D::Error> {
    let ports = Vec::<Within<0, 65_535, u16>>::deserialize(deserializer)?;
    Ok(ports.into_iter().map(|port| port.0).collect())
}

/// A sampling temperature, 0 to 2, or null.
pub(super) fn temperature<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    struct Temperature(f64);
    impl<'de> Deserialize<'de> for Temperature {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Seen;
            impl Visitor<'_> for Seen {
                type Value = Temperature;
                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("a number from 0 to 2")
                }
                fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
                    let right = (0.0..=2.0).contains(&number);
                    let wrong = || E::invalid_value(Unexpected::Float(number), &self);
                    right.then_some(Temperature(number)).ok_or_else(wrong)
                }
                fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                    let wrong = || E::invalid_value(Unexpected::Unsigned(number), &self);
                    u32::try_from(number)
                        .map_err(|_| wrong())
                        .and_then(|number| self.visit_f64(number.into()))
                }
                fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                    Err(E::invalid_value(Unexpected::Signed(number), &self))
                }
            }
            deserializer.deserialize_f64(Seen)
        }
    }
    Ok(Option::<Temperature>::deserialize(deserializer)?.map(|temperature| temperature.0))
}

/// What stands in for a secret wherever settings are shown.
pub(super) const MASK: &str = "***";

/// A secret: null and the empty string are none; it is shown as [`MASK`], and an error never repeats it.
pub(super) mod secret {
    use super::{Deserialize, Deserializer, MASK, SecretString, de};
    use serde::Serializer;

    #[expect(clippy::ref_option, reason = "the signature is serde's")]
    pub(in crate::config) fn serialize<S: Serializer>(
        secret: &Option<SecretString>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match secret {
            Some(_) => serializer.serialize_str(MASK),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<SecretString>, D::Error> {
        read(serde_json::Value::deserialize(deserializer)?).map_err(de::Error::custom)
    }

    /// One secret, or what is wrong with it.
    pub(super) fn read(value: serde_json::Value) -> Result<Option<SecretString>, &'static str> {
        match value {
            serde_json::Value::Null => Ok(None),
            serde_json::Value::String(text) if text.is_empty() => Ok(None),
            serde_json::Value::String(text) if text == MASK => {
                Err("the secret itself is needed here, not the mask that stands in for it")
            }
            serde_json::Value::String(text) => Ok(Some(text.into())),
            _ => Err("expected a string (what was found is a secret and is not shown)"),
        }
    }
}

/// Several of them: null is none.
pub(super) mod secrets {
    use super::{Deserialize, Deserializer, MASK, SecretString, de, secret};
    use serde::Serializer;

    pub(in crate::config) fn serialize<S: Serializer>(
        secrets: &[SecretString],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(secrets.iter().map(|_| MASK))
    }

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<SecretString>, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::Null => Ok(Vec::new()),
            serde_json::Value::Array(items) => {
                let secrets = items.into_iter().filter_map(|item| secret::read(item).transpose());
                secrets.collect::<Result<_, _>>().map_err(de::Error::custom)
            }
            _ => Err(de::Error::custom(
                "expected a list of strings (what was found may be a secret and is not shown)",
            )),
        }
    }
}

/// Secrets by name: null is none.
pub(super) mod named_secrets {
    use super::{Deserialize, Deserializer, MASK, SecretString, de, secret};
    use serde::Serializer;
    use std::collections::BTreeMap;

    pub(in crate::config) fn serialize<S: Serializer>(
        secrets: &BTreeMap<String, SecretString>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(secrets.keys().map(|name| (name, MASK)))
    }

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<String, SecretString>, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::Null => Ok(BTreeMap::new()),
            serde_json::Value::Object(members) => {
                let named = |(name, value)| match secret::read(value) {
                    Ok(secret) => Ok((name, secret.unwrap_or_default())),
                    Err(wrong) => Err(de::Error::custom(format_args!("{name}: {wrong}"))),
                };
                members.into_iter().map(named).collect()
            }
            _ => Err(de::Error::custom(
                "expected an object of strings (what was found may be a secret and is not shown)",
            )),
        }
    }
}
