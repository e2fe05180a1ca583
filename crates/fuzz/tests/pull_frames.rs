//! The lines of a pull's answer, into a real encrypted file: taken whole, or refused and nothing changed.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use uuid::Uuid;
use wattle_domain::{ClinicId, WorkstationId};
use wattle_local_store::{DataKey, Identity, Store, SystemClock};
use wattle_protocol::ipc::patients::SearchPatients;
use wattle_protocol::pull::Frame;

/// Two answers: a feed whole, and changes of it.
const EXAMPLES: &[&[u8]] = &[
    br#"{"frame":"whole","feed":"front","rows":1}
{"frame":"rows","feed":"front","table":"patient","columns":["record_number","family_name","given_name","preferred_name","title","birth_date","birth_date_accuracy","sex","field_changes"],"rows":[["0196f3a0-0000-7000-8000-000000000071",1,1795384800000,null,1795384800000,null,null,null,null,"17","Nguyen","Ana",null,"Ms","1961-02-03","exact","female",{}]]}
{"frame":"page","feed":"front","to":3}
{"frame":"checkpoint","cursors":{"front":3},"answers":[],"complete":true}"#,
    br#"{"frame":"rows","feed":"front","table":"patient_contact","columns":["patient_id","kind","value","preferred","field_changes"],"rows":[["0196f3a0-0000-7000-8000-000000000081",1,1795384800000,null,1795384800000,null,null,null,null,"0196f3a0-0000-7000-8000-000000000071","mobile","0412 345 678",true,{}]]}
{"frame":"gone","feed":"front","table":"alert","ids":["0196f3a0-0000-7000-8000-000000000084"]}
{"frame":"page","feed":"front","to":4}
{"frame":"checkpoint","cursors":{"front":4},"answers":[{"command_id":"0196f3a0-0000-7000-8000-000000000100","verdict":"applied"}],"complete":true}"#,
];

struct Clinic {
    _folder: tempfile::TempDir,
    store: Store,
}

fn clinic() -> Clinic {
    let folder = tempfile::tempdir().unwrap();
    let identity = Identity {
        clinic: ClinicId(Uuid::from_u128(1)),
        workstation: WorkstationId(Uuid::from_u128(2)),
        profile: "ref-front".into(),
    };
    let path = folder.path().join("wattle.db");
    let store = Store::open(&path, &DataKey::from_bytes([7; 32]), identity, Arc::new(SystemClock)).unwrap();
    Clinic { _folder: folder, store }
}

fn facts(store: &Store) -> (Vec<String>, String) {
    let query = SearchPatients { query: "nguyen".into(), limit: 30 };
    let found = store.search_patients(&query).unwrap();
    let names = found.iter().map(|hit| format!("{} {:?}", hit.family_name, hit.given_name)).collect();
    (names, format!("{:?}", store.sync_facts().unwrap().cursors))
}

fn pull(store: &Store, text: &str) -> Result<(), String> {
    let mut pull = store.begin_pull().unwrap();
    for line in text.lines() {
        let frame: Frame = serde_json::from_str(line).map_err(|error| error.to_string())?;
        pull.frame(frame).map_err(|error| error.to_string())?;
    }
    pull.finish().map(drop).map_err(|error| error.to_string())
}

#[test]
fn pull_frames() {
    let clinic = std::panic::AssertUnwindSafe(clinic());
    wattle_fuzz::try_on(EXAMPLES, move |bytes| {
        let clinic = &*clinic;
        let before = facts(&clinic.store);
        if pull(&clinic.store, &String::from_utf8_lossy(bytes)).is_err() {
            assert_eq!(facts(&clinic.store), before, "refused, and yet something has changed");
        }
    });
}

/// Spoiled or not, an example that is refused as it stands would try nothing behind the first check.
#[test]
fn the_examples_are_taken() {
    let clinic = clinic();
    for example in EXAMPLES {
        assert_eq!(pull(&clinic.store, std::str::from_utf8(example).unwrap()), Ok(()));
    }
    let (names, cursors) = facts(&clinic.store);
    assert_eq!(names.len(), 1);
    assert!(cursors.contains('4'), "{cursors}");
}
