//! Rounds of requests: every way to an answer in turn, again and again, so that noise hits all of them.

use crate::client::{Answer, Client};
use crate::paths::Path;
use anyhow::{Context as _, bail};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How one number of streams is measured.
#[derive(Clone, Copy, Debug)]
pub struct Level {
    pub streams: usize,
    /// How often each way has its turn; one more turn, before these, does not count.
    pub cycles: usize,
    /// How long a turn takes.
    pub round: Duration,
}

/// What came of one way at one level.
#[derive(Debug, Default)]
pub struct Row {
    /// Answers per second, one number per cycle.
    pub rates: Vec<f64>,
    pub first_events: Vec<Duration>,
    pub widest_gap: Duration,
    /// Events per answer.
    pub events: usize,
    /// Processor time of the gateway per answer, one number per cycle in microseconds. Empty where the system does
    /// not tell.
    pub cpu: Vec<f64>,
}

/// Measures every path. `pids` are the gateways' processes.
pub async fn measure(level: Level, paths: &[Path], pids: &[u32]) -> anyhow::Result<Vec<Row>> {
    let mut rows: Vec<Row> = paths.iter().map(|_| Row::default()).collect();
    let mut clients = Vec::new();
    for path in paths {
        let mut own = Vec::new();
        for _ in 0..level.streams {
            own.push(Client::connect(path.address).await?);
        }
        clients.push(own);
    }
    for cycle in 0..=level.cycles {
        for turn in 0..paths.len() {
            // There and back: whoever drifts, drifts for all.
            let at = if cycle % 2 == 0 { turn } else { paths.len() - 1 - turn };
            let path = &paths[at];
            let pid = path.gateway.map(|gateway| pids[gateway]);
            let before = pid.and_then(cpu_time);
            let round = round(&mut clients[at], &path.request, level.round);
            let (answers, took) = round.await.with_context(|| path.name.clone())?;
            let spent =
                pid.and_then(cpu_time).zip(before).map(|(after, before)| after.saturating_sub(before));
            rows[at].take(&answers, took, spent, cycle == 0).with_context(|| path.name.clone())?;
        }
    }
    Ok(rows)
}

impl Row {
    fn take(
        &mut self,
        answers: &[Answer],
        took: Duration,
        spent: Option<Duration>,
        warming: bool,
    ) -> anyhow::Result<()> {
        if warming {
            self.events = answers.first().map_or(0, |answer| answer.events);
        }
        // A measurement of wrong answers is worth nothing.
        if let Some(other) = answers.iter().find(|answer| answer.events != self.events) {
            bail!("an answer with {} events, and another with {}", self.events, other.events);
        }
        if warming {
            return Ok(());
        }
        let count = f64::from(u32::try_from(answers.len())?);
        self.rates.push(count / took.as_secs_f64());
        self.cpu.extend(spent.map(|spent| spent.as_secs_f64() * 1e6 / count));
        self.first_events.extend(answers.iter().map(|answer| answer.first_event));
        let widest = answers.iter().map(|answer| answer.widest_gap).max();
        self.widest_gap = self.widest_gap.max(widest.unwrap_or_default());
        Ok(())
    }
}

/// Every client asks without a pause until the time is over, and finishes what it began.
async fn round(
    clients: &mut Vec<Client>,
    request: &[u8],
    lasts: Duration,
) -> anyhow::Result<(Vec<Answer>, Duration)> {
    let began = Instant::now();
    let mut running = JoinSet::new();
    for mut client in clients.drain(..) {
        let request = request.to_vec();
        running.spawn(async move {
            let mut answers = Vec::new();
            while answers.is_empty() || began.elapsed() < lasts {
                answers.push(client.ask(&request).await?);
            }
            anyhow::Ok((client, answers))
        });
    }
    let mut all = Vec::new();
    while let Some(ended) = running.join_next().await {
        let (client, answers) = ended??;
        clients.push(client);
        all.extend(answers);
    }
    Ok((all, began.elapsed()))
}

/// The processor time that a process has used, from the scheduler's own count of nanoseconds. Linux only.
fn cpu_time(pid: u32) -> Option<Duration> {
    let mut total = Duration::ZERO;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        // A thread may end while we look.
        let Ok(text) = std::fs::read_to_string(thread.ok()?.path().join("schedstat")) else { continue };
        total += Duration::from_nanos(text.split(' ').next()?.parse().ok()?);
    }
    Some(total)
}
