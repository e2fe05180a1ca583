//! `documents`: 200 documents of 1 MB from a workstation into a real S3 server and back, sealed, read and confirmed by the
//! server in between; beside a plain client of the same S3 server.

use std::time::{Duration, Instant};

use wattle_protocol::document::{DocumentAnswer, Step};

use super::bucket::{AT_ONCE, Bucket, each};
use super::figures::Figures;
use super::scale::Scale;

const DOCUMENTS: u32 = 200;
const BYTES: usize = 1_000_000;
/// Of the plain client's speed.
const AIM: f64 = 0.7;

/// Needs `WATTLE_S3S_FS_BIN`.
///
/// # Errors
/// A part of the house says no, or there is no S3 server.
pub fn run(scale: Scale) -> anyhow::Result<Figures> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(scale))
}

async fn measure(scale: Scale) -> anyhow::Result<Figures> {
    let count = scale.of(DOCUMENTS, 5);
    let mut figures = Figures::new(
        "documents",
        format!("{count} documents of 1 MB up and down, {AT_ONCE} at once{}", scale.note()),
        "at least 0.7 of the floor's MB per second",
        "the same bytes put to and got from the same S3 server, as many at once, by the same signed URLs had beforehand; unsealed and unread",
    );
    let bucket = Bucket::open().await?;
    let bytes: Vec<u8> = (0..BYTES).map(|n| u8::try_from(n * 31 % 251).unwrap_or(0)).collect();
    let filed = bucket.file(count, bytes.as_slice()).await?;
    let up = timed(each(&filed, async |document| bucket.up(document, bytes.as_slice()).await)).await?;
    let down = timed(each(&filed, async |document| bucket.down(document).await)).await?;

    let (mut puts, mut gets) = (Vec::new(), Vec::new());
    for document in &filed {
        let DocumentAnswer::Down { parts, .. } = bucket.ask(document, Step::Down).await? else {
            anyhow::bail!("not down")
        };
        gets.extend(parts);
    }
    for document in bucket.file(count, bytes.as_slice()).await? {
        let DocumentAnswer::Up { parts, .. } = bucket.ask(&document, Step::Up).await? else {
            anyhow::bail!("not up")
        };
        puts.extend(parts.into_iter().map(|part| part.url));
    }
    let http = reqwest::Client::new();
    let bare_up = timed(each(&puts, async |url| {
        http.put(url).body(bytes.clone()).send().await?.error_for_status()?;
        Ok(())
    }));
    let bare_up = bare_up.await?;
    let bare_down = timed(each(&gets, async |url| {
        std::hint::black_box(http.get(url).send().await?.error_for_status()?.bytes().await?);
        Ok(())
    }));
    let bare_down = bare_down.await?;

    let mb = f64::from(count) * BYTES as f64 / 1e6;
    let rate = |time: Duration| mb / time.as_secs_f64().max(0.001);
    for (name, time) in [("up", up), ("down", down), ("floor_up", bare_up), ("floor_down", bare_down)] {
        figures.put(&format!("{name}_mb_s"), rate(time));
    }
    let (of_up, of_down) = (rate(up) / rate(bare_up), rate(down) / rate(bare_down));
    figures.put("up_of_floor", of_up);
    figures.put("down_of_floor", of_down);
    figures.memory(bucket.house.server_pid());
    figures.met = Some(of_up >= AIM && of_down >= AIM);
    Ok(figures)
}

async fn timed(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<Duration> {
    let start = Instant::now();
    work.await?;
    Ok(start.elapsed())
}
