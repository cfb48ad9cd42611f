//! What the gateway costs: streamed answers through it against the same answers directly from the simulated OpenAI,
//! in one run and in turns. `make bench` runs it.
//!
//! The load, the simulator and the gateway share the machine, as they share the noise: only the ratios mean something.

mod client;
mod decode;
mod load;
mod paths;
mod report;
mod rig;
mod routing;
mod stats;

use clap::Parser;
use load::Level;
use report::Verdict;
use rig::{Gateway, Upstream};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Compares streamed answers through the gateway with the same answers directly from the simulator.
#[derive(Debug, Parser)]
#[command(name = "overhead")]
struct Arguments {
    /// A tenth of the time, for a look
    #[arg(long)]
    quick: bool,
    /// Measure this build of the gateway too, in the same run
    #[arg(long, value_name = "PROGRAM")]
    against: Option<PathBuf>,
    /// Only with so many streams
    #[arg(long, value_name = "N")]
    streams: Option<usize>,
    /// Only what routing costs inside; no answers
    #[arg(long)]
    routing: bool,
    /// What cargo passes; means nothing
    #[arg(long, hide = true)]
    bench: bool,
}

/// With its beginning and its end, an answer of 42 words is one of 50 events.
const WORDS: usize = 42;

/// Accounts of the pool that is compared with a single one.
const POOL: usize = 4;

fn levels(arguments: &Arguments) -> Vec<Level> {
    let level = |streams, cycles, millis| Level { streams, cycles, round: Duration::from_millis(millis) };
    let mut levels = vec![level(1, 40, 60), level(16, 10, 250), level(64, 10, 350)];
    if let Some(streams) = arguments.streams {
        levels = vec![level(streams, 10, 300)];
    }
    if arguments.quick {
        for level in &mut levels {
            level.cycles = level.cycles.div_ceil(5);
            level.round /= 2;
        }
    }
    levels
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    print(&runtime.block_on(routing::measure(arguments.quick))?)?;
    if arguments.routing {
        return Ok(());
    }
    let accounts = 2 + POOL + usize::from(arguments.against.is_some());
    let upstream = Upstream::start(accounts, &"harbour ".repeat(WORDS))?;
    runtime.block_on(run(&arguments, &upstream))
}

async fn run(arguments: &Arguments, upstream: &Upstream) -> anyhow::Result<()> {
    let mut programs = vec![(String::new(), PathBuf::from(env!("CARGO_BIN_EXE_gateway")))];
    programs.extend(arguments.against.clone().map(|program| ("other ".to_owned(), program)));
    let mut gateways = Vec::new();
    for (at, (label, program)) in programs.into_iter().enumerate() {
        gateways.push((label, Gateway::start(&program, upstream, &[upstream.account(at)]).await?));
    }
    // The account after the gateways' own is for the direct ways.
    let of_pool: Vec<_> = (0..POOL).map(|n| upstream.account(gateways.len() + 1 + n)).collect();
    let pool = Gateway::start(Path::new(env!("CARGO_BIN_EXE_gateway")), upstream, &of_pool).await?;
    gateways.push(("pool of 4, ".to_owned(), pool));
    let paths = paths::paths(upstream, &gateways)?;
    let pids: Vec<u32> = gateways.iter().map(|(_, gateway)| gateway.pid()).collect();
    print(report::HEADER)?;
    let mut verdict = Verdict::default();
    for level in levels(arguments) {
        let mut rows = load::measure(level, &paths, &pids).await?;
        print(&report::lines(level, &paths, &mut rows, &mut verdict))?;
    }
    print(&verdict.line())?;
    for (_, gateway) in gateways {
        gateway.stop().await?;
    }
    Ok(())
}

fn print(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{text}")
}
