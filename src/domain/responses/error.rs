//! A refusal of the upstream, whatever shape it came in.
//!
//! Three body shapes over HTTP (`{"error": {…}}`, `{"detail": "text"}`, `{"detail": {"code": …}}`), HTML from a proxy
//! in between, `response.failed` and `error` events inside a stream. Reading one never fails.

use serde_json::Value;

/// What could be read of a refusal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UpstreamError {
    /// The HTTP status, `None` when it came inside a stream.
    pub status: Option<u16>,
    /// `error.code`, or `detail.code`.
    pub code: Option<String>,
    /// `error.type`.
    pub kind: Option<String>,
    pub message: String,
    pub param: Option<String>,
    /// Unix seconds at which a used-up limit starts anew.
    pub resets_at: Option<i64>,
    /// Seconds until then, when only that is told.
    pub resets_in_seconds: Option<i64>,
    /// How long the used-up window is.
    pub limit_window_minutes: Option<i64>,
    /// The `x-codex-*` headers of the refusal, names in lower case: the quota as of now.
    pub limit_headers: Vec<(String, String)>,
    /// Seconds to wait: `Retry-After`, else "try again in …" of the message.
    pub retry_after_seconds: Option<f64>,
    /// The body is a page, not JSON: something between us and the upstream answered.
    pub is_html: bool,
}

impl UpstreamError {
    /// From an HTTP answer. `retry_after` is that header's value in seconds.
    pub fn from_http(status: u16, retry_after: Option<f64>, body: &[u8]) -> Self {
        let mut error = match serde_json::from_slice::<Value>(body) {
            Ok(value) => Self::from_value(&value),
            Err(_) => Self::from_text(body),
        };
        error.status = Some(status);
        error.retry_after_seconds = retry_after.or(error.retry_after_seconds);
        if error.message.is_empty() {
            error.message = format!("the upstream answered {status}");
        }
        error
    }

    /// From the data of a `response.failed` or an `error` event.
    pub fn from_event(data: &[u8]) -> Self {
        let value: Value = serde_json::from_slice(data).unwrap_or_default();
        let inner = value.pointer("/response/error").filter(|e| !e.is_null());
        let mut error = match inner {
            Some(e) => Self::from_object(e),
            None => Self::from_value(&value),
        };
        if error.message.is_empty() {
            error.message = "the upstream reported a failure without a reason".into();
        }
        error
    }

    /// `code`, else `type`: what this refusal is called.
    pub fn name(&self) -> Option<&str> {
        self.code.as_deref().or(self.kind.as_deref())
    }

    /// Whether `code` or `type` is one of `names`.
    pub fn is_any(&self, names: &[&str]) -> bool {
        [&self.code, &self.kind].into_iter().flatten().any(|n| names.contains(&n.as_str()))
    }

    /// When a used-up limit starts anew, in Unix seconds. A reset that is over already is none.
    pub fn resets_at(&self, now: i64) -> Option<i64> {
        let told = self.resets_at.or_else(|| self.resets_in_seconds.map(|s| now.saturating_add(s)));
        told.filter(|at| *at > now)
    }

    fn from_value(value: &Value) -> Self {
        match (value.get("error"), value.get("detail")) {
            (Some(error @ Value::Object(_)), _) => Self::from_object(error),
            (Some(Value::String(text)), _) => Self { code: Some(text.clone()), ..Self::from_object(value) },
            (_, Some(detail @ Value::Object(_))) => Self::from_object(detail),
            (_, Some(Value::String(text))) => Self::with_message(text.clone()),
            // FastAPI's validation errors: [{"msg": …}, …]
            (_, Some(Value::Array(list))) => Self::with_message(
                list.iter().filter_map(|e| e["msg"].as_str()).collect::<Vec<_>>().join("; "),
            ),
            _ => Self::from_object(value),
        }
    }

    fn from_object(error: &Value) -> Self {
        let text = |key: &str| error.get(key).and_then(Value::as_str).map(str::to_owned);
        let number = |key: &str| error.get(key).and_then(Value::as_f64);
        #[expect(clippy::cast_possible_truncation, reason = "seconds; a cast saturates")]
        let seconds = |key: &str| number(key).map(|n| n as i64);
        let message = text("message").or_else(|| text("error_description")).unwrap_or_default();
        Self {
            code: text("code"),
            // An `error` event's own type says nothing.
            kind: text("type").filter(|t| t != "error"),
            param: text("param"),
            resets_at: seconds("resets_at"),
            resets_in_seconds: seconds("resets_in_seconds"),
            limit_window_minutes: seconds("limit_window_minutes"),
            retry_after_seconds: wait_in(&message),
            message,
            ..Self::default()
        }
    }

    fn with_message(message: String) -> Self {
        Self { retry_after_seconds: wait_in(&message), message, ..Self::default() }
    }

    fn from_text(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(&body[..body.len().min(400)]).trim().to_owned();
        let is_html = text.starts_with('<');
        let message =
            if is_html { "the upstream answered with a web page instead of JSON".into() } else { text };
        Self { is_html, ..Self::with_message(message) }
    }
}

/// The wait that a message names: "try again in 1.398s", "in 20 ms", "in 5 minutes", "in 1h2m3.5s". In seconds.
fn wait_in(message: &str) -> Option<f64> {
    let lower = message.to_lowercase();
    let rest = lower.split_once("again in ")?.1;
    let mut total = None;
    let mut rest = rest.trim_start();
    loop {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number = rest[..digits].trim_end_matches('.').parse::<f64>();
        let Ok(number) = number else { break };
        rest = rest[digits..].trim_start();
        let word = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let factor = match &rest[..word] {
            "ms" | "millisecond" | "milliseconds" => 0.001,
            "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
            "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
            "h" | "hour" | "hours" => 3600.0,
            "d" | "day" | "days" => 86400.0,
            _ => break,
        };
        total = Some(total.unwrap_or(0.0) + number * factor);
        rest = rest[word..].trim_start();
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_body_shape_is_read() {
        let nested = UpstreamError::from_http(
            429,
            None,
            br#"{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached","resets_at":1795307000,"resets_in_seconds":7000}}"#,
        );
        assert_eq!((nested.name(), nested.resets_at(0)), (Some("usage_limit_reached"), Some(1_795_307_000)));
        assert_eq!(
            UpstreamError::from_http(401, None, br#"{"detail":"Unauthorized"}"#).message,
            "Unauthorized"
        );
        let workspace =
            UpstreamError::from_http(402, None, br#"{"detail":{"code":"deactivated_workspace"}}"#);
        assert_eq!(workspace.name(), Some("deactivated_workspace"));
        let page = UpstreamError::from_http(403, None, b"<html><body>Just a moment...</body></html>");
        assert!(page.is_html && !page.message.contains('<'));
        assert_eq!(UpstreamError::from_http(502, Some(3.0), b"").retry_after_seconds, Some(3.0));
    }

    #[test]
    fn both_shapes_of_an_error_event_and_a_failed_response_are_read() {
        let flat = UpstreamError::from_event(br#"{"type":"error","code":"x","message":"y"}"#);
        let nested =
            UpstreamError::from_event(br#"{"type":"error","error":{"type":"t","code":"x","message":"y"}}"#);
        let failed = UpstreamError::from_event(br#"{"response":{"error":{"code":"x","message":"y"}}}"#);
        for error in [flat, nested, failed] {
            assert_eq!((error.code.as_deref(), &*error.message), (Some("x"), "y"));
        }
    }

    #[test]
    fn waits_in_messages_are_understood() {
        for (text, seconds) in [
            ("Please try again in 1.398s.", 1.398),
            ("try again in 20 ms", 0.02),
            ("Try again in 5 minutes.", 300.0),
            ("try again in 1h2m3.5s", 3723.5),
        ] {
            let found = wait_in(text).expect(text);
            assert!((found - seconds).abs() < 1e-9, "{text}: {found}");
        }
        assert_eq!(wait_in("try again later"), None);
    }
}
