//! `storm`: a thousand workstations come back at once, each a few commits behind.

use std::sync::Arc;
use std::time::{Duration, Instant};

use wattle_domain::FeedClass;
use wattle_protocol::PROTOCOL;
use wattle_protocol::pull::{Frame, Pull};
use wattle_protocol::session::{Cursors, Hello};
use wattle_sync_engine::{Error, Transport};

use super::crowd::{self, Member};
use super::figures::Figures;
use super::scale::Scale;
use super::stream::Stream;
use super::{machine, place};
use crate::dice::Dice;
use crate::house::PEOPLE;

const DESKS: u32 = 1_000;
const ROWS: u32 = 100_000;
const MISSED: u32 = 500;
/// Longest wait before one that was told to come again does so, when the server names no time.
const AGAIN_MS: u64 = 1_000;

/// Every desk says hello, pulls what it missed and opens live, all beginning at the same moment.
///
/// # Errors
/// A part of the house says no.
pub fn run(scale: Scale) -> anyhow::Result<Figures> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(scale))
}

async fn measure(scale: Scale) -> anyhow::Result<Figures> {
    let (desks, missed) = (scale.of(DESKS, 50), scale.of(MISSED, 100));
    let mut figures = Figures::new(
        "storm",
        format!(
            "{desks} desks without files, {missed} changed rows behind: hello, pull, live, from one moment on{}",
            scale.note()
        ),
        "all caught up in under 10 s",
        "the same number of /healthz round trips, each on a connection of its own, from one moment on",
    );
    let dir = tempfile::tempdir()?;
    let mut house = place::house(dir.path())?;
    place::fill(&house, scale.of(ROWS, 1000))?;
    house.start_server().await?;
    let crowd = crowd::enrol(&house, house.clinic(), PEOPLE[0].username, desks)?;
    let address = house.server_url().trim_start_matches("http://").to_owned();
    let first = crowd.members.first().ok_or_else(|| anyhow::anyhow!("nobody"))?;
    // Where all of them are: at the heads of now, before the rows that they miss.
    let welcome =
        Transport::new(&house.server_url())?.session(&first.token, &hello("", Cursors::new())).await?;
    let cursors: Cursors = welcome.feeds.iter().map(|feed| (feed.feed, feed.head)).collect();
    place::change(&house, missed)?;

    let cpu = machine::cpu(house.server_pid());
    let start = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for (n, member) in crowd.members.iter().cloned().enumerate() {
        let (url, address, epoch, cursors) =
            (house.server_url(), address.clone(), welcome.epoch.clone(), cursors.clone());
        tasks.spawn(async move {
            let done = come_back(&url, &address, &member, &epoch, cursors, n).await?;
            Ok::<_, anyhow::Error>((start.elapsed(), done))
        });
    }
    let (mut times, mut turned_away, mut rows, mut open) = (Vec::new(), 0, 0, Vec::new());
    while let Some(done) = tasks.join_next().await {
        let (took, back) = done??;
        times.push(took);
        turned_away += back.turned_away;
        rows += back.rows;
        open.push(back.stream);
    }
    let seconds = start.elapsed().as_secs_f64();
    anyhow::ensure!(
        rows == u64::from(missed) * u64::from(desks),
        "every desk got what it missed: {rows} rows"
    );
    let cpu = machine::cpu(house.server_pid()).saturating_sub(cpu);
    figures.times(times);
    figures.put("seconds", seconds);
    figures.put("turned_away", f64::from(turned_away));
    figures.put("server_cpu_s", cpu.as_secs_f64());
    figures.memory(house.server_pid());
    drop(open);
    let floor = floor(&format!("{}/healthz", house.server_url()), desks).await?;
    figures.put("floor", floor);
    figures.put("floor_ratio", seconds / floor);
    figures.met = Some(seconds < 10.0);
    Ok(figures)
}

struct Back {
    stream: Stream,
    rows: u64,
    turned_away: u32,
}

fn hello(epoch: &str, cursors: Cursors) -> Hello {
    Hello {
        app_version: env!("CARGO_PKG_VERSION").into(),
        protocol: PROTOCOL,
        epoch: epoch.into(),
        cursors,
        outbox_len: 0,
        last_n: 0,
        outbox_oldest_s: None,
        replica: None,
        feeds: Some(vec![FeedClass::Ref, FeedClass::Front]),
    }
}

async fn come_back(
    url: &str,
    address: &str,
    member: &Member,
    epoch: &str,
    mut cursors: Cursors,
    n: usize,
) -> anyhow::Result<Back> {
    let transport = Arc::new(Transport::new(url)?);
    let (mut dice, mut turned_away) = (Dice::new(7, u64::try_from(n)?), 0);
    let token = member.token.as_str();
    while let Err(error) = transport.session(token, &hello(epoch, cursors.clone())).await {
        later(error, &mut dice, &mut turned_away).await?;
    }
    let mut rows = 0;
    loop {
        let ask = Pull {
            epoch: epoch.to_owned(),
            cursors: cursors.clone(),
            max_bytes: 64 << 20,
            feeds: Some(vec![FeedClass::Ref, FeedClass::Front]),
            ..Pull::default()
        };
        match pull(&transport, token, &ask).await {
            Ok((got, at, complete)) => {
                rows += got;
                cursors = at;
                if complete {
                    break;
                }
            }
            Err(error) => later(error, &mut dice, &mut turned_away).await?,
        }
    }
    let stream = loop {
        match Stream::open(address, token, "ref,front").await {
            Ok(stream) => break stream,
            Err(error) if error.to_string().contains(" 503 ") => {
                turned_away += 1;
                tokio::time::sleep(Duration::from_millis(dice.throw() % AGAIN_MS)).await;
            }
            Err(error) => return Err(error),
        }
    };
    Ok(Back { stream, rows, turned_away })
}

async fn pull(transport: &Transport, token: &str, ask: &Pull) -> Result<(u64, Cursors, bool), Error> {
    let mut frames = transport.pull(token, ask).await?;
    let mut got = 0;
    while let Some(frame) = frames.next().await? {
        match frame {
            Frame::Rows { rows, .. } => got += u64::try_from(rows.len()).unwrap_or(0),
            Frame::Checkpoint { cursors, complete, .. } => return Ok((got, cursors, complete)),
            Frame::Whole { .. } | Frame::Gone { .. } | Frame::Page { .. } => {}
        }
    }
    Err(Error::Garbled { what: "a pull without a checkpoint" })
}

/// Waits as the engine does when the server has no place.
async fn later(error: Error, dice: &mut Dice, turned_away: &mut u32) -> anyhow::Result<()> {
    let Error::Refused { retry_after_s: Some(seconds), .. } = error else { return Err(error.into()) };
    *turned_away += 1;
    // As the server says, give or take a half.
    let ms = u64::from(seconds) * 500;
    tokio::time::sleep(Duration::from_millis(ms + dice.throw() % (ms * 2).max(1))).await;
    Ok(())
}

async fn floor(url: &str, many: u32) -> anyhow::Result<f64> {
    let start = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..many {
        let url = url.to_owned();
        tasks.spawn(async move { reqwest::Client::new().get(url).send().await?.bytes().await });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(start.elapsed().as_secs_f64())
}
