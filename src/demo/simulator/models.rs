//! The model list: the catalogue that client 0.169 bundles, plus `gpt-5.3-codex`, in the native shape.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::ids;

static CATALOGUE: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let mut file: Value =
        serde_json::from_str(include_str!("models.json")).expect("models.json is valid JSON");
    match file["models"].take() {
        Value::Array(models) => models,
        _ => Vec::new(),
    }
});

fn slug(model: &Value) -> &str {
    model["slug"].as_str().unwrap_or_default()
}

/// The slugs with `visibility: list`, by priority.
pub(super) fn listed() -> Vec<String> {
    CATALOGUE
        .iter()
        .filter(|model| model["visibility"] == "list")
        .map(|model| slug(model).to_owned())
        .collect()
}

/// The catalogue's entry of this slug.
pub(super) fn find(wanted: &str) -> Option<&'static Value> {
    CATALOGUE.iter().find(|model| slug(model) == wanted)
}

/// Whether this model takes Responses-Lite. A slug outside the catalogue is classic.
pub(super) fn is_lite(slug: &str) -> bool {
    find(slug).is_some_and(|model| model["use_responses_lite"] == true)
}

/// The efforts that the backend takes for this model: `ultra` is the client's notion and never goes over the wire.
pub(super) fn efforts(slug: &str) -> Vec<&'static str> {
    let levels = find(slug).and_then(|model| model["supported_reasoning_levels"].as_array());
    let Some(levels) = levels else {
        return vec!["low", "medium", "high"];
    };
    levels.iter().filter_map(|level| level["effort"].as_str()).filter(|effort| *effort != "ultra").collect()
}

/// The effort the model takes when none is asked for.
pub(super) fn default_effort(slug: &str) -> &'static str {
    find(slug).and_then(|model| model["default_reasoning_level"].as_str()).unwrap_or("medium")
}

/// The answer of `GET /models` for these slugs. A slug outside the catalogue gets a minimal entry.
pub(super) fn native_list(slugs: &[String]) -> Value {
    let entries: Vec<Value> = slugs
        .iter()
        .map(|slug| {
            find(slug).cloned().unwrap_or_else(|| {
                json!({
                    "slug": slug, "display_name": slug,
                    "supported_reasoning_levels": [{"effort": "medium", "description": "default"}],
                    "shell_type": "unified_exec", "visibility": "list", "supported_in_api": true, "priority": 99,
                    "support_verbosity": true, "truncation_policy": {"mode": "tokens", "limit": 10000},
                    "experimental_supported_tools": [], "base_instructions": "You are a coding agent."
                })
            })
        })
        .collect();
    json!({ "models": entries })
}

/// The `ETag` of that answer.
pub(super) fn etag(slugs: &[String]) -> String {
    let parts: Vec<&str> = slugs.iter().map(String::as_str).collect();
    format!("W/\"{}\"", ids::hex(&ids::digest(&parts), 16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_has_what_the_client_throws_the_list_away_without() {
        let needed = [
            "slug",
            "display_name",
            "supported_reasoning_levels",
            "shell_type",
            "visibility",
            "supported_in_api",
            "priority",
            "support_verbosity",
            "truncation_policy",
            "experimental_supported_tools",
            "base_instructions",
        ];
        let mut slugs = listed();
        slugs.push("a-future-model".into());
        let list = native_list(&slugs);
        for model in list["models"].as_array().expect("a list") {
            for key in needed {
                assert!(!model[key].is_null(), "{} lacks {key}", model["slug"]);
            }
        }
    }

    #[test]
    fn the_classic_models_are_the_two_that_take_top_level_tools() {
        let classic: Vec<String> = listed().into_iter().filter(|slug| !is_lite(slug)).collect();
        assert_eq!(classic, ["gpt-5.5", "gpt-5.3-codex"]);
    }

    #[test]
    fn ultra_is_not_an_effort_of_the_wire() {
        assert_eq!(efforts("gpt-6.1-sol"), ["low", "medium", "high", "xhigh", "max"]);
    }
}
