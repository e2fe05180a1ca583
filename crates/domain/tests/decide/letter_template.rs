//! Letters to begin with.

use wattle_domain::commands::SaveLetterTemplate;
use wattle_domain::entities::LetterTemplate;
use wattle_domain::{LetterTemplateId, RejectionCode, Rev, Role, UserId, WorkstationId};

use crate::map_store::{Author, MapStore, dr_lee, reception, uuid};

fn admin() -> Author {
    Author { user: UserId(uuid(4)), role: Role::Admin, workstation: WorkstationId(uuid(0x54)) }
}

fn template(seen: i64, body: &str) -> SaveLetterTemplate {
    SaveLetterTemplate {
        template_id: LetterTemplateId(uuid(0xe6001)),
        seen_rev: Rev(seen),
        name: " Physiotherapy ".into(),
        subject: "Referral of {{patient.name}}".into(),
        body: body.into(),
        active: true,
    }
}

#[test]
fn clinicians_and_who_runs_the_house_write_them() {
    let mut store = MapStore::with_a_clinic();
    store.run(&admin(), template(0, "Dear {{provider.name}},")).unwrap();
    let saved = store.get::<LetterTemplate>(uuid(0xe6001));
    assert_eq!((saved.name.as_str(), saved.active), ("Physiotherapy", true));
    let closed = SaveLetterTemplate { active: false, ..template(1, "Dear {{provider.name}},") };
    store.run(&dr_lee(), closed).unwrap();
    let saved = store.get::<LetterTemplate>(uuid(0xe6001));
    assert!(!saved.active && saved.field_changes.contains_key("active"));
    assert!(!saved.field_changes.contains_key("body"), "what was not changed was changed by nobody");
    let no = store.run(&reception(), template(2, "Dear")).unwrap_err();
    assert_eq!(no.code, RejectionCode::NotAllowed);
}

#[test]
fn a_broken_one_is_never_saved() {
    let mut store = MapStore::with_a_clinic();
    let cases = [
        (template(0, "Dear {{provider.nmae}},"), "body", "no such field"),
        (template(0, "Dear {{provider.name,"), "body", "not ended"),
        (template(0, " \n "), "body", "empty"),
        (SaveLetterTemplate { subject: "}}".into(), ..template(0, "x") }, "subject", "never begun"),
        (SaveLetterTemplate { name: " ".into(), ..template(0, "x") }, "name", "nameless"),
    ];
    for (broken, field, why) in cases {
        assert_eq!(store.run(&dr_lee(), broken).unwrap_err().field.as_deref(), Some(field), "{why}");
    }
}

#[test]
fn who_has_not_seen_what_another_wrote_is_told() {
    let mut store = MapStore::with_a_clinic();
    store.run(&admin(), template(0, "Dear colleague,")).unwrap();
    store.run(&dr_lee(), template(1, "Dear friend,")).unwrap();
    let no = store.run(&admin(), template(1, "Dear all,")).unwrap_err();
    assert_eq!(no.code, RejectionCode::ChangedSince, "another computer has written it since");
    assert_eq!(store.get::<LetterTemplate>(uuid(0xe6001)).body, "Dear friend,");
    store.run(&admin(), template(2, "Dear all,")).unwrap();
    // One's own earlier word, whose answer has not come yet, is what one has seen.
    store.run(&admin(), template(2, "Dear everybody,")).unwrap();
    assert_eq!(store.get::<LetterTemplate>(uuid(0xe6001)).body, "Dear everybody,");
}
