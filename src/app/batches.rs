//! Queues that are written to Postgres in batches, behind what fills them.

use std::time::Duration;
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

/// Takes what is in the queue, at most `most`, after the first of it waited `linger` for others. Once `stopping` fires
/// the queue is closed, and what is left in it comes without a wait. `false` when there is nothing more to come.
pub async fn gather<T>(
    queue: &mut Receiver<T>,
    batch: &mut Vec<T>,
    most: usize,
    linger: Duration,
    stopping: &CancellationToken,
) -> bool {
    let got = tokio::select! {
        biased;
        got = queue.recv_many(batch, most) => got,
        () = stopping.cancelled() => {
            queue.close();
            queue.recv_many(batch, most).await
        }
    };
    if got < most && got > 0 && !stopping.is_cancelled() {
        tokio::time::sleep(linger).await;
        while batch.len() < most
            && let Ok(more) = queue.try_recv()
        {
            batch.push(more);
        }
    }
    got > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc;

    const LINGER: Duration = Duration::from_millis(50);

    #[tokio::test(start_paused = true)]
    async fn a_batch_waits_for_others_is_bounded_and_nothing_is_left_at_the_end() {
        let (send, mut queue) = mpsc::channel(16);
        let stopping = CancellationToken::new();
        let late = send.clone();
        send.send(1).await.expect("room");
        let (more, batch) = tokio::join!(
            async {
                tokio::time::sleep(LINGER / 2).await;
                for n in 2..=5 {
                    late.send(n).await.expect("room");
                }
            },
            async {
                let mut batch = Vec::new();
                assert!(gather(&mut queue, &mut batch, 3, LINGER, &stopping).await);
                batch
            }
        );
        assert_eq!((more, batch), ((), vec![1, 2, 3]));
        stopping.cancel();
        let mut rest = Vec::new();
        assert!(gather(&mut queue, &mut rest, 16, LINGER, &stopping).await);
        assert_eq!(rest, [4, 5]);
        let mut end = Vec::new();
        assert!(!gather(&mut queue, &mut end, 16, LINGER, &stopping).await, "the queue is closed and empty");
        assert!(end.is_empty());
    }
}
