//! `web_fetch`

use crate::config::Tools;
use crate::domain::ids::{MASTER_TENANT, TenantId};
use crate::domain::tool::cut_middle;
use crate::upstream::web::{FetchLimits, Page, WebClient};
use serde::Deserialize;
use std::fmt::Write as _;
use std::time::Duration;

/// The arguments of `web_fetch`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebFetch {
    url: String,
    offset: Option<usize>,
    raw: Option<bool>,
}

/// Fetches a page and shows its text. The private hosts that the settings allow are the default tenant's.
pub async fn fetch(
    client: &WebClient,
    tools: &Tools,
    tenant: TenantId,
    call: &WebFetch,
) -> Result<String, String> {
    let settings = &tools.web_fetch;
    let limits = FetchLimits {
        timeout: Duration::from_secs(settings.timeout_seconds),
        most_bytes: settings.max_kib << 10,
        trusted: if tenant == MASTER_TENANT { &settings.allow_private_hosts } else { &[] },
        raw: call.raw.unwrap_or(false),
    };
    let page = client.fetch(&call.url, limits).await;
    let page = page.map_err(|error| format!("{} was not fetched: {error}", call.url))?;
    shown(&page, call.offset.unwrap_or(0), tools.output_bytes)
}

/// A page's text from `offset` on, as much as fits.
fn shown(page: &Page, offset: usize, most_bytes: usize) -> Result<String, String> {
    let mut head = format!("{}\n", page.url);
    if let Some(title) = &page.title {
        let _ = writeln!(head, "Title: {}", cut_middle(title, 300));
    }
    let is_error = page.status >= 400;
    if page.status != 200 {
        let _ = writeln!(head, "HTTP status {}", page.status);
    }
    if offset > page.text.len() {
        return Err(format!("offset: the text ends at {}, and {offset} was asked for", page.text.len()));
    }
    let room = most_bytes.saturating_sub(head.len() + 200).max(200);
    // The page of an error says little in many words.
    let room = if is_error { room.min(2_000) } else { room };
    let from = page.text.ceil_char_boundary(offset);
    let mut to = page.text.floor_char_boundary(from.saturating_add(room));
    if to < page.text.len() {
        // At the end of a line, when there is one near.
        to = page.text[from..to]
            .rfind('\n')
            .filter(|line| *line > room / 2)
            .map_or(to, |line| from + line + 1);
    }
    let mut notes = Vec::new();
    if from > 0 || to < page.text.len() {
        notes.push(format!("{from} to {to} of {}", page.text.len()));
    }
    if to < page.text.len() {
        notes.push(format!("go on with offset {to}"));
    }
    if page.cut {
        notes.push("the page is longer; what is beyond tools.web_fetch.max_kib was not read".to_owned());
    }
    if page.text.trim().is_empty() {
        notes.push(match page.content_type.as_str() {
            "text/html" => {
                "there is no text on it; perhaps it is made by scripts. raw: true shows its source".to_owned()
            }
            _ => "it is empty".to_owned(),
        });
    }
    let notes = if notes.is_empty() { String::new() } else { format!("\n[{}]", notes.join("; ")) };
    let text = format!("{head}\n{}{notes}", &page.text[from..to]);
    if is_error { Err(text) } else { Ok(text) }
}
