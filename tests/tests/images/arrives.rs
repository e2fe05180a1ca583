use std::time::Instant;

use wattle_protocol::ipc::patients::SearchPatients;
use wattle_sync_engine::image::is_untouched;
use wattle_sync_engine::transport::Limits;
use wattle_tests::desk::Desk;

use super::corner::{Corner, PATIENCE, clinic, contents, person};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_made_of_an_image_is_the_file_that_rows_make() {
    let dir = tempfile::tempdir().unwrap();
    let house = clinic(dir.path(), &[]).await;
    let maria = person("maria");

    let rows_dir = tempfile::tempdir().unwrap();
    let rows_path = rows_dir.path().join("clinic.db");
    let began = Instant::now();
    let by_rows = Desk::enrol(&house, &house.server_url(), &rows_path, "reception-1", &maria).await.unwrap();
    by_rows.in_step("reception-1 has the clinic", PATIENCE).await.unwrap();
    let rows_took = began.elapsed();
    let rows_facts = by_rows.store.sync_facts().unwrap();
    let found_by_rows = search(&by_rows.store);
    let rows_key = by_rows.close().await;

    let corner = Corner::new(&house, "reception-2", &maria).await;
    // The app has been started here before, and has made an empty file.
    let empty = corner.open();
    assert!(is_untouched(&empty).unwrap());
    drop(empty);
    let began = Instant::now();
    let (ready, progress) = corner.arrive_with(&house.server_url(), Default::default()).await;
    let ready = ready.unwrap();
    assert!(
        !is_there(&corner.target.file, &corner),
        "the old file is untouched until the new one is complete"
    );
    let progress = progress.expect("was told");
    assert_eq!((progress.bytes, progress.rows), (progress.of_bytes, progress.of_rows), "all of it");
    assert_eq!(progress.of_bytes, ready.bytes);
    ready.put_in_place().unwrap();
    eprintln!(
        "{} rows: {rows_took:?} by rows, {:?} by an image of {} bytes",
        progress.of_rows,
        began.elapsed(),
        progress.of_bytes
    );
    assert!(!corner.beside(".image").exists(), "the chunks are gone");
    assert!(!corner.beside(".incoming").exists());
    assert!(corner.beside(".empty-1").exists(), "the file that was there is renamed aside");

    let store = corner.open();
    let facts = store.sync_facts().unwrap();
    assert_eq!((&facts.epoch, &facts.cursors), (&rows_facts.epoch, &rows_facts.cursors));
    assert_ne!(facts.replica, rows_facts.replica, "each file numbers for itself");
    assert!(!is_untouched(&store).unwrap());
    assert_eq!(search(&store), found_by_rows);
    drop(store);
    let (want, have) = (contents(&rows_path, &rows_key), contents(&corner.target.file, &corner.target.key));
    assert!(want["patient"].len() > 1_000, "there is something to compare");
    for (table, rows) in &want {
        assert!(have[table] == *rows, "{table} differs");
    }
    assert_eq!(have.len(), want.len());

    // It goes on from where the image ends, like any other.
    let desk = Desk::open(corner.keeper.clone(), &corner.target.file, &house.server_url(), Limits::default())
        .unwrap();
    desk.in_step("reception-2 tails", PATIENCE).await.unwrap();
    house.text("update clinic.patient set given_name = 'Wattle' where id = (select min(id::text)::uuid from clinic.patient) returning 1").unwrap();
    wattle_tests::processes::wait_for("the change arrives", PATIENCE, async || {
        (!desk.store.search_patients(&asked("Wattle")).unwrap().is_empty()).then_some(())
    })
    .await
    .unwrap();
    drop(desk);
}

fn asked(query: &str) -> SearchPatients {
    SearchPatients { query: query.to_owned(), limit: 50 }
}

fn search(store: &wattle_local_store::Store) -> Vec<String> {
    ["a", "ma", "smith", "12", "o'"]
        .iter()
        .map(|query| format!("{:?}", store.search_patients(&asked(query)).unwrap()))
        .collect()
}

/// Whether the file has rows.
fn is_there(path: &std::path::Path, corner: &Corner) -> bool {
    let connection = wattle_tests::bench::floor::connect(path, &corner.target.key).unwrap();
    connection.query_row("SELECT count(*) > 0 FROM patient", [], |row| row.get(0)).unwrap()
}
