//! The logs: see `wattle_protocol::ipc::audit`.

use std::path::Path;

use uuid::Uuid;
use wattle_domain::ClinicZone;
use wattle_domain::commands::{Access, Exported as What, NoteAccess, NoteExport};
use wattle_protocol::ipc::audit::{AuditLine, AuditPage, AuditQuery, Exported};

use super::Workstation;
use crate::error::Error;

/// The head of an export.
const HEAD: [&str; 12] = [
    "received_utc",
    "received_local",
    "done_local",
    "user",
    "role",
    "workstation",
    "action",
    "outcome",
    "patient",
    "patient_id",
    "more",
    "hash",
];

impl Workstation {
    /// A page of the logs, newest first.
    ///
    /// # Errors
    /// [`Error::Locked`], or when the file cannot be read.
    pub async fn audit(&self, query: AuditQuery) -> Result<AuditPage, Error> {
        let names = self.desk()?.keeper.facts().workstation_names;
        self.read(move |store| store.audit(&query, &names)).await
    }

    /// What an export would be called.
    ///
    /// # Errors
    /// [`Error::Locked`]; when the file cannot be read.
    pub async fn audit_export_name(&self) -> Result<String, Error> {
        Ok(format!("wattle-audit-{}.csv", self.zone().await?.local(self.now()).format("%Y%m%d-%H%M%S")))
    }

    /// Writes every entry that agrees into a file of comma-separated values, whole or not at all; the export is itself an
    /// entry of the log, made before the file has its name.
    ///
    /// # Errors
    /// [`Error::Rejected`] when the person may not read the logs; [`Error::Locked`]; when the file cannot be written.
    pub async fn export_audit(&self, query: AuditQuery, path: &Path) -> Result<Exported, Error> {
        let (zone, names) = (self.zone().await?, self.desk()?.keeper.facts().workstation_names);
        let partial = path.with_extension("csv.part");
        let (to, of) = (partial.clone(), query.clone());
        let lines = self.read(move |store| {
            let io =
                |error: csv::Error| wattle_local_store::Error::Io(std::io::Error::other(error.to_string()));
            let mut out = csv::Writer::from_path(&to).map_err(io)?;
            out.write_record(HEAD).map_err(io)?;
            let lines = store
                .each_audit_line(&of, &names, |line| out.write_record(record(zone, line)).map_err(io))?;
            out.flush()?;
            Ok(lines)
        });
        let lines = match lines.await {
            Ok(lines) => lines,
            Err(error) => {
                let _ = std::fs::remove_file(&partial);
                return Err(error);
            }
        };
        let noted = match query.patient {
            Some(patient_id) => {
                self.write(NoteAccess { patient_id, access: Access::Exported }, patient_id.0).await
            }
            None => self.write(NoteExport { exported: What::AuditLog }, Uuid::nil()).await,
        };
        if let Err(error) = noted.map(|_| ()).and_then(|()| Ok(std::fs::rename(&partial, path)?)) {
            let _ = std::fs::remove_file(&partial);
            return Err(error);
        }
        Ok(Exported { path: path.display().to_string(), lines })
    }
}

fn record(zone: ClinicZone, line: AuditLine) -> [String; 12] {
    let utc = line.at.to_chrono().map(|at| at.to_rfc3339()).unwrap_or_default();
    let local = |at: wattle_domain::UtcInstant| zone.local(at).format("%Y-%m-%d %H:%M:%S").to_string();
    [
        utc,
        local(line.at),
        line.issued_at.map(local).unwrap_or_default(),
        plain(line.user_name.unwrap_or_else(|| line.user.map(|id| id.to_string()).unwrap_or_default())),
        line.role,
        plain(line.workstation_name.unwrap_or_default()),
        line.action,
        line.outcome.unwrap_or_default(),
        plain(line.patient_name.unwrap_or_default()),
        line.patient.map(|id| id.to_string()).unwrap_or_default(),
        plain(
            line.more
                .into_iter()
                .chain(line.reason.map(|r| format!("reason: {r}")))
                .collect::<Vec<_>>()
                .join("; "),
        ),
        line.hash,
    ]
}

/// A name that begins like a formula must stay a name in a spreadsheet.
fn plain(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}
