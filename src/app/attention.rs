//! What waits for a person: in order of urgency.

use crate::app::App;
use crate::app::mcp::State as McpState;
use crate::app::traces::Totals;
use crate::domain::catalogue::{Provider, TenantCatalogue};
use crate::domain::ids::TenantId;
use crate::domain::provider::State;
use crate::domain::quota::forecast::Verdict;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// What is the matter. In order of urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Matter {
    /// Only the account's owner can bring it back.
    NeedsReauth,
    Exhausted,
    RequestsFailed,
    McpServerDown,
    RunningOut,
    CoolingDown,
    RequestsRefused,
}

/// How soon somebody should look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Now,
    Soon,
}

/// One thing that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attention {
    pub kind: Matter,
    pub severity: Severity,
    pub provider_name: Option<String>,
    /// Of an MCP server.
    pub name: Option<String>,
    /// Of requests, in the last 24 hours.
    pub count: Option<i64>,
    /// When it runs out, or ends by itself.
    pub at: Option<DateTime<Utc>>,
    pub since: Option<DateTime<Utc>>,
}

impl Matter {
    fn severity(self) -> Severity {
        match self {
            Self::NeedsReauth | Self::Exhausted | Self::RequestsFailed | Self::McpServerDown => Severity::Now,
            Self::RunningOut | Self::CoolingDown | Self::RequestsRefused => Severity::Soon,
        }
    }

    fn alone(self) -> Attention {
        Attention {
            kind: self,
            severity: self.severity(),
            provider_name: None,
            name: None,
            count: None,
            at: None,
            since: None,
        }
    }
}

impl App {
    /// What waits for a person in a tenant, the most urgent first. `day`: the sums of the last 24 hours.
    pub fn attention(&self, tenant: TenantId, catalogue: &TenantCatalogue, day: &Totals) -> Vec<Attention> {
        let now = self.clock.now();
        let accounts = catalogue.providers.iter().filter_map(|provider| self.of_account(provider, now));
        let servers = self.mcp.list(tenant).into_iter().filter(|s| s.status.state == McpState::Failed);
        let servers = servers.map(|server| Attention {
            name: Some(server.definition.name.clone()),
            since: Some(server.status.since),
            ..Matter::McpServerDown.alone()
        });
        let requests = [
            (Matter::RequestsFailed, day.failed, day.first_failed_at),
            (Matter::RequestsRefused, day.refused, day.first_refused_at),
        ];
        let requests = requests
            .into_iter()
            .filter(|(_, count, _)| *count > 0)
            .map(|(kind, count, since)| Attention { count: Some(count), since, ..kind.alone() });
        let mut all: Vec<Attention> = accounts.chain(servers).chain(requests).collect();
        all.sort_by(by_urgency);
        all
    }

    fn of_account(&self, provider: &Provider, now: DateTime<Utc>) -> Option<Attention> {
        let status = self.accounts.status(provider, now);
        let kind = match status.state {
            State::NeedsReauth => Matter::NeedsReauth,
            State::Exhausted => Matter::Exhausted,
            State::CoolingDown => Matter::CoolingDown,
            State::Ready | State::Draining if provider.kind.is_chatgpt() => {
                return self.running_out(provider, now);
            }
            State::Ready | State::Draining | State::Disabled | State::SignedOut => return None,
        };
        let provider_name = Some(provider.name.clone());
        Some(Attention { provider_name, at: status.until, since: Some(status.since), ..kind.alone() })
    }

    fn running_out(&self, provider: &Provider, now: DateTime<Utc>) -> Option<Attention> {
        let windows = self.quotas.overview(provider, now).forecast;
        let of_main = windows.iter().filter(|w| w.meter.is_none() && w.verdict == Verdict::RunsOut);
        let at = of_main.filter_map(|w| w.runs_out_at).min()?;
        Some(Attention {
            provider_name: Some(provider.name.clone()),
            at: Some(at),
            ..Matter::RunningOut.alone()
        })
    }
}

fn by_urgency(a: &Attention, b: &Attention) -> std::cmp::Ordering {
    // What has no end waits the longest: it comes first among its kind.
    let key = |x: &Attention| (x.severity, x.kind, x.at);
    key(a).cmp(&key(b)).then_with(|| (&a.provider_name, &a.name).cmp(&(&b.provider_name, &b.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_urgent_comes_first_and_of_a_kind_what_comes_soonest() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0);
        let mut all = [
            Attention { at: at(9), ..Matter::RunningOut.alone() },
            Matter::RequestsRefused.alone(),
            Attention { at: at(5), ..Matter::RunningOut.alone() },
            Attention { at: at(1), ..Matter::CoolingDown.alone() },
            Matter::McpServerDown.alone(),
            Attention { at: at(2), ..Matter::Exhausted.alone() },
            Matter::NeedsReauth.alone(),
        ];
        all.sort_by(by_urgency);
        let told: Vec<_> = all.iter().map(|a| (a.kind, a.at)).collect();
        assert_eq!(
            told,
            [
                (Matter::NeedsReauth, None),
                (Matter::Exhausted, at(2)),
                (Matter::McpServerDown, None),
                (Matter::RunningOut, at(5)),
                (Matter::RunningOut, at(9)),
                (Matter::CoolingDown, at(1)),
                (Matter::RequestsRefused, None),
            ]
        );
        assert!(all[..3].iter().all(|a| a.severity == Severity::Now));
        assert!(all[3..].iter().all(|a| a.severity == Severity::Soon));
    }
}
