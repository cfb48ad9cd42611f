//! The pages a person clicks through. Plain HTML, marked as a demo, nothing loaded from elsewhere.

use std::fmt::Write as _;

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

/// `&`, `<`, `>`, `"` and `'` made harmless.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let title = escape(title);
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} · DEMO</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>\
         body{{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem;color:#1c1c1c;\
         background:#fff}} .demo{{background:#ffe9b0;border:1px solid #d9a400;border-radius:6px;padding:.5rem .75rem}}\
         button,input{{font:inherit;display:block;width:100%;box-sizing:border-box;margin:.5rem 0;padding:.6rem .8rem;\
         border:1px solid #767676;border-radius:6px;background:#fff;color:inherit;text-align:left}}\
         button{{cursor:pointer}} button:hover{{background:#f2f2f2}} button[name=decision]{{text-align:center}}\
         </style></head><body><p class=\"demo\"><strong>DEMO</strong>: a simulated OpenAI on this machine. \
         Nothing here reaches the real one.</p><h1>{title}</h1>{body}</body></html>"
    );
    let headers = [("cache-control", "no-store"), ("referrer-policy", "no-referrer")];
    (status, headers, Html(html)).into_response()
}

fn buttons<'a>(emails: impl IntoIterator<Item = &'a str>) -> String {
    let mut html = String::new();
    for email in emails {
        let email = escape(email);
        write!(
            html,
            "<button type=\"submit\" name=\"account\" value=\"{email}\" id=\"account-{email}\">{email}</button>"
        )
        .expect("writing to a string cannot fail");
    }
    html.push_str("<button type=\"submit\" name=\"decision\" value=\"deny\" id=\"deny\">Deny</button>");
    html
}

/// The account choice of the browser flow. The form posts to its own address, query included.
pub(super) fn choose_account<'a>(emails: impl IntoIterator<Item = &'a str>) -> Response {
    let body = format!(
        "<p>Choose an account to sign in to Codex.</p><form method=\"post\">{}</form>",
        buttons(emails)
    );
    page(StatusCode::OK, "Sign in", &body)
}

/// The page of the device flow.
pub(super) fn enter_code<'a>(
    emails: impl IntoIterator<Item = &'a str>,
    user_code: &str,
    problem: Option<&str>,
) -> Response {
    let problem = problem.map(|text| format!("<p id=\"error\" role=\"alert\">{}</p>", escape(text)));
    let body = format!(
        "{}<p>Enter the code from your device, then choose an account.</p>\
         <form method=\"post\" action=\"/codex/device\"><label for=\"user_code\">Code</label>\
         <input name=\"user_code\" id=\"user_code\" value=\"{}\" autocomplete=\"off\" required>{}</form>",
        problem.as_deref().unwrap_or_default(),
        escape(user_code),
        buttons(emails)
    );
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    page(status, "Sign in to a device", &body)
}

/// The end of a flow.
pub(super) fn notice(title: &str, text: &str) -> Response {
    page(StatusCode::OK, title, &format!("<p id=\"done\">{}</p>", escape(text)))
}

/// A sign-in that cannot start.
pub(super) fn problem(text: &str) -> Response {
    let body = format!("<p id=\"error\" role=\"alert\">{}</p>", escape(text));
    page(StatusCode::BAD_REQUEST, "This sign-in cannot start", &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_cannot_become_markup() {
        assert_eq!(escape(r#"<script a="1">&'"#), "&lt;script a=&quot;1&quot;&gt;&amp;&#39;");
    }
}
