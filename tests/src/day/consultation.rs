//! A consultation in real windows: from the waiting room to a signed note with a medicine and a recall; then the same with the
//! server gone and the app killed in the middle of a draft. Everything arrives.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};

use super::access::every_control_has_a_name;
use super::desk::Desk;
use super::{paperwork, tell};
use crate::desktop::{Window, testid};
use crate::house::{House, PEOPLE, Size, add_people};

const PATIENCE: Duration = Duration::from_secs(20);
/// What the note says; the word is in no list, so that it can be searched for.
const SAID: &str = "Cough for three days. Quokkacough at night.";
const SAID_OFFLINE: &str = "Sprained ankle. Wombatstep on stairs.";

/// Plays it. Pictures of each screen, light and dark, go to `pictures`.
///
/// # Errors
/// Something did not hold; the error says what, and what was seen.
pub async fn play(pictures: &Path) -> anyhow::Result<()> {
    let dir = tempfile::Builder::new().prefix("wattle-room-").tempdir()?;
    let mut house = House::found(dir.path(), true)?;
    house.import_sample(Size { patients: 300, practitioners: 3, appointments: 2_400 }, 11)?;
    add_people(&house)?;
    let [first, second] = two_of_today(&house)?;
    history(&house, &first.patient)?;
    house.start_server().await?;
    let reception = Desk::open(&house, "reception-1", &PEOPLE[0], pictures).await?;
    let mut lee = Desk::open(&house, "dr-lee", &PEOPLE[1], pictures).await?;
    let played = both_visits(&mut house, &reception, &mut lee, &first, &second).await;
    if played.is_err() && lee.window().is_ok() {
        lee.picture("failed").await?;
        tell(&super::seen(lee.window()?).await);
    }
    played
}

async fn both_visits(
    house: &mut House,
    reception: &Desk,
    lee: &mut Desk,
    first: &Visit,
    second: &Visit,
) -> anyhow::Result<()> {
    for desk in [reception, &*lee] {
        desk.sign_in().await?;
        desk.window()?.find(&testid("card")).await.context("the day book")?;
        desk.is("online", Some(0)).await?;
    }
    for visit in [first, second] {
        reception.open_card(&visit.appointment).await?;
        reception.window()?.click(&testid("arrive-button")).await?;
        reception.card_is(&visit.appointment, "arrived").await?;
    }
    reception.is("online", Some(0)).await?;

    from_the_waiting_room(lee, first).await?;
    record_and_warn(lee).await?;
    note_and_recall(lee).await?;
    paperwork::a_result_becomes_a_recall(lee).await?;
    paperwork::a_letter_is_filed(lee, "Palpitations", true).await?;
    paperwork::the_record_leaves_the_house(lee).await?;
    paperwork::small_papers(lee).await?;
    look_around(lee).await?;
    finish(lee, first).await?;
    lee.is("online", Some(0)).await?;
    arrived(house, &first.patient, SAID, 2)?;
    paperwork::the_day_is_printed(reception).await?;
    reception.is("online", Some(0)).await?;
    paperwork::arrived(house, &first.patient, 1)?;
    the_desk_sees_the_recall_alone(reception, first).await?;
    tell("a consultation from the waiting room to a signed note; the desk sees the recall alone");

    house.kill_server();
    lee.is("offline", None).await?;
    from_the_waiting_room(lee, second).await?;
    killed_while_writing(lee, second).await?;
    offline_record(lee).await?;
    finish(lee, second).await?;
    lee.is("offline", None).await?;
    lee.picture("offline-finished").await?;
    house.start_server().await?;
    lee.is("online", Some(0)).await?;
    arrived(house, &second.patient, SAID_OFFLINE, 1)?;
    paperwork::arrived(house, &second.patient, 1)?;
    ensure!(house.count("select count(*) from clinic.quarantine")? == 0, "nothing in quarantine");
    ensure!(
        house.count("select count(*) from clinic.command_log where verdict ->> 'verdict' = 'rejected'")? == 0,
        "nothing was refused"
    );
    nothing_in_logs(house, reception, lee)?;
    tell("the same without the server, the app killed in the middle of a draft: everything arrives");
    Ok(())
}

/// A booking and whose it is.
struct Visit {
    appointment: String,
    patient: String,
    family: String,
    given: String,
}

/// Two people who come to dr-lee today.
fn two_of_today(house: &House) -> anyhow::Result<[Visit; 2]> {
    let today = crate::house::today()?;
    let visit = |n: u32| -> anyhow::Result<Visit> {
        let of = format!(
            "from (select distinct on (p.id) a.id as appointment, p.id as patient, p.family_name, p.given_name, a.start_at \
             from clinic.appointment a join clinic.patient p on p.id = a.patient_id \
             join clinic.practitioner d on d.id = a.practitioner_id \
             join clinic.user_account u on u.id = d.user_id and u.username = 'lee' \
             where a.status in ('booked', 'confirmed') and p.deceased_on is null and p.given_name ~ '^[A-Za-z]+$' \
             and p.family_name ~ '^[A-Za-z]+$' and p.birth_date < '2000-01-01' \
             and (a.start_at at time zone 'Australia/Sydney')::date = '{today}' order by p.id, a.start_at) v \
             order by start_at offset {n} limit 1"
        );
        let ask = |what: &str| house.text(&format!("select {what} {of}"));
        let found = Visit {
            appointment: ask("appointment")?,
            patient: ask("patient")?,
            family: ask("family_name")?,
            given: ask("given_name")?,
        };
        ensure!(
            !found.appointment.is_empty(),
            "dr-lee has {n} suitable bookings today, and one more is needed"
        );
        Ok(found)
    };
    Ok([visit(0)?, visit(1)?])
}

/// Two years of values, as an import brings them: a curve needs more than one point.
fn history(house: &House, patient: &str) -> anyhow::Result<()> {
    let clinic = house.clinic();
    house.script(&format!(
        "insert into clinic.observation (clinic_id, id, patient_id, code, value_milli, second_milli, unit, effective_at) \
         select '{clinic}', gen_random_uuid(), '{patient}', v.code, v.value, v.second, v.unit, \
           date_trunc('day', now()) - make_interval(days => 60 * n) \
         from generate_series(1, 12) n, lateral (values \
           ('blood_pressure', 132000 + (n * 7919 % 24) * 1000, 78000 + (n * 104729 % 14) * 1000, 'mm[Hg]'), \
           ('weight', 84000 - n * 350 + (n * 31 % 5) * 300, null, 'kg'), \
           ('temperature', 36400 + (n * 17 % 9) * 100, null, 'Cel')) v (code, value, second, unit); \
         insert into clinic.observation (clinic_id, id, patient_id, code, value_milli, unit, effective_at) \
         values ('{clinic}', gen_random_uuid(), '{patient}', 'height', 171000, 'cm', now() - interval '3 years')"
    ))
}

/// Their line in the waiting room, and its one button; the record opens with a note for it.
async fn from_the_waiting_room(lee: &Desk, visit: &Visit) -> anyhow::Result<()> {
    let window = lee.window()?;
    window.click(&testid("nav-waiting")).await?;
    let line = format!("{}[data-id='{}'][data-status='arrived']", testid("waiting-line"), visit.appointment);
    window.find(&line).await.context("the arrival in the waiting room")?;
    lee.picture("waiting").await?;
    window.click(&format!("{line} {}", testid("step-button"))).await?;
    let page = format!("{}[data-id='{}']", testid("patient-record"), visit.patient);
    window.find(&page).await.context("the record opens")?;
    window.find(&testid("note-editor")).await.context("with a note to write")?;
    window.find(&testid("in-consultation")).await.context("in consultation")?;
    Ok(())
}

/// An allergy, a problem, values with a slip, a medicine that meets the allergy.
async fn record_and_warn(lee: &Desk) -> anyhow::Result<()> {
    let window = lee.window()?;
    window.click(&testid("tab-summary")).await?;
    window.find(&banner("not_asked")).await.context("nobody has asked about allergies")?;
    lee.picture("summary-empty").await?;

    window.click(&testid("add-allergy")).await?;
    window.type_into(&testid("allergy-substance"), "penic").await?;
    window.press(&["Enter"]).await?;
    window.type_into(&testid("allergy-reaction"), "rash").await?;
    window.click(&testid("allergy-severity-severe")).await?;
    every_control_has_a_name(window, "a new allergy").await?;
    lee.picture("allergy").await?;
    window.click(&testid("allergy-save")).await?;
    window.find(&banner("known")).await.context("the allergy in the banner")?;

    window.click(&testid("add-problem")).await?;
    window.type_into(&testid("problem-text"), "asth").await?;
    window.press(&["Enter"]).await?;
    window.type_into(&testid("problem-since"), "3/2/2009").await?;
    window.click(&testid("problem-save")).await?;
    window.wait_for_text(&testid("problems"), "Asthma").await?;

    window.click(&testid("add-values")).await?;
    window.type_into(&testid("value-blood_pressure"), "1500/95").await?;
    window.type_into(&testid("value-temperature"), "37.9").await?;
    window.type_into(&testid("value-weight"), "81.4").await?;
    window.find(&format!("{}[disabled]", testid("values-save"))).await.context("a slip is not saved")?;
    lee.picture("values-slip").await?;
    window.fill(&testid("value-blood_pressure"), "150/95").await?;
    window.click(&testid("values-save")).await?;
    window.wait_for_text(&testid("latest-values"), "150/95 mmHg").await?;

    window.click(&testid("add-medicine")).await?;
    window.type_into(&testid("medicine-text"), "amox").await?;
    window.press(&["Enter"]).await?;
    window.type_into(&testid("medicine-text"), " 500 mg capsules").await?;
    window.type_into(&testid("medicine-directions"), "One three times a day for 5 days").await?;
    window.type_into(&testid("medicine-quantity"), "20").await?;
    window.wait_for_text(&testid("allergy-warning"), "of the same class").await?;
    window
        .find(&format!("{}[disabled]", testid("medicine-save")))
        .await
        .context("without a reason it is not entered")?;
    every_control_has_a_name(window, "a medicine against an allergy").await?;
    lee.picture("warning").await?;
    window.type_into(&testid("medicine-because"), "Tolerated twice since").await?;
    window.click(&testid("medicine-save")).await?;
    window.wait_for_text(&testid("active-medicines"), "Amoxicillin 500 mg capsules").await?;
    Ok(())
}

/// Short words become long, a pause saves, Ctrl Enter signs; a recall.
async fn note_and_recall(lee: &Desk) -> anyhow::Result<()> {
    let window = lee.window()?;
    window.click(&testid("tab-notes")).await?;
    window.type_into(&testid("note-body-input"), ".soap ").await?;
    window
        .wait_for("the four headings", PATIENCE, async |w| {
            let text = w.property(&testid("note-body-input"), "value").await?;
            Ok(text.as_str().is_some_and(|t| t.contains("# Assessment")).then_some(()))
        })
        .await?;
    window.type_into(&testid("note-body-input"), SAID).await?;
    window.find(&saved_draft()).await.context("a pause saves the draft")?;
    every_control_has_a_name(window, "notes").await?;
    lee.picture("note").await?;
    window.press(&["Control", "Enter"]).await?;
    window.wait_for_text(&testid("note-body"), SAID).await.context("the note is signed")?;
    lee.picture("signed").await?;
    window.click(&testid("note-addendum")).await?;
    window.type_into(&testid("note-body-input"), "Chest X-ray is clear.").await?;
    window.click(&testid("note-sign")).await?;
    window
        .wait_for_text(".addendum", "Chest X-ray is clear.")
        .await
        .context("the addendum below its note")?;

    recall(window, "Asthma review").await?;
    lee.picture("recall").await?;
    Ok(())
}

/// Opens the form by its key, as one who does not touch the mouse.
async fn recall(window: &Window, reason: &str) -> anyhow::Result<()> {
    window.click(&testid("tab-summary")).await?;
    window.press(&["r"]).await?;
    window.type_into(&testid("recall-reason"), reason).await?;
    window.click(&testid("recall-in-182")).await?;
    window.click(&testid("recall-save")).await?;
    window.wait_for_text(&testid("recall"), reason).await.context("the recall")?;
    Ok(())
}

/// Every tab, by its number, in both themes.
async fn look_around(lee: &Desk) -> anyhow::Result<()> {
    let window = lee.window()?;
    for theme in ["light", "dark"] {
        lee.wear(theme).await?;
        for (key, tab, shows) in [
            ("1", "summary", "allergies"),
            ("2", "notes", "note"),
            ("3", "medicines", "active-medicines"),
            ("4", "observations", "chart-weight"),
            ("5", "results", "result"),
            ("6", "documents", "document"),
            ("7", "letters", "letter"),
            ("8", "timeline", "moment"),
            ("9", "appointments", "patient-appointment"),
            ("0", "contacts", "record-number"),
        ] {
            window.press(&[key]).await?;
            window
                .find(&format!("{}[aria-selected='true']", testid(&format!("tab-{tab}"))))
                .await
                .with_context(|| format!("{key} is the tab {tab}"))?;
            window.find(&testid(shows)).await.with_context(|| format!("{tab} shows {shows}"))?;
            window.find(&testid("patient-banner")).await.context("the banner never leaves")?;
            every_control_has_a_name(window, tab).await?;
            lee.picture(&format!("{tab}-{theme}")).await?;
        }
        let charts = window.attribute(&format!("{} svg", testid("chart-blood_pressure")), "aria-label").await;
        ensure!(charts.is_err() || charts?.is_some(), "a chart says what it shows");
    }
    lee.wear("light").await?;
    window.press(&["4"]).await?;
    let told = window.attribute(&format!("{} svg", testid("chart-weight")), "aria-label").await?;
    ensure!(
        told.as_deref().is_some_and(|t| t.starts_with("Weight from ") && t.contains("last 81.4 kg")),
        "the chart reads itself out: {told:?}"
    );
    Ok(())
}

/// Finishing leads back to the waiting room, where the line is gone.
async fn finish(lee: &Desk, visit: &Visit) -> anyhow::Result<()> {
    let window = lee.window()?;
    window.click(&testid("finish-consultation")).await?;
    let line = format!("{}[data-id='{}']", testid("waiting-line"), visit.appointment);
    window.find(&format!("{}[aria-current='page']", testid("nav-waiting"))).await?;
    window.wait_until_gone(&line).await.context("nobody waits for a consultation that is over")?;
    Ok(())
}

/// The record is not for the desk; the recall is.
async fn the_desk_sees_the_recall_alone(reception: &Desk, visit: &Visit) -> anyhow::Result<()> {
    let window = reception.window()?;
    reception.search(&format!("{} {}", visit.given, visit.family)).await?;
    window.click(&format!("{}[data-id='{}']", testid("search-hit"), visit.patient)).await?;
    let page = testid("patient-record");
    for recall in ["Blood again", "Asthma review"] {
        window.wait_for_text(&page, recall).await.context("the recalls at the desk")?;
    }
    for not_theirs in ["patient-banner", "banner-allergies", "tab-notes", "note", "add-medicine"] {
        ensure!(window.find_all(&testid(not_theirs)).await?.is_empty(), "the desk sees {not_theirs}");
    }
    let seen = super::seen(window).await;
    ensure!(!seen.contains("Penicillin") && !seen.contains("Asthma\n"), "the desk sees the record: {seen}");
    reception.picture("recall").await?;
    Ok(())
}

/// SIGKILL while a note is written: what was saved on the last pause is there after the next sign-in.
async fn killed_while_writing(lee: &mut Desk, visit: &Visit) -> anyhow::Result<()> {
    let window = lee.window()?;
    window.type_into(&testid("note-body-input"), SAID_OFFLINE).await?;
    window.find(&saved_draft()).await.context("a pause saves the draft, without the server too")?;
    window.type_into(&testid("note-body-input"), " and").await?;
    lee.kill().await?;
    lee.reopen().await?;
    lee.sign_in().await?;
    let window = lee.window()?;
    window.find(&testid("card")).await?;
    lee.search(&format!("{} {}", visit.given, visit.family)).await?;
    window.click(&format!("{}[data-id='{}']", testid("search-hit"), visit.patient)).await?;
    window.find(&testid("draft-waits")).await.context("the summary says that a note is not signed")?;
    lee.picture("draft-came-back").await?;
    window.click(&testid("tab-notes")).await?;
    let body = window.property(&testid("note-body-input"), "value").await?;
    ensure!(body.as_str().is_some_and(|b| b.starts_with(SAID_OFFLINE)), "the draft came back as {body:?}");
    Ok(())
}

/// Nil known, a medicine, a value, the note, a recall: all without the server.
async fn offline_record(lee: &Desk) -> anyhow::Result<()> {
    let window = lee.window()?;
    window.fill(&testid("note-body-input"), SAID_OFFLINE).await?;
    window.click(&testid("note-sign")).await?;
    window.wait_for_text(&testid("note-body"), SAID_OFFLINE).await?;
    let pending = format!("{}[data-pending='true']", testid("note"));
    window.find(&pending).await.context("the note is marked as not on the server")?;
    window.click(&testid("tab-summary")).await?;
    window.click(&testid("add-allergy")).await?;
    window.click(&testid("allergy-nil")).await?;
    window.find(&banner("nil_known")).await?;
    window.click(&testid("add-medicine")).await?;
    window.type_into(&testid("medicine-text"), "Horse liniment").await?;
    window.click(&testid("medicine-save")).await?;
    window.wait_for_text(&testid("active-medicines"), "Horse liniment").await.context("free text too")?;
    window.click(&testid("add-values")).await?;
    window.type_into(&testid("value-weight"), "70").await?;
    window.click(&testid("values-save")).await?;
    window.wait_for_text(&testid("latest-values"), "70 kg").await?;
    recall(window, "Ankle again").await?;
    paperwork::a_letter_is_filed(lee, "Sprained ankle", false).await?;
    window.click(&testid("tab-summary")).await?;
    lee.picture("offline-summary").await?;
    Ok(())
}

/// What the window showed is in PostgreSQL, each thing once; the note's words rest sealed.
fn arrived(house: &House, patient: &str, said: &str, recalls: u64) -> anyhow::Result<()> {
    for (what, sql) in [
        (
            "the note",
            format!(
                "clinic.clinical_note n join clinic.user_account u on u.id = n.author_id and u.username = 'lee' where n.patient_id = '{patient}' and n.kind = 'note' and starts_with(n.body, E'\\x01s') and n.body not like '%{said}%'"
            ),
        ),
        ("the allergy", format!("clinic.allergy where patient_id = '{patient}' and status = 'active'")),
        ("the medicine", format!("clinic.medication where patient_id = '{patient}' and status = 'active'")),
        (
            "the weight",
            format!(
                "clinic.observation where patient_id = '{patient}' and code = 'weight' and created_by is not null"
            ),
        ),
        (
            "the end of the consultation",
            format!(
                "clinic.appointment where patient_id = '{patient}' and finished_at is not null and updated_by is not null"
            ),
        ),
    ] {
        let n = house.count(&format!("select count(*) from {sql}"))?;
        ensure!(n == 1, "{what} is there {n} times");
    }
    let due = house.count(&format!(
        "select count(*) from clinic.recall where patient_id = '{patient}' and status = 'due'"
    ))?;
    ensure!(due == recalls, "{due} recalls are due, and {recalls} were made");
    Ok(())
}

fn banner(allergies: &str) -> String {
    format!("{}[data-allergies='{allergies}']", testid("banner-allergies"))
}

fn saved_draft() -> String {
    format!("{}[data-saved='true']", testid("note-editor"))
}

/// Nothing of the record in anything that was logged.
fn nothing_in_logs(house: &House, reception: &Desk, lee: &Desk) -> anyhow::Result<()> {
    let mut logs = vec![("the server".to_owned(), house.server_log())];
    for desk in [reception, lee] {
        logs.extend(desk.logs()?);
    }
    for (whose, log) in logs {
        for canary in [
            "Quokkacough",
            "Wombatstep",
            "Penicillin",
            "Horse liniment",
            "Tolerated twice",
            "Numbatpalpitations",
            "Bilbyglobin",
        ] {
            ensure!(!log.contains(canary), "something of a record is in a log of {whose}");
        }
    }
    super::file::holds_no_plaintext(
        lee,
        &["Quokkacough", "Wombatstep", "Horse liniment", "Numbatpalpitations", "Bilbyglobin"],
    )
}
