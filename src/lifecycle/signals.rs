//! SIGTERM and SIGINT.

use futures_util::Stream;
use std::io;
use tokio::signal::unix::{SignalKind, signal};

/// A wish that the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// From a service manager.
    Terminate,
    /// From a terminal (Ctrl-C).
    Interrupt,
}

/// The signals that ask this process to end. From here on they do not kill it by themselves.
pub fn signals() -> io::Result<impl Stream<Item = Signal> + Send> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async_stream::stream! {
        loop {
            tokio::select! {
                Some(()) = terminate.recv() => yield Signal::Terminate,
                Some(()) = interrupt.recv() => yield Signal::Interrupt,
                else => break,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt;
    use rustix::process::{Signal as Sent, getpid, kill_process};

    #[tokio::test]
    async fn both_signals_are_heard_and_neither_kills() {
        let mut heard = Box::pin(signals().unwrap());
        kill_process(getpid(), Sent::TERM).unwrap();
        assert_eq!(heard.next().await, Some(Signal::Terminate));
        kill_process(getpid(), Sent::INT).unwrap();
        assert_eq!(heard.next().await, Some(Signal::Interrupt));
    }
}
