//! The same frame to many sockets, without HTTP and WebSocket libraries: one write a frame, or one for all that wait.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use super::ready;
use crate::bench::Outcome;

/// Frames that may wait for one socket.
const QUEUE: usize = 64;

/// What it is told.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(in crate::bench) struct RawStreams {
    /// It begins when so many are connected.
    pub(in crate::bench) streams: usize,
    /// Bytes of a frame's payload.
    pub(in crate::bench) payload: u16,
    /// Whether one write takes all frames that wait.
    pub(in crate::bench) batched: bool,
}

impl RawStreams {
    pub(super) async fn run(self) -> Outcome<()> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        ready(&serde_json::json!({ "url": format!("http://{}", listener.local_addr()?) }));
        let mut queues = Vec::new();
        while queues.len() < self.streams {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let (queue, frames) = mpsc::channel(QUEUE);
            tokio::spawn(write(stream, frames, self.batched));
            queues.push(queue);
        }
        let frame = self.frame();
        loop {
            for queue in &queues {
                // A client that went ends the measurement.
                queue.send(frame.clone()).await?;
            }
        }
    }

    fn frame(self) -> Bytes {
        let mut frame = vec![0x81, 126];
        frame.extend(self.payload.to_be_bytes());
        frame.resize(4 + usize::from(self.payload), b'x');
        frame.into()
    }
}

async fn write(
    mut stream: TcpStream,
    mut frames: mpsc::Receiver<Bytes>,
    batched: bool,
) -> std::io::Result<()> {
    let most = if batched { QUEUE } else { 1 };
    let (mut waiting, mut buffer) = (Vec::new(), Vec::new());
    while frames.recv_many(&mut waiting, most).await > 0 {
        for frame in waiting.drain(..) {
            buffer.extend_from_slice(&frame);
        }
        stream.write_all(&buffer).await?;
        buffer.clear();
    }
    Ok(())
}
