//! A client that costs next to nothing: one kept-alive connection, one request after the other.

use crate::decode::Events;
use anyhow::{Context as _, bail};
use memchr::memmem::find;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Longer than any round: whatever takes this hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection and its buffer.
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// One streamed answer, as the client saw it.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// From before the request was written to after the first event was read.
    pub first_event: Duration,
    /// The longest wait between two reads with events in them.
    pub widest_gap: Duration,
    /// How many events there were.
    pub events: usize,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 64 << 10] })
    }

    /// Sends a whole request and reads the answer to its end.
    pub async fn ask(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        tokio::time::timeout(PATIENCE, self.ask_patiently(request)).await.context("an answer has no end")?
    }

    async fn ask_patiently(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        let began = Instant::now();
        self.stream.write_all(request).await?;
        let (head, mut end) = self.head().await?;
        let mut answer = Answer { first_event: Duration::ZERO, widest_gap: Duration::ZERO, events: 0 };
        let (mut events, mut from, mut last) = (Events::default(), head, None);
        loop {
            let got = events.feed(&self.buffer[from..end]).map_err(anyhow::Error::msg)?;
            if got > 0 {
                let now = Instant::now();
                match last {
                    None => answer.first_event = now - began,
                    Some(last) => answer.widest_gap = answer.widest_gap.max(now - last),
                }
                last = Some(now);
                answer.events += got;
            }
            if events.is_done() {
                return Ok(answer);
            }
            (from, end) = (0, self.stream.read(&mut self.buffer).await?);
            if end == 0 {
                bail!("the connection ended inside an answer");
            }
        }
    }

    /// Reads the head of the answer: where the body begins in the buffer, and what the buffer holds.
    async fn head(&mut self) -> anyhow::Result<(usize, usize)> {
        let mut end = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[end..]).await?;
            end += read;
            let Some(at) = find(&self.buffer[..end], b"\r\n\r\n") else {
                if read == 0 {
                    bail!("the connection ended before an answer");
                }
                continue;
            };
            let head = &self.buffer[..at];
            if !head.starts_with(b"HTTP/1.1 200 ") || find(head, b"\r\ntransfer-encoding: chunked").is_none()
            {
                bail!("no streamed answer: {}", String::from_utf8_lossy(&self.buffer[..end]));
            }
            return Ok((at + 4, end));
        }
    }
}
