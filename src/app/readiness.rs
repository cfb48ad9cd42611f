//! Whether this process can serve.

use crate::app::App;
use crate::domain::provider::State;
use std::time::Duration;

/// What it depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// It answers, and its migrations are applied.
    pub database: bool,
    /// At least one provider can serve, as the router sees it.
    pub provider: bool,
    pub draining: bool,
    /// The verdict. An installation without any provider is ready: people have to reach the dashboard to connect one.
    pub ready: bool,
}

impl App {
    /// As of now.
    pub async fn readiness(&self) -> Readiness {
        let asked = async {
            let mut conn = self.db.work().await?;
            sqlx::query("select 1 from providers limit 1").execute(&mut *conn).await
        };
        let database = matches!(tokio::time::timeout(Duration::from_secs(2), asked).await, Ok(Ok(_)));
        let catalogue = self.catalogues.current();
        let mut enabled = catalogue.providers().filter(|p| p.enabled).peekable();
        let none_yet = enabled.peek().is_none();
        let now = self.clock.now();
        let provider = enabled.any(|p| self.accounts.can_serve(p, now));
        let draining = self.shutdown.is_draining();
        Readiness { database, provider, draining, ready: database && !draining && (provider || none_yet) }
    }

    /// Brings the gauge of providers up to date.
    pub fn count_providers(&self) {
        use crate::telemetry::metrics::ProviderState;
        let (catalogue, now) = (self.catalogues.current(), self.clock.now());
        let states: Vec<State> = catalogue.providers().map(|p| self.accounts.status(p, now).state).collect();
        for (state, label) in [
            (State::Ready, ProviderState::Ready),
            (State::NeedsReauth, ProviderState::NeedsReauth),
            (State::Disabled, ProviderState::Disabled),
            (State::SignedOut, ProviderState::SignedOut),
            (State::CoolingDown, ProviderState::CoolingDown),
            (State::Exhausted, ProviderState::Exhausted),
            (State::Draining, ProviderState::Draining),
        ] {
            self.metrics.set_providers(label, states.iter().filter(|s| **s == state).count());
        }
    }
}
