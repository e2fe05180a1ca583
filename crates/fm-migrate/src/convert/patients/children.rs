//! The rows that come with a patient. Nothing here refuses one: what is odd is kept, marked and noted.

use std::collections::HashSet;

use chrono::NaiveDate;
use wattle_domain::entities::{Address, Alert, PatientContact, PatientIdentifier};
use wattle_domain::fields::{AddressKind, AlertPlace, AlertSeverity, ContactKind, IdentifierKind};
use wattle_domain::identifiers::{self, phone, postcode};
use wattle_domain::{AddressId, AlertId, ClinicDate, ContactId, IdentifierId, PatientId};

use super::super::{Notes, TargetRow};
use crate::ids::child;
use crate::mapping::Cells;
use crate::reason::Code;
use crate::typing::{Century, DateForms, number, text};

/// The children of one patient.
pub(super) struct Children<'a, 'b> {
    pub(super) patient: PatientId,
    pub(super) cells: Cells<'a>,
    pub(super) notes: &'a mut Notes<'b>,
    pub(super) rows: &'a mut Vec<TargetRow>,
}

impl Children<'_, '_> {
    pub(super) fn contacts(&mut self, area_code: &str) {
        let kinds = [
            ("mobile", ContactKind::Mobile),
            ("home_phone", ContactKind::Home),
            ("work_phone", ContactKind::Work),
        ];
        let mut preferred = true;
        for (field, kind) in kinds {
            if let Some(value) = self.phone(field, area_code) {
                self.contact(kind, value, (None, None), std::mem::take(&mut preferred));
            }
        }
        if let Some(email) = self.cells.text("email") {
            if !email.contains('@') {
                self.notes.add(Code::EmailOdd, "email");
            }
            let email = identifiers::clean_contact(ContactKind::Email, &email);
            self.contact(ContactKind::Email, email, (None, None), std::mem::take(&mut preferred));
        }
        let name = self.cells.text("next_of_kin");
        let value = self.phone("next_of_kin_phone", area_code);
        let relation = self.cells.text("next_of_kin_relation");
        if name.is_some() || value.is_some() || relation.is_some() {
            self.contact(ContactKind::NextOfKin, value.unwrap_or_default(), (name, relation), false);
        }
    }

    fn contact(
        &mut self,
        kind: ContactKind,
        value: String,
        (name, note): (Option<String>, Option<String>),
        preferred: bool,
    ) {
        let id = child(self.patient.0, &format!("contact/{}", kind.as_str()));
        let entity = PatientContact {
            id: ContactId(id),
            patient_id: self.patient,
            kind,
            value,
            name,
            note,
            preferred,
            field_changes: serde_json::Map::new(),
        };
        self.rows.push(TargetRow::new(id, &entity));
    }

    /// E.164, or as written. Eight digits alone are a number of the clinic's own area.
    fn phone(&mut self, field: &str, area_code: &str) -> Option<String> {
        let theirs = self.cells.text(field)?;
        let digits = theirs.chars().filter(char::is_ascii_digit).count();
        let local = digits == 8 && theirs.chars().all(|c| c.is_ascii_digit() || c == ' ' || c == '-');
        let full = if local { format!("{area_code}{theirs}") } else { theirs.clone() };
        let found = phone::to_e164(&full);
        if found.is_none() {
            self.notes.add(Code::PhoneRaw, field);
        }
        Some(found.unwrap_or(theirs))
    }

    pub(super) fn address(&mut self) {
        let (line1, suburb) = (self.cells.text("street"), self.cells.text("suburb"));
        let (state, postcode) = (self.cells.text("state").map(|s| s.to_uppercase()), self.postcode());
        if line1.is_none() && suburb.is_none() && state.is_none() && postcode.is_none() {
            return;
        }
        let id = child(self.patient.0, "address/home");
        let entity = Address {
            id: AddressId(id),
            patient_id: self.patient,
            kind: AddressKind::Home,
            line1: line1.unwrap_or_default(),
            line2: None,
            suburb,
            state,
            postcode,
            field_changes: serde_json::Map::new(),
        };
        self.rows.push(TargetRow::new(id, &entity));
    }

    /// A number field loses the zero of 0800; only the Northern Territory and its like have one.
    fn postcode(&mut self) -> Option<String> {
        let theirs = self.cells.text("postcode")?;
        let short = theirs.len() == 3 && theirs.bytes().all(|b| b.is_ascii_digit());
        if short && theirs.starts_with(['2', '8', '9']) {
            self.notes.add(Code::PostcodePadded, "postcode");
            return Some(format!("0{theirs}"));
        }
        if postcode::check(&theirs).is_err() {
            self.notes.add(Code::PostcodeOdd, "postcode");
        }
        Some(theirs)
    }

    pub(super) fn identifiers(
        &mut self,
        expiries: &DateForms,
        exported_on: NaiveDate,
        ihis: &mut HashSet<String>,
    ) {
        let reference =
            self.cells.raw("medicare_reference").map(|t| number::integer(t).map(|n| n.to_string()));
        let reference = self.notes.optional("medicare_reference", reference);
        let expiry = self.cells.raw("medicare_expiry").map(|t| expiries.read(t, exported_on, Century::Near));
        let expires_on = self.notes.optional("medicare_expiry", expiry).map(ClinicDate);
        if self.cells.has("medicare")
            && self.cells.text("medicare").is_none()
            && (reference.is_some() || expires_on.is_some())
        {
            self.notes.add(Code::RequiredEmpty, "medicare");
        }
        self.identifier("medicare", IdentifierKind::Medicare, reference, expires_on);
        let ihi = self.cells.text("ihi").map(|t| identifiers::clean(IdentifierKind::Ihi, &t));
        match ihi.map(|ihi| ihis.insert(ihi)) {
            // Unique per clinic: the second holder's number stays in staging until somebody looks.
            Some(false) => self.notes.add(Code::IdentifierTaken, "ihi"),
            _ => self.identifier("ihi", IdentifierKind::Ihi, None, None),
        }
        let entitlement = self.cells.text("dva_entitlement").map(|t| t.to_lowercase());
        self.identifier("dva", IdentifierKind::Dva, entitlement, None);
        self.identifier("pension", IdentifierKind::Pension, None, None);
    }

    fn identifier(
        &mut self,
        field: &str,
        kind: IdentifierKind,
        reference: Option<String>,
        expires_on: Option<ClinicDate>,
    ) {
        let Some(theirs) = self.cells.text(field) else { return };
        let value = identifiers::clean(kind, &theirs);
        let check_failed = identifiers::check(kind, &value).is_err();
        if check_failed {
            self.notes.add(Code::IdentifierCheck, field);
        }
        let id = child(self.patient.0, &format!("identifier/{}", kind.as_str()));
        let entity = PatientIdentifier {
            id: IdentifierId(id),
            patient_id: self.patient,
            kind,
            value,
            reference,
            expires_on,
            check_failed,
            field_changes: serde_json::Map::new(),
        };
        self.rows.push(TargetRow::new(id, &entity));
    }

    /// One alert a line; its id goes with its words, so that reordering the lines changes nothing.
    pub(super) fn alerts(&mut self) {
        let mut seen = HashSet::new();
        let all = text::printable(self.cells.raw("alerts").unwrap_or_default());
        for line in text::lines(&all) {
            if !seen.insert(line) {
                continue;
            }
            let id = child(self.patient.0, &format!("alert/{line}"));
            let entity = Alert {
                id: AlertId(id),
                patient_id: self.patient,
                severity: AlertSeverity::Warning,
                text: line.into(),
                place: AlertPlace::Opening,
                expires_on: None,
            };
            self.rows.push(TargetRow::new(id, &entity));
        }
    }
}
