//! What `demo --clinic large` plays, with a small clinic: by files and by the server the same, killed on the way.
#![allow(clippy::unwrap_used, missing_docs)]

use wattle_tests::leaving::{Size, play};

#[test]
fn both_ways_out_of_filemaker_give_the_same_clinic_however_often_one_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let size = Size { patients: 400, appointments: 2_500, notes: 300, documents: 40 };
    let figures = serde_json::to_value(play(dir.path(), size, 3).unwrap()).unwrap();
    assert_eq!(figures["kills"], 10, "{figures}");
    assert!(figures["tables_compared"].as_u64().unwrap() > 10, "{figures}");
    assert!(figures["rejected"].as_u64().unwrap() > 0, "dirt is rejected: {figures}");
}
