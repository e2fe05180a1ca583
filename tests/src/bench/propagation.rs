//! `propagation`: a commit on one workstation to visible rows on another, over loopback, through the real server.

use std::time::{Duration, Instant};

use wattle_domain::commands::{RescheduleAppointment, Slot};
use wattle_domain::{AppointmentId, TableName};
use wattle_protocol::ipc::daybook::{Card, DayBookQuery};

use super::figures::Figures;
use super::scale::Scale;
use crate::desk::Desk;
use crate::house::{House, PEOPLE, Size, add_people};

const PATIENCE: Duration = Duration::from_secs(120);
const MOVES: u32 = 500;
const SIZE: Size = Size { patients: 2_000, practitioners: 6, appointments: 20_000 };

/// Moves an appointment to and fro at one desk and waits for it at the other.
///
/// # Errors
/// A part of the house says no.
pub fn run(scale: Scale) -> anyhow::Result<Figures> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(scale))
}

async fn measure(scale: Scale) -> anyhow::Result<Figures> {
    let moves = scale.of(MOVES, 20);
    let mut figures = Figures::new(
        "propagation",
        format!(
            "{moves} moves of one appointment: from submit at reception-1 to the changed card read at dr-lee"
        ),
        "p50 under 5 ms, p99 under 25 ms",
        "two durable one-row commits in plain SQLite and one HTTP round trip to /healthz, in a row",
    );
    let dir = tempfile::tempdir()?;
    let mut house = House::found(dir.path(), true)?;
    house.import_sample(SIZE, 1)?;
    add_people(&house)?;
    house.start_server().await?;
    let reception =
        Desk::enrol(&house, &house.server_url(), &dir.path().join("reception.db"), "reception-1", &PEOPLE[0])
            .await?;
    let lee =
        Desk::enrol(&house, &house.server_url(), &dir.path().join("lee.db"), "dr-lee", &PEOPLE[1]).await?;
    reception.in_step("reception-1", PATIENCE).await?;
    lee.in_step("dr-lee", PATIENCE).await?;

    let today: wattle_domain::ClinicDate = crate::house::today()?.parse()?;
    let query = DayBookQuery { from: today.plus_days(1), days: 60, practitioner_id: None };
    let card = movable(&reception, query)?;
    let mut changes = lee.store.subscribe();
    let (mut at, mut times) = (slot(&card), Vec::new());
    for n in 0..moves {
        // Within the appointment's own time, so that no neighbour is in the way: it ends a minute sooner or later.
        let to = Slot { end_at: card.end_at.plus_minutes(if n % 2 == 0 { -1 } else { 0 }), ..at };
        let command = RescheduleAppointment {
            appointment_id: card.id,
            was: at,
            to,
            double_booking: card.double_booking,
        };
        let (store, author) = (reception.store.clone(), reception.author.clone());
        let start = Instant::now();
        tokio::task::spawn_blocking(move || store.submit(&author, command.into())).await??;
        reception.driver.nudge();
        loop {
            let changed = tokio::time::timeout(Duration::from_secs(10), changes.recv()).await??;
            if changed.touches(TableName::Appointment) && shows(&lee, card.id, to)? {
                break;
            }
        }
        times.push(start.elapsed());
        at = to;
        reception.in_step("reception-1", PATIENCE).await?;
    }
    let (p50, p99) = figures.spread("desk", times);
    figures.memory(house.server_pid());
    let floor = floor(&house, dir.path()).await?;
    let (floor_p50, floor_p99) = figures.spread("floor", floor);
    figures.put("floor_ratio_p50", p50 / floor_p50.max(0.001));
    figures.put("floor_ratio_p99", p99 / floor_p99.max(0.001));
    figures.met = Some(p50 < 5.0 && p99 < 25.0);
    reception.driver.stop().await;
    lee.driver.stop().await;
    Ok(figures)
}

fn slot(card: &Card) -> Slot {
    Slot {
        practitioner_id: card.practitioner_id,
        room_id: card.room_id,
        start_at: card.start_at,
        end_at: card.end_at,
    }
}

fn movable(desk: &Desk, query: DayBookQuery) -> anyhow::Result<Card> {
    use wattle_domain::fields::AppointmentStatus::{Booked, Confirmed};
    let book = desk.store.day_book(&query)?;
    let card = book.cards.into_iter().find(|c| matches!(c.status, Booked | Confirmed) && !c.double_booking);
    card.ok_or_else(|| anyhow::anyhow!("the sample has no appointment to move"))
}

fn shows(desk: &Desk, id: AppointmentId, slot: Slot) -> anyhow::Result<bool> {
    let date = wattle_domain::ClinicZone::default().date(slot.start_at);
    let query = DayBookQuery { from: date, days: 1, practitioner_id: Some(slot.practitioner_id) };
    let book = desk.store.day_book(&query)?;
    Ok(book.cards.iter().any(|c| c.id == id && c.end_at == slot.end_at))
}

/// A round trip over loopback, and a durable commit of one row at each end.
pub(super) async fn floor(house: &House, dir: &std::path::Path) -> anyhow::Result<Vec<Duration>> {
    let client = reqwest::Client::new();
    let url = format!("{}/healthz", house.server_url());
    let connection = rusqlite::Connection::open(dir.join("floor.db"))?;
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (n INTEGER)")?;
    let mut times = Vec::new();
    for n in 0..500_i64 {
        let start = Instant::now();
        connection.execute("INSERT INTO t VALUES (?1)", [n])?;
        client.get(&url).send().await?.bytes().await?;
        connection.execute("INSERT INTO t VALUES (?1)", [n])?;
        times.push(start.elapsed());
    }
    Ok(times)
}
