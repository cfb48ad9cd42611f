//! A JSON object of which single members are changed while all others keep their very bytes.
//!
//! The order of keys inside a tool or a schema is part of what the upstream caches a prompt by, and an echo of
//! instructions and tools may be 100 kB: neither is parsed into a tree and written anew.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The members of an object in their order, each value as the JSON text that it came in.
#[derive(Clone, Debug, Default)]
pub(in crate::domain) struct Fields<'a>(Vec<(String, Cow<'a, str>)>);

impl<'a> Fields<'a> {
    /// Reads one object. Anything else is an error.
    pub(in crate::domain) fn parse(json: &'a [u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(json)
    }

    /// The JSON text of a member.
    pub(in crate::domain) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| &**v)
    }

    /// A member that is there and not null.
    pub(in crate::domain) fn present(&self, key: &str) -> Option<&str> {
        self.get(key).filter(|json| *json != "null")
    }

    /// Replaces a member in its place, or appends it. `json` is JSON text.
    pub(in crate::domain) fn set(&mut self, key: &str, json: impl Into<Cow<'a, str>>) {
        match self.0.iter_mut().find(|(k, _)| k == key) {
            Some((_, value)) => *value = json.into(),
            None => self.0.push((key.to_owned(), json.into())),
        }
    }

    pub(in crate::domain) fn remove(&mut self, key: &str) {
        self.0.retain(|(k, _)| k != key);
    }

    /// The object as JSON text.
    pub(in crate::domain) fn write(&self) -> String {
        let size = self.0.iter().map(|(k, v)| k.len() + v.len() + 4).sum::<usize>();
        let mut out = String::with_capacity(size + 2);
        for (key, value) in &self.0 {
            out.push(if out.is_empty() { '{' } else { ',' });
            out.push_str(&quote(key));
            out.push(':');
            out.push_str(value);
        }
        out.push_str(if out.is_empty() { "{}" } else { "}" });
        out
    }
}

/// A string as JSON text.
pub(in crate::domain) fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, &'de RawValue>()? {
                    fields.push((key, Cow::Borrowed(value.get())));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_changed_keeps_its_bytes_and_its_place() {
        let json = br#" {"b": {"z":1.0, "a" : [ ]}, "a\n":"x", "c":null} "#;
        let mut fields = Fields::parse(json).expect("object");
        assert_eq!((fields.get("c"), fields.present("c")), (Some("null"), None));
        fields.set("c", "7");
        fields.set("d", quote("\""));
        assert_eq!(fields.write(), r#"{"b":{"z":1.0, "a" : [ ]},"a\n":"x","c":7,"d":"\""}"#);
        fields.remove("b");
        assert_eq!(fields.get("b"), None);
        assert_eq!(Fields::default().write(), "{}");
        assert!(Fields::parse(b"[]").is_err());
    }
}
