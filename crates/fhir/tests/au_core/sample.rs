//! A made-up patient with something of everything, and some dirt.

use serde_json::{Value, json};
use uuid::Uuid;
use wattle_domain::entities::{Clinic, Practitioner};
use wattle_domain::{UserId, UtcInstant};
use wattle_fhir::Source;
use wattle_protocol::ipc::patients::PatientRecord;
use wattle_protocol::ipc::record::ClinicalRecord;

pub(crate) struct Sample {
    record: PatientRecord,
    clinical: ClinicalRecord,
    clinic: Clinic,
    practitioners: Vec<Practitioner>,
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0000 + n)
}

const PATIENT: u128 = 1;
const DOCTOR: u128 = 2;
const NURSE: u128 = 3;
const NOON: i64 = 1_764_122_400_000;

impl Sample {
    pub(crate) fn document(&self) -> Value {
        wattle_fhir::document(&Source {
            record: &self.record,
            clinical: &self.clinical,
            clinic: &self.clinic,
            practitioners: &self.practitioners,
            author: (UserId(id(NURSE)), "Kim Nguyen"),
            at: UtcInstant(NOON),
            id: id(99),
        })
    }

    /// A newcomer of whom nothing is known: no birth date, no number, no entry.
    pub(crate) fn empty() -> Self {
        let mut sample = Self::full();
        sample.record.patient.birth_date = None;
        sample.record.patient.record_number = None;
        sample.record.identifiers.clear();
        sample.record.contacts.clear();
        sample.record.addresses.clear();
        sample.clinic.abn = None;
        let clinical = &mut sample.clinical;
        clinical.allergies.clear();
        clinical.conditions.clear();
        clinical.medications.clear();
        clinical.observations.clear();
        clinical.notes.clear();
        sample
    }

    /// Asked about allergies, and none known.
    pub(crate) fn nil_known() -> Self {
        let mut sample = Self::full();
        sample.clinical.allergies.truncate(1);
        let line = &mut sample.clinical.allergies[0];
        line.kind = wattle_domain::fields::AllergyKind::NilKnown;
        (line.substance, line.reaction, line.severity) = (None, None, None);
        sample
    }

    pub(crate) fn full() -> Self {
        let patient = id(PATIENT);
        let made = json!({ "by": id(DOCTOR), "at": NOON });
        let record = json!({
            "patient": {
                "id": patient, "record_number": "1042", "title": "Ms", "family_name": "Costa", "given_name": "Maria Luisa",
                "preferred_name": "Ria", "birth_date": "1961-02-03", "birth_date_accuracy": "estimated", "sex": "female",
                "gender": "woman", "pronouns": "she/her", "indigenous_status": "4", "interpreter_language": "Portuguese",
                "deceased_on": null, "usual_practitioner_id": null, "merged_into": null, "field_changes": {},
            },
            "contacts": [
                contact(10, "mobile", "+61412345678", None, true),
                contact(11, "email", "maria@example.com", None, false),
                contact(12, "next_of_kin", "+61400000000", Some("José <script> Costa & Sons"), false),
                contact(13, "guardian", "+61400000001", Some("Ana Costa"), false),
            ],
            "identifiers": [
                identifier(20, "medicare", "2123456701", Some("2")),
                identifier(21, "ihi", "8003608166690503", None),
                identifier(22, "dva", "NX123456", None),
                identifier(23, "pension", "204123456A", None),
                identifier(24, "legacy", "FM-77", None),
            ],
            "addresses": [{
                "id": id(30), "patient_id": patient, "kind": "home", "line1": "1 Wattle St", "line2": null,
                "suburb": "Newtown", "state": "NSW", "postcode": "2042", "field_changes": {},
            }],
            "alerts": [], "appointments": [], "revs": {}, "pending": [], "names": {}, "updated_by": null, "updated_at": NOON,
        });
        let entry = |n: u128, more: Value| {
            let mut row = json!({ "id": id(n), "patient_id": patient, "code": null, "status": "active", "field_changes": {} });
            row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            row
        };
        let allergy =
            |n, kind: &str, substance: &str, reaction: Option<&str>, severity: Option<&str>, status: &str| {
                entry(
                    n,
                    json!({
                        "kind": kind, "substance": substance, "reaction": reaction, "severity": severity,
                        "onset_on": "2001-01-01", "status": status,
                    }),
                )
            };
        let condition = |n, text: &str, ended: Option<&str>, status: &str| {
            entry(
                n,
                json!({
                    "text": text, "comment": "a word", "onset_on": "1999-05-01", "ended_on": ended, "status": status,
                }),
            )
        };
        let medication = |n, text: &str, status: &str| {
            entry(
                n,
                json!({
                    "text": text, "directions": "one in the morning", "quantity": 30, "repeats": 2, "reason": "blood pressure",
                    "started_on": "2020-02-02", "ended_on": null, "allergy_override": null, "status": status,
                }),
            )
        };
        let kinds = wattle_domain::fields::ObservationCode::ALL.iter().enumerate().map(|(n, code)| {
            let measure = code.measure();
            json!({
                "id": id(300 + n as u128), "patient_id": patient, "appointment_id": null, "code": code,
                "value_milli": measure.range_milli.1 / 2 + 500, "second_milli": measure.second_milli.map(|_| 70_000),
                "unit": measure.unit, "effective_at": NOON - 86_400_000, "comment": null, "supersedes": null,
            })
        });
        let taken_back = json!({
            "id": id(399), "patient_id": patient, "appointment_id": null, "code": "weight", "value_milli": null,
            "second_milli": null, "unit": "kg", "effective_at": NOON, "comment": "Taken back", "supersedes": id(398),
        });
        let note = |n, body: &str, supersedes: Option<Uuid>| {
            json!({
                "id": id(n), "patient_id": patient, "appointment_id": null, "kind": "note", "body": body,
                "author_id": id(DOCTOR), "signed_at": NOON, "supersedes": supersedes, "amends": null,
            })
        };
        let clinical = json!({
            "patient_id": patient,
            "allergies": [
                allergy(100, "allergy", "Penicillin", Some("rash"), Some("severe"), "active"),
                allergy(101, "intolerance", "Milk", None, Some("mild"), "active"),
                allergy(102, "intolerance", "Wheat", None, None, "active"),
                allergy(103, "allergy", "Written by mistake", None, None, "entered_in_error"),
            ],
            "conditions": [
                condition(110, "Hypertension <script>alert(1)</script>", Some("2020-01-01"), "active"),
                condition(111, "Appendicitis", Some("1999-06-01"), "inactive"),
                condition(112, "Written by mistake", None, "entered_in_error"),
            ],
            "medications": [
                medication(120, "Perindopril 4 mg", "active"),
                medication(121, "Ceased one", "inactive"),
                medication(122, "Written by mistake", "entered_in_error"),
            ],
            "observations": kinds.chain([taken_back]).collect::<Vec<_>>(),
            "notes": [
                note(200, "# Visit\n- cough \u{b} & <b>fever</b>", Some(id(201))),
                note(201, "Replaced note", None),
            ],
            "drafts": [], "unanswered": [], "revs": {}, "pending": [], "total": 0, "shown": 0,
            "made": { id(100).to_string(): made, id(110).to_string(): made, id(120).to_string(): made, id(300).to_string(): made },
            "names": { id(DOCTOR).to_string(): "Wei Lee", id(NURSE).to_string(): "Kim Nguyen" },
        });
        let clinic = json!({
            "id": id(500), "name": "Wattle Street Clinic & Co", "abn": "51824753556", "time_zone": "Australia/Sydney", "state": "NSW",
        });
        let doctor = json!({
            "id": id(600), "user_id": id(DOCTOR), "title": "Dr", "family_name": "Lee", "given_name": "Wei", "profession": "GP",
            "ahpra_number": "MED0001234567", "hpii": "8003619166674595", "prescriber_number": "1234567",
            "usual_duration_min": 15, "usual_room_id": null, "sort": 1, "active": true,
        });
        Self {
            record: serde_json::from_value(record).unwrap(),
            clinical: serde_json::from_value(clinical).unwrap(),
            clinic: serde_json::from_value(clinic).unwrap(),
            practitioners: vec![serde_json::from_value(doctor).unwrap()],
        }
    }
}

fn contact(n: u128, kind: &str, value: &str, name: Option<&str>, preferred: bool) -> Value {
    json!({
        "id": id(n), "patient_id": id(PATIENT), "kind": kind, "value": value, "name": name, "note": null,
        "preferred": preferred, "field_changes": {},
    })
}

fn identifier(n: u128, kind: &str, value: &str, reference: Option<&str>) -> Value {
    json!({
        "id": id(n), "patient_id": id(PATIENT), "kind": kind, "value": value, "reference": reference,
        "expires_on": null, "check_failed": false, "field_changes": {},
    })
}
