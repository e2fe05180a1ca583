//! No byte of a class is in a file whose person may not see it: not in a row, an index, a word list or a freed page.

use rusqlite::Connection;
use wattle_domain::FeedClass;

use super::super::desk::DeskProcess;
use super::super::town::{ADMIN, FRONT, Town};
use super::open;

pub fn check(town: &Town) -> Vec<String> {
    let mut wrong = Vec::new();
    for desk in &town.desks {
        let pages = pages(&open(desk));
        for (class, words) in [(FeedClass::Front, FRONT), (FeedClass::Admin, ADMIN)] {
            for (clinic, word) in words.into_iter().enumerate() {
                let may = clinic == desk.clinic && granted(town, desk, class);
                let times = pages.windows(word.len()).filter(|bytes| *bytes == word.as_bytes()).count();
                if !may && times > 0 {
                    wrong.push(format!("{}: {word:?} is in the file {times} times", desk.name));
                }
                if may && times == 0 {
                    wrong
                        .push(format!("{}: {word:?} is not in the file: this check sees nothing", desk.name));
                }
            }
        }
    }
    wrong
}

/// Every page in the clear, freed ones included, in lower case as the search keeps words.
fn pages(file: &Connection) -> Vec<u8> {
    let mut query = file.prepare("SELECT data FROM sqlite_dbpage ORDER BY pgno").unwrap();
    let pages = query.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    let mut all: Vec<u8> = pages.flat_map(Result::unwrap).collect();
    all.make_ascii_lowercase();
    all
}

fn granted(town: &Town, desk: &DeskProcess, class: FeedClass) -> bool {
    let (clinic, user) = (&town.clinics[desk.clinic], desk.seat().signed_in.user);
    let sql = format!(
        "SET ROLE wattle_app; SET wattle.clinic = '{clinic}'; SET wattle.\"user\" = '{user}'; \
         SELECT '{}' = ANY (sync.granted_classes())",
        class.as_str()
    );
    town.house.text(&sql).unwrap() == "t"
}
