//! The scripted day: a clinic leaves FileMaker in the morning and works on Wattle by noon, in two real windows.
//!
//! Owns: the script of `cargo xtask demo --headless` and of `tests/tests/scripted_day.rs`. Must never: look away; every step
//! waits for what a person would see, and fails with what was seen instead.

pub mod access;
pub mod consultation;
mod desk;
pub mod documents;
mod file;
mod paperwork;
mod people;
mod propagation;
pub mod room_papers;
pub mod scans;
mod slots;
mod small_clinic;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::desktop::{Window, testid};
use crate::house::{House, PEOPLE, Size, add_people};
use desk::Desk;

/// Who is registered; the family name is in no list, so that it can be searched for on disk.
const FAMILY: &str = "Quokkasen";
const GIVEN: &str = "Matilda";
const PHONE: &str = "0491 570 156";
const PHONE_OF_RECEPTION: &str = "0491 570 157";
const PHONE_OF_DR_LEE: &str = "0491 570 158";
/// Moves that are timed from hand to the other window.
const MOVES: usize = 30;
/// What is done while the server is gone: an arrival, two phones in records that are opened for it, a consultation.
const OFFLINE: [(&str, u64); 4] =
    [("record_arrival", 1), ("note_access", 2), ("edit_patient", 2), ("start_consultation", 1)];

/// Plays the day; returns the figures of its last line. Pictures of each screen go to `pictures`.
///
/// # Errors
/// Something did not hold; the error says what, and what was seen.
pub async fn play(pictures: &Path, size: Size, seed: u64) -> anyhow::Result<Value> {
    let dir = tempfile::Builder::new().prefix("wattle-day-").tempdir()?;
    let (mut house, import) = morning(dir.path(), size, seed).await?;
    let mut reception = Desk::open(&house, "reception-1", &PEOPLE[0], pictures).await?;
    let lee = Desk::open(&house, "dr-lee", &PEOPLE[1], pictures).await?;

    let first_sync = sign_in_both(&house, &reception, &lee).await?;
    let patient = find_and_register(&house, &reception).await?;
    let appointment = book_and_drag(&reception, &lee).await?;
    let mut times =
        propagation::measure(reception.window()?, lee.window()?, &appointment, MOVES, pictures).await?;
    times.sort_unstable();
    look_around(&reception, &lee).await?;

    let before = delivered(&house)?;
    house.kill_server();
    let called = offline(&reception, &lee, &patient, &appointment).await?;
    crash_and_reopen(&mut reception, &appointment).await?;
    house.start_server().await?;
    let conflicts = converge(&house, &reception, &lee, &patient).await?;

    let tally = delivered(&house)?;
    let offline = arrived(&before, &tally, &OFFLINE);
    // Each once: a command that is missing was lost, and one that is there twice was done twice.
    let all: Vec<_> = OFFLINE.into_iter().chain([("resolve_conflict", 1)]).collect();
    let lost = all.iter().map(|(_, sent)| sent).sum::<u64>() - arrived(&before, &tally, &all);
    // Records may be opened more often than it is looked at them here.
    let changes = |tally: &BTreeMap<String, u64>| {
        tally.iter().filter(|(name, _)| *name != "note_access").map(|(_, count)| count).sum::<u64>()
    };
    let more = changes(&tally) - changes(&before);
    ensure!(more == 5, "{more} changes were decided since the server was killed, not 5");
    check_rows(&house, &patient, &appointment, &called)?;
    file::holds_no_plaintext(&reception, &[FAMILY, PHONE_OF_RECEPTION])?;
    file::wrong_password_changes_nothing(&mut house, &mut reception).await?;
    people::see_to(&mut house, &mut reception, &lee, pictures).await?;
    no_patient_in_logs(&house, &reception, &lee)?;

    let percentile = |p| crate::bench::figures::percentile(&times, p);
    Ok(json!({
        "patients": import.patients,
        "appointments": import.appointments,
        "rejected": import.rejected,
        "first_sync_ms": first_sync.as_millis(),
        "propagation_p50_ms": percentile(50),
        "propagation_p99_ms": percentile(99),
        "offline_commands_delivered": offline,
        "conflicts_resolved": conflicts,
        "lost": lost,
    }))
}

struct Import {
    patients: u64,
    appointments: u64,
    rejected: u64,
}

/// 1. The import, its counts, and nothing changed when it is done again.
async fn morning(dir: &Path, size: Size, seed: u64) -> anyhow::Result<(House, Import)> {
    let mut house = House::found(dir, true)?;
    let imported = house.import_sample(size, seed)?;
    let patients = house.count("select count(*) from clinic.patient")?;
    let appointments = house.count("select count(*) from clinic.appointment")?;
    tell(&format!(
        "import: read {}, loaded {}, rejected {}",
        imported.read, imported.loaded, imported.rejected
    ));
    tell(&format!("  {patients} patients, {appointments} appointments in PostgreSQL"));
    ensure!(
        patients == u64::from(size.patients),
        "{patients} patients are not the {} of the plan",
        size.patients
    );
    ensure!(imported.rejected > 0 || size.patients < 20, "FileMaker's dirt was not noticed");
    add_people(&house)?;
    house.start_server().await?;
    Ok((house, Import { patients, appointments, rejected: imported.rejected }))
}

/// 2. Both sign in; both have the clinic.
async fn sign_in_both(house: &House, reception: &Desk, lee: &Desk) -> anyhow::Result<Duration> {
    reception.picture("sign-in").await?;
    let start = Instant::now();
    reception.sign_in().await?;
    reception.window()?.find(&testid("card")).await.context("the first day book")?;
    let first_sync = start.elapsed();
    tell(&format!("reception-1 has the clinic after {} ms", first_sync.as_millis()));
    lee.sign_in().await?;
    lee.window()?.find(&testid("card")).await?;
    let columns = house.count("select count(*) from clinic.practitioner where active")?;
    for desk in [reception, lee] {
        desk.is("online", Some(0)).await?;
        let heads = desk.window()?.texts(&testid("column-head")).await?;
        ensure!(
            heads.len() as u64 == columns,
            "{}: {} columns for {columns} practitioners",
            desk.name(),
            heads.len()
        );
    }
    reception.picture("day-book").await?;
    Ok(first_sync)
}

/// 3a. A patient by part of the name and by phone; then somebody new. Returns her id.
async fn find_and_register(house: &House, reception: &Desk) -> anyhow::Result<String> {
    let known = "from clinic.patient p join clinic.patient_contact c using (clinic_id) \
        where c.patient_id = p.id and c.kind = 'mobile' and c.value like '+614________' and p.deceased_on is null \
        and length(p.family_name) > 5 and p.family_name ~ '^[A-Za-z]+$' order by p.id limit 1";
    let ask = |what: &str| house.text(&format!("select {what} {known}"));
    let (id, family, phone) = (ask("p.id")?, ask("p.family_name")?, ask("c.value")?);
    let given = ask("coalesce(split_part(p.given_name, ' ', 1), '')")?;
    let part = |name: &str, n: usize| name.chars().take(n).collect::<String>();
    let window = reception.window()?;
    reception.search(&format!("{} {}", part(&given, 4), part(&family, 5))).await?;
    window
        .find(&format!("{}[data-id='{id}']", testid("search-hit")))
        .await
        .context("found by part of the name")?;
    reception.picture("search").await?;
    window.press(&["Escape"]).await?;
    reception.search(&phone.replace("+61", "0")).await?;
    window.find(&format!("{}[data-id='{id}']", testid("search-hit"))).await.context("found by phone")?;
    window.press(&["Escape"]).await?;

    window.click(&testid("nav-patients")).await?;
    window.click(&testid("patient-register")).await?;
    window.type_into(&testid("patient-form-family_name"), FAMILY).await?;
    window.type_into(&testid("patient-form-given_name"), GIVEN).await?;
    window.type_into(&testid("patient-form-birth_date"), "3/2/1961").await?;
    window.type_into(&testid("patient-form-mobile"), PHONE).await?;
    window.type_into(&testid("patient-form-medicare"), "6951 44967 7").await?;
    window.press(&["Tab"]).await?;
    reception.picture("register").await?;
    window.click(&testid("patient-form-save")).await?;
    window.find(&testid("patient-record")).await.context("the new patient's record")?;
    reception.is("online", Some(0)).await?;
    reception.picture("patient").await?;
    tell("a patient is found by part of her name and by phone, and another registered");
    house.text(&format!("select id from clinic.patient where family_name = '{FAMILY}'"))
}

/// 3b. A booking, dragged to another slot; it moves in the other window. Returns its id.
async fn book_and_drag(reception: &Desk, lee: &Desk) -> anyhow::Result<String> {
    let window = reception.window()?;
    window.click(&testid("patient-book")).await?;
    let column = reception.column_of(lee).await?;
    let free = slots::free(window, &column, 90).await?;
    window.click_at(free.point).await?;
    window.find(&testid("booking-popover")).await?;
    reception.picture("booking").await?;
    window.click(&testid("booking-save")).await?;
    let mine = format!("{}[aria-label*='{}']", testid("card"), FAMILY.to_uppercase());
    let mine = if window
        .wait_for("the new card", Duration::from_secs(5), async |w| {
            Ok((!w.find_all(&mine).await?.is_empty()).then_some(()))
        })
        .await
        .is_ok()
    {
        mine
    } else {
        format!("{}[aria-label*='{FAMILY}']", testid("card"))
    };
    let id = window.attribute(&mine, "data-id").await?.context("the card has an id")?;
    let there = lee.card(&id);
    lee.window()?.find(&there).await.context("the booking in dr-lee's window")?;
    let before = lee.window()?.attribute(&there, "data-start").await?;

    slots::drag_by_minutes(window, &id, 30).await?;
    lee.window()?
        .wait_for("the card to move in dr-lee's window", Duration::from_secs(10), async |w| {
            let now = w.attribute(&there, "data-start").await?;
            Ok((now != before).then_some(()))
        })
        .await?;
    reception.picture("dragged").await?;
    lee.picture("moved-for-dr-lee").await?;
    tell("a booking is made and dragged, and moves in dr-lee's window");
    Ok(id)
}

/// Every other screen, so that it is seen.
async fn look_around(reception: &Desk, lee: &Desk) -> anyhow::Result<()> {
    for (page, shows) in [
        ("waiting", "waiting-line"),
        ("attention", "attention-empty"),
        ("sync", "sync-page"),
        ("help", "help-page"),
    ] {
        reception.window()?.click(&testid(&format!("nav-{page}"))).await?;
        reception.window()?.find(&testid(shows)).await.with_context(|| format!("{page} shows {shows}"))?;
        access::every_control_has_a_name(reception.window()?, page).await?;
        reception.picture(page).await?;
    }
    access::every_control_has_a_name(lee.window()?, "day book").await?;
    access::arrows_walk_the_grid(lee.window()?).await?;
    lee.window()?.click(&testid("span-week")).await?;
    lee.window()?.find(&testid("card")).await?;
    lee.picture("week").await?;
    lee.window()?.click(&testid("span-day")).await?;
    lee.wear("dark").await?;
    lee.picture("dark").await?;
    lee.wear("light").await?;
    reception.window()?.click(&testid("nav-daybook")).await?;
    reception.window()?.find(&testid("card")).await?;
    Ok(())
}

/// 4. The server is gone: both say so and go on. Returns the appointment whose consultation dr-lee starts.
async fn offline(reception: &Desk, lee: &Desk, patient: &str, appointment: &str) -> anyhow::Result<String> {
    reception.is("offline", None).await?;
    lee.is("offline", None).await?;
    reception.open_card(appointment).await?;
    reception.window()?.click(&testid("arrive-button")).await?;
    reception.card_is(appointment, "arrived").await?;
    reception.edit_mobile(patient, GIVEN, FAMILY, PHONE_OF_RECEPTION).await?;
    // The record that was opened is in the log as well.
    reception.is("offline", Some(3)).await?;
    reception.picture("offline").await?;

    lee.edit_mobile(patient, GIVEN, FAMILY, PHONE_OF_DR_LEE).await?;
    lee.window()?.click(&testid("nav-daybook")).await?;
    let column = lee.column_of(lee).await?;
    let called = slots::somebody_to_call(lee.window()?, &column, appointment).await?;
    lee.open_card(&called).await?;
    lee.window()?.click(&testid("start-button")).await?;
    lee.card_is(&called, "in_consult").await?;
    lee.is("offline", Some(3)).await?;
    lee.picture("offline").await?;
    tell("the server is killed; an arrival, two phone numbers and a consultation are saved without it");
    Ok(called)
}

/// 5. SIGKILL, reopened offline with the password: the arrival is there, and still to be sent.
async fn crash_and_reopen(reception: &mut Desk, appointment: &str) -> anyhow::Result<()> {
    reception.kill().await?;
    reception.reopen().await?;
    reception.sign_in().await?;
    reception.card_is(appointment, "arrived").await?;
    let pending = reception.window()?.attribute(&reception.card(appointment), "data-pending").await?;
    ensure!(pending.as_deref() == Some("true"), "the arrival must still be marked as not on the server");
    reception.is("offline", Some(3)).await?;
    reception.picture("reopened").await?;
    tell("reception's app is killed and reopened offline: the arrival is there");
    Ok(())
}

/// 6. The server comes back: both converge; the phone is a conflict with both values, settled with one click.
async fn converge(house: &House, reception: &Desk, lee: &Desk, patient: &str) -> anyhow::Result<u64> {
    for desk in [reception, lee] {
        desk.is("online", Some(0)).await?;
    }
    let item = format!("{}[data-kind='conflict']", testid("attention-item"));
    for desk in [reception, lee] {
        desk.window()?.click(&testid("nav-attention")).await?;
        let said = desk.window()?.text(&item).await.context("the conflict in Needs attention")?;
        for value in [PHONE_OF_RECEPTION, PHONE_OF_DR_LEE] {
            ensure!(said.contains(value), "{}: the conflict does not show both values", desk.name());
        }
        desk.picture("conflict").await?;
    }
    let chosen = reception.window()?.text(&format!("{item} .side:last-of-type .side-value")).await?;
    reception.window()?.click(&testid("attention-other")).await?;
    for desk in [reception, lee] {
        desk.window()?.wait_until_gone(&item).await.with_context(|| format!("settled in {}", desk.name()))?;
        desk.is("online", Some(0)).await?;
        let shown = desk.mobile_of(patient, GIVEN, FAMILY).await?;
        ensure!(shown == chosen, "{} shows another phone than was chosen", desk.name());
    }
    reception.picture("settled").await?;
    tell("the server is back: both desks agree, the conflict is settled with one click");
    house.count("select count(*) from clinic.conflict where status = 'resolved'")
}

/// The truth in PostgreSQL is what the windows showed.
fn check_rows(house: &House, patient: &str, appointment: &str, called: &str) -> anyhow::Result<()> {
    let status = |id: &str| house.text(&format!("select status from clinic.appointment where id = '{id}'"));
    ensure!(status(appointment)? == "arrived", "the arrival did not arrive");
    ensure!(status(called)? == "in_consult", "the consultation did not arrive");
    let phones = format!(
        "select count(*) from clinic.patient_contact where patient_id = '{patient}' and kind = 'mobile'"
    );
    ensure!(house.count(&phones)? == 1, "one mobile, once");
    ensure!(
        house.count("select count(*) from clinic.conflict where status = 'open'")? == 0,
        "nothing left open"
    );
    ensure!(house.count("select count(*) from clinic.quarantine")? == 0, "nothing in quarantine");
    Ok(())
}

/// Commands that the server has decided and kept, by name.
fn delivered(house: &House) -> anyhow::Result<BTreeMap<String, u64>> {
    let counts = house.text(
        "select coalesce(json_object_agg(name, n), '{}') from (select name, count(*) as n from clinic.command_log \
         where verdict ->> 'verdict' in ('applied', 'merged', 'conflict') group by name) as counts",
    )?;
    Ok(serde_json::from_str(&counts)?)
}

/// How many of what was sent have arrived since, by name.
fn arrived(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>, sent: &[(&str, u64)]) -> u64 {
    let count = |tally: &BTreeMap<String, u64>, name: &str| tally.get(name).copied().unwrap_or_default();
    sent.iter().map(|(name, sent)| (count(after, name) - count(before, name)).min(*sent)).sum()
}

/// Nobody's name or number in anything that was logged.
fn no_patient_in_logs(house: &House, reception: &Desk, lee: &Desk) -> anyhow::Result<()> {
    let mut logs = vec![("the server".to_owned(), house.server_log())];
    for desk in [reception, lee] {
        logs.extend(desk.logs()?);
    }
    for (whose, log) in logs {
        for canary in [FAMILY, GIVEN, "491570156", "491 570 156", "491570157", "491570158"] {
            ensure!(!log.contains(canary), "a patient's datum is in a log of {whose}");
        }
    }
    Ok(())
}

/// A word to whoever watches.
#[allow(clippy::print_stderr)]
fn tell(what: &str) {
    eprintln!("  {what}");
}

/// A fragment of a window's state that makes an error useful.
pub(crate) async fn seen(window: &Window) -> String {
    let script = "return document.querySelector('#app, main, body').innerText.slice(0, 600)";
    let text = window.execute(script, Vec::new()).await.unwrap_or_default();
    text.as_str().unwrap_or_default().to_owned()
}
