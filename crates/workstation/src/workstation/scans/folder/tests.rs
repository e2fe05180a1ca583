//! A scanner's folder on a real disk, a real file of the desk beside it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use wattle_domain::{ClinicId, DocumentId, UtcInstant, WorkstationId};
use wattle_local_store::{DataKey, Identity, Store, SystemClock};
use wattle_protocol::ipc::scans::{Left, Scan, TAKEN_FOLDER};

use super::super::watch::keep;
use super::{NewFile, Seen};
use crate::error::Error;
use crate::shelf::{Lies, Shelf};

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n";
const NOW: Duration = Duration::ZERO;

/// A desk's file and shelf, and the folder that it watches.
struct Desk {
    dir: tempfile::TempDir,
    store: Store,
    shelf: Shelf,
    seen: Seen,
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("scanner")).unwrap();
        let (store, shelf) = open(dir.path());
        Self { dir, store, shelf, seen: Seen::default() }
    }

    fn folder(&self) -> std::path::PathBuf {
        self.dir.path().join("scanner")
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.folder().join(name), bytes).unwrap();
    }

    fn has(&self, name: &str) -> bool {
        self.folder().join(name).exists()
    }

    fn taken(&self, name: &str) -> bool {
        self.folder().join(TAKEN_FOLDER).join(name).exists()
    }

    /// As after a kill: what is on the disk is all that is known.
    fn restart(&mut self) {
        let key = DataKey::from_bytes([9; 32]);
        self.store =
            Store::open(&self.dir.path().join("wattle.db"), &key, identity(), Arc::new(SystemClock)).unwrap();
        self.seen = Seen::default();
    }

    /// Two looks: the first sees, the second takes what has stayed the same.
    fn look(&mut self) {
        for _ in 0..2 {
            let (folder, store, shelf) = (self.folder(), self.store.clone(), self.shelf.clone());
            let mut keep = |file: NewFile<'_>| keep(&store, &shelf, UtcInstant(1), &file);
            self.seen.look(&folder, NOW, &mut keep);
        }
    }

    fn wait(&self) -> Vec<Scan> {
        let (scans, _) = self.store.scans().unwrap();
        scans.into_iter().filter(|scan| self.shelf.has_scan(scan.id)).collect()
    }

    fn left(&self, name: &str) -> Option<Left> {
        self.seen.said().left.into_iter().find(|left| left.name == name).map(|left| left.why)
    }
}

fn identity() -> Identity {
    Identity {
        clinic: ClinicId(uuid::Uuid::from_u128(1)),
        workstation: WorkstationId(uuid::Uuid::from_u128(2)),
        profile: "ref-front".into(),
    }
}

fn open(dir: &Path) -> (Store, Shelf) {
    let key = DataKey::from_bytes([9; 32]);
    let store = Store::open(&dir.join("wattle.db"), &key, identity(), Arc::new(SystemClock)).unwrap();
    (store, Shelf::new(dir.join("documents"), key))
}

#[test]
fn a_whole_file_is_sealed_and_then_moved() {
    let mut desk = Desk::new();
    desk.write("scan.pdf", PDF);
    desk.look();
    let waiting = desk.wait();
    assert_eq!(
        (waiting.len(), waiting[0].name.as_str(), waiting[0].mime.as_str()),
        (1, "scan.pdf", "application/pdf")
    );
    let size = u64::try_from(PDF.len()).unwrap();
    assert_eq!(desk.shelf.read_scan(waiting[0].id, size).unwrap().as_deref(), Some(PDF));
    assert!(!desk.has("scan.pdf") && desk.taken("scan.pdf"), "moved, and nothing else");
    let rests =
        std::fs::read(desk.dir.path().join("documents/scans").join(waiting[0].id.to_string())).unwrap();
    assert!(!rests.windows(5).any(|part| part == b"%PDF-"), "sealed");
}

#[test]
fn a_file_that_grows_is_left_until_it_does_not() {
    let mut desk = Desk::new();
    let (folder, store, shelf) = (desk.folder(), desk.store.clone(), desk.shelf.clone());
    let mut keep = |file: NewFile<'_>| keep(&store, &shelf, UtcInstant(1), &file);
    for part in 1..PDF.len() {
        std::fs::write(folder.join("scan.pdf"), &PDF[..part]).unwrap();
        desk.seen.look(&folder, NOW, &mut keep);
        assert!(store.scans().unwrap().0.is_empty(), "{part} bytes of it are no scan");
    }
    std::fs::write(folder.join("scan.pdf"), PDF).unwrap();
    // An hour in which nothing changes has not passed.
    for _ in 0..3 {
        desk.seen.look(&folder, Duration::from_secs(3_600), &mut keep);
    }
    assert!(store.scans().unwrap().0.is_empty(), "it has not stood still for long enough");
    desk.seen.look(&folder, NOW, &mut keep);
    assert_eq!(desk.wait().len(), 1);
}

#[test]
fn bad_files_stay_and_each_says_why() {
    let mut desk = Desk::new();
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR and more IEND";
    let cases: [(&str, &[u8], Left); 6] = [
        ("empty.pdf", b"", Left::Empty),
        ("picture.pdf", png, Left::Mismatch),
        ("half.pdf", b"%PDF-1.7\n1 0 obj", Left::Unfinished),
        ("photo.jpg", b"MZ\x90\0\x03\0\0\0", Left::Program),
        ("words.txt", b"Dear Maria", Left::NotAScan),
        ("huge.pdf", b"", Left::TooLarge),
    ];
    for (name, bytes, _) in cases {
        desk.write(name, bytes);
    }
    let huge = std::fs::File::options().write(true).open(desk.folder().join("huge.pdf")).unwrap();
    huge.set_len((100 << 20) + 1).unwrap();
    desk.write("good.pdf", PDF);
    desk.write("~lock.pdf", PDF);
    desk.write("scan.pdf.part", PDF);
    desk.look();
    for (name, _, why) in cases {
        assert_eq!(desk.left(name), Some(why), "{name}");
        assert!(desk.has(name), "{name} stays");
    }
    assert!(desk.has("~lock.pdf") && desk.has("scan.pdf.part"), "names of what is not there yet");
    assert_eq!(desk.wait().len(), 1, "and the good one beside them is taken");

    desk.write("half.pdf", PDF);
    desk.look();
    assert_eq!(desk.left("half.pdf"), None, "what was finished is said of no more");
    std::fs::remove_file(desk.folder().join("empty.pdf")).unwrap();
    desk.look();
    assert_eq!(desk.left("empty.pdf"), None);
}

#[test]
fn the_same_bytes_come_once() {
    let mut desk = Desk::new();
    desk.write("scan.pdf", PDF);
    desk.look();
    desk.write("scan.pdf", PDF);
    desk.write("again.pdf", PDF);
    desk.look();
    assert_eq!(desk.wait().len(), 1);
    assert!(
        desk.taken("scan.pdf") && desk.taken("scan (2).pdf") && desk.taken("again.pdf"),
        "all are out of the way"
    );

    let id = desk.wait()[0].id;
    desk.store.put_scan_aside(id, true).unwrap();
    assert!(desk.wait().is_empty());
    desk.write("third.pdf", PDF);
    desk.look();
    assert_eq!(desk.wait()[0].id, id, "what was put aside by mistake comes back when it is scanned again");
}

/// Killed after each step of taking a file in: the next start ends with one scan, whole, and the file out of the way.
#[test]
fn a_kill_at_any_moment_loses_nothing_and_doubles_nothing() {
    let steps = [
        "before anything",
        "after the row",
        "in the middle of the bytes",
        "after the bytes",
        "after the move",
    ];
    for (step, what) in steps.iter().enumerate() {
        let mut desk = Desk::new();
        desk.write("scan.pdf", PDF);
        let (folder, store, shelf) = (desk.folder(), desk.store.clone(), desk.shelf.clone());
        let cut_off = |file: NewFile<'_>| -> Result<(), Error> {
            if step == 0 {
                return Err(Error::Broken);
            }
            let id = DocumentId(uuid::Uuid::now_v7());
            let size_bytes = i64::try_from(file.bytes.len()).unwrap();
            let scan = Scan {
                id,
                name: file.name.clone(),
                mime: file.mime.into(),
                size_bytes,
                taken_at: UtcInstant(1),
            };
            store.take_scan(scan, file.sha256.clone())?;
            if step == 2 {
                std::fs::create_dir_all(desk.dir.path().join("documents/scans")).unwrap();
                std::fs::write(desk.dir.path().join(format!("documents/scans/{id}.part")), b"half").unwrap();
            }
            if step >= 3 {
                shelf.put(Lies::Unfiled, id, file.bytes)?;
            }
            if step == 4 { Ok(()) } else { Err(Error::Broken) }
        };
        let mut cut_off = cut_off;
        let mut seen = Seen::default();
        for _ in 0..2 {
            seen.look(&folder, NOW, &mut cut_off);
        }
        assert_eq!(folder.join("scan.pdf").exists(), step < 4, "{what}: moved only when the bytes are kept");
        drop(store);
        desk.restart();
        desk.look();
        let waiting = desk.wait();
        assert_eq!(waiting.len(), 1, "{what}");
        let size = u64::try_from(PDF.len()).unwrap();
        assert_eq!(desk.shelf.read_scan(waiting[0].id, size).unwrap().as_deref(), Some(PDF), "{what}");
        assert!(!desk.has("scan.pdf") && desk.taken("scan.pdf"), "{what}");
    }
}

#[test]
fn a_folder_that_is_gone_says_so_and_comes_back() {
    let mut desk = Desk::new();
    desk.look();
    assert!(!desk.seen.said().gone);
    let away = desk.dir.path().join("away");
    std::fs::rename(desk.folder(), &away).unwrap();
    desk.look();
    assert!(desk.seen.said().gone);
    std::fs::rename(&away, desk.folder()).unwrap();
    desk.write("scan.pdf", PDF);
    desk.look();
    assert!(!desk.seen.said().gone);
    assert_eq!(desk.wait().len(), 1);
}

/// A link may lead anywhere: it is no file of the scanner's.
#[cfg(unix)]
#[test]
fn a_link_is_not_followed() {
    let mut desk = Desk::new();
    let secret = desk.dir.path().join("secret.pdf");
    std::fs::write(&secret, PDF).unwrap();
    std::os::unix::fs::symlink(&secret, desk.folder().join("scan.pdf")).unwrap();
    desk.look();
    assert!(desk.wait().is_empty() && secret.exists() && desk.has("scan.pdf"));
}
