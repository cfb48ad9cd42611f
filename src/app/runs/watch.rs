//! Reading a run's log, and on as it grows: at any replica, from any place.

use super::log::Told;
use super::{RunError, Runs};
use crate::domain::agent_loop::event::is_terminal;
use crate::domain::ids::{RunId, TenantId};
use crate::store::runs;
use futures_util::Stream;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// Events read at once.
const PAGE: u32 = 500;
/// How often the log of a run that another process drives is looked at.
const LOOK: Duration = Duration::from_millis(250);

impl Runs {
    /// The events of a run behind `after`, and all that follow until it is over.
    pub async fn watch(
        &self,
        tenant: TenantId,
        id: RunId,
        after: i64,
    ) -> Result<impl Stream<Item = Told> + Send + use<>, RunError> {
        self.get(tenant, id).await?;
        let runs = self.clone();
        Ok(async_stream::stream! {
            let mut after = after;
            loop {
                // In this order: nothing is told between the two that would be missed.
                let live = runs.0.live.get(id).map(|live| live.subscribe());
                let was_running = runs.get(tenant, id).await.is_ok_and(|row| row.is_running());
                loop {
                    let Ok(page) = runs.page_of(tenant, id, after).await else { return };
                    let whole = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
                    for told in page {
                        after = told.seq;
                        yield told;
                    }
                    if whole {
                        break;
                    }
                }
                if !was_running {
                    return;
                }
                let Some(mut live) = live else {
                    tokio::time::sleep(LOOK).await;
                    continue;
                };
                loop {
                    match live.recv().await {
                        Ok(told) if told.seq <= after => {}
                        Ok(told) if told.seq == after + 1 => {
                            after = told.seq;
                            yield (*told).clone();
                            if is_terminal(&told.kind) {
                                return;
                            }
                        }
                        // Something was missed: it is in the log.
                        Ok(_) | Err(RecvError::Lagged(_) | RecvError::Closed) => break,
                    }
                }
            }
        })
    }

    async fn page_of(&self, tenant: TenantId, id: RunId, after: i64) -> sqlx::Result<Vec<Told>> {
        let mut conn = self.0.db.tenant(tenant).await?;
        let rows = runs::events(&mut conn, id, after, PAGE).await?;
        Ok(rows.into_iter().map(Told::from).collect())
    }
}
