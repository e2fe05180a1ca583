//! The manager sees to people and computers: somebody new, a stop, a code, and a computer that is wiped before the eyes of
//! whoever sits at it.

use std::path::Path;

use anyhow::{Context, ensure};

use super::access;
use super::desk::Desk;
use crate::desktop::{Window, testid};
use crate::house::{House, PEOPLE};

/// Who is new.
const NEW: &str = "nina";

/// Sees to all of it from a window of her own.
pub async fn see_to(
    house: &mut House,
    reception: &mut Desk,
    lee: &Desk,
    pictures: &Path,
) -> anyhow::Result<()> {
    house.start_server().await?;
    let office = Desk::open(house, "office", &PEOPLE[2], pictures).await?;
    office.sign_in().await?;
    let window = office.window()?;
    window.find(&testid("card")).await.context("the manager's day book")?;
    ensure!(
        lee.window()?.find_all(&testid("nav-people")).await?.is_empty(),
        "dr-lee sees a page that is not for a practitioner"
    );
    window.click(&testid("nav-people")).await?;
    window.find(&testid("computer")).await.context("the list of computers")?;
    access::every_control_has_a_name(window, "people").await?;
    office.picture("people").await?;

    window.click(&testid("person-new")).await?;
    window.type_into(&testid("new-person-name"), "Nina Nurse").await?;
    window.type_into(&testid("new-person-account"), NEW).await?;
    window.type_into(&testid("new-person-password"), "a-password-for-once").await?;
    window.click(&testid("role-nurse")).await?;
    access::every_control_has_a_name(window, "somebody new").await?;
    office.picture("somebody-new").await?;
    window.click(&testid("new-person-save")).await?;
    window.find(&format!("{}[data-username='{NEW}']", testid("person"))).await.context("the new account")?;
    ensure!(
        house.count(&format!("select count(*) from clinic.user_account where username = '{NEW}'"))? == 1,
        "the account is in the database"
    );

    sees_the_log(&office, lee).await?;
    codes_are_switched_on(&office).await?;
    window.click(&testid("nav-people")).await?;

    act(window, lee.name(), "computer-stop", "suspended").await?;
    lee.is("suspended", None).await.context("dr-lee's computer is stopped")?;
    act(window, lee.name(), "computer-resume", "ok").await?;
    lee.window()?.click(&testid("nav-sync")).await?;
    lee.window()?.click(&testid("sync-now")).await?;
    lee.is("online", Some(0)).await.context("dr-lee's computer goes on")?;

    is_taken_out_and_let_in_again(&office, lee).await?;

    window.click(&testid("code-make")).await?;
    let code = window.text(&testid("code")).await?;
    ensure!(code.len() == 14, "a code to be read out");
    office.picture("code").await?;

    reception.reopen().await?;
    reception.sign_in().await?;
    reception.is("online", Some(0)).await?;
    window.click(&format!("{} {}", computer(reception.name()), testid("computer-wipe"))).await?;
    window.find(&testid("wipe-question")).await?;
    office.picture("wipe").await?;
    window.click(&testid("wipe-yes")).await?;
    reception.window()?.find(&testid("setup")).await.context("the wiped computer asks to be set up")?;
    window
        .find(&format!("{}[data-state='wiped']", computer(reception.name())))
        .await
        .context("it says so")?;
    ensure!(!holds_a_database(&reception.data_dir())?, "a file of the clinic is left on the wiped computer");
    office.picture("wiped").await?;
    super::tell("the manager adds somebody, stops a computer, makes a code and wipes reception-1");
    Ok(())
}

/// The clinician's computer is revoked: it shuts at once and says why, and goes on when it is let in again.
async fn is_taken_out_and_let_in_again(office: &Desk, lee: &Desk) -> anyhow::Result<()> {
    let (window, hers) = (office.window()?, lee.window()?);
    window.click(&format!("{} {}", computer(lee.name()), testid("computer-revoke"))).await?;
    window.find(&testid("revoke-question")).await?;
    access::every_control_has_a_name(window, "the question before a computer is revoked").await?;
    office.picture("revoke").await?;
    window.click(&testid("revoke-yes")).await?;
    window.find(&format!("{}[data-state='revoked']", computer(lee.name()))).await.context("it is revoked")?;
    hers.find(&testid("locked")).await.context("dr-lee's computer shuts")?;
    lee.unlock().await?;
    hers.wait_for_text(&testid("unlock-fault"), "taken this computer out").await.context("it says why")?;
    lee.picture("revoked").await?;
    act(window, lee.name(), "computer-resume", "ok").await.context("let in again")?;
    lee.unlock().await?;
    hers.wait_until_gone(&testid("locked")).await.context("and open again")?;
    lee.is("online", Some(0)).await
}

/// Who did what, and who looked at what; what is left of it as a file.
async fn sees_the_log(office: &Desk, lee: &Desk) -> anyhow::Result<()> {
    let window = office.window()?;
    ensure!(lee.window()?.find_all(&testid("nav-audit")).await?.is_empty(), "dr-lee sees the log");
    window.click(&testid("nav-audit")).await?;
    let new_account = format!("{}[data-action='add_account']", testid("audit-line"));
    window.find(&new_account).await.context("the log has the account that was just made")?;
    access::every_control_has_a_name(window, "the log").await?;
    office.picture("log").await?;
    window.click(&format!("{} option[value='open_record']", testid("audit-action"))).await?;
    window.find(&testid("audit-line")).await?;
    window.wait_until_gone(&new_account).await.context("only looks at records are left")?;
    window.click(&testid("audit-export")).await?;
    let said = window.wait_for_text(&testid("audit-written"), "saved:").await?;
    let path = said.split("saved: ").nth(1).context("where it is")?.trim().to_owned();
    let text = std::fs::read_to_string(&path).context("the log as a file")?;
    std::fs::remove_file(&path)?;
    ensure!(
        text.lines().count() > 1 && text.lines().skip(1).all(|line| line.contains("open_record")),
        "what was filtered"
    );
    window.click(&format!("{} option[value='']", testid("audit-action"))).await?;
    let exported = format!("{}[data-action='export_audit']", testid("audit-line"));
    window.find(&exported).await.context("that it was taken is an entry too")?;
    Ok(())
}

/// The manager's own sign-in takes codes from now on.
async fn codes_are_switched_on(office: &Desk) -> anyhow::Result<()> {
    let window = office.window()?;
    window.click(&testid("who-button")).await?;
    window.click(&testid("codes")).await?;
    window.click(&testid("factor-begin")).await?;
    let secret = window.text(&testid("factor-secret")).await?;
    access::every_control_has_a_name(window, "codes").await?;
    office.picture("codes").await?;
    let secret: String = secret.chars().filter(|c| !c.is_whitespace()).collect();
    let phone =
        totp_rs::Builder::new().with_secret(totp_rs::Secret::try_from_base32(secret)?).build_noncompliant();
    window.type_into(&testid("factor-code"), &phone.generate_current().to_string()).await?;
    window.click(&testid("factor-save")).await?;
    window.find(&testid("factor-on")).await.context("codes are on")?;
    Ok(())
}

fn computer(name: &str) -> String {
    format!("{}[data-name='{name}']", testid("computer"))
}

/// Presses a computer's button; waits until the list says what it is then.
async fn act(window: &Window, name: &str, button: &str, state: &str) -> anyhow::Result<()> {
    window.click(&format!("{} {}", computer(name), testid(button))).await?;
    let now = format!("{}[data-state='{state}']", computer(name));
    window.find(&now).await.with_context(|| format!("{name} is {state}"))?;
    Ok(())
}

fn holds_a_database(data: &Path) -> anyhow::Result<bool> {
    let files = super::file::files_below(data)?;
    Ok(files.iter().any(|path| path.extension().is_some_and(|x| x == "db" || x == "sealed")))
}
