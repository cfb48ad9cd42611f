//! `gateway audit`, with the real program.

use super::process::Home;
use crate::support::database::database;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _};
use std::os::unix::fs::PermissionsExt as _;

#[tokio::test]
async fn the_log_is_exported_verified_and_found_out_when_somebody_wrote_in_it() {
    let db = database().await;
    let home = Home::new().with("GATEWAY_POSTGRES_DSN", &db.url);
    assert!(home.ok(&["audit", "verify"]).contains("no entries yet"));
    let mut gateway = home.serve().await;
    let client = gateway.client(&home.token());
    for key in ["one", "two"] {
        client.done(Method::POST, "/v1/agents", json!({ "agent_key": key })).await;
    }
    home.ok(&["key", "rotate"]);
    // Also while it serves.
    let end = home.ok(&["audit", "verify"]);
    assert!(end.trim().contains(":3:"), "{end}");
    gateway.stop().await;

    let file = home.dir.path().join("log.jsonl");
    assert!(home.ok(&["audit", "export", file.to_str().unwrap()]).contains("3 entries"));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).unwrap();
    let entries: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (&entries[0]["action"], &entries[0]["actor"]["address"]),
        (&json!("agent.create"), &json!("127.0.0.1"))
    );
    assert_eq!(
        (&entries[2]["action"], &entries[2]["actor"]["kind"]),
        (&json!("encryption_key.rotate"), &json!("gateway"))
    );
    assert_eq!(
        end.trim(),
        format!("{}:3:{}", entries[2]["tenant_id"].as_str().unwrap(), entries[2]["hash"].as_str().unwrap())
    );
    let table = home.dir.path().join("log.csv");
    home.ok(&["audit", "export", table.to_str().unwrap()]);
    assert_eq!(std::fs::read_to_string(&table).unwrap().lines().count(), 4);

    home.ok(&["audit", "verify", "--kept", end.trim()]);
    let mut owner = db.db.owner().await.unwrap();
    let sql = "alter table audit_entries disable trigger append_only, no force row level security;
               update audit_entries set actor_name = 'nobody' where seq = 2";
    owner.execute(AssertSqlSafe(sql)).await.unwrap();
    let output = home.run(&["audit", "verify"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(!output.status.success() && said.contains("BROKEN at entry 2"), "{said}");
    assert!(home.fails(&["audit", "verify", "--kept", "junk"]).contains("<tenant>:<number>:<hash>"));
}
