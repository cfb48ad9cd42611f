//! The chain: over several writers, and after somebody had a hand in it.

use super::Desk;
use crate::support::world::owner;
use gateway::app::agents::AgentChange;
use gateway::app::audit::{self, Change};
use gateway::app::clock::Clock;
use gateway::domain::access::Actor;
use gateway::domain::audit::Head;
use gateway::domain::audit::chain::Broken;
use gateway::domain::ids::{MASTER_TENANT, TenantId};
use gateway::store::backup::{BackupMeta, RestoreOptions, backup, restore};
use sqlx::Executor as _;
use std::io::Cursor;

const OTHER: TenantId = TenantId(uuid::Uuid::from_u128(0x0193_a5b0_7000_7000_8000_0000_0000_0002));

/// How the master tenant's chain stands.
async fn verify(desk: &Desk, kept: &[Head]) -> Result<Head, Broken> {
    let verified = desk.node.app.audit.verify(kept).await.unwrap();
    verified.into_iter().find(|chain| chain.tenant == MASTER_TENANT).unwrap().end
}

async fn five() -> Desk {
    let desk = Desk::new().await;
    for n in 1..=5 {
        desk.agent(&format!("agent-{n}")).await;
    }
    desk
}

#[tokio::test]
async fn entries_of_two_replicas_that_write_at_once_are_one_chain() {
    let desk = Desk::new().await;
    let second = desk.world.bare_node().await;
    let making = (0..40).map(|n| {
        let app = if n % 2 == 0 { desk.node.app.clone() } else { second.app.clone() };
        async move {
            let change = AgentChange { agent_key: Some(format!("agent-{n}")), ..AgentChange::default() };
            app.agents.create(&owner(), change).await.unwrap();
        }
    });
    futures_util::future::join_all(making).await;
    let head = verify(&desk, &[]).await.unwrap();
    assert_eq!(head.seq, 40);
    assert_eq!(second.app.audit.verify(&[head]).await.unwrap().len(), 1);
    second.stop().await;
    desk.node.stop().await;
}

#[tokio::test]
async fn an_entry_that_was_changed_is_named() {
    let desk = five().await;
    for (what, back) in [
        ("actor_name = 'somebody else'", "actor_name = 'token'"),
        ("at = at + interval '1 microsecond'", "at = at - interval '1 microsecond'"),
        // The same JSON in other bytes is another entry, too.
        ("after = (after::text || ' ')::json", "after = rtrim(after::text)::json"),
        ("actor_address = null", "actor_address = '192.0.2.7'"),
        ("object_name = 'agent-4'", "object_name = 'agent-3'"),
    ] {
        desk.tamper(&format!("update audit_entries set {what} where seq = 3")).await;
        assert_eq!(verify(&desk, &[]).await, Err(Broken::Changed { seq: 3 }), "{what}");
        desk.tamper(&format!("update audit_entries set {back} where seq = 3")).await;
        assert_eq!(verify(&desk, &[]).await.unwrap().seq, 5);
    }
    desk.node.stop().await;
}

#[tokio::test]
async fn an_entry_that_was_taken_out_is_named() {
    let desk = five().await;
    let kept = verify(&desk, &[]).await.unwrap();
    desk.tamper("delete from audit_entries where seq = 5").await;
    assert_eq!(verify(&desk, &[]).await, Err(Broken::CutOff { last: 4, head: 5 }));
    // With the chain's end moved as well, only a kept end tells.
    desk.tamper("update audit_heads h set seq = e.seq, hash = e.hash from audit_entries e where e.seq = 4")
        .await;
    assert_eq!(verify(&desk, &[]).await.unwrap().seq, 4);
    assert_eq!(verify(&desk, &[kept]).await, Err(Broken::KeptIsMissing { seq: 5, last: 4 }));
    desk.tamper("delete from audit_entries where seq = 2").await;
    assert_eq!(verify(&desk, &[]).await, Err(Broken::Missing { seq: 2, found: 3 }));
    desk.tamper("delete from audit_entries").await;
    assert_eq!(verify(&desk, &[]).await, Err(Broken::CutOff { last: 0, head: 4 }));
    desk.node.stop().await;
}

#[tokio::test]
async fn an_entry_that_was_put_in_is_named() {
    let desk = five().await;
    let copy = |seq: &str| {
        format!(
            "insert into audit_entries
             select tenant_id, {seq}, gen_random_uuid(), at, actor_kind, actor_id, 'planted', actor_address, request_id,
                 action, object_type, object_id, object_name, before, after, hash, hash from audit_entries where seq = 5"
        )
    };
    desk.tamper(&copy("6")).await;
    assert_eq!(verify(&desk, &[]).await, Err(Broken::Changed { seq: 6 }));
    desk.tamper("delete from audit_entries where seq = 6").await;
    assert_eq!(verify(&desk, &[]).await.unwrap().seq, 5);
    desk.tamper(&copy("9")).await;
    assert_eq!(verify(&desk, &[]).await, Err(Broken::Missing { seq: 6, found: 9 }));
    desk.node.stop().await;
}

#[tokio::test]
async fn neither_the_gateways_roles_nor_the_tables_owner_changes_an_entry() {
    let desk = five().await;
    let db = &desk.world.db.db;
    for sql in
        ["update audit_entries set actor_name = 'x'", "delete from audit_entries", "truncate audit_entries"]
    {
        let mut tenant = db.tenant(MASTER_TENANT).await.unwrap();
        let refused = tenant.execute(sql).await.unwrap_err().to_string();
        assert!(refused.contains("permission denied"), "{sql}: {refused}");
        let refused = db.work().await.unwrap().execute(sql).await.unwrap_err().to_string();
        assert!(refused.contains("permission denied"), "{sql}: {refused}");
        let refused = db.owner().await.unwrap().execute(sql).await.unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{sql}: {refused}");
    }
    assert_eq!(verify(&desk, &[]).await.unwrap().seq, 5);
    desk.node.stop().await;
}

#[tokio::test]
async fn each_tenant_has_a_chain_of_its_own_that_outlives_it() {
    let desk = five().await;
    let (db, clock) = (&desk.world.db.db, Clock::system());
    let stranger = Actor::gateway(OTHER);
    let mut tx = db.tenant(OTHER).await.unwrap();
    for action in ["tenant.create", "tenant.delete"] {
        audit::record(&mut tx, &clock, &stranger, &Change::new(action).id(OTHER)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let audit = &desk.node.app.audit;
    let ends: Vec<i64> =
        audit.verify(&[]).await.unwrap().into_iter().map(|chain| chain.end.unwrap().seq).collect();
    assert_eq!(ends, [5, 2]);
    let all = audit::Filter::default();
    assert_eq!(audit.page(OTHER, &all, None, 50).await.unwrap().0.len(), 2);
    assert_eq!(desk.log().await.len(), 5, "and nobody sees the other's");
    // One tenant can't write into the other's.
    let mut tx = db.tenant(OTHER).await.unwrap();
    let change = Change::new("agent.create");
    let refused = audit::record(&mut tx, &clock, &Actor::gateway(MASTER_TENANT), &change).await;
    assert!(refused.unwrap_err().to_string().contains("row-level security"));
    desk.node.stop().await;
}

#[tokio::test]
async fn a_restored_log_goes_on_with_the_restore_and_names_the_end_that_it_replaced() {
    let desk = five().await;
    let created_at = chrono::DateTime::UNIX_EPOCH;
    let (mut file, meta) = (Vec::new(), BackupMeta { created_at, created_by: "test".into() });
    backup(&mut desk.world.db.db.work().await.unwrap(), &mut file, &meta).await.unwrap();
    desk.agent("later").await;
    let replaced = verify(&desk, &[]).await.unwrap();
    let mut owner = desk.world.db.db.owner().await.unwrap();
    let note = |header: &_, ends: &[Head]| audit::of_restore(&Clock::system(), header, ends);
    restore(&mut owner, Cursor::new(file), &RestoreOptions { replace: true }, Some(&note)).await.unwrap();
    assert_eq!(verify(&desk, &[]).await.unwrap().seq, 6);
    let log = desk.log().await;
    assert_eq!(log[5]["action"], "database.restore");
    assert_eq!(log[5]["actor"]["kind"], "gateway");
    assert_eq!(log[5]["before"]["audit_log_ends"][0], replaced.to_string());
    // The guards stand again.
    let refused = owner.execute("truncate audit_entries").await.unwrap_err().to_string();
    assert!(refused.contains("append-only"), "{refused}");
    desk.node.stop().await;
}
