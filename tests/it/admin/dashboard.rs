//! The dashboard, from inside of the binary. A build without `web/dist` has a page that says so.

use super::desk::{Answer, Desk, bare};
use axum::body::Body;
use axum::http::Method;

async fn page(desk: &Desk, path: &str, headers: &[(&str, &str)]) -> Answer {
    let ask = headers.iter().fold(bare(Method::GET, path), |ask, (name, value)| ask.header(*name, *value));
    desk.ask(ask.body(Body::empty()).unwrap()).await
}

const HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml");

#[tokio::test]
async fn the_page_answers_every_path_of_its_own_and_a_missing_file_is_missing() {
    let desk = Desk::new().await;
    for path in ["/", "/settings/providers", "/chat"] {
        let answer = page(&desk, path, &[HTML]).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.header("content-type").starts_with("text/html"), "{path}");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"));
        assert!(answer.text.to_lowercase().contains("<!doctype html>"), "{}", answer.text);
    }
    for (path, accept) in
        [("/assets/missing.js", HTML), ("/missing.png", HTML), ("/settings", ("accept", "application/json"))]
    {
        let answer = page(&desk, path, &[accept]).await;
        assert_eq!(answer.error().0, 404, "{path}");
    }
    // The API never answers with a page.
    assert_eq!(page(&desk, "/v1/unknown", &[HTML]).await.error().0, 404);
    assert_eq!(desk.call(Method::POST, "/settings", "").await.error().0, 404);
}

#[tokio::test]
async fn files_named_by_their_content_are_kept_for_ever_and_sent_small() {
    let desk = Desk::new().await;
    let index = page(&desk, "/", &[HTML]).await;
    let Some(script) =
        index.text.split('"').find(|part| part.starts_with("/assets/") && part.contains(".js"))
    else {
        assert!(index.text.contains("built without its dashboard"), "{}", index.text);
        return;
    };
    assert_eq!(index.header("cache-control"), "no-cache");
    let plain = page(&desk, script, &[]).await;
    assert_eq!((plain.status.as_u16(), plain.header("content-encoding")), (200, ""));
    assert!(plain.header("cache-control").contains("immutable"));
    assert!(plain.header("content-type").starts_with("text/javascript"), "{}", plain.header("content-type"));
    for (accepted, encoding) in [("br, gzip", "br"), ("gzip", "gzip"), ("gzip, br;q=0", "gzip")] {
        let answer = page(&desk, script, &[("accept-encoding", accepted)]).await;
        assert_eq!(answer.header("content-encoding"), encoding, "{accepted}");
        assert_eq!(answer.header("vary"), "accept-encoding");
    }
    let tag = plain.header("etag").to_owned();
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}")] {
        assert_eq!(page(&desk, script, &[("if-none-match", &known)]).await.status, 304, "{known}");
    }
    assert_eq!(page(&desk, script, &[("if-none-match", "\"other\"")]).await.status, 200);
}
