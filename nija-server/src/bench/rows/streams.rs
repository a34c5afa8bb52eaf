//! One user's events to many streams, beside bare frames to as many sockets.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{io::AsyncReadExt, net::TcpStream, task::JoinSet};

use crate::bench::{
    Args, Outcome, failed,
    figures::{count, median, rate, ratio},
    frames::Frames,
    http::Address,
    load::{Load, Pace},
    reference::{RawStreams, Reference},
    report::{Row, thousands, time},
    target::Target,
    users,
};

const BUDGET: f64 = 150_000.0;
/// Orders under way at a time.
const ORDERS: usize = 8;
/// Events that the slowest stream may be behind the server's newest before more orders go out. The server keeps 1,024: orders that make more
/// than it can tell to all streams measure what it leaves out, not what it tells.
const BEHIND: u64 = 128;

/// Counts of all streams together.
#[derive(Debug, Default)]
struct Heard {
    frames: AtomicU64,
    bytes: AtomicU64,
    closed: AtomicU64,
    /// The newest number that each stream has seen.
    newest: Vec<AtomicU64>,
}

pub(in crate::bench) async fn streams(args: &Args) -> Outcome<Vec<Row>> {
    let clients = usize::try_from(args.streams)?;
    let target = match &args.url {
        Some(url) => Target::at(url)?,
        None => Target::paper().await?,
    };
    let tokens = users::sign_up(&target.address, 1, None).await?;
    let token = tokens.first().ok_or_else(|| failed("nobody signed up"))?;
    let mut open = Vec::with_capacity(clients);
    for _ in 0..clients {
        open.push(users::stream(&target.address, token).await?);
    }
    let heard =
        Arc::new(Heard { newest: (0..clients).map(|_| AtomicU64::new(0)).collect(), ..Heard::default() });
    let readers = read(&heard, open);
    let same_user = vec![token.clone(); ORDERS];
    let mut load =
        Load::open(&target.address, &same_user, ORDERS, "/v1/orders?wait_ms=10000").await?.selling_too();
    let (mut ours, mut cpu, mut single, mut batched) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..args.runs {
        drive(&mut load, &heard, (&target.address, token), args.warm_up()).await?;
        let (before, spent, began) = (heard.frames.load(Ordering::Relaxed), target.cpu()?, Instant::now());
        drive(&mut load, &heard, (&target.address, token), args.measured()).await?;
        let frames = heard.frames.load(Ordering::Relaxed) - before;
        ours.push(rate(frames, began.elapsed()));
        cpu.push((target.cpu()? - spent).as_secs_f64() * 1e6 / count(frames.max(1)));
        let payload = heard.bytes.load(Ordering::Relaxed) / heard.frames.load(Ordering::Relaxed).max(1);
        let payload = u16::try_from(payload)?.max(126);
        single.push(raw(args, clients, payload, false).await?);
        batched.push(raw(args, clients, payload, true).await?);
    }
    let closed = heard.closed.load(Ordering::Relaxed);
    let payload = heard.bytes.load(Ordering::Relaxed) / heard.frames.load(Ordering::Relaxed).max(1);
    drop(readers);
    target.stop().await?;
    let (ours, single, batched) = (median(&ours), median(&single), median(&batched));
    Ok(vec![Row {
        row: format!("stream fan-out to {} clients", thousands(count(clients as u64))),
        measured: format!("{} msg/s, {} CPU each", thousands(ours), time(median(&cpu))),
        reference: Some(format!(
            "raw sockets: {} msg/s one write a frame, {} batched",
            thousands(single),
            thousands(batched)
        )),
        ratio: ratio(ours, single),
        budget: ">= 150,000 msg/s".into(),
        met: Some(ours >= BUDGET && closed == 0),
        note: format!(
            "the events of one user's orders on paper, {payload} bytes a frame; ratio to one write a frame; {closed} streams given up"
        ),
    }])
}

/// Reads all streams until they are dropped.
fn read(heard: &Arc<Heard>, open: Vec<(TcpStream, Vec<u8>)>) -> JoinSet<()> {
    let mut readers = JoinSet::new();
    for (number, (stream, first)) in open.into_iter().enumerate() {
        readers.spawn(listen(heard.clone(), number, stream, first));
    }
    readers
}

async fn listen(heard: Arc<Heard>, number: usize, mut stream: TcpStream, first: Vec<u8>) {
    let (mut frames, mut buffer) = (Frames::default(), vec![0; 32 * 1024]);
    frames.feed(&first);
    loop {
        let (count, bytes) = (frames.count, frames.bytes);
        let read = stream.read(&mut buffer).await.unwrap_or_default();
        frames.feed(&buffer[..read]);
        heard.frames.fetch_add(frames.count - count, Ordering::Relaxed);
        heard.bytes.fetch_add(frames.bytes - bytes, Ordering::Relaxed);
        if let Some(newest) = heard.newest.get(number) {
            newest.store(frames.seq, Ordering::Relaxed);
        }
        if read == 0 || frames.closed {
            heard.closed.fetch_add(1, Ordering::Relaxed);
            return;
        }
    }
}

/// Sends orders for so long, no faster than the slowest stream follows the server.
async fn drive(
    load: &mut Load,
    heard: &Heard,
    (address, token): (&Address, &str),
    time: Duration,
) -> Outcome<()> {
    let end = Instant::now() + time;
    while Instant::now() < end {
        let run = load.run(Pace::Once, time, || Ok(Duration::ZERO)).await?;
        if run.errors > 0 {
            return Err(failed(format!(
                "an order was refused: {}",
                load.first_error.take().unwrap_or_default()
            )));
        }
        // How far the streams have come says nothing of how far the server is: all of them may be behind it.
        let newest = newest(address, token).await?;
        while heard.slowest() + BEHIND < newest {
            if heard.closed.load(Ordering::Relaxed) > 0 {
                return Err(failed("the server ended a stream"));
            }
            tokio::time::sleep(Duration::from_micros(500)).await;
        }
    }
    Ok(())
}

impl Heard {
    fn slowest(&self) -> u64 {
        self.newest.iter().map(|newest| newest.load(Ordering::Relaxed)).min().unwrap_or_default()
    }
}

/// The number of the server's newest event, as it greets a new stream.
async fn newest(address: &Address, token: &str) -> Outcome<u64> {
    let (mut stream, mut said) = users::stream(address, token).await?;
    let mut buffer = vec![0; 4096];
    loop {
        if let Some(newest) = greeted(&said) {
            return Ok(newest);
        }
        match stream.read(&mut buffer).await? {
            0 => return Err(failed("the server ended a stream before it greeted it")),
            read => said.extend_from_slice(&buffer[..read]),
        }
    }
}

/// `..."last_seq":7}...`, once all of the number is there.
fn greeted(said: &[u8]) -> Option<u64> {
    const FIELD: &[u8] = br#""last_seq":"#;
    let at = said.windows(FIELD.len()).position(|window| window == FIELD)? + FIELD.len();
    let length = said[at..].iter().position(|byte| !byte.is_ascii_digit())?;
    std::str::from_utf8(&said[at..at + length]).ok()?.parse().ok()
}

/// Messages a second of the bare sender.
async fn raw(args: &Args, streams: usize, payload: u16, batched: bool) -> Outcome<f64> {
    let reference = Reference::RawStreams(RawStreams { streams, payload, batched });
    let (process, address) = reference.start().await?;
    let mut open = Vec::with_capacity(streams);
    for _ in 0..streams {
        open.push(connect(&address).await?);
    }
    let heard =
        Arc::new(Heard { newest: (0..streams).map(|_| AtomicU64::new(0)).collect(), ..Heard::default() });
    let readers = read(&heard, open);
    tokio::time::sleep(args.warm_up()).await;
    let (before, began) = (heard.frames.load(Ordering::Relaxed), Instant::now());
    tokio::time::sleep(args.measured()).await;
    let messages = rate(heard.frames.load(Ordering::Relaxed) - before, began.elapsed());
    drop(readers);
    process.stop().await?;
    Ok(messages)
}

async fn connect(address: &Address) -> Outcome<(TcpStream, Vec<u8>)> {
    Ok((TcpStream::connect(address.as_str()).await?, Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greeting_is_read_when_all_of_it_is_there() {
        let hello = br#"..{"seq":0,"type":"hello","data":{"stream":"x","last_seq":1234}}"#;
        for end in 0..hello.len() - 2 {
            assert_eq!(greeted(&hello[..end]), None, "{end}");
        }
        assert_eq!(greeted(hello), Some(1234));
    }
}
