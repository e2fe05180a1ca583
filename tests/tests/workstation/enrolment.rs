//! A new computer, from its first start to a day book, through two real windows: what somebody types wrongly, the code that
//! they read out, an admin who approves it, and the plain words for each way in which a sign-in comes to its end.

use std::path::Path;
use std::time::Duration;

use wattle_tests::day::access::every_control_has_a_name;
use wattle_tests::desktop::{App, Keyring, Window, Workstation, testid};
use wattle_tests::house::{Person, Programs, bootstrap};

use crate::approval::ADA;
use crate::clinic::{Clinic, MARIA};
use crate::no_dump::leaves_no_dump;

const OWN: &str = "magpies-in-the-carpark";
const PATIENCE: Duration = Duration::from_secs(60);

async fn sign_in(window: &Window, person: &Person) {
    window.fill(&testid("signin-username"), person.username).await.unwrap();
    window.fill(&testid("signin-password"), person.password).await.unwrap();
    window.click(&testid("signin-submit")).await.unwrap();
}

async fn until_status(window: &Window, connection: &str) {
    let css = format!("{}[data-connection='{connection}']", testid("sync-status"));
    let found = async |w: &Window| Ok((!w.find_all(&css).await?.is_empty()).then_some(()));
    window.wait_for(&css, PATIENCE, found).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_computer_is_set_up_approved_and_told_in_plain_words_when_its_sign_in_is_over() {
    let clinic = Clinic::open().await;
    clinic.house.add_person(&ADA, None).unwrap();
    let app = App::new(Programs::desktop().unwrap());
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("enrolment");
    std::fs::create_dir_all(&pictures).unwrap();

    let desk_around =
        Workstation::start("reception-2", clinic.data_dir("r"), Keyring::Unlocked).await.unwrap();
    let new = desk_around.open(&app).await.unwrap();
    new.find(&testid("setup")).await.unwrap();
    every_control_has_a_name(&new, "set-up").await.unwrap();
    new.screenshot(pictures.join("set-up.png")).await.unwrap();
    // A certificate that is none is told at once; an address where nobody is at the first sign-in, since a server may be away
    // while somebody sets a computer up, and there is a way back.
    new.fill(&testid("setup-server"), "http://127.0.0.1:9").await.unwrap();
    new.fill(&testid("setup-name"), "reception-2").await.unwrap();
    new.click(&testid("setup-own-ca")).await.unwrap();
    new.fill(&testid("setup-ca"), "not a certificate").await.unwrap();
    new.click(&testid("setup-submit")).await.unwrap();
    new.wait_for_text(&testid("setup-fault"), "That is not a certificate").await.unwrap();
    new.click(&testid("setup-own-ca")).await.unwrap();
    new.click(&testid("setup-submit")).await.unwrap();
    sign_in(&new, &MARIA).await;
    new.wait_for_text(&testid("signin-fault"), "cannot be reached").await.unwrap();
    new.click(&testid("set-up-again")).await.unwrap();
    // A code that is none: told at the sign-in, and the computer asks for another.
    new.fill(&testid("setup-server"), &clinic.house.server_url()).await.unwrap();
    new.fill(&testid("setup-code"), "ABCDEF-GHJKLM").await.unwrap();
    new.click(&testid("setup-submit")).await.unwrap();
    sign_in(&new, &MARIA).await;
    new.find(&testid("setup")).await.unwrap();
    new.fill(&testid("setup-server"), &clinic.house.server_url()).await.unwrap();
    new.fill(&testid("setup-name"), "reception-2").await.unwrap();
    new.click(&testid("setup-submit")).await.unwrap();
    let code = new.text(&testid("own-code")).await.unwrap();
    assert_eq!(code.len(), 9, "{code}");
    sign_in(&new, &MARIA).await;
    new.wait_for_text(&testid("signin-fault"), "Nobody has approved this computer").await.unwrap();
    new.screenshot(pictures.join("own-code.png")).await.unwrap();

    let office_around = Workstation::start("office", clinic.data_dir("o"), Keyring::Unlocked).await.unwrap();
    bootstrap(&office_around.data_dir(), &clinic.house, "office").unwrap();
    let office = office_around.open(&app).await.unwrap();
    sign_in(&office, &ADA).await;
    office.click(&testid("nav-people")).await.unwrap();
    office.click(&testid("approve")).await.unwrap();
    every_control_has_a_name(&office, "approval").await.unwrap();
    office.screenshot(pictures.join("approve.png")).await.unwrap();
    // A letter that is never drawn, then the code as somebody hears it: in small letters, without its line.
    office.fill(&testid("approve-code"), "AAAA-AAA1").await.unwrap();
    office.click(&testid("approve-submit")).await.unwrap();
    office.wait_for_text(&testid("toast"), "0, 1, O and I").await.unwrap();
    office.screenshot(pictures.join("approve-fault.png")).await.unwrap();
    office.fill(&testid("approve-code"), &code.to_lowercase().replace('-', " ")).await.unwrap();
    office.click(&testid("approve-submit")).await.unwrap();
    office.wait_until_gone(&testid("approve-form")).await.unwrap();

    sign_in(&new, &MARIA).await;
    new.find(&testid("desk")).await.unwrap();
    until_status(&new, "online").await;
    office.find(&format!("{}[data-name='reception-2'][data-state='ok']", testid("computer"))).await.unwrap();

    // Whoever made the account knows its password: she is asked for one of her own, and it opens the curtain at once.
    new.click(&testid("who-button")).await.unwrap();
    new.find(&testid("password-hint")).await.unwrap();
    new.click(&testid("codes")).await.unwrap();
    new.find(&testid("password-given")).await.unwrap();
    every_control_has_a_name(&new, "own password").await.unwrap();
    new.fill(&testid("password-old"), "not hers").await.unwrap();
    new.fill(&testid("password-new"), OWN).await.unwrap();
    new.fill(&testid("password-again"), OWN).await.unwrap();
    new.screenshot(pictures.join("own-password.png")).await.unwrap();
    new.click(&testid("password-save")).await.unwrap();
    new.wait_for_text(&testid("password-fault"), "is not right").await.unwrap();
    new.fill(&testid("password-old"), MARIA.password).await.unwrap();
    new.click(&testid("password-save")).await.unwrap();
    new.wait_until_gone(&testid("password-given")).await.unwrap();
    new.press(&["Control", "l"]).await.unwrap();
    new.type_into(&testid("unlock-password"), OWN).await.unwrap();
    new.click(&testid("unlock-submit")).await.unwrap();
    new.wait_until_gone(&testid("locked")).await.unwrap();
    let maria = Person { password: OWN, ..MARIA };

    // A token that is revoked, one that is past its time with a refresh token that is too, a computer that is stopped: the desk
    // goes on, says what happened in a sentence, and says what to do.
    let of_maria = "where user_id = (select id from clinic.user_account where username = 'maria')";
    for (sql, connection, words) in [
        (
            format!("update clinic.token set revoked_at = now() {of_maria}"),
            "sign_in_again",
            "Sign out and in again",
        ),
        (
            format!("update clinic.token set expires_at = now() - interval '1 minute' {of_maria}"),
            "sign_in_again",
            "Sign out and in again",
        ),
        (
            "update clinic.workstation set state = 'suspended' where name = 'reception-2'".to_owned(),
            "suspended",
            "Ask an administrator",
        ),
    ] {
        clinic.house.script(&sql).unwrap();
        new.click(&testid("sync-status")).await.unwrap();
        new.click(&testid("sync-now")).await.unwrap();
        until_status(&new, connection).await;
        let said = new.wait_for_text(&testid("sync-advice"), words).await.unwrap();
        assert!(said.starts_with("Go on working"), "the way on comes first: {said}");
        new.screenshot(pictures.join(format!("over-{connection}.png"))).await.unwrap();
        if connection == "sign_in_again" {
            new.click(&testid("who-button")).await.unwrap();
            new.click(&testid("sign-out")).await.unwrap();
            sign_in(&new, &maria).await;
            new.find(&testid("desk")).await.unwrap();
            until_status(&new, "online").await;
        }
    }

    // The app dies with all of that in its memory, and so does its web view: neither writes it to the disk.
    let app_pid = new.pid();
    let folder = std::fs::read_link(format!("/proc/{app_pid}/cwd")).unwrap();
    leaves_no_dump(app_pid);
    let before = dumps(&folder);
    assert!(
        std::process::Command::new("kill").args(["-ABRT", &app_pid.to_string()]).status().unwrap().success()
    );
    wattle_tests::processes::wait_for("its end", PATIENCE, async || {
        (!Path::new(&format!("/proc/{app_pid}/exe")).exists()).then_some(())
    })
    .await
    .unwrap();
    assert_eq!(dumps(&folder), before, "a dump of its memory");
    assert_eq!(dumps(&desk_around.data_dir()), 0);
}

fn dumps(folder: &Path) -> usize {
    let names = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.file_name());
    names.filter(|name| name.to_string_lossy().starts_with("core")).count()
}
