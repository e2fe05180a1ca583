//! `propagation-200`: 200 workstations of a clinic, 20 writes a second, and how long until the others have them.
//!
//! Four desks are real: an encrypted file, an engine; they write, and it is measured until the rows are in the files of the
//! other three. The others read the live stream and nothing more, each on a connection of its own; what is measured there
//! is the arrival of the row (or, where the server sent only a hint, of that).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use uuid::Uuid;
use wattle_domain::TableName;
use wattle_protocol::pull::Frame;

use super::crowd;
use super::figures::Figures;
use super::machine;
use super::place::{self, PATIENCE};
use super::scale::Scale;
use super::stream::{Said, Stream};
use crate::desk::Desk;
use crate::house::PEOPLE;
use crate::work::registration;

const DESKS: u32 = 200;
const REAL: u32 = 4;
const WRITES: u32 = 600;
/// 20 a second.
const PACE: Duration = Duration::from_millis(50);

/// When each new patient was saved, and at which of the real desks, by id.
type Saved = Arc<Mutex<HashMap<Uuid, (Instant, u32)>>>;

/// Writes at a steady pace and measures every arrival.
///
/// # Errors
/// A part of the house says no.
pub fn run(scale: Scale) -> anyhow::Result<Figures> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(scale))
}

async fn measure(scale: Scale) -> anyhow::Result<Figures> {
    let (desks, writes) = (scale.of(DESKS, 20), scale.of(WRITES, 60));
    let light = desks - REAL;
    let mut figures = Figures::new(
        "propagation-200",
        format!(
            "{writes} registrations, 20 a second, at {REAL} desks with files and {light} that only read the live stream; from submit \
             to the row read in another's file (file) and to its arrival on the stream (stream){}",
            scale.note()
        ),
        "p50 under 10 ms, p99 under 40 ms into the files",
        "a bare log server: 3 / 6 ms (published); beside it one /healthz round trip and two durable one-row commits",
    );
    let dir = tempfile::tempdir()?;
    let mut house = place::house(dir.path())?;
    house.start_server().await?;
    let mut real = Vec::new();
    for n in 0..REAL {
        let path = dir.path().join(format!("desk-{n}.db"));
        let desk = Desk::enrol(&house, &house.server_url(), &path, &format!("desk-{n}"), &PEOPLE[0]).await?;
        desk.in_step("the first sync", PATIENCE).await?;
        real.push(Arc::new(desk));
    }
    let saved: Saved = Arc::default();
    let address = house.server_url().trim_start_matches("http://").to_owned();
    let (told, mut heard) = mpsc::unbounded_channel();
    let mut listeners = tokio::task::JoinSet::new();
    for member in crowd::enrol(&house, house.clinic(), PEOPLE[0].username, light)?.members {
        let stream = Stream::open(&address, &member.token, "ref,front").await?;
        listeners.spawn(listen(stream, Arc::clone(&saved), told.clone()));
    }
    for (place, desk) in (0..).zip(&real) {
        listeners.spawn(watch(Arc::clone(desk), place, Arc::clone(&saved), told.clone()));
    }
    let cpu = machine::cpu(house.server_pid());
    let mut pace = tokio::time::interval(PACE);
    let started = Instant::now();
    for n in 0..writes {
        pace.tick().await;
        let place = n % REAL;
        let desk = Arc::clone(real.get(usize::try_from(place)?).ok_or_else(|| anyhow::anyhow!("no desk"))?);
        let saved = Arc::clone(&saved);
        tokio::task::spawn_blocking(move || {
            let command = registration("Propagated", "0400 000 000");
            let command = command.ok_or_else(|| anyhow::anyhow!("no such command"))?;
            lock(&saved).insert(command.patient_id.0, (Instant::now(), place));
            desk.submit(command)?;
            Ok::<_, anyhow::Error>(())
        })
        .await??;
    }
    let seconds = started.elapsed().as_secs_f64();
    let want_files = u64::from(writes) * u64::from(REAL - 1);
    let want_streams = u64::from(writes) * u64::from(light);
    let (mut files, mut streams, mut hints) = (Vec::new(), Vec::new(), 0_u64);
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let enough = files.len() as u64 >= want_files && streams.len() as u64 >= want_streams;
        let next = tokio::time::timeout_at(deadline.into(), heard.recv());
        match if enough { break } else { next.await } {
            Ok(Some(Arrival::File(took))) => files.push(took),
            Ok(Some(Arrival::Stream(took))) => streams.push(took),
            Ok(Some(Arrival::Hint)) => hints += 1,
            // Where the server sent hints, the rows of those never come on the stream.
            Ok(None) | Err(_) => break,
        }
    }
    let cpu = machine::cpu(house.server_pid()).saturating_sub(cpu);
    listeners.shutdown().await;
    anyhow::ensure!(
        files.len() as u64 == want_files,
        "{} of {want_files} rows came into the files",
        files.len()
    );
    let deliveries = (files.len() + streams.len()) as f64 + hints as f64;
    figures.put("writes_per_s", f64::from(writes) / seconds);
    figures.put("deliveries", deliveries);
    figures.put("hints", hints as f64);
    figures.put("server_cpu_us_per_delivery", cpu.as_secs_f64() * 1e6 / deliveries.max(1.0));
    figures.put("server_cpu_percent", cpu.as_secs_f64() / seconds * 100.0);
    let (p50, p99) = figures.spread("file", files);
    figures.spread("stream", streams);
    figures.memory(house.server_pid());
    let floor = super::propagation::floor(&house, dir.path()).await?;
    figures.spread("floor", floor);
    figures.met = Some(p50 < 10.0 && p99 < 40.0);
    Ok(figures)
}

enum Arrival {
    File(Duration),
    Stream(Duration),
    Hint,
}

fn lock(saved: &Saved) -> std::sync::MutexGuard<'_, HashMap<Uuid, (Instant, u32)>> {
    saved.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn listen(mut stream: Stream, saved: Saved, told: mpsc::UnboundedSender<Arrival>) {
    while let Ok(said) = stream.next().await {
        let now = Instant::now();
        match said {
            Said::Delta(delta) => {
                for id in patients(&delta.frames) {
                    if let Some((at, _)) = lock(&saved).get(&id) {
                        let _ = told.send(Arrival::Stream(now.saturating_duration_since(*at)));
                    }
                }
            }
            Said::Hint(_) => {
                let _ = told.send(Arrival::Hint);
            }
            Said::Beat => {}
        }
    }
}

fn patients(frames: &[Frame]) -> impl Iterator<Item = Uuid> + '_ {
    frames
        .iter()
        .flat_map(|frame| match frame {
            Frame::Rows { table, rows, .. } if table == TableName::Patient.as_str() => rows.as_slice(),
            _ => &[],
        })
        .filter_map(|row| row.first()?.as_str()?.parse().ok())
}

/// Reads the rows that a file says have changed, and notes those that somebody else saved.
async fn watch(desk: Arc<Desk>, place: u32, saved: Saved, told: mpsc::UnboundedSender<Arrival>) {
    let mut news = desk.store.subscribe();
    let mut seen = std::collections::HashSet::new();
    loop {
        match news.recv().await {
            Ok(changed) if !changed.touches(TableName::Patient) => continue,
            Ok(_) | Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
            Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
        }
        let wanted: Vec<(Uuid, Instant)> = lock(&saved)
            .iter()
            .filter(|(id, (_, by))| *by != place && !seen.contains(*id))
            .map(|(id, (at, _))| (*id, *at))
            .collect();
        for (id, at) in wanted {
            if let Ok(Some(_)) = desk.store.patient(wattle_domain::PatientId(id)) {
                seen.insert(id);
                let _ = told.send(Arrival::File(at.elapsed()));
            }
        }
    }
}
