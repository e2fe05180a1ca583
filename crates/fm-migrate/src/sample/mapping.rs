//! `clinic.toml`: what a person sets up once: which field is which, the appointment types, rooms and rosters.

use std::fmt::Write;
use std::path::Path;

use super::Plan;
use super::appointments::FIELDS;
use super::book::TYPES;
use super::people::Doctor;
use super::record::{MEDICINE_FIELDS, RECALL_FIELDS};
use super::roster::{SATURDAY, works};
use crate::error::Error;

/// The part that does not depend on the plan.
const TABLES: &str = include_str!("mapping.toml");
/// Documents.
const DOCUMENTS: &str = include_str!("documents.toml");
/// The tables of the record.
const RECORD: &str = include_str!("record.toml");

pub(super) fn write(plan: &Plan, staff: &[Doctor], dir: &Path) -> Result<(), Error> {
    let path = dir.join("clinic.toml");
    std::fs::write(&path, text(plan, staff)).map_err(Error::file(&path))
}

fn text(plan: &Plan, staff: &[Doctor]) -> String {
    let mut out = String::new();
    let columns = |fields: &[&str]| fields.iter().map(|f| format!("{f:?}")).collect::<Vec<_>>().join(", ");
    let _ = writeln!(
        out,
        "# How the fields of this clinic's FileMaker file become Wattle's. Read by `fm-migrate import --mapping clinic.toml`.\n\
         # Made by `fm-migrate sample`; every person in it is made up.\n\n\
         [clinic]\nname = \"Harbour Street Family Practice\"\nabn = \"51824753556\"\ntime_zone = \"Australia/Sydney\"\nstate = \"NSW\"\n\
         # The FileMaker file: part of every derived id, so that two files never collide.\nfile = \"Clinic.fmp12\"\n\
         # The day of the export: it decides what lies in the future and which century two digits mean.\nexported_on = \"{}\"\n\
         # For telephone numbers that were written without one.\narea_code = \"02\"\n",
        plan.today
    );
    out.push_str(&TABLES.replace("@COLUMNS@", &columns(FIELDS)));
    if plan.notes > 0 {
        let record = RECORD.replace("@MEDICINE_COLUMNS@", &columns(MEDICINE_FIELDS));
        out.push_str(&record.replace("@RECALL_COLUMNS@", &columns(RECALL_FIELDS)));
    }
    if plan.documents > 0 {
        out.push_str(DOCUMENTS);
    }
    let _ = writeln!(out, "\n[[site]]\nname = \"Harbour Street\"\n\n[[site]]\nname = \"Ferry Road\"");
    for doctor in staff {
        let _ = writeln!(out, "\n[[room]]\nname = \"Room {}\"\nsite = \"Harbour Street\"", doctor.room);
    }
    let _ = writeln!(out, "\n[[room]]\nname = \"Treatment room\"\nsite = \"Harbour Street\"");
    for (_, name, minutes, hue, _) in TYPES {
        let _ = writeln!(out, "\n[[appointment_type]]\nname = \"{name}\"\nminutes = {minutes}\nhue = {hue}");
    }
    for doctor in staff.iter().filter(|d| d.left_on.is_none()) {
        roster(plan, doctor, &mut out);
    }
    out
}

fn roster(plan: &Plan, doctor: &Doctor, out: &mut String) {
    let clock = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
    let [begins, lunch_from, lunch_to, ends] = doctor.hours;
    let code = &doctor.code;
    let mut part = |kind: &str, from: u32, to: u32, when: &str| {
        let _ = writeln!(
            out,
            "\n[[roster]]\npractitioner = \"{code}\"\nkind = \"{kind}\"\nfrom = \"{}\"\nto = \"{}\"\n{when}",
            clock(from),
            clock(to)
        );
    };
    let names = ["mon", "tue", "wed", "thu", "fri"];
    let days: Vec<String> = (0_u32..)
        .zip(names)
        .filter(|(day, _)| works(doctor, *day))
        .map(|(_, name)| format!("\"{name}\""))
        .collect();
    let days = format!("weekdays = [{}]", days.join(", "));
    part("session", begins, ends, &days);
    part("break", lunch_from, lunch_to, &days);
    if doctor.saturdays {
        part("session", SATURDAY[0], SATURDAY[1], "weekdays = [\"sat\"]");
    }
    let today = super::people::weekday(plan.today);
    if !works(doctor, today) {
        // An extra clinic on the day of the export.
        let only = format!("first_day = \"{0}\"\nlast_day = \"{0}\"", plan.today);
        part("session", begins, ends, &only);
        part("break", lunch_from, lunch_to, &only);
    }
    for (first, last) in &doctor.leave {
        part("leave", 0, 1440, &format!("first_day = \"{first}\"\nlast_day = \"{last}\""));
    }
}
