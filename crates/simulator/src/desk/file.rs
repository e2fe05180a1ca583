//! A workstation's files: made of a template, copied, torn, kept when a run fails.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use wattle_domain::time::Clock;
use wattle_domain::{ClinicId, UtcInstant, WorkstationId};
use wattle_local_store::{DataKey, Identity, Store};

use super::look::{KEY, Look};

struct Still;

impl Clock for Still {
    fn now(&self) -> UtcInstant {
        UtcInstant(0)
    }
}

/// The log beside a file.
#[must_use]
pub fn wal(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// An empty file with its schema and nobody's identity: making one anew each time would cost more than all else.
fn template() -> &'static [u8] {
    static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("template.db");
        let identity = Identity {
            clinic: ClinicId(uuid::Uuid::nil()),
            workstation: WorkstationId(uuid::Uuid::nil()),
            profile: "ref".into(),
        };
        let store = Store::open(&path, &DataKey::from_bytes(KEY), identity, Arc::new(Still));
        drop(store.expect("a new file"));
        let look = Look::open(&path);
        look.run("DELETE FROM meta");
        drop(look);
        assert!(!wal(&path).exists(), "the last to close empties the log");
        fs::read(&path).expect("the template")
    })
}

/// Makes a new file.
///
/// # Panics
/// When it cannot be written.
pub fn make(path: &Path) {
    fs::write(path, template()).expect("a new file");
}

/// Bytes in the log.
#[must_use]
pub fn wal_len(path: &Path) -> u64 {
    fs::metadata(wal(path)).map_or(0, |m| m.len())
}

/// The log's salts, which change when it begins anew.
#[must_use]
pub fn wal_salt(path: &Path) -> Vec<u8> {
    use std::io::Read;
    let mut head = [0; 32];
    let read = fs::File::open(wal(path)).and_then(|mut file| file.read_exact(&mut head));
    if read.is_ok() { head[16..24].to_vec() } else { Vec::new() }
}

/// Copies a file with its log, of which only so many bytes reached the disk; `garbage` follows them.
///
/// # Panics
/// When it cannot be written.
pub fn copy_torn(from: &Path, to: &Path, log_bytes: u64, garbage: &[u8]) {
    fs::copy(from, to).expect("a copy");
    let log = fs::read(wal(from)).unwrap_or_default();
    let keep = usize::try_from(log_bytes).unwrap_or(usize::MAX).min(log.len());
    let mut file = fs::File::create(wal(to)).expect("a log");
    file.write_all(&log[..keep]).expect("a log");
    file.write_all(garbage).expect("a log");
}

/// Puts one file in another's place.
///
/// # Panics
/// When it cannot be moved.
pub fn replace(with: &Path, path: &Path) {
    for suffix in ["-wal", "-shm"] {
        let _ = fs::remove_file(beside(path, suffix));
    }
    fs::rename(with, path).expect("moved");
    if wal(with).exists() {
        fs::rename(wal(with), wal(path)).expect("moved");
    }
    let _ = fs::remove_file(beside(with, "-shm"));
}
