//! Scans that wait for a patient: see `wattle_protocol::ipc::scans`.
//!
//! A file is taken out of the scanner's folder in this order: a row (its bytes are known from then on), its bytes, sealed, on
//! the disk; only then the file is moved. Whatever is cut off in between, the next look finds the file and goes on with the
//! same row. Filing gives the sealed bytes another place before the command is saved; one whose document is there is filed.

mod folder;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use wattle_domain::commands::{AddDocument, RecordResult};
use wattle_domain::fields::DocumentSource;
use wattle_domain::role::{Action, Grant, Noun};
use wattle_domain::{Command, InboxItemId};
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::documents::View;
use wattle_protocol::ipc::event::Event;
use wattle_protocol::ipc::scans::{FileScan, PutScanAside, Scans, SetScanFolder, TAKEN_FOLDER, ViewScan};

use super::Workstation;
use super::documents::{draw, title_of};
use crate::error::Error;
use folder::Said;

pub(super) use watch::watch_scans;

/// Whoever may file documents takes scans in.
const MAY_FILE: Grant = (Noun::Patient, Action::Write);

/// What the watching of the folder is told, and what it has seen.
#[derive(Default)]
pub(crate) struct Scanner {
    wake: Notify,
    /// After the last look.
    said: Mutex<Said>,
}

impl Scanner {
    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Workstation {
    /// Scans that wait, those that were put aside, and the files that stay in the folder.
    ///
    /// # Errors
    /// [`Error::NotFound`] when their roles do not let them file documents; [`Error::Locked`]; when the file cannot be read.
    pub async fn scans(&self) -> Result<Scans, Error> {
        let desk = self.desk()?;
        if !desk.may(MAY_FILE) {
            return Err(Error::NotFound);
        }
        let folder = self.scan_folder();
        let (mut scans, mut aside) = self.read(wattle_local_store::Store::scans).await?;
        // A row comes before its bytes: one that has none yet is on its way.
        scans.retain(|scan| desk.shelf.has_scan(scan.id));
        aside.retain(|scan| desk.shelf.has_scan(scan.id));
        let said = desk.scanner.said().clone();
        let (folder_gone, left) =
            if folder.as_ref() == Some(&said.folder) { (said.gone, said.left) } else { (false, Vec::new()) };
        let folder = folder.map(|folder| folder.to_string_lossy().into_owned());
        Ok(Scans { folder, folder_gone, scans, aside, left })
    }

    /// A page of a scan.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::NotHere`], [`Error::CannotShow`]; [`Error::Locked`].
    pub async fn scan_view(&self, args: ViewScan) -> Result<View, Error> {
        let desk = self.desk()?;
        if !desk.may(MAY_FILE) {
            return Err(Error::NotFound);
        }
        let id = args.scan_id;
        let (scan, _) = self.read(move |store| store.scan(id)).await?.ok_or(Error::NotFound)?;
        let (shelf, size) = (desk.shelf.clone(), u64::try_from(scan.size_bytes).unwrap_or(0));
        let bytes = tokio::task::spawn_blocking(move || shelf.read_scan(id, size)).await??;
        draw(scan.mime, bytes.ok_or(Error::NotHere)?, args.page, args.edge_px).await
    }

    /// Files a scan with a patient, and into the inbox of results if that is wanted: both or neither.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::NotHere`]; [`Error::Rejected`] when a rule says no: the scan goes on waiting;
    /// [`Error::Locked`]; when it could not be saved.
    pub async fn file_scan(&self, args: FileScan) -> Result<Written, Error> {
        let desk = self.desk()?;
        let id = args.scan_id;
        let (scan, sha256) = self.read(move |store| store.scan(id)).await?.ok_or(Error::NotFound)?;
        let (shelf, title) = (desk.shelf.clone(), args.title.trim());
        let title = if title.is_empty() { title_of(&scan.name) } else { title.to_owned() };
        let placed = tokio::task::spawn_blocking(move || {
            if !shelf.has_scan(id) {
                return Err(Error::NotHere);
            }
            // Before the command: a row whose bytes nobody has must never be.
            shelf.file_scan(id)
        });
        placed.await??;
        let document = AddDocument {
            document_id: id,
            patient_id: args.patient_id,
            kind: args.kind,
            title: title.clone(),
            source: DocumentSource::Scan,
            mime: scan.mime,
            size_bytes: scan.size_bytes,
            sha256,
        };
        let mut commands = vec![Command::from(document)];
        if let Some(inbox) = args.inbox {
            commands.push(Command::from(RecordResult {
                item_id: InboxItemId(id.0),
                patient_id: args.patient_id,
                practitioner_id: inbox.practitioner_id,
                title,
                source: None,
                text: None,
                document_id: Some(id),
                abnormal: inbox.abnormal,
            }));
        }
        let answer = desk.submit_together(commands).await;
        let submitted = match self.note_damage(&desk, answer) {
            Ok(submitted) => submitted,
            Err(error) => {
                if matches!(error, Error::Rejected(_)) {
                    desk.shelf.unfile_scan(id)?;
                }
                return Err(error);
            }
        };
        desk.nudge();
        desk.porter.wake();
        self.tell_scans();
        let first = submitted.first().ok_or(Error::Broken)?;
        Ok(Written { command_id: first.command_id, id: id.0 })
    }

    /// Puts a scan aside that belongs to nobody, or takes that back. Its bytes are kept.
    ///
    /// # Errors
    /// [`Error::NotFound`] when their roles do not let them file documents; [`Error::Locked`]; when it could not be saved.
    pub async fn put_scan_aside(&self, args: PutScanAside) -> Result<(), Error> {
        if !self.desk()?.may(MAY_FILE) {
            return Err(Error::NotFound);
        }
        self.read(move |store| store.put_scan_aside(args.scan_id, args.aside)).await?;
        self.tell_scans();
        Ok(())
    }

    /// Watches another folder from now on, or none; the folder that is watched then.
    ///
    /// # Errors
    /// [`Error::BadFolder`]; [`Error::NotFound`] when their roles do not let them file documents; [`Error::Locked`].
    pub async fn set_scan_folder(&self, args: SetScanFolder) -> Result<Option<String>, Error> {
        let desk = self.desk()?;
        if !desk.may(MAY_FILE) {
            return Err(Error::NotFound);
        }
        let folder = match args.path.as_deref().map(str::trim).filter(|path| !path.is_empty()) {
            Some(path) => Some(self.fit_folder(Path::new(path))?),
            None => None,
        };
        let shown = folder.as_ref().map(|folder| folder.to_string_lossy().into_owned());
        self.change_record(|record| record.scan_folder = folder)?;
        desk.scanner.wake.notify_one();
        self.tell_scans();
        Ok(shown)
    }

    /// A folder that is there, and that is neither ours nor where taken files go.
    fn fit_folder(&self, path: &Path) -> Result<PathBuf, Error> {
        let folder = path.canonicalize().map_err(|_| Error::BadFolder)?;
        let ours = self.0.folder.root();
        let bad = !folder.is_dir()
            || folder.starts_with(ours)
            || ours.starts_with(&folder)
            || folder.file_name().is_some_and(|name| name == TAKEN_FOLDER);
        if bad { Err(Error::BadFolder) } else { Ok(folder) }
    }

    fn scan_folder(&self) -> Option<PathBuf> {
        self.record().and_then(|record| record.scan_folder)
    }

    fn tell_scans(&self) {
        // Nobody listening is fine.
        let _ = self.0.events.send(Event::Scans);
    }
}
