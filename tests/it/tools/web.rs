//! Pages of the web, and the attempts to make a fetch reach what it must not.

use super::{call, configure, context};
use crate::support::world::World;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use gateway::upstream::web::{FetchLimits, Lookup, Page, WebClient};
use serde_json::json;
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

/// A site on loopback that counts who comes.
struct Site {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    server: JoinHandle<()>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Site {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let app = axum::Router::new().fallback(answer).with_state(seen.clone());
        let server = TaskTracker::new().spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, seen, server }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn trust(&self) -> Vec<String> {
        vec![self.address.to_string()]
    }

    fn visits(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

async fn answer(State(seen): State<Arc<Mutex<Vec<String>>>>, request: Request) -> Response {
    let agent = request.headers().get("user-agent").map(|agent| agent.to_str().unwrap().to_owned());
    seen.lock().unwrap().push(agent.unwrap_or_default());
    let path = request.uri().path().to_owned();
    let typed = |kind: &'static str, body: Body| ([(header::CONTENT_TYPE, kind)], body).into_response();
    if let Some(left) = path.strip_prefix("/hops/").and_then(|left| left.parse::<u32>().ok()) {
        let to = if left == 0 { "/page".to_owned() } else { format!("/hops/{}", left - 1) };
        return (StatusCode::FOUND, [(header::LOCATION, to)]).into_response();
    }
    if path == "/to" {
        let to = request.uri().query().unwrap_or_default().to_owned();
        let to = percent(&to);
        return (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, to)]).into_response();
    }
    match path.as_str() {
        "/page" => typed(
            "text/html; charset=iso-8859-1",
            Body::from(b"<title>Caf\xE9</title><h1>Menu</h1><p>Tea <a href='/tea'>here</a></p>".to_vec()),
        ),
        "/json" => typed("application/json", Body::from("{\"a\": 1}")),
        "/picture" => typed("image/png", Body::from("\u{89}PNG")),
        "/untyped" => Response::new(Body::from("<!DOCTYPE html><p>untyped</p>")),
        "/zipped" => {
            ([(header::CONTENT_TYPE, "text/plain"), (header::CONTENT_ENCODING, "gzip")], "x").into_response()
        }
        "/missing" => {
            (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/plain")], "no such page").into_response()
        }
        "/long" => typed("text/plain", Body::from("0123456789\n".repeat(20_000))),
        "/endless" => typed("text/plain", endless(Duration::ZERO)),
        "/slow" => typed("text/plain", endless(Duration::from_millis(50))),
        "/silent" => std::future::pending().await,
        _ => "plain".into_response(),
    }
}

fn endless(pause: Duration) -> Body {
    let pieces = futures_util::stream::repeat(()).then(move |()| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 1_024]))
    });
    Body::from_stream(pieces)
}

fn percent(text: &str) -> String {
    let url = url::Url::parse(&format!("http://x/?v={text}")).unwrap();
    url.query_pairs().next().unwrap().1.into_owned()
}

/// Names as a stranger's name server tells them.
fn names(names: &[(&str, &[&str])]) -> Lookup {
    let known: HashMap<String, Vec<IpAddr>> = names
        .iter()
        .map(|(name, addresses)| ((*name).to_owned(), addresses.iter().map(|a| a.parse().unwrap()).collect()))
        .collect();
    Arc::new(move |name| {
        let found = known.get(name.trim_end_matches('.')).cloned();
        Box::pin(async move {
            let found = found.ok_or_else(|| std::io::Error::other("no such name"))?;
            Ok(found.into_iter().map(|address| SocketAddr::new(address, 0)).collect())
        })
    })
}

async fn fetch(client: &WebClient, url: &str, trusted: &[String]) -> Result<Page, String> {
    let limits = FetchLimits { timeout: Duration::from_secs(5), most_bytes: 100_000, trusted, raw: false };
    client.fetch(url, limits).await.map_err(|error| error.to_string())
}

fn client(lookup: &Lookup) -> WebClient {
    WebClient::with_lookup(Duration::from_secs(2), lookup).unwrap()
}

#[tokio::test]
async fn a_name_that_leads_to_an_inner_address_is_not_followed_there() {
    let site = Site::start().await;
    let port = site.address.port();
    let client = client(&names(&[
        ("loopback.example", &["127.0.0.1"]),
        ("loopback6.example", &["::1"]),
        ("mapped.example", &["::ffff:127.0.0.1"]),
        ("nat64.example", &["64:ff9b::7f00:1"]),
        ("sixtofour.example", &["2002:7f00:1::1"]),
        ("any.example", &["0.0.0.0"]),
        ("private.example", &["10.0.0.1", "192.168.0.1", "172.20.0.1"]),
        ("metadata.example", &["169.254.169.254"]),
        ("unique-local.example", &["fd00::1"]),
        ("link-local.example", &["fe80::1"]),
        ("nat.example", &["100.64.0.1"]),
        ("localhost", &["127.0.0.1", "::1"]),
        ("several.example", &["127.0.0.1", "::1", "10.0.0.1"]),
    ]));
    for name in [
        "loopback.example",
        "loopback6.example",
        "mapped.example",
        "nat64.example",
        "sixtofour.example",
        "any.example",
        "private.example",
        "metadata.example",
        "unique-local.example",
        "link-local.example",
        "nat.example",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "several.example",
        "Loopback.Example.",
        "%6c%6f%63%61%6c%68%6f%73%74",
        "ｌｏｃａｌｈｏｓｔ",
    ] {
        let refusal = fetch(&client, &format!("http://{name}:{port}/page"), &[]).await.unwrap_err();
        assert!(refusal.contains("no public address"), "{name}: {refusal}");
    }
    let unknown = fetch(&client, &format!("http://unknown.example:{port}/"), &[]).await.unwrap_err();
    assert!(unknown.contains("no such name"), "{unknown}");
    assert_eq!(site.visits(), 0);
}

#[tokio::test]
async fn the_systems_own_names_of_this_machine_are_refused_too() {
    let site = Site::start().await;
    let client = WebClient::new(Duration::from_secs(2)).unwrap();
    let port = site.address.port();
    for url in [
        format!("http://localhost:{port}/page"),
        format!("http://127.0.0.1:{port}/page"),
        format!("http://[::ffff:127.0.0.1]:{port}/page"),
        format!("http://2130706433:{port}/page"),
        format!("http://0:{port}/page"),
    ] {
        let refusal = fetch(&client, &url, &[]).await.unwrap_err();
        assert!(refusal.contains("no public address"), "{url}: {refusal}");
    }
    assert_eq!(site.visits(), 0);
}

#[tokio::test]
async fn a_name_that_changes_between_two_looks_gains_nothing() {
    let site = Site::start().await;
    let looks = Arc::new(AtomicUsize::new(0));
    let counted = looks.clone();
    // Public at the first look (nobody answers there), this machine at every later one.
    let lookup: Lookup = Arc::new(move |_| {
        let first = counted.fetch_add(1, Ordering::Relaxed) == 0;
        let address: IpAddr = if first { "192.175.48.6" } else { "127.0.0.1" }.parse().unwrap();
        Box::pin(async move { Ok(vec![SocketAddr::new(address, 0)]) })
    });
    let client = WebClient::with_lookup(Duration::from_millis(200), &lookup).unwrap();
    let url = format!("http://rebinding.example:{}/page", site.address.port());
    for _ in 0..4 {
        fetch(&client, &url, &[]).await.unwrap_err();
    }
    assert!(looks.load(Ordering::Relaxed) >= 2);
    assert_eq!(site.visits(), 0);
}

#[tokio::test]
async fn no_redirect_leads_from_a_trusted_host_to_an_inner_one() {
    let (site, other) = (Site::start().await, Site::start().await);
    let client = client(&names(&[("loopback.example", &["127.0.0.1"]), ("twisted.example", &["10.1.2.3"])]));
    let port = other.address.port();
    for to in [
        format!("http://127.0.0.1:{port}/page"),
        format!("//127.0.0.1:{port}/page"),
        format!("http://2130706433:{port}/page"),
        format!("http://0x7f.1:{port}/page"),
        format!("http://0177.0.0.1:{port}/page"),
        format!("http://[::1]:{port}/page"),
        format!("http://[::ffff:127.0.0.1]:{port}/page"),
        format!("http://loopback.example:{port}/page"),
        format!("http://localhost.:{port}/page"),
        format!("http://user@127.0.0.1:{port}/page"),
        "http://twisted.example/".into(),
        "http://169.254.169.254/latest/meta-data/".into(),
        "http://10.0.0.1/".into(),
        "https://192.168.0.1/".into(),
        "http://0/".into(),
        "file:///etc/passwd".into(),
        "ftp://127.0.0.1/".into(),
        "gopher://127.0.0.1:6379/_FLUSHALL".into(),
        "data:text/html,hello".into(),
        "http://example.com:22/".into(),
        "http://[".into(),
    ] {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let encoded = query.append_key_only(&to).finish();
        let refusal = fetch(&client, &site.url(&format!("/to?{encoded}")), &site.trust()).await;
        assert!(refusal.is_err(), "{to}: {refusal:?}");
    }
    assert_eq!(other.visits(), 0);
}

#[tokio::test]
async fn redirects_are_followed_up_to_a_bound() {
    let site = Site::start().await;
    let client = client(&names(&[]));
    let page = fetch(&client, &site.url("/hops/4"), &site.trust()).await.unwrap();
    assert_eq!((page.url.path(), page.title.as_deref()), ("/page", Some("Café")));
    let endless = fetch(&client, &site.url("/hops/5"), &site.trust()).await.unwrap_err();
    assert!(endless.contains("more than 5 times"), "{endless}");
}

#[tokio::test]
async fn a_page_comes_as_text_in_its_charset_and_what_is_no_text_is_named() {
    let site = Site::start().await;
    let client = client(&names(&[]));
    let get = async |path: &str| fetch(&client, &site.url(path), &site.trust()).await;
    let page = get("/page#part").await.unwrap();
    assert_eq!(page.text, format!("# Menu\n\nTea [here]({})", site.url("/tea")));
    assert_eq!(get("/json").await.unwrap().text, "{\"a\": 1}");
    assert_eq!(get("/untyped").await.unwrap().text, "untyped");
    assert_eq!(get("/missing").await.unwrap().status, 404);
    for (path, part) in [("/picture", "image/png, which is no text"), ("/zipped", "compressed (gzip)")] {
        let refusal = get(path).await.unwrap_err();
        assert!(refusal.contains(part), "{refusal}");
    }
    let agents = site.seen.lock().unwrap().clone();
    assert!(agents.iter().all(|agent| agent.starts_with("gateway/")), "{agents:?}");
}

#[tokio::test]
async fn a_fetch_ends_by_size_and_by_time() {
    let site = Site::start().await;
    let client = client(&names(&[]));
    let endless = fetch(&client, &site.url("/endless"), &site.trust()).await.unwrap();
    assert!(endless.cut && endless.text.len() == 100_000);
    for path in ["/silent", "/slow"] {
        let begun = Instant::now();
        let limits = FetchLimits {
            timeout: Duration::from_millis(300),
            most_bytes: 100_000,
            trusted: &site.trust(),
            raw: false,
        };
        let error = client.fetch(&site.url(path), limits).await.unwrap_err().to_string();
        assert!(error.contains("no answer within"), "{path}: {error}");
        assert!(begun.elapsed() < Duration::from_secs(4));
    }
}

#[tokio::test]
async fn a_model_reads_a_long_page_in_parts_and_sees_errors_as_errors() {
    let site = Site::start().await;
    let world = World::new().await;
    let node = world.bare_node().await;
    let ctx = context(None);
    let refused = call(&node, &ctx, "web_fetch", &json!({"url": site.url("/page")})).await;
    assert!(refused.is_error && refused.text.contains("allow_private_hosts"), "{}", refused.text);
    assert_eq!(site.visits(), 0);
    configure(&node, |config| config.tools.web_fetch.allow_private_hosts = site.trust());
    let page = call(&node, &ctx, "web_fetch", &json!({"url": site.url("/page")})).await;
    assert!(page.text.starts_with(&format!("{}\nTitle: Café\n\n# Menu", site.url("/page"))), "{}", page.text);
    let source = call(&node, &ctx, "web_fetch", &json!({"url": site.url("/page"), "raw": true})).await;
    assert!(source.text.contains("<h1>Menu</h1>"), "{}", source.text);
    let missing = call(&node, &ctx, "web_fetch", &json!({"url": site.url("/missing")})).await;
    assert!(missing.is_error && missing.text.contains("HTTP status 404\n\nno such page"), "{}", missing.text);
    let (mut offset, mut lines, mut parts) = (0_usize, 0, 0);
    loop {
        let part = call(&node, &ctx, "web_fetch", &json!({"url": site.url("/long"), "offset": offset})).await;
        assert!(!part.is_error && part.text.len() <= 32_768, "{}", part.text);
        lines += part.text.matches("0123456789\n").count();
        parts += 1;
        match part.text.rsplit_once("go on with offset ") {
            Some((_, next)) => offset = next.trim_end_matches(']').parse().unwrap(),
            None => break,
        }
    }
    assert_eq!((lines, parts > 3), (20_000, true));
    let stopped = {
        let (cancel, before) = (ctx.cancel.clone(), site.visits());
        let begun = Instant::now();
        let stop = async {
            crate::support::world::until("it is asked", async || site.visits() > before).await;
            cancel.cancel();
        };
        let silent = json!({"url": site.url("/silent")});
        let (output, ()) = tokio::join!(call(&node, &ctx, "web_fetch", &silent), stop);
        assert!(begun.elapsed() < Duration::from_secs(20));
        output
    };
    assert!(stopped.is_error && stopped.text.contains("cancelled"), "{}", stopped.text);
}
