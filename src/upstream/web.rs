//! Pages of the public internet, for tools.
//!
//! No proxy is used, also when the environment names one: a proxy resolves names by itself, and then nobody checks them.

mod charset;
mod door;
mod readable;

pub use door::{Lookup, system_lookup};
pub use readable::{Readable, readable};

use super::http_client::{USER_AGENT, install_tls_provider};
use door::{Anything, Door, NotPublic, PublicOnly, check};
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, LOCATION};
use std::error::Error as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Redirects that are followed.
pub const MOST_REDIRECTS: usize = 5;

/// What we would like to get.
const ACCEPTED: &str = "text/markdown, text/html;q=0.9, application/xhtml+xml;q=0.9, text/plain;q=0.8, \
                        application/json;q=0.8, application/xml;q=0.7, */*;q=0.1";

/// Fetches pages.
#[derive(Clone, Debug)]
pub struct WebClient {
    /// Reaches public addresses only.
    public: reqwest::Client,
    /// Reaches any; for the hosts that the operator trusts.
    trusted: reqwest::Client,
}

/// What bounds one fetch.
#[derive(Clone, Copy, Debug)]
pub struct FetchLimits<'a> {
    /// For all of it.
    pub timeout: Duration,
    /// Of the body.
    pub most_bytes: usize,
    /// Hosts, or `host:port`, that may be private.
    pub trusted: &'a [String],
    /// An HTML page as its source.
    pub raw: bool,
}

/// A fetched page.
#[derive(Clone, Debug)]
pub struct Page {
    /// Where it was in the end.
    pub url: Url,
    pub status: u16,
    /// Without parameters; empty when the server said nothing.
    pub content_type: String,
    pub title: Option<String>,
    pub text: String,
    /// The body was longer.
    pub cut: bool,
}

/// Why there is no page. The texts are for a model.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("that is no URL: {0}. It has to begin with https:// or http://")]
    NotAUrl(String),
    #[error("{0}: URLs are not fetched; only those with http:// and https:// are")]
    Scheme(String),
    #[error("a URL with a user name or password in it is not fetched")]
    Credentials,
    #[error("port {0} is not fetched from; web pages are on 80, 443 and from 1024 on")]
    Port(u16),
    #[error(
        "{host} is at {address}, which is no public address, and only the public internet is fetched from. (Who runs the \
         gateway can trust a host of their own: tools.web_fetch.allow_private_hosts in config.json)"
    )]
    NotPublic { host: String, address: IpAddr },
    #[error("it redirects more than {MOST_REDIRECTS} times; the last one leads to {0}")]
    TooManyRedirects(Url),
    #[error("it redirects to \"{to}\", which is not fetched: {reason}")]
    Redirect { to: String, reason: Box<FetchError> },
    #[error("it is {kind}, which is no text{size}")]
    NotText { kind: String, size: String },
    #[error("the body is compressed ({0}) although that was not asked for, and can't be read")]
    Compressed(String),
    #[error("no answer within {} seconds", .0.as_secs())]
    Timeout(Duration),
    #[error("it can't be reached: {0}")]
    Connection(String),
    #[error("the page could not be read as HTML")]
    Unreadable,
}

impl WebClient {
    /// With the system's resolver.
    pub fn new(connect_timeout: Duration) -> Result<Self, reqwest::Error> {
        Self::with_lookup(connect_timeout, &system_lookup())
    }

    /// With another way to look names up.
    pub fn with_lookup(connect_timeout: Duration, lookup: &Lookup) -> Result<Self, reqwest::Error> {
        install_tls_provider();
        let builder = || {
            reqwest::Client::builder()
                .user_agent(USER_AGENT)
                // Every hop is checked here.
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .no_proxy()
                .connect_timeout(connect_timeout)
                .pool_max_idle_per_host(2)
                .pool_idle_timeout(Duration::from_secs(30))
        };
        Ok(Self {
            public: builder().dns_resolver(Arc::new(PublicOnly(lookup.clone()))).build()?,
            trusted: builder().dns_resolver(Arc::new(Anything(lookup.clone()))).build()?,
        })
    }

    /// Fetches a page and makes text of it. Pages of errors are pages too: look at the status.
    pub async fn fetch(&self, url: &str, limits: FetchLimits<'_>) -> Result<Page, FetchError> {
        tokio::time::timeout(limits.timeout, self.follow(url, limits))
            .await
            .unwrap_or(Err(FetchError::Timeout(limits.timeout)))
    }

    async fn follow(&self, url: &str, limits: FetchLimits<'_>) -> Result<Page, FetchError> {
        let mut url = Url::parse(url.trim()).map_err(|error| FetchError::NotAUrl(error.to_string()))?;
        let mut door = check(&url, limits.trusted)?;
        for _ in 0..=MOST_REDIRECTS {
            let client = match door {
                Door::Public => &self.public,
                Door::Trusted => &self.trusted,
            };
            url.set_fragment(None);
            let request =
                client.get(url.clone()).header(ACCEPT, ACCEPTED).header(ACCEPT_ENCODING, "identity");
            let response = request.send().await.map_err(connection)?;
            let Some(to) = redirect(&response) else {
                return page(url, response, limits).await;
            };
            let refused = |reason| FetchError::Redirect { to: to.clone(), reason: Box::new(reason) };
            url = url.join(&to).map_err(|error| refused(FetchError::NotAUrl(error.to_string())))?;
            door = check(&url, limits.trusted).map_err(refused)?;
        }
        Err(FetchError::TooManyRedirects(url))
    }
}

fn redirect(response: &reqwest::Response) -> Option<String> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    Some(String::from_utf8_lossy(response.headers().get(LOCATION)?.as_bytes()).into_owned())
}

async fn page(
    url: Url,
    mut response: reqwest::Response,
    limits: FetchLimits<'_>,
) -> Result<Page, FetchError> {
    let status = response.status().as_u16();
    if let Some(encoding) = header(response.headers(), &CONTENT_ENCODING).filter(|e| e != "identity") {
        return Err(FetchError::Compressed(encoding));
    }
    let declared = header(response.headers(), &CONTENT_TYPE).unwrap_or_default();
    let (content_type, parameters) = declared.split_once(';').unwrap_or((&declared, ""));
    let content_type = content_type.trim().to_owned();
    if !content_type.is_empty() && !is_text(&content_type) {
        let size = response.content_length().map_or(String::new(), |bytes| format!(" ({bytes} bytes)"));
        return Err(FetchError::NotText { kind: content_type, size });
    }
    let (mut body, mut cut) = (Vec::new(), false);
    while let Some(piece) = response.chunk().await.map_err(connection)? {
        let room = limits.most_bytes - body.len();
        body.extend_from_slice(&piece[..piece.len().min(room)]);
        if piece.len() > room {
            cut = true;
            break;
        }
    }
    if content_type.is_empty() && body[..body.len().min(8_192)].contains(&0) {
        let size = format!(" (at least {} bytes)", body.len());
        return Err(FetchError::NotText { kind: "a file of an unknown kind".to_owned(), size });
    }
    let charset = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        (name.trim() == "charset").then(|| value.trim().to_owned())
    });
    let is_html = match content_type.as_str() {
        "text/html" | "application/xhtml+xml" => true,
        "" => looks_like_html(&body),
        _ => false,
    };
    let raw = limits.raw;
    // A large page takes a while, and other requests wait on this thread.
    let base = url.clone();
    let read = tokio::task::spawn_blocking(move || {
        let text = charset::decode(&body, charset.as_deref(), is_html);
        if is_html && !raw { readable(&text, &base) } else { Readable { title: None, text } }
    });
    let Readable { title, text } = read.await.map_err(|_| FetchError::Unreadable)?;
    Ok(Page { url, status, content_type, title, text, cut })
}

/// In small letters.
fn header(headers: &HeaderMap, name: &reqwest::header::HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?.trim().to_ascii_lowercase();
    (!value.is_empty()).then_some(value)
}

fn is_text(content_type: &str) -> bool {
    const OTHERS: [&str; 14] = [
        "application/json",
        "application/xml",
        "application/xhtml+xml",
        "application/javascript",
        "application/x-javascript",
        "application/ecmascript",
        "application/x-ndjson",
        "application/yaml",
        "application/x-yaml",
        "application/toml",
        "application/graphql",
        "application/sql",
        "application/x-sh",
        "image/svg+xml",
    ];
    content_type.starts_with("text/")
        || content_type.ends_with("+json")
        || content_type.ends_with("+xml")
        || content_type.ends_with("+yaml")
        || OTHERS.contains(&content_type)
}

fn looks_like_html(body: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&body[..body.len().min(512)]).trim_start().to_ascii_lowercase();
    ["<!doctype html", "<html", "<head", "<body"].iter().any(|start| head.starts_with(start))
}

/// Why a request failed, without the URL in it.
fn connection(error: reqwest::Error) -> FetchError {
    let error = error.without_url();
    let mut cause = error.source();
    let mut deepest = error.to_string();
    while let Some(inner) = cause {
        if let Some(NotPublic { host, address }) = inner.downcast_ref() {
            return FetchError::NotPublic { host: host.clone(), address: *address };
        }
        deepest = inner.to_string();
        cause = inner.source();
    }
    if error.is_timeout() && error.is_connect() {
        FetchError::Connection("connecting takes too long".into())
    } else {
        FetchError::Connection(deepest)
    }
}
