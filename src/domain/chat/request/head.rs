//! What is needed of a chat request before anything is decided, and on the way back.

use super::fault;
use crate::domain::responses::request::RequestError;
use serde::Deserialize;
use serde_json::Value;

/// The members of a `/v1/chat/completions` body that matter besides its translation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChatHead {
    pub model: Option<String>,
    /// Whether the client wants a stream; `false` when it does not say.
    pub stream: bool,
    /// `stream_options.include_usage`: one more chunk, with the usage.
    pub include_usage: bool,
    /// The client's name for its own user.
    pub user: Option<String>,
    /// `max_completion_tokens`, else `max_tokens`.
    pub max_tokens: Option<u64>,
    /// The stop sequences, empty ones left out.
    pub stop: Vec<String>,
    /// The client's own key, `None` when empty.
    pub prompt_cache_key: Option<String>,
    /// `reasoning_effort`, else `reasoning.effort`.
    pub effort: Option<String>,
    pub service_tier: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    model: Option<String>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    user: Option<String>,
    max_tokens: Option<Value>,
    max_completion_tokens: Option<Value>,
    stop: Option<Value>,
    n: Option<Value>,
    prompt_cache_key: Option<String>,
    reasoning_effort: Option<String>,
    reasoning: Option<Reasoning>,
    service_tier: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct StreamOptions {
    include_usage: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reasoning {
    effort: Option<String>,
}

/// Reads the head of a body without building a tree of it.
///
/// # Errors
/// The body is not a JSON object, a member that is read has the wrong type, or more than one choice is asked for.
pub fn read_head(body: &[u8]) -> Result<ChatHead, RequestError> {
    if body.iter().find(|b| !b.is_ascii_whitespace()) != Some(&b'{') {
        return Err(fault("invalid_json", "", "the body must be a JSON object"));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let wire: Wire = serde_path_to_error::deserialize(&mut json).map_err(|e| located(&e))?;
    json.end().map_err(|_| fault("invalid_json", "", "something follows the JSON object of the body"))?;
    refuse_several_choices(wire.n.as_ref())?;
    let limit = match (&wire.max_completion_tokens, &wire.max_tokens) {
        (Some(limit), _) => Some(count(limit, "max_completion_tokens")?),
        (None, Some(limit)) => Some(count(limit, "max_tokens")?),
        (None, None) => None,
    };
    Ok(ChatHead {
        model: wire.model.filter(|m| !m.is_empty()),
        stream: wire.stream.unwrap_or(false),
        include_usage: wire.stream_options.and_then(|o| o.include_usage).unwrap_or(false),
        user: wire.user.filter(|u| !u.is_empty()),
        max_tokens: limit,
        stop: stop(wire.stop.as_ref())?,
        prompt_cache_key: wire.prompt_cache_key.filter(|k| !k.is_empty()),
        effort: wire.reasoning_effort.or(wire.reasoning.and_then(|r| r.effort)),
        service_tier: wire.service_tier,
    })
}

/// `n`: an account gives one answer at a time.
pub(super) fn refuse_several_choices(n: Option<&Value>) -> Result<(), RequestError> {
    match n {
        None | Some(Value::Null) => Ok(()),
        Some(n) if n.as_f64() == Some(1.0) => Ok(()),
        Some(n) => Err(fault("unsupported_value", "n", format!("`n` must be 1 here, not {n}"))),
    }
}

fn count(value: &Value, param: &str) -> Result<u64, RequestError> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be a whole number"
    )]
    let whole = |n: f64| (n.fract() == 0.0 && (1.0..9e15).contains(&n)).then_some(n as u64);
    value.as_f64().and_then(whole).ok_or_else(|| {
        fault("invalid_value", param, format!("`{param}` must be a whole number of at least 1"))
    })
}

fn stop(value: Option<&Value>) -> Result<Vec<String>, RequestError> {
    let wrong = || fault("invalid_type", "stop", "`stop` must be a string or a list of strings");
    let list = match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(list)) => {
            list.iter().map(|s| s.as_str().map(str::to_owned).ok_or_else(wrong)).collect::<Result<_, _>>()?
        }
        Some(_) => return Err(wrong()),
    };
    Ok(list.into_iter().filter(|s| !s.is_empty()).collect())
}

fn located(error: &serde_path_to_error::Error<serde_json::Error>) -> RequestError {
    let path = error.path().to_string();
    match error.inner() {
        inner if inner.is_data() && path != "." => {
            fault("invalid_type", &path, format!("`{path}` is not right: {inner}"))
        }
        inner => fault("invalid_json", "", format!("the body is not valid JSON: {inner}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_tells_what_the_way_back_needs() {
        let head = read_head(
            br#"{"model":"m","stream":true,"stream_options":{"include_usage":true},"max_tokens":5,
                "max_completion_tokens":7.0,"stop":["END",""],"n":1,"user":"","messages":[{"role":"user"}]}"#,
        )
        .expect("head");
        assert!(head.stream && head.include_usage && head.user.is_none());
        assert_eq!((head.max_tokens, head.stop), (Some(7), vec!["END".to_owned()]));
        let nulls =
            read_head(br#"{"stream":null,"stop":null,"max_tokens":null,"n":null,"stream_options":null}"#);
        assert_eq!(nulls, Ok(ChatHead::default()));
    }

    #[test]
    fn a_fault_is_named_by_its_place() {
        for (body, code, param) in [
            (r#"{"stream":"yes"}"#, "invalid_type", Some("stream")),
            (
                r#"{"stream_options":{"include_usage":1}}"#,
                "invalid_type",
                Some("stream_options.include_usage"),
            ),
            (r#"{"n":2}"#, "unsupported_value", Some("n")),
            (r#"{"max_tokens":0}"#, "invalid_value", Some("max_tokens")),
            (r#"{"stop":[1]}"#, "invalid_type", Some("stop")),
            ("[]", "invalid_json", None),
            ("{", "invalid_json", None),
            ("{} {}", "invalid_json", None),
            ("", "invalid_json", None),
        ] {
            let error = read_head(body.as_bytes()).expect_err(body);
            assert_eq!((error.code, error.param.as_deref()), (code, param), "{body}");
        }
    }
}
