//! Tells the live feed what changed about the accounts: state, health, cool-down and quota.
//!
//! Every replica looks at its own accounts; what two of them tell alike is heard once (`events`).

use crate::app::App;
use crate::app::events::Event;
use crate::app::health::Cooldown;
use crate::domain::catalogue::Provider;
use crate::domain::ids::ProviderId;
use crate::domain::provider::State;
use crate::domain::routing::failover::Cause;
use crate::domain::routing::health::{LastError, ModelBlock};
use chrono::{DateTime, Utc};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// How often the states are compared: a lease ends without anybody saying so.
const LOOK: Duration = Duration::from_millis(500);

/// What a person sees of one account. Compared at every look; JSON is made of what changed.
struct Shown {
    /// Without its begin: a state that is judged from evidence begins when somebody looks.
    status: (State, Option<String>, Option<DateTime<Utc>>),
    model_blocks: Vec<ModelBlock>,
    streak: (u32, Option<Cause>),
    last_error: Option<LastError>,
    cooldown: Option<Cooldown>,
}

/// Runs until it is stopped.
pub async fn run(app: Arc<App>) {
    let mut quotas = app.quotas.changes();
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut shown: HashMap<ProviderId, Shown> = HashMap::new();
    loop {
        tokio::select! {
            _ = ticks.tick() => look(&app, &mut shown),
            changed = quotas.recv() => match changed {
                Ok(id) => tell_quota(&app, id),
                // What was missed is told with the next change; the pages read anew from time to time.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
        }
    }
}

fn look(app: &App, shown: &mut HashMap<ProviderId, Shown>) {
    let catalogue = app.catalogues.current();
    let mut before = std::mem::take(shown);
    for provider in catalogue.providers() {
        let new = present(app, provider);
        // What is seen for the first time is no change.
        if let Some(old) = before.remove(&provider.id) {
            for event in changes(provider, &old, &new) {
                app.events.publish(provider.tenant, &event);
            }
        }
        shown.insert(provider.id, new);
    }
}

fn changes(provider: &Provider, old: &Shown, new: &Shown) -> Vec<Event> {
    let (provider_id, name) = (provider.id, &provider.name);
    let mut events = Vec::new();
    let models_changed = old.model_blocks != new.model_blocks;
    if old.status != new.status || models_changed {
        let (state, reason, until) = &new.status;
        let status =
            json!({"state": state, "reason": reason, "until": until, "model_blocks": new.model_blocks});
        events.push(Event::ProviderStatus { provider_id, provider_name: name.clone(), status });
    }
    if (old.streak, &old.last_error) != (new.streak, &new.last_error) {
        let (streak, cause) = new.streak;
        let health = json!({
            "consecutive_failures": streak,
            "cause": cause.map(Cause::as_str),
            "last_error": new.last_error.as_ref().map(|error| json!({
                "at": error.at, "cause": error.cause.as_str(), "message": error.message,
            })),
        });
        events.push(Event::ProviderHealth { provider_id, provider_name: name.clone(), health });
    }
    if old.cooldown != new.cooldown || models_changed {
        let cooldown = new.cooldown.as_ref();
        let cooldown =
            json!(cooldown.map(|c| json!({"until": c.until, "reason": c.reason, "since": c.since})));
        let model_blocks = new.model_blocks.clone();
        events.push(Event::ProviderCooldown {
            provider_id,
            provider_name: name.clone(),
            cooldown,
            model_blocks,
        });
    }
    events
}

fn present(app: &App, provider: &Provider) -> Shown {
    let now = app.clock.now();
    let status = app.accounts.status(provider, now);
    Shown {
        status: (status.state, status.reason, status.until),
        model_blocks: status.model_blocks,
        streak: app.accounts.streak(provider.id),
        last_error: app.accounts.last_error(provider.id),
        cooldown: app.accounts.cooldown(provider.id, now),
    }
}

fn tell_quota(app: &App, id: ProviderId) {
    let catalogue = app.catalogues.current();
    let Some(provider) = catalogue.providers().find(|p| p.id == id) else { return };
    let quota = app.quotas.overview(provider, app.clock.now()).to_json(provider);
    let (provider_id, provider_name) = (provider.id, provider.name.clone());
    app.events.publish(provider.tenant, &Event::ProviderQuota { provider_id, provider_name, quota });
}
