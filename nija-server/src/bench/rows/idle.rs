//! A server that does nothing, and one with many streams that hear nothing.

use crate::bench::{
    Args, Outcome, failed,
    figures::{count, median, micros},
    report::{Row, thousands, time},
    target::Target,
    usage, users,
};
use futures::{StreamExt, TryStreamExt, stream};

/// Open files that are not streams.
const OTHER_FILES: usize = 500;
/// Streams that are opened at a time.
const AT_ONCE: usize = 16;

pub(in crate::bench) async fn idle(args: &Args) -> Outcome<Vec<Row>> {
    let mut rows = vec![at_rest(args).await?];
    rows.push(streams(args).await?);
    Ok(rows)
}

async fn at_rest(args: &Args) -> Outcome<Row> {
    let (mut memory, mut starts) = (Vec::new(), Vec::new());
    for _ in 0..args.runs {
        let target = Target::plain().await?;
        starts.push(micros(target.start_time().unwrap_or_default()));
        tokio::time::sleep(args.measured()).await;
        memory.push(count(target.resident()?.unwrap_or_default()));
        target.stop().await?;
    }
    let (memory, start) = (median(&memory) / f64::from(1 << 20), median(&starts));
    Ok(Row {
        row: "idle server; start to ready".into(),
        measured: format!("{memory:.0} MiB RSS; {}", time(start)),
        reference: None,
        ratio: None,
        budget: "<= 50 MiB RSS; <= 300 ms".into(),
        met: Some(memory <= 50.0 && start <= 300_000.0),
        note: "paper venue, empty data folder: databases and keys are made".into(),
    })
}

async fn streams(args: &Args) -> Outcome<Row> {
    let wanted = usize::try_from(args.idle_streams)?;
    let room = usage::open_files().map_or(wanted, |files| files.saturating_sub(OTHER_FILES));
    let streams = wanted.min(room);
    if streams == 0 {
        return Err(failed("the limit of open files leaves no room for streams; raise it (ulimit -n)"));
    }
    let target = Target::paper().await?;
    let tokens = users::sign_up(&target.address, streams, None).await?;
    tokio::time::sleep(args.measured()).await;
    let before = target.resident()?.unwrap_or_default();
    let opened = stream::iter(&tokens).map(|token| users::stream(&target.address, token));
    let open: Vec<_> = opened.buffer_unordered(AT_ONCE).try_collect().await?;
    tokio::time::sleep(args.measured()).await;
    let after = target.resident()?.unwrap_or_default();
    drop(open);
    target.stop().await?;
    let each = count(after.saturating_sub(before)) / count(streams as u64) / 1024.0;
    Ok(Row {
        row: format!("memory per idle stream, {} connected", thousands(count(streams as u64))),
        measured: format!("{each:.1} KiB"),
        reference: None,
        ratio: None,
        budget: "<= 12 KiB".into(),
        met: Some(each <= 12.0),
        note: "each of a user of its own; resident memory of the server, before and after".into(),
    })
}
