//! Who, where and when, and what a command was meant to do, in words.

use serde_json::Value;
use wattle_domain::{ClinicZone, UtcInstant};
use wattle_protocol::ipc::attention::{RejectedItem, Side};

use crate::{show, words};

/// Where and when a person looks at it.
#[derive(Clone, Copy)]
pub(super) struct Now {
    pub(super) zone: ClinicZone,
    pub(super) at: UtcInstant,
}

impl Now {
    pub(super) fn when(self, at: UtcInstant) -> String {
        show::when(self.zone, self.at, at)
    }

    /// `Mon 23 Nov, 9:05 am`: the day too, also when it is today.
    fn day_and_time(self, at: UtcInstant) -> String {
        let (day, today) = (self.zone.date(at), self.zone.date(self.at));
        if day == today { format!("today, {}", self.zone.clock(at)) } else { self.when(at) }
    }
}

/// `you`, `Dr Lee`, `the import`.
pub(super) fn who(side: &Side) -> String {
    match (&side.by, side.mine) {
        (_, true) => "you".to_owned(),
        (Some(name), _) => name.clone(),
        (None, _) if side.workstation.is_some() => "somebody".to_owned(),
        (None, _) => "the import".to_owned(),
    }
}

/// ` at this workstation`, ` at dr-lee`; nothing when it is not known.
pub(super) fn place(side: &Side) -> String {
    match (&side.workstation_name, side.here) {
        (_, true) => " at this workstation".to_owned(),
        (Some(name), _) => format!(" at {name}"),
        (None, _) if side.workstation.is_some() => " at another workstation".to_owned(),
        (None, _) => String::new(),
    }
}

/// The first letter large.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// A value as people read it.
pub(super) fn value(value: &Value, kind: Option<&str>) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::String(text) => match kind {
            Some("mobile" | "home" | "work" | "next_of_kin" | "guardian") => show::tel(text),
            Some(kind) => show::identifier(kind, text),
            None => text.parse::<wattle_domain::ClinicDate>().map_or_else(|_| text.clone(), |d| d.birth()),
        },
        other => other.to_string(),
    }
}

fn instant(args: &Value, path: &str) -> Option<UtcInstant> {
    args.pointer(path)?.as_i64().map(UtcInstant)
}

/// What a command was meant to do: one line or, for an edit, one per field.
pub(super) fn meant(item: &RejectedItem, now: Now) -> Vec<String> {
    let args = &item.args;
    let about = item.about.as_ref();
    let with = about
        .and_then(|a| a.practitioner_name.as_ref())
        .map(|name| format!(" with {name}"))
        .unwrap_or_default();
    let kind = about.and_then(|a| a.type_name.clone());
    let at = |path| instant(args, path).map(|at| now.day_and_time(at)).unwrap_or_default();
    match item.name.as_str() {
        "book_appointment" => {
            let length = instant(args, "/end_at").zip(instant(args, "/start_at"));
            let length =
                length.map(|(end, start)| show::minutes(end.minutes_since(start))).unwrap_or_default();
            vec![format!(
                "{}{with}, {}, {length}",
                kind.unwrap_or_else(|| "Appointment".into()),
                at("/start_at")
            )]
        }
        "reschedule_appointment" => {
            vec![format!("From {} to {}{with}", at("/was/start_at"), at("/to/start_at"))]
        }
        "edit_patient" => args
            .get("edits")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|edit| {
                let field = edit.get("field").and_then(Value::as_str).unwrap_or_default();
                let side = |name| value(edit.get(name).unwrap_or(&Value::Null), None);
                format!("{}: from {} to {}", words::field(field), side("was"), side("now"))
            })
            .collect(),
        "register_patient" => {
            let born = args.pointer("/details/birth_date").filter(|b| !b.is_null());
            born.map(|born| format!("Born {}", value(born, None))).into_iter().collect()
        }
        _ => {
            let at = about.and_then(|a| a.start_at).map(|at| now.day_and_time(at));
            at.map(|at| format!("{}{with}, {at}", kind.unwrap_or_else(|| "The appointment".into())))
                .into_iter()
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Now = Now { zone: ClinicZone(chrono_tz_of_sydney()), at: UtcInstant(1_795_300_000_000) };

    const fn chrono_tz_of_sydney() -> chrono_tz::Tz {
        chrono_tz::Australia::Sydney
    }

    fn item(name: &str, args: Value) -> RejectedItem {
        serde_json::from_value(json!({
            "command_id": uuid::Uuid::nil(), "name": name, "args": args, "issued_at": 0, "by": null, "patient_id": null,
            "patient_name": null, "rejection": null,
            "about": {"practitioner_name": "Dr Lee", "start_at": 1_795_300_000_000_i64, "type_name": "Long"}
        }))
        .unwrap()
    }

    #[test]
    fn what_was_meant_is_told_in_words() {
        let start = 1_795_300_000_000_i64;
        let book = item("book_appointment", json!({"start_at": start, "end_at": start + 900_000}));
        let said = meant(&book, NOW);
        assert!(
            said[0].starts_with("Long with Dr Lee, today, ") && said[0].ends_with(", 15 min"),
            "{said:?}"
        );
        let moved = item(
            "reschedule_appointment",
            json!({"was": {"start_at": start}, "to": {"start_at": start + 86_400_000}}),
        );
        let said = meant(&moved, NOW);
        assert!(said[0].starts_with("From today, ") && said[0].ends_with("with Dr Lee"), "{said:?}");
        let edits = json!({"edits": [{"field": "birth_date", "was": null, "now": "1961-02-03"}, {"field": "suburb", "was": "Enmore", "now": "Newtown"}]});
        let said = meant(&item("edit_patient", edits), NOW);
        assert_eq!(said, ["Birth date: from nothing to 03 Feb 1961", "Suburb: from Enmore to Newtown"]);
        assert!(meant(&item("record_arrival", json!({})), NOW)[0].starts_with("Long with Dr Lee, today"));
    }

    #[test]
    fn a_side_says_who_and_where() {
        let side = |by: Option<&str>, mine, workstation: Option<u128>, name: Option<&str>, here| -> Side {
            serde_json::from_value(json!({
                "value": 1, "by": by, "mine": mine, "at": 1, "workstation": workstation.map(uuid::Uuid::from_u128),
                "workstation_name": name, "here": here
            }))
            .unwrap()
        };
        for (side, want) in [
            (side(Some("Maria"), true, Some(1), Some("reception-1"), true), "you at this workstation"),
            (side(Some("Dr Lee"), false, Some(1), Some("dr-lee"), false), "Dr Lee at dr-lee"),
            (side(Some("Dr Lee"), false, Some(1), None, false), "Dr Lee at another workstation"),
            (side(None, false, None, None, false), "the import"),
        ] {
            assert_eq!(format!("{}{}", who(&side), place(&side)), want);
        }
    }
}
