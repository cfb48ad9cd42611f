//! What agents remember.

use super::{call, configure, context};
use crate::support::world::{Node, World};
use gateway::app::tools::ToolContext;
use gateway::domain::ids::TenantId;
use serde_json::json;

async fn remember(node: &Node, ctx: &ToolContext, text: &str) -> String {
    call(node, ctx, "remember", &json!({"note": text})).await.text
}

async fn recall(node: &Node, ctx: &ToolContext, query: &str) -> String {
    call(node, ctx, "recall", &json!({"query": query})).await.text
}

#[tokio::test]
async fn what_was_remembered_is_found_by_its_words_and_parts_of_them_in_any_script() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let ctx = context(None);
    assert_eq!(recall(&node, &ctx, "anything").await, "there are no notes yet");
    for (note, number) in [
        ("Ada prefers short answers.", 1),
        ("The deployment runs every Tuesday.", 2),
        ("東京の天気を毎朝知らせる", 3),
        ("Discounts are 100% for members_only", 4),
    ] {
        assert_eq!(remember(&node, &ctx, note).await, format!("remembered as note {number}"));
    }
    for (query, found) in [
        ("short answers", "1. ("),
        ("ADA", "1. ("),
        ("\"short answers\" -long", "1. ("),
        ("deploy", "2. ("),
        ("when is the deployment?", "2. ("),
        ("明日の天気", "3. ("),
        ("京", "3. ("),
        ("members_only", "4. ("),
        ("100%", "4. ("),
    ] {
        let text = recall(&node, &ctx, query).await;
        assert!(text.starts_with(found), "{query}: {text}");
    }
    assert!(recall(&node, &ctx, "%").await.contains("none of the 4 notes"));
    assert!(recall(&node, &ctx, "' ; drop table agent_notes --").await.contains("none of the 4 notes"));
    let newest = call(&node, &ctx, "recall", &json!({"limit": 2})).await.text;
    assert!(
        newest.starts_with("4. (") && newest.contains("\n3. (") && newest.ends_with("[2 other notes]"),
        "{newest}"
    );
}

#[tokio::test]
async fn a_note_is_forgotten_by_its_number_and_the_same_one_is_kept_once() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let ctx = context(None);
    remember(&node, &ctx, "one").await;
    remember(&node, &ctx, "two").await;
    assert_eq!(remember(&node, &ctx, " one\n").await, "remembered as note 1");
    let gone = call(&node, &ctx, "forget", &json!({"number": 1})).await;
    assert_eq!((gone.text.as_str(), gone.is_error), ("note 1 is forgotten", false));
    let again = call(&node, &ctx, "forget", &json!({"number": 1})).await;
    assert!(again.is_error && again.text.contains("there is no note 1"), "{}", again.text);
    assert!(recall(&node, &ctx, "one").await.contains("none of the 1 notes"));
}

#[tokio::test]
async fn nobody_sees_the_notes_of_another_agent_or_tenant() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let ctx = context(None);
    remember(&node, &ctx, "the password is sesame").await;
    let other_agent = ToolContext { agent_key: "other".into(), ..ctx.clone() };
    let other_tenant = ToolContext { tenant: TenantId(node.app.clock.new_id()), ..ctx.clone() };
    for other in [other_agent, other_tenant] {
        assert_eq!(recall(&node, &other, "sesame").await, "there are no notes yet");
        assert!(call(&node, &other, "forget", &json!({"number": 1})).await.is_error);
    }
    assert!(recall(&node, &ctx, "sesame").await.starts_with("1. ("));
}

#[tokio::test]
async fn there_are_no_more_and_no_longer_notes_than_configured_also_when_many_come_at_once() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let ctx = context(None);
    configure(&node, |config| {
        config.tools.notes.max_notes = 5;
        config.tools.notes.max_note_bytes = 64;
    });
    let many = (0..12).map(|n| {
        let (node, ctx) = (&node, &ctx);
        async move { remember(node, ctx, &format!("fact {n}")).await }
    });
    let answers = futures_util::future::join_all(many).await;
    let kept = answers.iter().filter(|answer| answer.starts_with("remembered")).count();
    assert_eq!(kept, 5, "{answers:?}");
    assert!(answers.iter().any(|answer| answer.contains("there are 5 notes already")), "{answers:?}");
    let long = call(&node, &ctx, "remember", &json!({"note": "x".repeat(65)})).await;
    assert!(long.is_error && long.text.contains("65 bytes"), "{}", long.text);
    let empty = call(&node, &ctx, "remember", &json!({"note": " \u{0}"})).await;
    assert!(empty.is_error && empty.text.contains("empty"), "{}", empty.text);
}
