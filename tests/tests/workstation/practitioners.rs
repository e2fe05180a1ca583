//! Who sees patients in the real window: added, changed and closed by the practice manager, and what the day book of the desk
//! makes of it; pictures beside those of the other pages.

use wattle_tests::day::access::every_control_has_a_name;
use wattle_tests::desktop::{App, Keyring, Window, Workstation, testid};
use wattle_tests::house::{House, PEOPLE, Person, Programs, Size, add_people, bootstrap};

use crate::pages::{picture, theme, until};

const MARIA: &Person = &PEOPLE[0];
const NADIA: &Person = &PEOPLE[2];

async fn sign_in(window: &Window, who: &Person) {
    window.fill(&testid("signin-username"), who.username).await.unwrap();
    window.fill(&testid("signin-password"), who.password).await.unwrap();
    window.click(&testid("signin-submit")).await.unwrap();
    window.find(&testid("desk")).await.unwrap();
    until(window, "[data-testid=sync-status][data-connection=online][data-waiting='0']").await;
}

fn head(id: &str) -> String {
    format!("{}[data-practitioner='{id}']", testid("column-head"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_manager_keeps_the_columns_of_the_day_book() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::found(&folder.path().join("house"), false).unwrap();
    house.import_sample(Size { patients: 60, practitioners: 3, appointments: 300 }, 5).unwrap();
    add_people(&house).unwrap();
    house.start_server().await.unwrap();
    let office = Workstation::start("office", folder.path().join("o"), Keyring::Unlocked).await.unwrap();
    bootstrap(&office.data_dir(), &house, "office").unwrap();
    let nadia = office.open(&App::new(Programs::desktop().unwrap())).await.unwrap();
    sign_in(&nadia, NADIA).await;
    nadia.click(&testid("nav-people")).await.unwrap();
    until(&nadia, "[data-testid=practitioner]:nth-of-type(3)").await;
    let list = "document.querySelector('[data-testid=people-page]').parentElement.scrollTop = 99999";
    nadia.execute(list, vec![]).await.unwrap();
    picture(&nadia, "practitioners-1-list").await;

    // Somebody new, with a number that does not add up: said, and kept.
    nadia.click(&testid("practitioner-new")).await.unwrap();
    until(&nadia, "[data-testid=practitioner-form]").await;
    every_control_has_a_name(&nadia, "a practitioner").await.unwrap();
    nadia.fill(&testid("practitioner-title"), "Dr").await.unwrap();
    nadia.fill(&testid("practitioner-given"), "Priya").await.unwrap();
    nadia.fill(&testid("practitioner-family"), "Raman").await.unwrap();
    nadia.fill(&testid("practitioner-kind"), "Podiatrist").await.unwrap();
    nadia.fill(&testid("practitioner-minutes"), "20").await.unwrap();
    nadia.fill(&testid("practitioner-number-1"), "2426621A").await.unwrap();
    nadia.wait_for_text(&testid("practitioner-form"), "does not add up").await.unwrap();
    picture(&nadia, "practitioners-2-form").await;
    nadia.press(&["Enter"]).await.unwrap();
    nadia.wait_until_gone(&testid("practitioner-form")).await.unwrap();
    let raman = async |w: &Window| {
        let rows = w.texts(&testid("practitioner")).await?;
        Ok(rows.into_iter().find(|row| row.contains("Dr Priya Raman") && row.contains("2426621A")))
    };
    nadia.wait_for("her row", std::time::Duration::from_secs(60), raman).await.unwrap();
    until(&nadia, "[data-testid=sync-status][data-waiting='0']").await;
    let id = house
        .text("select id from clinic.practitioner where family_name = 'Raman' and usual_duration_min = 20")
        .unwrap();
    let odd = "select count(*) from clinic.practitioner_location where provider_number = '2426621A' and check_failed";
    assert_eq!(house.count(odd).unwrap(), 1);

    // The desk has her column without doing anything.
    let desk = Workstation::start("reception-1", folder.path().join("r"), Keyring::Unlocked).await.unwrap();
    bootstrap(&desk.data_dir(), &house, "reception-1").unwrap();
    let maria = desk.open(&App::new(Programs::desktop().unwrap())).await.unwrap();
    sign_in(&maria, MARIA).await;
    assert!(maria.find_all(&testid("nav-people")).await.unwrap().is_empty(), "not hers to keep");
    until(&maria, &head(&id)).await;

    // Changed: another length, in her own row.
    let row = |part: &str| format!("{}[data-id='{id}'] {}", testid("practitioner"), testid(part));
    nadia.click(&row("practitioner-change")).await.unwrap();
    nadia.fill(&testid("practitioner-kind"), "Podiatrist, Tuesdays").await.unwrap();
    picture(&nadia, "practitioners-3-change").await;
    nadia.click(&testid("practitioner-save")).await.unwrap();
    nadia.wait_until_gone(&testid("practitioner-form")).await.unwrap();
    nadia.wait_for_text(&format!("{}[data-id='{id}']", testid("practitioner")), "Tuesdays").await.unwrap();

    // Closed, after a question: the column goes, because nobody is booked in it.
    nadia.click(&row("practitioner-close")).await.unwrap();
    until(&nadia, "[data-testid=practitioner-close-question]").await;
    theme(&nadia).await;
    theme(&nadia).await;
    picture(&nadia, "practitioners-4-close-dark").await;
    nadia.click(&testid("practitioner-close-yes")).await.unwrap();
    until(&nadia, &format!("{}[data-id='{id}'][data-active=false]", testid("practitioner"))).await;
    maria.wait_until_gone(&head(&id)).await.unwrap();
    picture(&nadia, "practitioners-5-closed-dark").await;
    nadia.click(&row("practitioner-reopen")).await.unwrap();
    until(&maria, &head(&id)).await;
    maria.close().await.unwrap();
    nadia.close().await.unwrap();
}
