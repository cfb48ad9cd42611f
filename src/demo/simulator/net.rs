//! The listener: `TCP_NODELAY`, connections that can be reset on purpose, and that die with the simulator.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// The connection a request came on.
#[derive(Clone, Debug, Default)]
pub(super) struct Conn {
    reset: Arc<AtomicBool>,
}

impl Conn {
    /// From now on nothing is written, and the connection ends with a TCP reset instead of a FIN.
    pub(super) fn reset(&self) {
        self.reset.store(true, Ordering::Release);
    }

    fn is_reset(&self) -> bool {
        self.reset.load(Ordering::Acquire)
    }
}

impl Connected<IncomingStream<'_, SimListener>> for Conn {
    fn connect_info(stream: IncomingStream<'_, SimListener>) -> Self {
        stream.remote_addr().clone()
    }
}

pub(super) struct SimListener {
    inner: TcpListener,
    closing: CancellationToken,
}

impl SimListener {
    pub(super) async fn bind(addr: SocketAddr, closing: CancellationToken) -> io::Result<(Self, SocketAddr)> {
        let inner = TcpListener::bind(addr).await?;
        let bound = inner.local_addr()?;
        Ok((Self { inner, closing }, bound))
    }
}

impl Listener for SimListener {
    type Io = SimIo;
    type Addr = Conn;

    async fn accept(&mut self) -> (SimIo, Conn) {
        loop {
            match self.inner.accept().await {
                Ok((stream, _)) => {
                    // Without it the last delta waits for the acknowledgement of the one before.
                    let _ = stream.set_nodelay(true);
                    let conn = Conn::default();
                    let closed = Box::pin(self.closing.clone().cancelled_owned());
                    return (SimIo { stream, conn: conn.clone(), closed }, conn);
                }
                // Out of file descriptors, or the peer left while in the queue.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<Conn> {
        Ok(Conn::default())
    }
}

/// A TCP stream that fails once it was reset or the simulator stops.
pub(super) struct SimIo {
    stream: TcpStream,
    conn: Conn,
    closed: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl SimIo {
    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if self.conn.is_reset() || self.closed.as_mut().poll(cx).is_ready() {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl Drop for SimIo {
    fn drop(&mut self) {
        if self.conn.is_reset() {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for SimIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for SimIo {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.conn.is_reset() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
