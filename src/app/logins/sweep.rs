//! What happens to sign-ins without anybody asking: they are taken up again, they expire, they are forgotten.

use super::{LoginError, Logins};
use crate::domain::oauth::{LoginState, LoginWay};
use crate::store;
use chrono::TimeDelta;
use std::collections::HashSet;
use std::sync::Arc;
use url::Url;

/// How long an ended sign-in is kept, for those who ask what became of it.
const KEEP: TimeDelta = TimeDelta::hours(24);

impl Logins {
    /// At start: polls the device sign-ins of the table, and opens the port for its browser sign-ins, so that a
    /// restart in the middle of one is not noticed.
    pub async fn resume(self: &Arc<Self>) -> Result<(), LoginError> {
        let now = self.clock.now();
        let mut db = self.db.work().await?;
        let logins = store::logins::unfinished(&mut db).await?;
        drop(db);
        for login in logins.into_iter().map(|stored| stored.login) {
            if login.state != LoginState::Pending || !login.is_open(now) {
                continue;
            }
            if let LoginWay::Browser { redirect_uri, .. } = &login.way
                && let Some(port) = Url::parse(redirect_uri).ok().and_then(|url| url.port())
            {
                let listening = self.listener.open_for(login.id, Some(port)).await;
                tracing::info!(login = %login.id, ?listening, "a browser sign-in goes on");
            }
        }
        self.resume_device_flows().await
    }

    /// Polls every pending device sign-in, whoever began it.
    pub async fn resume_device_flows(self: &Arc<Self>) -> Result<(), LoginError> {
        let now = self.clock.now();
        let mut db = self.db.work().await?;
        let logins = store::logins::unfinished(&mut db).await?;
        drop(db);
        for login in logins.into_iter().map(|stored| stored.login) {
            let pending = login.state == LoginState::Pending && login.is_open(now);
            if pending && matches!(login.way, LoginWay::Device { .. }) {
                self.poll_device(login.tenant, login.id);
            }
        }
        Ok(())
    }

    /// One background pass, about every 30 seconds: ends what is too late or was left behind, closes a port that
    /// nobody waits at any more, takes up device sign-ins of processes that died, forgets what ended long ago.
    pub async fn expire_logins(self: &Arc<Self>) -> Result<(), LoginError> {
        let now = self.clock.now();
        // Before the table is read: see there.
        let at_the_port = self.listener.waiting().await;
        let mut db = self.db.work().await?;
        let logins = store::logins::unfinished(&mut db).await?;
        drop(db);
        let mut pending = HashSet::new();
        for login in logins.into_iter().map(|stored| stored.login) {
            // Judged by what the locked row says, which may have moved on since.
            let (updated_at, expires_at) = (login.updated_at, login.expires_at);
            let step = move |state: LoginState| state.expire(now, updated_at, expires_at);
            if let Ok(state) = self.transition(login.tenant, login.id, step).await? {
                tracing::info!(login = %login.id, provider = login.provider_name, state = state.as_str(), "a sign-in ended");
            } else {
                pending.insert(login.id);
            }
        }
        for ended in at_the_port.into_iter().filter(|id| !pending.contains(id)) {
            self.listener.done_with(ended).await;
        }
        self.resume_device_flows().await?;
        let mut db = self.db.work().await?;
        store::logins::prune(&mut db, now - KEEP).await?;
        Ok(())
    }
}
