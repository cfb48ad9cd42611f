//! What becomes of a connection when the one who asked for it goes away: a client that hangs up cancels its request
//! wherever it stands, and the connection goes to somebody else.

use std::task::Poll;

use gateway::domain::ids::MASTER_TENANT;

use crate::support::database::database;

#[tokio::test]
async fn a_transaction_that_is_cancelled_while_it_begins_leaves_nothing_behind() {
    let test = database().await;
    for polls in (1..=12).cycle().take(60) {
        for work in [false, true] {
            // What is cancelled is the begin, not a sign-in to Postgres.
            drop(test.db.work().await.unwrap());
            let mut beginning = Box::pin(async {
                if work { test.db.begin_work().await } else { test.db.tenant(MASTER_TENANT).await }
            });
            for _ in 0..polls {
                if let Poll::Ready(begun) = futures_util::poll!(&mut beginning) {
                    drop(begun.unwrap());
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
    }

    let mut all = Vec::new();
    for _ in 0..test.db.max_connections() {
        all.push(test.db.work().await.unwrap());
    }
    for connection in &mut all {
        let who = "select current_user::text, coalesce(current_setting('gateway.tenant', true), '')";
        let (role, tenant): (String, String) =
            sqlx::query_as(who).fetch_one(&mut **connection).await.unwrap();
        assert_eq!((role.as_str(), tenant.as_str()), ("gateway_work", ""));
    }
    let open: Vec<String> = sqlx::query_scalar(
        "select state from pg_stat_activity
         where datname = current_database() and application_name = 'gateway' and state like 'idle in transaction%'",
    )
    .fetch_all(&mut test.db.owner().await.unwrap())
    .await
    .unwrap();
    assert_eq!(open, Vec::<String>::new());
}
