//! What must be true after everything.

mod book;
mod leak;
mod ledger;
mod rows;

use rusqlite::Connection;
use wattle_tests::bench::floor::connect;

use super::desk::DeskProcess;
use super::town::Town;

/// Ends the desks in order and looks into every file, and into the database.
pub async fn all(town: &mut Town) {
    for desk in &mut town.desks {
        desk.end().await;
    }
    let wrong: Vec<String> = (ledger::check(town).into_iter())
        .chain(book::check(town))
        .chain(rows::check(town))
        .chain(leak::check(town))
        .collect();
    assert!(wrong.is_empty(), "{} things are wrong:\n{}", wrong.len(), wrong.join("\n"));
    for clinic in &town.clinics {
        town.house.verify_audit(clinic).unwrap();
    }
}

/// A desk's file, open beside the store's own code, which is what is being checked.
fn open(desk: &DeskProcess) -> Connection {
    connect(&desk.file, &desk.seat().data_key()).unwrap()
}
