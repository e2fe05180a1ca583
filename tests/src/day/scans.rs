//! The scanner's folder in a real window: files come, bad ones stay and say why, the app is killed while they come, one is filed
//! with a patient. Nothing is lost and nothing comes twice.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};

use super::access::every_control_has_a_name;
use super::desk::Desk;
use super::{small_clinic, tell};
use crate::desktop::{Window, testid};
use crate::house::{House, PEOPLE};
use crate::paper;

const PATIENCE: Duration = Duration::from_secs(60);
/// Files that come while the app is killed.
const MANY: usize = 12;

/// Plays it. Pictures of each screen, light and dark, go to `pictures`.
///
/// # Errors
/// Something did not hold; the error says what, and what was seen.
pub async fn play(pictures: &Path) -> anyhow::Result<()> {
    let dir = tempfile::Builder::new().prefix("wattle-scans-").tempdir()?;
    let house = small_clinic::open(dir.path()).await?;
    let folder = dir.path().join("Scanner of reception");
    std::fs::create_dir(&folder)?;
    let mut reception = Desk::open(&house, "reception-1", &PEOPLE[0], pictures).await?;
    let played = scan_and_file(&house, &mut reception, &folder).await;
    small_clinic::or_seen(played, &reception).await
}

async fn scan_and_file(house: &House, reception: &mut Desk, folder: &Path) -> anyhow::Result<()> {
    reception.sign_in().await?;
    reception.is("online", Some(0)).await?;
    let window = reception.window()?;
    window.click(&testid("nav-scans")).await?;
    window.fill(&testid("scan-folder"), "/no such folder").await?;
    window.click(&testid("scan-folder-save")).await?;
    window.wait_for_text(&testid("toast"), "cannot be watched").await?;
    window.fill(&testid("scan-folder"), &folder.display().to_string()).await?;
    every_control_has_a_name(window, "the scanner's folder").await?;
    reception.picture("folder").await?;
    window.click(&testid("scan-folder-save")).await?;
    window.wait_for_text(&testid("scan-folder-shown"), "Scanner of reception").await?;

    let referral = paper::pdf(&["Referral for a wombat", "Page two"], 40_000);
    std::fs::write(folder.join("empty.pdf"), b"")?;
    std::fs::write(folder.join("half.pdf"), referral.get(..9_000).context("a long scan")?)?;
    std::fs::write(folder.join("misnamed.pdf"), paper::picture(40, 20))?;
    std::fs::write(folder.join("Referral Raman.pdf"), &referral)?;
    std::fs::write(folder.join("Medicare card.bmp"), paper::picture(640, 400))?;
    until(window, "two scans", &testid("scan"), 2).await?;
    until(window, "three that stay", &testid("scan-left"), 3).await?;
    for (name, said) in
        [("empty.pdf", "It is empty"), ("half.pdf", "breaks off"), ("misnamed.pdf", "does not fit its name")]
    {
        let line = format!("{}[data-name='{name}']", testid("scan-left"));
        window.wait_for_text(&line, said).await?;
        ensure!(folder.join(name).exists(), "{name} stays where it is");
    }
    ensure!(taken(folder).len() == 2, "what is kept is out of the way");
    choose(window, "Referral Raman.pdf").await?;
    window.find(&testid("viewer-picture")).await.context("the first page of the scan")?;
    window.wait_for_text(&testid("viewer-page"), "1 of 2").await?;
    window.press(&["PageDown"]).await?;
    window.wait_for_text(&testid("viewer-page"), "2 of 2").await?;
    window.press(&["PageUp"]).await?;
    tell("scans come by themselves; an empty, a half and a misnamed file stay and say why");

    for n in 0..MANY {
        std::fs::write(
            folder.join(format!("batch {n:02}.pdf")),
            paper::pdf(&[&format!("Batch {n}")], 200_000 + n),
        )?;
    }
    // In the middle: some are taken, and not all.
    window
        .wait_for("the first of many", PATIENCE, async |_| Ok((taken(folder).len() > 2).then_some(())))
        .await?;
    reception.kill().await?;
    reception.reopen().await?;
    reception.sign_in().await?;
    let window = reception.window()?;
    window.click(&testid("nav-scans")).await?;
    until(window, "every file once", &testid("scan"), MANY + 2).await?;
    window
        .wait_for("all out of the way", PATIENCE, async |_| {
            Ok((taken(folder).len() == MANY + 2).then_some(()))
        })
        .await?;
    std::fs::write(folder.join("the same again.pdf"), &referral)?;
    window
        .wait_for("the same file again", PATIENCE, async |_| {
            Ok((taken(folder).len() == MANY + 3).then_some(()))
        })
        .await?;
    until(window, "and it is not there twice", &testid("scan"), MANY + 2).await?;
    tell("killed while twelve files came: each is there once");

    file_the_referral(house, reception).await
}

async fn file_the_referral(house: &House, reception: &Desk) -> anyhow::Result<()> {
    let window = reception.window()?;
    let sql = "select family_name from clinic.patient where family_name ~ '^[A-Za-z]{6,}$' order by family_name, id limit 1";
    let family = house.text(sql)?;
    choose(window, "Referral Raman.pdf").await?;
    window.type_into(&testid("scan-patient"), &family).await?;
    window.find(&testid("scan-patient-hit")).await.context("the patient is found")?;
    every_control_has_a_name(window, "scans").await?;
    reception.picture("whose").await?;
    window.press(&["Enter"]).await?;
    window.find(&testid("scan-chosen")).await.context("Enter takes the first")?;
    window.fill(&testid("scan-title"), "Referral of Dr Raman").await?;
    for theme in ["dark", "light"] {
        reception.wear(theme).await?;
        reception.picture(&format!("scans-{theme}")).await?;
    }
    window.click(&testid("scan-file")).await?;
    until(window, "it waits no more", &testid("scan"), MANY + 1).await?;
    let arrived = "select count(*) from clinic.desk_document where source = 'scan' and stored_at is not null";
    window
        .wait_for("its bytes at the server", PATIENCE, async |_| {
            Ok((house.count(arrived).ok() == Some(1)).then_some(()))
        })
        .await?;
    window.click(&testid("scan-aside")).await?;
    until(window, "one is not needed", &testid("scan"), MANY).await?;
    window.click(&testid("scans-aside")).await?;
    window.click(&testid("scan-back")).await?;
    until(window, "and taken back", &testid("scan"), MANY + 1).await?;
    ensure!(house.count("select count(*) from clinic.quarantine")? == 0, "nothing in quarantine");
    tell("a scan is filed with a patient, and the server has it");
    Ok(())
}

async fn choose(window: &Window, name: &str) -> anyhow::Result<()> {
    let script = "const line = [...document.querySelectorAll(arguments[0])].find(l => l.textContent.includes(arguments[1])); line.click();";
    window.execute(script, vec![testid("scan").into(), name.into()]).await?;
    window.wait_for_text(&testid("scan-name"), name).await?;
    Ok(())
}

async fn until(window: &Window, what: &str, css: &str, count: usize) -> anyhow::Result<()> {
    window
        .wait_for(what, PATIENCE, async |w| Ok((w.find_all(css).await?.len() == count).then_some(())))
        .await?;
    Ok(())
}

/// The files that were moved out of the way.
fn taken(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.join(wattle_protocol::ipc::scans::TAKEN_FOLDER));
    entries.into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}
