//! What people do: every write is one of these.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::commands::{
    ActionResult, AddDocument, BookAppointment, BreakGlass, CancelAppointment, EditDocument, EditEntry,
    EditPatient, EditPractitioner, EditProvider, EditRecall, FinishConsultation, MarkDidNotAttend,
    NoteAccess, NoteDaySheet, NoteExport, NoteSearch, RecordAllergy, RecordArrival, RecordCondition,
    RecordConsent, RecordMedication, RecordObservations, RecordPractitioner, RecordProvider, RecordRecall,
    RecordResult, RegisterPatient, RescheduleAppointment, ResolveConflict, RestrictPatient,
    SaveLetterTemplate, SeeGlass, SignNote, StartConsultation, WriteLetter,
};
use crate::decide::{Context, Decision};
use crate::ids::{ClinicId, CommandId, GroupId, PatientId, ReplicaId, UserId, WorkstationId};
use crate::rejection::Rejection;
use crate::restriction;
use crate::role::{Grant, Noun};
use crate::time::UtcInstant;
use crate::world::{Read, World};

/// Version of the wire form of commands; apart from the app's version. Every version ever shipped is read for good
/// (recorded examples of each are in `wattle-protocol`'s tests).
///
/// 1: the first. 2: `replica` and `group`.
pub const WIRE: u32 = 2;

/// What a verb must say of itself. One file per verb under `commands/`.
pub trait Verb {
    /// The grant its author needs.
    const GRANT: Grant;

    /// The rows it looks at.
    fn reads(&self) -> Vec<Read>;

    /// The patient it is about, for the audit log.
    fn patient(&self, world: &World) -> Option<PatientId>;

    /// The word of the audit log, where the command's name says too little.
    fn act(&self) -> Option<&'static str> {
        None
    }

    /// What the audit log says beside it, of a verb that leaves no row: words and numbers of ours, one flat object.
    fn said(&self) -> Option<Value> {
        None
    }

    /// What it does to the rows it looked at.
    ///
    /// # Errors
    /// When a rule says no.
    fn decide(&self, context: &Context, world: &World) -> Result<Decision, Rejection>;
}

macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident = $word:literal),+ $(,)?) => {
        /// A command without its envelope: `{"name": …, "args": {…}}`.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "name", content = "args")]
        pub enum Command { $($(#[$doc])* #[serde(rename = $word)] $name($name)),+ }

        impl Command {
            /// Every name, as on the wire.
            pub const NAMES: &'static [&'static str] = &[$($word),+];

            /// Its name, as on the wire.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => $word),+ }
            }

            /// The word of the audit log for it.
            #[must_use]
            pub fn act(&self) -> &'static str {
                match self { $(Self::$name(args) => args.act().unwrap_or($word)),+ }
            }

            /// What the audit log says beside it.
            #[must_use]
            pub fn said(&self) -> Option<Value> {
                match self { $(Self::$name(args) => args.said()),+ }
            }

            /// The grant its author needs.
            #[must_use]
            pub fn grant(&self) -> Grant {
                match self { $(Self::$name(_) => <$name as Verb>::GRANT),+ }
            }

            /// The rows it looks at; a store loads them into a [`World`] before it decides.
            #[must_use]
            pub fn reads(&self) -> Vec<Read> {
                let mut reads = match self { $(Self::$name(args) => args.reads()),+ };
                reads.extend(self.record().into_iter().flat_map(restriction::reads));
                reads
            }

            /// The patient it is about.
            #[must_use]
            pub fn patient(&self, world: &World) -> Option<PatientId> {
                match self { $(Self::$name(args) => args.patient(world)),+ }
            }

            pub(crate) fn decide(&self, context: &Context, world: &World) -> Result<Decision, Rejection> {
                match self { $(Self::$name(args) => args.decide(context, world)),+ }
            }
        }

        $(impl From<$name> for Command {
            fn from(args: $name) -> Self { Self::$name(args) }
        })+
    };
}

commands! {
    /// A new patient.
    RegisterPatient = "register_patient",
    /// Fields of a patient and of what hangs on them.
    EditPatient = "edit_patient",
    /// A booking.
    BookAppointment = "book_appointment",
    /// Another time, length, room or practitioner.
    RescheduleAppointment = "reschedule_appointment",
    /// Called off.
    CancelAppointment = "cancel_appointment",
    /// The patient is here.
    RecordArrival = "record_arrival",
    /// The patient is with the practitioner.
    StartConsultation = "start_consultation",
    /// The consultation is over.
    FinishConsultation = "finish_consultation",
    /// The patient did not come.
    MarkDidNotAttend = "mark_did_not_attend",
    /// One of two values is right.
    ResolveConflict = "resolve_conflict",
    /// A record was looked at.
    NoteAccess = "note_access",
    /// A list was taken out of the house.
    NoteExport = "note_export",
    /// The book of a day was printed.
    NoteDaySheet = "note_day_sheet",
    /// What a patient does not bear, or nil known.
    RecordAllergy = "record_allergy",
    /// A problem.
    RecordCondition = "record_condition",
    /// A medicine.
    RecordMedication = "record_medication",
    /// Fields of allergies, problems and medicines.
    EditEntry = "edit_entry",
    /// What was measured.
    RecordObservations = "record_observations",
    /// A signed note.
    SignNote = "sign_note",
    /// Ask a patient back.
    RecordRecall = "record_recall",
    /// Fields of recalls.
    EditRecall = "edit_recall",
    /// A patient agrees to something, or takes it back.
    RecordConsent = "record_consent",
    /// Somebody new in the address book.
    RecordProvider = "record_provider",
    /// Fields of the address book.
    EditProvider = "edit_provider",
    /// A letter.
    WriteLetter = "write_letter",
    /// A letter to begin with.
    SaveLetterTemplate = "save_letter_template",
    /// A result that waits for somebody.
    RecordResult = "record_result",
    /// What was done about a result.
    ActionResult = "action_result",
    /// A document of a patient; its bytes travel apart.
    AddDocument = "add_document",
    /// Title and status of documents.
    EditDocument = "edit_document",
    /// A record is shut to all but some, or to nobody any more.
    RestrictPatient = "restrict_patient",
    /// A restricted record is opened for an hour.
    BreakGlass = "break_glass",
    /// The notice of it was looked at.
    SeeGlass = "see_glass",
    /// Somebody new who sees patients.
    RecordPractitioner = "record_practitioner",
    /// Fields of somebody who sees patients, or that they do no more.
    EditPractitioner = "edit_practitioner",
    /// Patients were looked for, and none was opened.
    NoteSearch = "note_search",
}

impl Command {
    /// The patient whose clinical record it writes in: who may not open the record does not.
    #[must_use]
    pub fn record(&self) -> Option<PatientId> {
        // These verbs name their patient themselves.
        (self.grant().0 == Noun::ClinicalRecord).then(|| self.patient(&World::default())).flatten()
    }
}

/// A command with all that the server needs to believe it. Its JSON text is what the author signs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// The command's id; a retry carries the same.
    pub id: CommandId,
    /// [`WIRE`] of the app that wrote it.
    pub wire: u32,
    /// The clinic.
    pub clinic: ClinicId,
    /// The workstation it was made at.
    pub workstation: WorkstationId,
    /// The file that gave the number; `None` in wire 1, which had one file per workstation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replica: Option<ReplicaId>,
    /// The file's command number: 1, 2, 3 …
    pub n: u64,
    /// Who did it.
    pub author: UserId,
    /// When, on the workstation's clock; for people to read.
    pub issued_at: UtcInstant,
    /// Commands of the same workstation that this one builds on and that had no verdict yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deps: Vec<CommandId>,
    /// Its place among commands that stand or fall together; `None` for a command alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Group>,
    /// What.
    #[serde(flatten)]
    pub command: Command,
}

/// A place in a group: its commands have numbers that follow each other, and all are applied or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Which.
    pub id: GroupId,
    /// The place, from 1.
    pub at: u32,
    /// How many there are.
    pub of: u32,
}
