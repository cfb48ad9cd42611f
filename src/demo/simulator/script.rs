//! What an account is told to do instead of its ordinary answer. Every type here is also the JSON of the control API.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::refusal::Refusal;

/// Which call a script is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `POST /backend-api/codex/responses`, and the chat completions of the compatible endpoint.
    #[default]
    Responses,
    /// `POST /oauth/token`, once the account is known from its code or refresh token.
    Token,
    /// `GET /backend-api/codex/models`, and the model list of the compatible endpoint.
    Models,
    /// `GET /backend-api/wham/usage`.
    Usage,
    /// `GET /backend-api/wham/accounts/check`.
    AccountsCheck,
}

/// One scripted reaction.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Script {
    /// The ordinary answer: a place holder in a queue.
    Default,
    /// This answer, unprocessed. A string body is sent as HTML.
    Status {
        /// The HTTP status.
        status: u16,
        /// Headers beside the content type.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// The body.
        #[serde(default)]
        body: Value,
    },
    /// The recorded refusal or stream of this name below `tests/fixtures`, without its ending.
    Fixture {
        /// `error-429-slow_down`, `token-error-401-refresh_token_expired`, `refusal`, …
        name: String,
    },
    /// A stream with these particulars. For [`Endpoint::Responses`] only; elsewhere it is the ordinary answer.
    Stream(Box<StreamScript>),
    /// Waits, then does the other.
    Delay {
        /// Milliseconds.
        ms: u64,
        /// What comes after.
        then: Box<Script>,
    },
    /// Waits until the account is let go on (`AccountHandle::go_on`), then does the other.
    Held {
        /// What comes after.
        then: Box<Script>,
    },
    /// Takes the request and never answers.
    Hang,
    /// Drops the connection with a TCP reset, the request unprocessed.
    Reset,
    /// Does the work, then drops the connection: the lost answer.
    LoseAnswer,
}

impl Script {
    /// This status and JSON body.
    pub fn status(status: u16, body: Value) -> Self {
        Self::Status { status, headers: BTreeMap::new(), body }
    }

    /// A recorded refusal or stream.
    pub fn fixture(name: &str) -> Self {
        Self::Fixture { name: name.to_owned() }
    }

    /// A stream with these particulars.
    pub fn stream(stream: StreamScript) -> Self {
        Self::Stream(Box::new(stream))
    }

    /// A stream that answers with this text.
    pub fn text(text: &str) -> Self {
        let source = Source::Text { text: text.to_owned() };
        Self::stream(StreamScript { source, ..StreamScript::default() })
    }

    /// A stream that says something and calls these functions with these arguments.
    pub fn calls(text: &str, calls: &[(&str, Value)]) -> Self {
        let calls =
            calls.iter().map(|(name, arguments)| ((*name).to_owned(), arguments.to_string())).collect();
        let source = Source::ToolCalls { text: text.to_owned(), calls };
        Self::stream(StreamScript { source, ..StreamScript::default() })
    }

    /// Waits until the account is let go on.
    #[must_use]
    pub fn held(self) -> Self {
        Self::Held { then: Box::new(self) }
    }

    /// Waits this long first.
    #[must_use]
    pub fn delayed(self, ms: u64) -> Self {
        Self::Delay { ms, then: Box::new(self) }
    }
}

/// Where the events of a stream come from.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Made from the request.
    #[default]
    Generated,
    /// `<name>.sse` below `tests/fixtures`, byte for byte.
    Fixture(String),
    /// An assistant message with this text.
    Text {
        /// The text.
        text: String,
    },
    /// One function call.
    ToolCall {
        /// The function.
        name: String,
        /// Its arguments, JSON as a string; it may be broken on purpose.
        arguments: String,
    },
    /// Something said before these calls, which are made in one answer.
    ToolCalls {
        /// May be empty.
        text: String,
        /// Function and arguments.
        calls: Vec<(String, String)>,
    },
    /// These bytes, one frame per blank line.
    Raw(String),
}

/// How the bytes are cut into writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chunking {
    /// One write per event.
    #[default]
    PerEvent,
    /// Everything at once.
    Whole,
    /// One write per byte.
    PerByte,
    /// Writes of 1 to `max` bytes, the same ones for the same seed.
    Random {
        /// Of the generator.
        seed: u64,
        /// The longest write.
        max: usize,
    },
}

/// How a stream that is cut ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CutMode {
    /// The body ends well, only too early.
    Eof,
    /// TCP reset.
    Reset,
    /// Nothing more comes, and the connection stays.
    Hang,
}

/// Ends a stream early.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Cut {
    /// After this many events, vendor frames and keep-alives included.
    pub after_events: usize,
    /// How.
    pub mode: CutMode,
}

/// The frame that tells of a failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureFrame {
    /// `response.failed`.
    #[default]
    Failed,
    /// `error` with a nested `error` object.
    Error,
    /// `error` with `code` and `message` at the top level.
    FlatError,
    /// `error`, then `response.failed`.
    ErrorThenFailed,
}

/// A failure told inside a 200 stream.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// After this many events; absent: right before the first output item.
    #[serde(default)]
    pub after_events: Option<usize>,
    /// `server_is_overloaded`, `rate_limit_exceeded`, …
    pub code: String,
    /// The text for people.
    #[serde(default)]
    pub message: String,
    /// More fields of the error, such as `resets_at`.
    #[serde(default)]
    pub extra: serde_json::Map<String, Value>,
    /// Which frame.
    #[serde(default)]
    pub frame: FailureFrame,
}

impl Failure {
    /// Before any output, as `response.failed`.
    pub fn before_output(code: &str, message: &str) -> Self {
        Self {
            after_events: None,
            code: code.to_owned(),
            message: message.to_owned(),
            extra: serde_json::Map::new(),
            frame: FailureFrame::default(),
        }
    }

    /// After this many events, as `response.failed`.
    pub fn after(events: usize, code: &str, message: &str) -> Self {
        Self { after_events: Some(events), ..Self::before_output(code, message) }
    }
}

/// Bytes that do not belong in the stream.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Garbage {
    /// Before this event, counted from 0.
    pub at_event: usize,
    /// What is written, as it is.
    pub text: String,
}

/// The particulars of a scripted stream. Everything left out is as in an ordinary answer.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of a test script")]
pub struct StreamScript {
    /// Where the events come from.
    pub source: Source,
    /// Response headers beside the ordinary ones; they win over them.
    pub headers: BTreeMap<String, String>,
    /// Milliseconds before the response's head.
    pub before_headers_ms: u64,
    /// Milliseconds between the head and the first event.
    pub before_first_ms: u64,
    /// Milliseconds before every event; absent: the pace of the simulator.
    pub per_event_ms: Option<u64>,
    /// `codex.rate_limits` and `codex.response.metadata` first.
    pub prelude: bool,
    /// So many `keepalive` events before the first output item.
    pub keepalives: usize,
    /// Milliseconds before each of them.
    pub keepalive_ms: u64,
    /// Leave out every delta: only the `done` events tell the content.
    pub no_deltas: bool,
    /// Complete without one output item.
    pub empty: bool,
    /// `output` in the terminal event holds the items; ordinarily it is empty.
    pub populated_output: bool,
    /// End as `response.incomplete` with this reason.
    pub incomplete: Option<String>,
    /// The model that the response names instead of the asked one.
    pub served_model: Option<String>,
    /// Leave out the terminal event.
    pub no_terminal: bool,
    /// Fail inside the stream.
    pub failure: Option<Failure>,
    /// Bytes that do not belong there.
    pub garbage: Option<Garbage>,
    /// End early.
    pub cut: Option<Cut>,
    /// The events of `failure` and of `cut` are counted from the first one with text on, and the terminal one is not
    /// reached.
    pub from_text: bool,
    /// How the bytes are cut into writes.
    pub chunking: Chunking,
    /// CR LF instead of LF.
    pub crlf: bool,
    /// Without the `event:` lines.
    pub no_event_lines: bool,
}

impl StreamScript {
    /// A recorded stream.
    pub fn fixture(name: &str) -> Self {
        Self { source: Source::Fixture(name.to_owned()), ..Self::default() }
    }

    /// The ordinary answer, cut.
    pub fn cut_after(after_events: usize, mode: CutMode) -> Self {
        Self { cut: Some(Cut { after_events, mode }), ..Self::default() }
    }

    /// The ordinary answer, failing inside the stream.
    pub fn failing(failure: Failure) -> Self {
        Self { failure: Some(failure), ..Self::default() }
    }
}

/// Where the recorded shapes are. Read when asked for, so that the binary carries none of them.
fn fixture_text(file: &str) -> Result<String, String> {
    if file.contains(['/', '\\']) {
        return Err(format!("`{file}` is no fixture name"));
    }
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures")).join(file);
    std::fs::read_to_string(&path).map_err(|error| format!("fixture {}: {error}", path.display()))
}

/// The text of `<name>.sse`.
pub(super) fn sse_fixture(name: &str) -> Result<String, String> {
    fixture_text(&format!("{name}.sse"))
}

/// The value in `<name>.json`.
pub(super) fn json_fixture(name: &str) -> Result<Value, String> {
    serde_json::from_str(&fixture_text(&format!("{name}.json"))?)
        .map_err(|error| format!("fixture {name}: {error}"))
}

/// The refusal in `error-*.json`, `error-*.html`, or `token-error-<status>-*.json`.
pub(super) fn error_fixture(name: &str) -> Result<Refusal, String> {
    if let Ok(html) = fixture_text(&format!("{name}.html")) {
        let status = status_in(name).unwrap_or(403);
        return Ok(Refusal::new(status, Value::String(html)).header("cf-mitigated", "challenge"));
    }
    let value = json_fixture(name)?;
    let Some(status) = value["status"].as_u64().filter(|_| !value["headers"].is_null()) else {
        let status = status_in(name).ok_or_else(|| format!("fixture {name} names no status"))?;
        return Ok(Refusal::new(status, value));
    };
    let mut refusal = Refusal::new(u16::try_from(status).unwrap_or(500), value["body"].clone());
    for (header, text) in value["headers"].as_object().into_iter().flatten() {
        refusal = refusal.header(header, text.as_str().unwrap_or_default());
    }
    Ok(refusal)
}

fn status_in(name: &str) -> Option<u16> {
    name.split('-').find_map(|part| part.parse().ok().filter(|status| (100..600).contains(status)))
}

/// What a fixture that is missing answers: the test should see it at once.
pub(super) fn broken(reason: &str) -> Refusal {
    Refusal::new(500, json!({ "detail": format!("simulator: {reason}") }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_written_as_json_by_hand() {
        let script: Script = serde_json::from_value(json!({
            "kind": "stream", "source": {"text": {"text": "hi"}}, "cut": {"after_events": 3, "mode": "reset"},
            "chunking": {"random": {"seed": 1, "max": 7}},
        }))
        .expect("a script");
        let Script::Stream(stream) = script else { panic!("no stream") };
        assert!(stream.cut.is_some_and(|cut| cut.after_events == 3));
        assert!(serde_json::from_value::<Script>(json!({ "kind": "stream", "cutt": 1 })).is_err());
        let delayed = Script::status(500, Value::Null).delayed(5);
        let again: Script =
            serde_json::from_value(serde_json::to_value(delayed).expect("json")).expect("a script");
        assert!(matches!(again, Script::Delay { ms: 5, .. }));
    }

    #[test]
    fn a_token_error_has_its_status_in_its_name() {
        let refusal = error_fixture("token-error-401-refresh_token_reused").expect("the fixture exists");
        assert_eq!((refusal.status, &refusal.body["error"]["code"]), (401, &json!("refresh_token_reused")));
    }
}
