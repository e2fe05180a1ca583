//! No two active appointments overlap, at the server and in no file.

use super::super::town::Town;
use super::open;

const PAIRS: &str = "SELECT count(*) FROM clinic_.appointment a JOIN clinic_.appointment b ON a.practitioner_id = b.practitioner_id \
     AND a.id < b.id AND a.start_at < b.end_at AND b.start_at < a.end_at \
     WHERE NOT a.double_booking AND NOT b.double_booking AND a.deleted_at IS NULL AND b.deleted_at IS NULL \
     AND a.status NOT IN ('cancelled', 'did_not_attend') AND b.status NOT IN ('cancelled', 'did_not_attend')";

pub fn check(town: &Town) -> Vec<String> {
    let mut wrong = Vec::new();
    let sql = PAIRS.replace("clinic_.", "clinic.").replace(" ON ", " ON a.clinic_id = b.clinic_id AND ");
    let pairs = town.house.count(&sql).unwrap();
    if pairs > 0 {
        wrong.push(format!("{pairs} pairs of appointments overlap at the server"));
    }
    for desk in &town.desks {
        let pairs: i64 = open(desk).query_row(&PAIRS.replace("clinic_.", ""), [], |row| row.get(0)).unwrap();
        if pairs > 0 {
            wrong.push(format!("{}: {pairs} pairs of appointments overlap", desk.name));
        }
    }
    wrong
}
