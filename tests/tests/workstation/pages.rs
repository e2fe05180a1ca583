//! Needs attention and Sync in the real window: what a receptionist sees at eight in the morning after an outage, by
//! keyboard, light and dark; pictures go to the folder of temporary files of the tests.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;
use wattle_domain::time::Clock;
use wattle_tests::desktop::{App, Keyring, Window, Workstation, testid};
use wattle_tests::house::{House, PEOPLE, Programs, Size, add_people, bootstrap};
use wattle_workstation::SystemClock;

const PATIENCE: Duration = Duration::from_secs(90);
const HOUR_MS: i64 = 3_600_000;
/// Somebody with a mobile phone: the sample gives one to most.
const WHO: &str = "select patient_id from clinic.patient_contact where kind = 'mobile' order by id limit 1";
const MARIA: &wattle_tests::house::Person = &PEOPLE[0];

#[tokio::test(flavor = "multi_thread")]
async fn after_an_outage_every_difference_can_be_settled_by_keyboard_and_support_gets_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::found(&folder.path().join("house"), false).unwrap();
    house.import_sample(Size { patients: 60, practitioners: 3, appointments: 300 }, 5).unwrap();
    add_people(&house).unwrap();
    house.start_server().await.unwrap();
    let around = Workstation::start("reception-1", folder.path().join("w"), Keyring::Unlocked).await.unwrap();
    bootstrap(&around.data_dir(), &house, "reception-1").unwrap();
    let window = around.open(&App::new(Programs::desktop().unwrap())).await.unwrap();
    window.fill(&testid("signin-username"), MARIA.username).await.unwrap();
    window.fill(&testid("signin-password"), MARIA.password).await.unwrap();
    window.click(&testid("signin-submit")).await.unwrap();
    window.find(&testid("desk")).await.unwrap();
    until(&window, "[data-testid=sync-status][data-connection=online][data-waiting='0']").await;
    window.click(&testid("nav-attention")).await.unwrap();
    window.find(&testid("attention-empty")).await.unwrap();
    picture(&window, "1-nothing").await;

    house.kill_server();
    until(&window, "[data-connection=offline]").await;
    let slot = work_offline(&window, &house).await;
    window.click(&testid("nav-sync")).await.unwrap();
    until(&window, "[data-testid=sync-outbox-line]:nth-of-type(3)").await;
    picture(&window, "2-sync-offline").await;
    meanwhile_elsewhere(&house, slot);
    house.start_server().await.unwrap();

    window.press(&["F6"]).await.unwrap();
    for kind in ["conflict", "rejected", "quarantine"] {
        until(&window, &format!("[data-testid=attention-item][data-kind={kind}]")).await;
    }
    picture(&window, "3-attention").await;
    let conflict = window.text("[data-kind=conflict]").await.unwrap();
    for said in ["You at this workstation", "Dr Susan Lee at dr-lee", "0491 570 156", "0491 570 158"] {
        assert!(conflict.contains(said), "{said} is not in: {conflict}");
    }
    let refused = window.text("[data-kind=rejected]").await.unwrap();
    assert!(
        refused.contains("That time is taken") && refused.contains("You, at this workstation"),
        "{refused}"
    );
    let kept = window.text("[data-kind=quarantine]").await.unwrap();
    assert!(kept.contains("To read out to support"), "{kept}");
    theme(&window).await;
    theme(&window).await;
    picture(&window, "4-attention-dark").await;
    support(&window, &around).await;
    by_keyboard(&window).await;
    window.close().await.unwrap();
}

/// Three changes that will meet something else at the server: a phone, a booking, a registration.
async fn work_offline(window: &Window, house: &House) -> (String, i64) {
    let patient = house.text(WHO).unwrap();
    let contact = house.text(&mobile(&patient)).unwrap();
    let was =
        house.text(&format!("select value from clinic.patient_contact where id = '{contact}'")).unwrap();
    let rev = house.text(&format!("select rev from clinic.patient_contact where id = '{contact}'")).unwrap();
    let edit = json!({"table": "patient_contact", "row_id": contact, "field": "value", "seen_rev": rev.parse::<i64>().unwrap(),
        "was": was, "now": "+61491570156"});
    let parts = json!({"contacts": [], "identifiers": [], "addresses": [], "alerts": []});
    ask(window, "edit_patient", json!({"patient_id": patient, "edits": [edit], "parts": parts}))
        .await
        .unwrap();

    let practitioner =
        house.text("select id from clinic.practitioner where active order by sort limit 1").unwrap();
    let kind =
        house.text("select id from clinic.appointment_type where active order by sort limit 1").unwrap();
    let nil = Uuid::nil();
    let morning = (SystemClock.now().0 / (24 * HOUR_MS) + 1) * 24 * HOUR_MS + 23 * HOUR_MS;
    let mut start = morning;
    loop {
        let book = json!({"appointment_id": nil, "practitioner_id": practitioner, "patient_id": patient, "type_id": kind,
            "start_at": start, "end_at": start + HOUR_MS / 4, "double_booking": false});
        match ask(window, "book_appointment", book).await {
            Ok(_) => break,
            Err(_) => start += HOUR_MS / 4,
        }
        assert!(start < morning + 8 * HOUR_MS, "a day without a free quarter of an hour");
    }
    let details = json!({"family_name": "Papadakis", "given_name": "Iris", "birth_date": "1988-04-09",
        "birth_date_accuracy": "exact", "sex": "female"});
    let register = json!({"patient_id": nil, "details": details, "parts": parts});
    ask(window, "register_patient", register).await.unwrap();
    (practitioner, start)
}

fn mobile(patient: &str) -> String {
    format!(
        "select id from clinic.patient_contact where patient_id = '{patient}' and kind = 'mobile' limit 1"
    )
}

/// Dr Lee has typed another phone, the slot was given away, and the server has a fault of its own.
fn meanwhile_elsewhere(house: &House, (practitioner, start): (String, i64)) {
    let patient = house.text(WHO).unwrap();
    let contact = house.text(&mobile(&patient)).unwrap();
    let clinic = house.clinic();
    let workstation = Uuid::from_u128(77);
    let at = SystemClock.now().0;
    house
        .script(&format!(
            "insert into clinic.workstation (clinic_id, id, name, secret_hash) values ('{clinic}', '{workstation}', 'dr-lee', decode(repeat('07', 32), 'hex'));
             update clinic.patient_contact set value = '+61491570158', rev = rev + 1, updated_at = now(), field_changes = jsonb_build_object('value',
                jsonb_build_object('at', {at}, 'by', (select id from clinic.user_account where username = 'lee'), 'workstation', '{workstation}'))
                where id = '{contact}';
             update clinic.appointment set practitioner_id = '{practitioner}', start_at = to_timestamp({start} / 1000.0),
                end_at = to_timestamp({start} / 1000.0) + interval '15 minutes', status = 'booked', rev = rev + 1, updated_at = now()
                where id = (select id from clinic.appointment where patient_id <> '{patient}' order by id limit 1);
             create function clinic.trial_fault() returns trigger language plpgsql as $$ begin
                if new.family_name = 'Papadakis' then raise exception 'a fault of the trial'; end if; return new; end $$;
             create trigger trial_fault before insert on clinic.patient for each row execute function clinic.trial_fault();"
        ))
        .unwrap();
}

/// The support file and the page it is made on.
async fn support(window: &Window, around: &Workstation) {
    window.press(&["F7"]).await.unwrap();
    until(window, "[data-testid=sync-cursor]").await;
    picture(window, "5-sync-dark").await;
    theme(window).await;
    window.click(&testid("sync-check")).await.unwrap();
    window.wait_for_text(&testid("sync-digest"), "m, ").await.unwrap();
    window.click(&testid("sync-bundle")).await.unwrap();
    let said = window.wait_for_text(&testid("sync-bundle-path"), "Saved: ").await.unwrap();
    let path = PathBuf::from(said.trim_start_matches("Saved: "));
    assert!(path.starts_with(around.data_dir().parent().unwrap().parent().unwrap()), "{}", path.display());
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"quarantined\"") && !text.contains("Iris"), "{text}");
    let scroll = "document.querySelector('[data-testid=sync-page]').parentElement.scrollTop = 99999";
    picture(window, "6-sync").await;
    window.execute(scroll, vec![]).await.unwrap();
    picture(window, "7-sync-below").await;
}

/// From card to card and each way out without the mouse.
async fn by_keyboard(window: &Window) {
    window.press(&["F6"]).await.unwrap();
    let focused =
        "return document.activeElement.closest('.item')?.dataset.kind || document.activeElement.tagName";
    let first = async |w: &Window| {
        let at = w.execute(focused, vec![]).await?;
        Ok(at.as_str().filter(|at| *at != "BODY").map(str::to_owned))
    };
    window.wait_for("the focus on the first card", PATIENCE, first).await.unwrap();
    for _ in 0..4 {
        if window.execute(focused, vec![]).await.unwrap() == "conflict" {
            break;
        }
        window.press(&["j"]).await.unwrap();
    }
    assert_eq!(window.execute(focused, vec![]).await.unwrap(), "conflict");
    picture(window, "8-focus").await;
    window.press(&["2"]).await.unwrap();
    window.wait_until_gone("[data-kind=conflict]").await.unwrap();
    // The free time that the card offers is taken with its number.
    window.press(&["k"]).await.unwrap();
    window.press(&["k"]).await.unwrap();
    for _ in 0..3 {
        if window.execute(focused, vec![]).await.unwrap() == "rejected" {
            break;
        }
        window.press(&["j"]).await.unwrap();
    }
    window.press(&["1"]).await.unwrap();
    window.wait_until_gone("[data-kind=rejected]").await.unwrap();
    until(window, "[data-testid=attention-set-aside-list]").await;
    window.press(&["k"]).await.unwrap();
    window.press(&["1"]).await.unwrap();
    window.wait_until_gone("[data-kind=quarantine]").await.unwrap();
    window.click("[data-testid=attention-set-aside-list] summary").await.unwrap();
    until(window, "[data-testid=attention-aside]").await;
    let aside = window.texts("[data-testid=attention-aside]").await.unwrap();
    assert!(aside.len() == 2 && aside.iter().all(|line| line.contains("Maria Costa")), "{aside:?}");
    picture(window, "9-set-aside").await;
}

/// Asks the shell as the page does.
async fn ask(window: &Window, command: &str, args: Value) -> Result<Value, Value> {
    let script = "window.told = undefined; window.__TAURI__.core.invoke(arguments[0], { args: arguments[1] })
        .then(v => window.told = ['ok', v], e => window.told = ['fault', e])";
    window.execute(script, vec![json!(command), args]).await.unwrap();
    let told = async |w: &Window| {
        let told = w.execute("return window.told", vec![]).await?;
        Ok(told.as_array().cloned())
    };
    let told = window.wait_for(command, PATIENCE, told).await.unwrap();
    let value = told.get(1).cloned().unwrap_or_default();
    if told[0] == "ok" { Ok(value) } else { Err(value) }
}

pub(crate) async fn until(window: &Window, css: &str) {
    let there = async |w: &Window| Ok((!w.find_all(css).await?.is_empty()).then_some(()));
    if let Err(error) = window.wait_for(css, PATIENCE, there).await {
        let body = window.text("body").await.unwrap_or_default();
        panic!("{css}: {error}\n{body}");
    }
}

pub(crate) async fn theme(window: &Window) {
    window.click(&testid("theme-button")).await.unwrap();
}

pub(crate) async fn picture(window: &Window, name: &str) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pages");
    window.screenshot(folder.join(format!("{name}.png"))).await.unwrap();
}
