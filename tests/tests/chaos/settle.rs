//! After healing: people rest, and everything must come to an end by itself.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use wattle_tests::wire::Mode;

use super::town::{PATIENCE, Town};

const POLL: Duration = Duration::from_millis(200);
/// How often to say what is waited for.
const TELL: Duration = Duration::from_secs(5);

pub async fn settle(town: &mut Town) {
    for which in [0, 1] {
        town.nodes[which].start(&town.house, which).await;
    }
    for desk in &mut town.desks {
        desk.wire.set(Mode::Pass);
        desk.start();
        desk.rest();
    }
    let started = Instant::now();
    let mut told = TELL;
    while let Err(why) = at_rest(town) {
        assert!(started.elapsed() < PATIENCE, "not at rest: {why}\n{}", town.report());
        if started.elapsed() > told {
            println!("       not at rest after {told:?}: {why}");
            told += TELL;
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Whether every desk has nothing more to do and is where the server is; else the first that is not.
fn at_rest(town: &mut Town) -> Result<(), String> {
    let mut cursors = Vec::new();
    for desk in &mut town.desks {
        let standing = desk.standing().unwrap_or_default();
        let rests = standing["working"] == false && standing["in_step"] == true && standing["outbox"] == 0;
        if !rests {
            return Err(format!("{}: {standing}", desk.name));
        }
        cursors.push((standing["epoch"].clone(), standing["cursors"].clone()));
    }
    let epoch = town.house.text("SELECT sync.epoch()").map_err(|error| error.to_string())?;
    for (desk, (its_epoch, its_cursors)) in town.desks.iter().zip(cursors) {
        let user = desk.seat().signed_in.user.to_string();
        let heads = heads(&town.house, &town.clinics[desk.clinic], &user);
        let mut at: BTreeMap<String, u64> = serde_json::from_value(its_cursors).unwrap_or_default();
        // A feed in which nothing was ever committed.
        at.retain(|_, seq| *seq > 0);
        if its_epoch != epoch.as_str() || at != heads {
            return Err(format!("{}: at {its_epoch} {at:?}, the server at {epoch} {heads:?}", desk.name));
        }
    }
    Ok(())
}

/// The last commits of the feeds that a user's roles grant, as row-level security shows them.
fn heads(house: &wattle_tests::house::House, clinic: &str, user: &str) -> BTreeMap<String, u64> {
    let sql = format!(
        "SET ROLE wattle_app; SET wattle.clinic = '{clinic}'; SET wattle.\"user\" = '{user}'; \
         SELECT class, seq FROM sync.feed WHERE seq > 0"
    );
    let said = house.text(&sql).unwrap();
    let rows = said.lines().filter_map(|line| line.split_once('|'));
    rows.map(|(class, seq)| (class.to_owned(), seq.parse().unwrap())).collect()
}
