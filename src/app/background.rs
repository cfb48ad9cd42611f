//! What runs beside the requests: each pass takes no input, is idempotent and is never retried inside itself.

use crate::app::App;
use crate::app::health::{homes, share};
use crate::app::{announce, catalogue, events, quota, runs};
use sqlx::postgres::PgListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// How often tokens, model lists and workspaces are looked at.
const MINUTE: Duration = Duration::from_mins(1);
/// How often pending sign-ins are looked at.
const LOGINS: Duration = Duration::from_secs(15);
/// How often quotas are looked at; few of them are asked for.
const QUOTA: Duration = Duration::from_secs(1);
/// How often it is written when keys were used.
const KEY_USES: Duration = Duration::from_secs(5);
/// How often the audit log is told of sign-ins that failed.
const FAILURES: Duration = Duration::from_secs(10);
/// How often old records and sign-ins go.
const HOUR: Duration = Duration::from_hours(1);
/// How long the listener for changes waits after it lost the database.
const RECONNECT: Duration = Duration::from_secs(1);

/// Spawns every task.
pub async fn spawn(app: &Arc<App>) -> anyhow::Result<()> {
    let tasks = app.shutdown.tasks();
    let listener = listen(app).await?;
    let changed = Arc::new(Notify::new());
    tasks.spawn_until_stopped("follow_changes", follow_changes(app.clone(), changed.clone()));
    tasks.spawn_until_stopped("hear_replicas", hear_replicas(app.clone(), listener, changed));
    tasks.spawn_until_stopped("follow_sign_ins", follow_sign_ins(app.clone()));
    tasks.spawn_until_stopped("announce", announce::run(app.clone()));
    let (a, stopping) = (app.clone(), tasks.stopping());
    tasks.spawn("keep_quota", async move { a.quotas.keep(stopping).await });
    let a = app.clone();
    tasks.spawn_until_stopped("expire_logins", async move {
        if let Err(error) = a.logins.resume().await {
            tracing::warn!(%error, "pending sign-ins were not taken up again");
        }
        every(LOGINS, a, expire_logins).await;
    });
    periodic(app, "refresh_tokens", MINUTE, |app| async move {
        if let Err(error) = app.tokens.refresh_due().await {
            tracing::warn!(%error, "the token pass failed");
        }
    });
    periodic(app, "refresh_models", MINUTE, |app| async move { app.models.refresh_due().await });
    periodic(app, "check_accounts", MINUTE, |app| async move { check_accounts(&app).await });
    periodic(app, "refresh_quota", QUOTA, |app| async move { app.quotas.refresh_due().await });
    let (a, stopping) = (app.clone(), tasks.stopping());
    tasks.spawn("write_key_uses", async move {
        loop {
            let over = stopping.run_until_cancelled(tokio::time::sleep(KEY_USES)).await.is_none();
            if let Err(error) = a.keys.write_uses().await {
                tracing::warn!(%error, "when keys were used could not be written");
            }
            if over {
                break;
            }
        }
    });
    periodic(app, "tell_failures", FAILURES, |app| async move {
        if let Err(error) = app.people.tell_failures().await {
            tracing::warn!(%error, "the audit log was not told of failed sign-ins");
        }
    });
    periodic(app, "prune", HOUR, |app| async move { prune(&app).await });
    Ok(())
}

/// Spawns a task that makes a pass now and then.
fn periodic<F: Future<Output = ()> + Send + 'static>(
    app: &Arc<App>,
    name: &'static str,
    period: Duration,
    pass: impl Fn(Arc<App>) -> F + Send + 'static,
) {
    app.shutdown.tasks().spawn_until_stopped(name, every(period, app.clone(), pass));
}

/// Removes what is over, one kind after the other: nothing waits for it.
async fn prune(app: &App) {
    app.accounts.prune(app.clock.now());
    pruned("leases", app.sharing.prune().await);
    pruned("conversations' homes", app.homes.prune().await);
    pruned("records of requests", app.traces.prune().await);
    pruned("events of runs", app.runs.prune().await);
    pruned("sessions and invitations", app.people.prune().await);
    pruned("figures of quotas", app.quotas.prune_history().await);
}

fn pruned(what: &str, count: Result<u64, impl std::fmt::Display>) {
    match count {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, what, "removed what is over"),
        Err(error) => tracing::warn!(%error, what, "what is over was not removed"),
    }
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

async fn expire_logins(app: Arc<App>) {
    if let Err(error) = app.logins.expire_logins().await {
        tracing::warn!(%error, "the sign-in pass failed");
    }
}

async fn every<F: Future<Output = ()>>(period: Duration, app: Arc<App>, pass: impl Fn(Arc<App>) -> F) {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        pass(app.clone()).await;
    }
}

/// One connection hears everything that Postgres tells.
async fn listen(app: &App) -> sqlx::Result<PgListener> {
    let mut listener = app.db.listener().await?;
    listener
        .listen_all([
            catalogue::CHANNEL,
            events::CHANNEL,
            quota::CHANNEL,
            share::CHANNEL,
            homes::CHANNEL,
            runs::CHANNEL,
        ])
        .await?;
    Ok(listener)
}

/// Hands on what Postgres tells, without a wait: what takes time is another task's. After every lost connection all
/// have to look for themselves: what was told meanwhile is not told again.
async fn hear_replicas(app: Arc<App>, mut listener: PgListener, changed: Arc<Notify>) {
    loop {
        match listener.try_recv().await {
            Ok(Some(told)) => match told.channel() {
                events::CHANNEL => app.events.hear(told.payload()),
                quota::CHANNEL => app.quotas.heard(told.payload()),
                share::CHANNEL => app.sharing.heard(told.payload()),
                homes::CHANNEL => app.homes.heard(told.payload()),
                runs::CHANNEL => app.runs.heard(told.payload()),
                _ => changed.notify_one(),
            },
            Ok(None) => {
                tracing::info!("the database connection for changes was lost and is back");
                missed(&app, &changed).await;
            }
            Err(error) => {
                tracing::warn!(%error, "the database connection for changes is lost");
                listener = loop {
                    tokio::time::sleep(RECONNECT).await;
                    match listen(&app).await {
                        Ok(listener) => break listener,
                        Err(error) => tracing::debug!(%error, "and is not back yet"),
                    }
                };
                missed(&app, &changed).await;
            }
        }
    }
}

/// Something may have been told that was not heard.
async fn missed(app: &App, changed: &Notify) {
    app.events.missed();
    app.quotas.heard_nothing_for_a_while();
    if let Err(error) = app.sharing.load().await {
        tracing::warn!(%error, "the accounts' leases could not be read anew");
    }
    changed.notify_one();
}

/// Reads the catalogue anew whenever it changed.
async fn follow_changes(app: Arc<App>, changed: Arc<Notify>) {
    loop {
        // First of all what changed between the first reading and the first hearing.
        if let Err(error) = app.reload().await {
            tracing::warn!(%error, "the catalogue could not be read anew");
            // A change that was not read is still there to be read.
            tokio::time::sleep(RECONNECT).await;
            changed.notify_one();
        }
        changed.notified().await;
        // One write often tells of several tables: read once.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
