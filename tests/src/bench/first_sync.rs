//! `first-sync` and `first-sync-rows`: a new desk's whole clinic, PostgreSQL to SQLCipher with indexes and search, through
//! the real server.

use std::time::Instant;

use super::figures::Figures;
use super::place::{self, PATIENCE};
use super::scale::Scale;
use super::{copy_floor, machine};
use crate::desk::Desk;
use crate::house::{House, PEOPLE};
use crate::processes::wait_for;
use crate::wire::{Mode, Wire};

const ROWS: u32 = 1_000_000;
const FLOOR: &str = "PostgreSQL's COPY of the same rows piped row by row into the same encrypted tables, indexes and a search of fewer \
     words built last, one transaction";

/// By streamed rows.
///
/// # Errors
/// A part of the house says no.
pub fn rows(scale: Scale) -> anyhow::Result<Figures> {
    let aim = "at least 0.7 of the floor's rows per second; client under 500 MB, server under 200 MB";
    let measured = measure("first-sync-rows", aim, 0.7, Way::Rows, scale);
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measured)
}

/// By pages, from an image that is built beforehand.
///
/// # Errors
/// A part of the house says no.
pub fn pages(scale: Scale) -> anyhow::Result<Figures> {
    let aim = "at least 3 times the floor's rows per second; client under 500 MB, server under 200 MB";
    let measured = measure("first-sync", aim, 3.0, Way::Pages, scale);
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measured)
}

/// How the clinic comes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Pages,
    Rows,
}

async fn measure(
    name: &'static str,
    aim: &'static str,
    least: f64,
    way: Way,
    scale: Scale,
) -> anyhow::Result<Figures> {
    let mut figures = Figures::new(name, String::new(), aim, FLOOR);
    let dir = tempfile::tempdir()?;
    let mut house = place::house(dir.path())?;
    place::fill(&house, scale.of(ROWS, 1000))?;
    let data = dir.path().join("server");
    if way == Way::Pages {
        let data = data.to_str().ok_or_else(|| anyhow::anyhow!("a folder that is no text"))?;
        house.serve_with(&["--data-dir", data, "--image-rows", "100", "--image-look-s", "1"]);
    }
    house.start_server().await?;
    if way == Way::Pages {
        let built = Instant::now();
        image(&house).await?;
        figures.put("image_built_in_s", built.elapsed().as_secs_f64());
        // What serves is measured, not what built.
        house.kill_server();
        house.start_server().await?;
    }
    let wire = Wire::to(&house.server_url(), Mode::Pass).await?;
    let path = dir.path().join("reception.db");
    let start = Instant::now();
    let desk = match way {
        Way::Pages => Desk::arrive(&house, wire.url(), &path, "reception-1", &PEOPLE[0]).await?,
        Way::Rows => Desk::enrol(&house, wire.url(), &path, "reception-1", &PEOPLE[0]).await?,
    };
    desk.in_step("the first sync", PATIENCE).await?;
    let seconds = start.elapsed().as_secs_f64();
    figures.memory(house.server_pid());
    let (client_mb, server_mb) = (machine::peak_mb(None), machine::peak_mb(house.server_pid()));
    let key = desk.close().await;

    let (rows, floor) = copy_floor::first_sync(&house, &path, &dir.path().join("floor.db"), &key)?;
    let file_mb = std::fs::metadata(&path)?.len() as f64 / 1e6;
    figures.what = format!(
        "{rows} rows from enrolment to online, over a counted wire; the file is then {file_mb:.0} MB{}",
        scale.note()
    );
    let (ours, floor) = (rows as f64 / seconds, rows as f64 / floor.as_secs_f64());
    figures.put("rows_per_s", ours);
    figures.put("seconds", seconds);
    figures.put("wire_mb", wire.to_desk() as f64 / 1e6);
    figures.put("floor", floor);
    figures.put("floor_ratio", ours / floor);
    figures.met = Some(ours >= floor * least && client_mb < 500.0 && server_mb < 200.0);
    Ok(figures)
}

/// Waits until the image of reception's profile is there.
async fn image(house: &House) -> anyhow::Result<()> {
    let sql = format!(
        "SELECT count(*) FROM clinic.image WHERE clinic_id = '{}' AND replaced_at IS NULL AND array_to_string(feeds, '-') = 'ref-front'",
        house.clinic()
    );
    wait_for("the image is built", PATIENCE, async || house.count(&sql).is_ok_and(|n| n > 0).then_some(()))
        .await?;
    Ok(())
}
