//! `Documents.xml`, and the exported contents of its container in `containers/Documents/{key}/File/{repetition}__{name}`.

use std::path::Path;

use md5::{Digest as _, Md5};

use super::{Bad, Clinic, Sheet};
use crate::error::Error;
use crate::raw::GS;
use crate::sample::patients::number;
use crate::sample::people::day;
use crate::sample::random::Random;
use crate::sample::truth::TableTruth;

/// Name, type, repetitions.
const FIELDS: &[(&str, &str, u32)] = &[
    ("DocID", "TEXT", 1),
    ("PatientNo", "TEXT", 1),
    ("DocKind", "TEXT", 1),
    ("DocTitle", "TEXT", 1),
    ("ScannedTS", "TIMESTAMP", 1),
    ("File", "CONTAINER", 2),
    // Calculated by FileMaker of each repetition: GetContainerAttribute.
    ("FileName", "TEXT", 2),
    ("FileMD5", "TEXT", 2),
    ("FileSize", "NUMBER", 2),
    ("Storage", "TEXT", 2),
    ("FilePath", "TEXT", 2),
];
const STAMP: usize = 4;

const KINDS: &[(&str, &str)] = &[
    ("Referral", "referral.pdf"),
    ("Specialist letter", "letter from Dr X.pdf"),
    ("Pathology", "\u{dc}berweisung 3.pdf"),
    ("Photo", "IMG_0042.jpg"),
    ("Consent form", "consent.png"),
    ("Note to file", "note.txt"),
];

/// A file: what FileMaker says of it, and what is really there.
struct Kept {
    name: String,
    bytes: Vec<u8>,
    md5: String,
    size: String,
    storage: &'static str,
    path: String,
    /// What the export or the server gives; `None`: nothing.
    given: Option<Vec<u8>>,
}

impl Kept {
    fn new(name: &str, bytes: Vec<u8>) -> Self {
        let md5 = Md5::digest(&bytes).iter().map(|b| format!("{b:02X}")).collect();
        let given = Some(bytes.clone());
        let size = bytes.len().to_string();
        Self { name: name.into(), bytes, md5, size, storage: "Embedded", path: String::new(), given }
    }
}

pub(super) fn write(clinic: &Clinic<'_>, dir: &Path, truth: &mut TableTruth) -> Result<(), Error> {
    let mut random = Random::new(clinic.plan.seed, 9);
    let who = &clinic.register.living;
    let good = if who.is_empty() { 0 } else { clinic.plan.documents };
    let mut bad = Vec::new();
    for _ in 0..clinic.plan.dirt(1) {
        bad.extend(Bad::usual(clinic, 0, 1));
        bad.push(Bad::new("DATE_UNPARSED", STAMP, "some time ago"));
        bad.push(Bad::new("REQUIRED_EMPTY", STAMP, ""));
    }
    let folder = dir.join("containers").join("Documents");
    std::fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    let mut sheet = Sheet::repeating((dir, "Documents"), FIELDS, good, bad, truth)?;
    let (mut cells, mut last) = (Vec::new(), None);
    for i in 0..good {
        let patient =
            who.get(random.below(u32::try_from(who.len()).unwrap_or(0)) as usize).copied().unwrap_or(1);
        let (kind, name) = random.pick(KINDS);
        let mut files = vec![Kept::new(name, content(name, i, clinic.plan.file_kib, &mut random))];
        let mut record = Record {
            key: format!("D{i:06}"),
            patient,
            kind,
            title: title(kind, &mut random),
            notes: Vec::new(),
        };
        let rejected = dirt(i, &mut record, &mut files, last.as_ref());
        put(&folder, &record.key, &files)?;
        let date = day(clinic.plan.today, -i64::from(random.below(3_000)));
        let scanned =
            format!("{} {}:{:02}:00", date.format("%-d/%-m/%Y"), 9 + random.below(8), random.below(60));
        cells = row(&record, &files, &scanned);
        match rejected {
            Some(code) => sheet.bad(&cells, code, "File")?,
            None => sheet.good(&cells, &record.notes)?,
        }
        if rejected.is_none()
            && let Some(file) = files.into_iter().next()
        {
            last = Some((patient, file));
        }
    }
    sheet.finish(&cells)
}

struct Record {
    key: String,
    patient: u32,
    kind: &'static str,
    title: &'static str,
    notes: Vec<(&'static str, &'static str)>,
}

fn title(kind: &'static str, random: &mut Random) -> &'static str {
    // Without a title, the file's name is one.
    if random.chance(150) { "" } else { kind }
}

/// What is wrong with a record's files; the reason, when it must be rejected for it.
fn dirt(
    i: u32,
    record: &mut Record,
    files: &mut Vec<Kept>,
    last: Option<&(u32, Kept)>,
) -> Option<&'static str> {
    let file = files.first_mut()?;
    match i % 40 {
        3 => {
            // The export was cut off, or the server's file is damaged.
            file.given = Some(file.bytes.iter().copied().take(file.bytes.len() / 2).collect());
            Some("CONTAINER_SIZE")
        }
        7 => {
            file.given = Some(file.bytes.iter().rev().copied().collect());
            Some("CONTAINER_MD5")
        }
        11 => {
            file.given = None;
            Some("CONTAINER_MISSING")
        }
        15 => {
            (file.given, file.storage) = (None, "File Reference");
            file.path = format!("filewin:/D:/Scans/{}/{}", record.key, file.name);
            (file.md5, file.size) = (String::new(), String::new());
            Some("CONTAINER_REFERENCE")
        }
        19 => {
            files.clear();
            Some("CONTAINER_EMPTY")
        }
        23 => {
            *file = Kept::new("invoice.pdf", b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0".to_vec());
            Some("CONTAINER_PROGRAM")
        }
        27 => {
            *file = Kept::new("scan.pdf", content("scan.png", i, 0, &mut Random::new(u64::from(i), 10)));
            record.notes.push(("CONTAINER_TYPE", "File"));
            None
        }
        31 => {
            // The same file of the same patient twice: kept once.
            if let Some((patient, same)) = last {
                record.patient = *patient;
                *file = Kept::new(&same.name, same.bytes.clone());
                record.notes.push(("SAME_CONTENT", "File"));
            }
            None
        }
        33 => {
            // A leaflet that everybody gets: a document of each.
            *file = Kept::new("leaflet.pdf", b"%PDF-1.4\n% the same leaflet for everybody\n%%EOF\n".to_vec());
            None
        }
        35 => {
            files.push(Kept::new(
                "page 2.png",
                content("page 2.png", i + 1_000_000, 0, &mut Random::new(u64::from(i), 11)),
            ));
            None
        }
        37 => {
            record.kind = "???";
            record.notes.push(("VALUE_UNKNOWN", "DocKind"));
            None
        }
        _ => None,
    }
}

/// Bytes that are what their name says; each file is another, of `least_kib` at least but for texts.
fn content(name: &str, i: u32, least_kib: u32, random: &mut Random) -> Vec<u8> {
    let mut bytes = match name.rsplit_once('.').map(|(_, e)| e) {
        Some("jpg") => b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01".to_vec(),
        Some("png") => b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(),
        Some("txt") => return format!("Rang patient {i}, no answer.\nTry again on Friday.\n").into_bytes(),
        _ => b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec(),
    };
    bytes.extend_from_slice(format!("file {i}\n").as_bytes());
    for _ in 0..least_kib * 128 + 200 + random.below(2_000) {
        bytes.extend_from_slice(&random.next().to_le_bytes());
    }
    bytes
}

fn put(folder: &Path, key: &str, files: &[Kept]) -> Result<(), Error> {
    for (repetition, file) in (1..).zip(files) {
        let Some(bytes) = &file.given else { continue };
        let folder = folder.join(key).join("File");
        std::fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
        let path = folder.join(format!("{repetition}__{}", file.name));
        std::fs::write(&path, bytes).map_err(Error::file(&path))?;
    }
    Ok(())
}

fn row(record: &Record, files: &[Kept], scanned: &str) -> Vec<String> {
    let each = |of: &dyn Fn(&Kept) -> String| {
        let part = |i: usize| files.get(i).map(of).unwrap_or_default();
        format!("{}{GS}{}", part(0), part(1))
    };
    vec![
        record.key.clone(),
        number(record.patient),
        record.kind.into(),
        record.title.into(),
        scanned.into(),
        GS.to_string(),
        each(&|f| f.name.clone()),
        each(&|f| f.md5.clone()),
        each(&|f| f.size.clone()),
        each(&|f| f.storage.into()),
        each(&|f| f.path.clone()),
    ]
}
