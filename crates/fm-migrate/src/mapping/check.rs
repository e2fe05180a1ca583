//! What can be said of a mapping before anything is read by it.

use chrono::Datelike as _;

use super::{CutoverPlan, Mapping, TableMapping};
use crate::convert::vocabulary::vocabulary;
use crate::error::Error;
use crate::ids::SourceTable;
use crate::typing::{DateForms, text};

/// Before FileMaker there were no files of its kind, and no export will be read in another century.
const YEARS: std::ops::Range<i32> = 1985..2100;

/// The first mistake that is found.
pub(super) fn check(mapping: &Mapping) -> Result<(), Error> {
    clinic(mapping)?;
    for room in &mapping.room {
        if !mapping.site.iter().any(|site| site.name == room.site) {
            return Err(mapping.wrong(format!(
                "room \"{}\" is at a site that is not listed: \"{}\".",
                room.name, room.site
            )));
        }
    }
    let CutoverPlan { freeze_layout, freeze_script, thaw_script, .. } = &mapping.cutover;
    let named = [freeze_layout, freeze_script, thaw_script].into_iter().flatten().count();
    if named > 0 && (named < 3 || mapping.server.is_none()) {
        return Err(mapping.wrong(
            "[cutover] freeze_layout, freeze_script and thaw_script go together, and need a [server].",
        ));
    }
    for kind in &mapping.appointment_type {
        if !(1..=8).contains(&kind.hue) || !(1..=1440).contains(&kind.minutes) {
            return Err(
                mapping.wrong(format!("appointment type \"{}\": minutes 1 to 1440, hue 1 to 8.", kind.name))
            );
        }
    }
    mapping.tables().try_for_each(|(name, table)| table_of(mapping, name, table))
}

fn clinic(mapping: &Mapping) -> Result<(), Error> {
    let facts = &mapping.clinic;
    for (what, said) in [("name", &facts.name), ("file", &facts.file)] {
        if said.trim().is_empty() {
            return Err(mapping.wrong(format!("[clinic] {what} is empty.")));
        }
    }
    let digits = |abn: &str| abn.len() == 11 && abn.bytes().all(|b| b.is_ascii_digit());
    if facts.abn.as_deref().is_some_and(|abn| !digits(abn)) {
        return Err(mapping
            .wrong("[clinic] abn has 11 digits, without blanks; leave the line out where you have none."));
    }
    if !YEARS.contains(&facts.exported_on.year()) {
        return Err(mapping.wrong(format!(
            "[clinic] exported_on is {}: write the day on which FileMaker was read.",
            facts.exported_on
        )));
    }
    Ok(())
}

fn table_of(mapping: &Mapping, name: SourceTable, table: &TableMapping) -> Result<(), Error> {
    let name_of = name.as_str();
    if name != SourceTable::Documents && (table.container.is_some() || table.storage.is_some()) {
        return Err(
            mapping.wrong(format!("[{name_of}] holds no files: container and storage are for [documents]."))
        );
    }
    for (field, forms) in &table.dates {
        DateForms::new(forms).map(drop).map_err(|form| {
            mapping.wrong(format!("[{name_of}.dates]: the form \"{form}\" of {field} makes no sense."))
        })?;
    }
    for (field, words) in &table.words {
        let Some(known) = vocabulary(mapping, name, field) else {
            return Err(mapping.wrong(format!(
                "[{name_of}.words.{field}]: nothing is translated in this field. Take the lines out."
            )));
        };
        for (theirs, ours) in words {
            let same = |word: &String| match (name, field.as_str()) {
                (SourceTable::Appointments, "type") => text::fold(word) == text::fold(ours),
                _ => word == ours,
            };
            if !known.iter().any(same) {
                return Err(mapping.wrong(format!(
                    "[{name_of}.words.{field}]: \"{theirs}\" becomes \"{ours}\", which is no word of ours; there are: {}.",
                    known.join(", ")
                )));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::mapping::Mapping;
    use crate::sample::{self, Plan};

    /// The sample's mapping with one line changed.
    fn read(folder: &Path, from: &str, to: &str) -> String {
        let path = folder.join("clinic.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "the mapping has no {from}");
        let changed = folder.join("changed.toml");
        std::fs::write(&changed, text.replacen(from, to, 1)).unwrap();
        Mapping::read(&changed).map_or_else(|error| error.to_string(), |_| "fits".to_owned())
    }

    #[test]
    fn what_does_not_fit_is_said_before_anything_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let plan = Plan {
            patients: 20,
            appointments: 20,
            notes: 20,
            documents: 5,
            ..Plan::standard(1, "2026-11-22".parse().unwrap())
        };
        sample::write(&plan, folder.path()).unwrap();
        assert_eq!(read(folder.path(), "\"F\" = \"female\"", "\"F\" = \"female\""), "fits");
        for (from, to, why) in [
            (
                "\"F\" = \"female\"",
                "\"F\" = \"woman\"",
                "\"F\" becomes \"woman\", which is no word of ours; there are: female, male",
            ),
            ("\"STD\" = \"Standard consultation\"", "\"STD\" = \"Standard\"", "[appointments.words.type]"),
            ("[patients.words.sex]", "[patients.words.title]", "nothing is translated in this field"),
            ("\"Both\" = \"3\"", "\"Both\" = \"7\"", "1, 2, 3, 4, 9"),
            ("\"M/YYYY\"", "\"Q/YYYY\"", "[patients.dates]: the form \"Q/YYYY\" of medicare_expiry"),
            ("exported_on = \"2026-11-22\"", "exported_on = \"0206-11-22\"", "write the day on which"),
            ("[patients]\n", "[patients]\ncontainer = \"Photo\"\n", "[patients] holds no files"),
        ] {
            let error = read(folder.path(), from, to);
            assert!(error.contains(why) && error.contains("changed.toml"), "{error}");
        }
        let name = std::fs::read_to_string(folder.path().join("clinic.toml")).unwrap();
        let line = name.lines().find(|line| line.starts_with("name = ")).unwrap();
        assert!(read(folder.path(), line, "name = \" \"").contains("[clinic] name is empty"));
        let line = name.lines().find(|line| line.starts_with("abn = ")).unwrap();
        assert!(read(folder.path(), line, "abn = \"51 824 753 556\"").contains("11 digits"), "{line}");
    }
}
