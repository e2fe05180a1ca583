//! Scans that wait for a patient. Commands: `scans() -> Scans`, `scan_view(ViewScan) -> View`, `file_scan(FileScan) -> Written`,
//! `put_scan_aside(PutScanAside)`, `set_scan_folder(SetScanFolder) -> Option<String>`: the folder from now on.

use serde::{Deserialize, Serialize};
use wattle_domain::fields::DocumentKind;
use wattle_domain::{DocumentId, PatientId, PractitionerId, UtcInstant};

/// The folder inside the scanner's folder into which files are moved once their bytes are kept here.
pub const TAKEN_FOLDER: &str = "Taken by Wattle";

/// What came out of the scanner's folder, and what did not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scans {
    /// The folder that is watched, if one was chosen for this computer.
    pub folder: Option<String>,
    /// It cannot be read now.
    pub folder_gone: bool,
    /// Those that wait, in the order in which they came.
    pub scans: Vec<Scan>,
    /// Those that somebody has put aside.
    pub aside: Vec<Scan>,
    /// Files that stay in the folder, by name.
    pub left: Vec<LeftFile>,
}

/// A file that was taken out of the folder. It rests sealed, in the file of this profile on this computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// The id of the document that it becomes.
    pub id: DocumentId,
    /// The file's name.
    pub name: String,
    /// What its bytes are.
    pub mime: String,
    /// How many they are.
    pub size_bytes: i64,
    /// When it was taken.
    pub taken_at: UtcInstant,
}

/// A file that stays where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftFile {
    /// Its name.
    pub name: String,
    /// Why.
    pub why: Left,
}

/// Why a file stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Left {
    /// It has no bytes.
    Empty,
    /// It is larger than a document may be.
    TooLarge,
    /// Its bytes are of another type than its name says.
    Mismatch,
    /// It is a program.
    Program,
    /// It is neither PDF nor a picture.
    NotAScan,
    /// It breaks off in the middle, and grows no more.
    Unfinished,
    /// It cannot be opened: another program has it, or nobody may read it.
    Unreadable,
    /// It was taken and is in the list, and could not be moved.
    NotMoved,
}

/// Arguments of `scan_view`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewScan {
    /// Which.
    pub scan_id: DocumentId,
    /// The page, from 0.
    pub page: u32,
    /// The longest edge wanted, pixels.
    pub edge_px: u32,
}

/// Arguments of `file_scan`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileScan {
    /// Which.
    pub scan_id: DocumentId,
    /// Whose.
    pub patient_id: PatientId,
    /// What it is.
    pub kind: DocumentKind,
    /// What people call it; the file's name when empty.
    pub title: String,
    /// Puts it into the inbox of results too.
    #[serde(default)]
    pub inbox: Option<ForInbox>,
}

/// How a scan goes into the inbox of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForInbox {
    /// Who is to look at it; `None`: whoever looks.
    #[serde(default)]
    pub practitioner_id: Option<PractitionerId>,
    /// Something in it is out of the ordinary.
    pub abnormal: bool,
}

/// Arguments of `put_scan_aside`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutScanAside {
    /// Which.
    pub scan_id: DocumentId,
    /// Aside, or back.
    pub aside: bool,
}

/// Arguments of `set_scan_folder`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetScanFolder {
    /// The folder; `None` watches none.
    #[serde(default)]
    pub path: Option<String>,
    /// Ask which, with the system's dialog.
    #[serde(default)]
    pub ask: bool,
}

impl std::fmt::Debug for FileScan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileScan").field("kind", &self.kind).finish_non_exhaustive()
    }
}
