//! A Codex client's own body: it goes through untouched, byte for byte, when nothing has to change.

use super::target::is_no_tier;
use super::{Head, Prepared, RequestError, Target, nothing_is_stored};
use crate::domain::responses::fields::{Fields, quote};
use bytes::Bytes;

/// The key by which a WebSocket frame says what the Lite header says over HTTP.
const LITE_METADATA: &str = "ws_request_header_x_openai_internal_codex_responses_lite";

/// What goes upstream for a Codex client's body.
///
/// Changed, if at all, are top-level members only, the others keep their bytes: the model's name, a tier that the
/// model lacks, an empty cache key, `store` and `stream` where the upstream would refuse them, and the rest of the
/// Lite contract when an `additional_tools` item makes the body Lite. Tools and instructions are never invented.
///
/// # Errors
/// It counts on a stored response, or a Lite body meets a model that is known not to take it.
pub fn prepare_native(body: &Bytes, head: &Head, target: &Target<'_>) -> Result<Prepared, RequestError> {
    if head.previous_response_id {
        return Err(nothing_is_stored());
    }
    target.takes_shape_of(head)?;
    let mut dropped = Vec::new();
    let changes = changes(head, target, &mut dropped);
    let rewritten = if changes.is_empty() {
        body.clone()
    } else {
        rewrite(body, &changes).map_err(|e| RequestError::new("invalid_json", None, e.to_string()))?
    };
    let own_key = head.prompt_cache_key.clone();
    Ok(Prepared {
        body: rewritten,
        lite: head.lite,
        dropped,
        max_output_tokens: None,
        stream: head.stream,
        prompt_cache_key_is_ours: own_key.is_none(),
        prompt_cache_key: own_key.unwrap_or_else(|| target.default_cache_key.to_owned()),
    })
}

enum Change {
    Set(&'static str, String),
    Remove(&'static str),
    ReasoningContext,
    LiteMetadata,
}

fn changes(head: &Head, target: &Target<'_>, dropped: &mut Vec<String>) -> Vec<Change> {
    let mut changes = Vec::new();
    if head.model.as_deref() != Some(target.model) {
        changes.push(Change::Set("model", quote(target.model)));
    }
    if !head.stream {
        changes.push(Change::Set("stream", "true".into()));
    }
    if head.store != Some(false) {
        changes.push(Change::Set("store", "false".into()));
    }
    if head.empty_prompt_cache_key {
        changes.push(match target.default_cache_key {
            "" => Change::Remove("prompt_cache_key"),
            key => Change::Set("prompt_cache_key", quote(key)),
        });
    }
    if let Some(asked) = &head.service_tier {
        match target.service_tier(asked) {
            Some(tier) if tier == *asked => {}
            Some(tier) => changes.push(Change::Set("service_tier", quote(&tier))),
            // A tier that this version does not know is the upstream's to judge, unless the model's list is known.
            None if target.service_tiers.is_none() && !is_no_tier(asked) => {}
            None => {
                changes.push(Change::Remove("service_tier"));
                if !is_no_tier(asked) {
                    dropped.push("service_tier".into());
                }
            }
        }
    }
    if head.lite {
        if head.parallel_tool_calls != Some(false) {
            changes.push(Change::Set("parallel_tool_calls", "false".into()));
        }
        if head.reasoning_context.as_deref() != Some("all_turns") {
            changes.push(Change::ReasoningContext);
        }
    } else if head.metadata_says_lite {
        changes.push(Change::LiteMetadata);
    }
    changes
}

fn rewrite(body: &Bytes, changes: &[Change]) -> Result<Bytes, serde_json::Error> {
    let mut fields = Fields::parse(body)?;
    for change in changes {
        match change {
            Change::Set(key, json) => fields.set(key, json.clone()),
            Change::Remove(key) => fields.remove(key),
            Change::ReasoningContext => {
                let mut reasoning = Fields::parse(fields.present("reasoning").unwrap_or("{}").as_bytes())?;
                reasoning.set("context", "\"all_turns\"");
                let json = reasoning.write();
                fields.set("reasoning", json);
            }
            Change::LiteMetadata => {
                let mut metadata =
                    Fields::parse(fields.present("client_metadata").unwrap_or("{}").as_bytes())?;
                metadata.remove(LITE_METADATA);
                let json = metadata.write();
                fields.set("client_metadata", json);
            }
        }
    }
    Ok(fields.write().into())
}

#[cfg(test)]
mod tests {
    use super::super::read_head;
    use super::*;

    const LITE: &str = r#"{"model":"gpt-6-sol","stream":true,"input":[{"type":"additional_tools","id":"at_1","role":"developer","tools":[ ]}, {"type":"message"}],"tool_choice":"auto","parallel_tool_calls":false,"reasoning":{"effort":"low","context":"all_turns"},"store":false,"include":["reasoning.encrypted_content"],"prompt_cache_key":"k"}"#;

    fn prepare(body: &str, target: &Target<'_>) -> Result<Prepared, RequestError> {
        let body = Bytes::from(body.to_owned());
        prepare_native(&body, &read_head(&body).expect("head"), target)
    }

    fn sol() -> Target<'static> {
        Target { model: "gpt-6-sol", default_cache_key: "ours", ..Target::default() }
    }

    #[test]
    fn a_body_that_needs_no_change_is_the_same_allocation() {
        let body = Bytes::from_static(LITE.as_bytes());
        let prepared = prepare_native(&body, &read_head(&body).expect("head"), &sol()).expect("prepared");
        assert_eq!(prepared.body.as_ptr(), body.as_ptr());
        assert_eq!(prepared.body.len(), body.len());
        assert!(prepared.lite && prepared.stream && !prepared.prompt_cache_key_is_ours);
    }

    #[test]
    fn a_renamed_model_changes_its_name_and_nothing_else() {
        let prepared = prepare(LITE, &Target { model: "gpt-6.1-sol", ..sol() }).expect("prepared");
        assert_eq!(&prepared.body[..], LITE.replacen("gpt-6-sol", "gpt-6.1-sol", 1).as_bytes());
    }

    #[test]
    fn the_lite_contract_is_filled_in_and_input_tools_and_instructions_are_left_alone() {
        let body = r#"{"model":"gpt-6-sol","input":[{"type":"additional_tools","tools":[{"b":1, "a":1.0}]}],"reasoning":{"effort":"low"},"parallel_tool_calls":true,"stream":true,"store":false}"#;
        let prepared = prepare(body, &sol()).expect("prepared");
        assert_eq!(
            std::str::from_utf8(&prepared.body).expect("text"),
            r#"{"model":"gpt-6-sol","input":[{"type":"additional_tools","tools":[{"b":1, "a":1.0}]}],"reasoning":{"effort":"low","context":"all_turns"},"parallel_tool_calls":false,"stream":true,"store":false}"#
        );
        let bare = prepare(
            r#"{"model":"gpt-6-sol","input":[{"type":"additional_tools"}],"reasoning":null}"#,
            &sol(),
        );
        let bare = bare.expect("prepared");
        assert!(
            std::str::from_utf8(&bare.body).expect("text").contains(r#""reasoning":{"context":"all_turns"}"#)
        );
        assert!(!bare.body.windows(7).any(|w| w == b"\"tools\"") && bare.prompt_cache_key == "ours");
    }

    #[test]
    fn what_the_upstream_refuses_is_mended_and_no_lite_claim_outlives_its_item() {
        let body = r#"{"model":"gpt-6-sol","stream":false,"prompt_cache_key":"","service_tier":"fast","input":[],"client_metadata":{"a":"b","ws_request_header_x_openai_internal_codex_responses_lite":"true"}}"#;
        let prepared = prepare(body, &sol()).expect("prepared");
        assert_eq!(
            std::str::from_utf8(&prepared.body).expect("text"),
            r#"{"model":"gpt-6-sol","stream":true,"prompt_cache_key":"ours","service_tier":"priority","input":[],"client_metadata":{"a":"b"},"store":false}"#
        );
        assert!(!prepared.stream && !prepared.lite);
        let none = Target { service_tiers: Some(&[]), ..sol() };
        let body = r#"{"model":"gpt-6-sol","stream":true,"store":false,"service_tier":"priority"}"#;
        let prepared = prepare(body, &none).expect("prepared");
        assert_eq!(&prepared.body[..], br#"{"model":"gpt-6-sol","stream":true,"store":false}"#);
        assert_eq!(prepared.dropped, ["service_tier"]);
    }

    #[test]
    fn a_lite_body_for_a_classic_model_and_a_stored_response_are_refused_here() {
        let classic = Target { model_is_lite: Some(false), ..sol() };
        assert_eq!(prepare(LITE, &classic).expect_err("refused").param.as_deref(), Some("input"));
        let stored = prepare(r#"{"model":"gpt-6-sol","previous_response_id":"resp_1"}"#, &sol());
        assert_eq!(stored.expect_err("refused").param.as_deref(), Some("previous_response_id"));
    }
}
