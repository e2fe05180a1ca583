//! Whatever people type into FileMaker, week after week: every record is loaded or rejected, and the report adds up.

use wattle_filemaker_standin::Settings;
use wattle_fm_migrate::verify::{Request, Why, verify};
use wattle_fm_migrate::wire::Route;

use super::support::{CLINIC, House, database, number, small};

/// What people type where something else belongs.
const DIRT: &[&str] = &[
    "",
    " ",
    "?",
    "n/a",
    "31/02/1971",
    "1/2/2031",
    "2 - 2",
    "$400 or best offer",
    "25:61",
    "12.30pm",
    "\u{0}\u{1}\u{B}\u{1D}\u{1F}",
    "O\u{2019}Brien \u{201C}Bob\u{201D}",
    "\u{1F600}\u{FFFD}\u{202E}",
    "{\"a\":?}",
    "'); DROP TABLE clinic.patient; --",
    "000123",
    "-1",
    "999999999999999999999",
    "1e9",
    ".5",
    "two\nlines\rand\u{0B}more",
    "Cancelled",
    "Booked",
    "LEE",
];

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_typed_every_record_is_accounted_for() {
    for (route, seed) in [(Route::Odata, 11), (Route::DataApi, 12)] {
        let Some(url) = database(&format!("dirt_{}", route.as_str())).await else { return };
        let house = House::new(small(), Settings { page_rows: 100, ..Settings::default() }).await;
        let mut dice = Dice(seed);
        for week in 0..4 {
            house.standin.with(|d| {
                for table in &mut d.tables {
                    for _ in 0..table.records.len() / 8 {
                        let id = table.records[dice.below(table.records.len())].id;
                        match dice.below(12) {
                            0 => table.delete(id),
                            1 => {
                                let cells = table.record(id).unwrap().cells.clone();
                                table.add(cells);
                            }
                            _ => {
                                let field = table.fields[dice.below(table.fields.len())].name.clone();
                                table.edit(id, &field, DIRT[dice.below(DIRT.len())]);
                            }
                        }
                    }
                }
            });
            // The clinic's rosters name practitioners: those must stay.
            house.standin.with(|d| {
                let doctors = d.table_mut("Practitioners").unwrap();
                doctors.records = untouched(house.folder.path());
            });
            house.extract(&url, route).await.unwrap_or_else(|e| panic!("{route:?}, week {week}: {e}"));
            let report =
                house.import(&url, route).await.unwrap_or_else(|e| panic!("{route:?}, week {week}: {e}"));
            for (name, theirs) in [("patients", "Patients"), ("appointments", "Appointments")] {
                let there = house.standin.with(|d| d.table(theirs).unwrap().records.len());
                let table = &report.tables[name];
                assert_eq!(table.read, there as u64, "{name}, {route:?}, week {week}");
                assert_eq!(table.read, table.loaded + table.rejected, "{name}, {route:?}, week {week}");
            }
            let request = Request {
                mapping: house.mapping(),
                database_url: url.clone(),
                clinic: CLINIC,
                out: house.folder.path().join("verified"),
                spot: Some(2),
                ticked: None,
                map_key: None,
                typesetter: None,
            };
            let verified = verify(&request).await.unwrap();
            let odd: Vec<_> = verified.differences.iter().filter(|d| d.why == Why::Unexplained).collect();
            assert!(odd.is_empty(), "{route:?}, week {week}: {odd:?}");
            assert!(
                verified.counts.iter().all(|c| c.good()),
                "{route:?}, week {week}: {:?}",
                verified.counts
            );
        }
        assert!(number(&url, "SELECT count(*) FROM staging.superseded").await > 50, "weeks have passed");
    }
}

/// The practitioners as the sample has them.
fn untouched(folder: &std::path::Path) -> Vec<wattle_filemaker_standin::database::Record> {
    wattle_filemaker_standin::clinic::sample(folder).unwrap().table("Practitioners").unwrap().records.clone()
}
