//! `idle`: ten thousand live connections that have nothing to say.

use std::time::{Duration, Instant};

use super::crowd;
use super::figures::Figures;
use super::machine;
use super::place;
use super::scale::Scale;
use super::stream::{Said, Stream};
use crate::house::PEOPLE;

const CONNECTIONS: u32 = 10_000;
const TIME: Duration = Duration::from_secs(120);
/// Connections opened at once.
const AT_ONCE: usize = 64;

/// Opens them, holds them for two minutes, then makes one change and waits until every one has heard of it.
///
/// # Errors
/// A part of the house says no.
pub fn run(scale: Scale) -> anyhow::Result<Figures> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(scale))
}

async fn measure(scale: Scale) -> anyhow::Result<Figures> {
    let many = scale.of(CONNECTIONS, 200);
    let seconds = u64::from(scale.of(u32::try_from(TIME.as_secs())?, 5));
    let mut figures = Figures::new(
        "idle",
        format!(
            "{many} live connections of one clinic held for {seconds} s, then one commit told to all{}",
            scale.note()
        ),
        "server under 600 MB, nothing dropped in 2 minutes",
        "the server's memory before the first connection",
    );
    let dir = tempfile::tempdir()?;
    let mut house = place::house(dir.path())?;
    house.start_server().await?;
    let crowd = crowd::enrol(&house, house.clinic(), PEOPLE[0].username, many)?;
    let before = machine::rss_mb(house.server_pid());
    let address = house.server_url().trim_start_matches("http://").to_owned();
    let permits = std::sync::Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    let start = Instant::now();
    let mut opening = tokio::task::JoinSet::new();
    for member in crowd.members {
        let (address, permits) = (address.clone(), permits.clone());
        opening.spawn(async move {
            let _place = permits.acquire().await?;
            Stream::open(&address, &member.token, "ref,front").await
        });
    }
    let mut streams = Vec::new();
    while let Some(opened) = opening.join_next().await {
        streams.push(opened??);
    }
    figures.put("opened_in_s", start.elapsed().as_secs_f64());
    let cpu = machine::cpu(house.server_pid());
    // Each listens by itself; one that ends before the change is a dropped one.
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut listening = tokio::task::JoinSet::new();
    for mut stream in streams {
        listening.spawn(async move {
            let held = tokio::time::timeout_at(until.into(), async {
                loop {
                    stream.next().await?;
                }
                #[allow(unreachable_code)]
                Ok::<(), anyhow::Error>(())
            });
            match held.await {
                Err(_) => Some(stream),
                Ok(_) => None,
            }
        });
    }
    let mut held = Vec::new();
    while let Some(stream) = listening.join_next().await {
        held.extend(stream?);
    }
    let dropped = many - u32::try_from(held.len())?;
    let cpu = machine::cpu(house.server_pid()).saturating_sub(cpu);
    figures.put("dropped", f64::from(dropped));
    figures.put("idle_cpu_percent", cpu.as_secs_f64() / Duration::from_secs(seconds).as_secs_f64() * 100.0);

    let mut waiting = tokio::task::JoinSet::new();
    for mut stream in held {
        waiting.spawn(async move {
            while matches!(stream.next().await?, Said::Beat) {}
            Ok::<_, anyhow::Error>(Instant::now())
        });
    }
    let start = Instant::now();
    let touch = format!(
        "UPDATE clinic.patient SET preferred_name = 'Kit' WHERE clinic_id = '{0}' AND id = (SELECT id FROM clinic.patient WHERE clinic_id = '{0}' LIMIT 1)",
        house.clinic()
    );
    house.text(&touch)?;
    let mut heard = Vec::new();
    while let Some(at) = waiting.join_next().await {
        heard.push(at??.saturating_duration_since(start));
    }
    figures.spread("told", heard);
    figures.memory(house.server_pid());
    figures.put("floor", before);
    let peak = machine::peak_mb(house.server_pid());
    figures.put("kb_per_connection", (peak - before) * 1024.0 / f64::from(many));
    figures.met = Some(dropped == 0 && peak < 600.0);
    Ok(figures)
}
