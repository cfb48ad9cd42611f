//! What runs beside the requests: each pass takes no input, is idempotent and is never retried inside itself.

use crate::app::App;
use crate::app::catalogue::CHANNEL;
use sqlx::postgres::PgListener;
use std::sync::Arc;
use std::time::Duration;

/// How often tokens, model lists and workspaces are looked at.
const MINUTE: Duration = Duration::from_mins(1);
/// How often old records and sign-ins go.
const HOUR: Duration = Duration::from_hours(1);
/// How long the listener for changes waits after it lost the database.
const RECONNECT: Duration = Duration::from_secs(1);

/// Spawns every task.
pub async fn spawn(app: &Arc<App>) -> anyhow::Result<()> {
    let tasks = app.shutdown.tasks();
    let listener = listen(app).await?;
    tasks.spawn_until_stopped("follow_changes", follow_changes(app.clone(), listener));
    tasks.spawn_until_stopped("follow_sign_ins", follow_sign_ins(app.clone()));
    let a = app.clone();
    tasks.spawn_until_stopped(
        "refresh_tokens",
        every(MINUTE, move || {
            let app = a.clone();
            async move {
                if let Err(error) = app.tokens.refresh_due().await {
                    tracing::warn!(%error, "the token pass failed");
                }
            }
        }),
    );
    let a = app.clone();
    tasks.spawn_until_stopped(
        "refresh_models",
        every(MINUTE, move || {
            let app = a.clone();
            async move { app.models.refresh_due().await }
        }),
    );
    let a = app.clone();
    tasks.spawn_until_stopped(
        "check_accounts",
        every(MINUTE, move || {
            let app = a.clone();
            async move { check_accounts(&app).await }
        }),
    );
    let a = app.clone();
    tasks.spawn_until_stopped("expire_logins", async move {
        if let Err(error) = a.logins.resume().await {
            tracing::warn!(%error, "pending sign-ins were not taken up again");
        }
        every(Duration::from_secs(15), move || {
            let app = a.clone();
            async move {
                if let Err(error) = app.logins.expire_logins().await {
                    tracing::warn!(%error, "the sign-in pass failed");
                }
            }
        })
        .await;
    });
    let a = app.clone();
    tasks.spawn_until_stopped(
        "prune_records",
        every(HOUR, move || {
            let app = a.clone();
            async move {
                match app.traces.prune().await {
                    Ok(0) => {}
                    Ok(count) => tracing::info!(count, "old request records removed"),
                    Err(error) => tracing::warn!(%error, "old request records were not removed"),
                }
            }
        }),
    );
    Ok(())
}

/// A person who has just signed in looks at the page: the account and its models are there at once.
async fn follow_sign_ins(app: Arc<App>) {
    loop {
        app.logins.connected().notified().await;
        if let Err(error) = app.reload().await {
            tracing::warn!(%error, "the catalogue could not be read anew");
        }
        // First, as the model list is asked for there.
        check_accounts(&app).await;
        app.models.refresh_due().await;
    }
}

async fn check_accounts(app: &App) {
    if let Err(error) = app.placements.check_due().await {
        tracing::warn!(%error, "the pass over the accounts' workspaces failed");
    }
}

async fn every<F: Future<Output = ()>>(period: Duration, pass: impl Fn() -> F) {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        pass().await;
    }
}

async fn listen(app: &App) -> sqlx::Result<PgListener> {
    let mut listener = PgListener::connect_with(&app.db).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

/// Reads the catalogue anew whenever Postgres says that it changed, and once more after every lost connection: what
/// was told meanwhile is not told again.
async fn follow_changes(app: Arc<App>, mut listener: PgListener) {
    // What changed between the first reading and the first hearing.
    if let Err(error) = app.reload().await {
        tracing::warn!(%error, "the catalogue could not be read anew");
    }
    loop {
        match listener.try_recv().await {
            Ok(Some(_)) => {
                // One write often tells of several tables: read once.
                tokio::time::sleep(Duration::from_millis(20)).await;
                while let Some(_more) = listener.next_buffered() {}
            }
            Ok(None) => tracing::info!("the database connection for changes was lost and is back"),
            Err(error) => {
                tracing::warn!(%error, "the database connection for changes is lost");
                tokio::time::sleep(RECONNECT).await;
            }
        }
        if let Err(error) = app.reload().await {
            tracing::warn!(%error, "the catalogue could not be read anew");
        }
    }
}
