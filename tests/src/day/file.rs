//! 7. What is on the disk of a workstation.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};

use super::desk::Desk;
use crate::desktop::testid;
use crate::house::House;

/// All files below a folder; links are not followed.
pub fn files_below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// No file of the workstation (database, journal, logs, the web view's own folders) holds any of these words.
pub fn holds_no_plaintext(desk: &Desk, words: &[&str]) -> anyhow::Result<()> {
    let data = desk.data_dir();
    let root = data.parent().and_then(Path::parent).context("the workstation's folder")?;
    let mut needles: Vec<Vec<u8>> = Vec::new();
    for word in words {
        for form in [(*word).to_owned(), word.to_lowercase(), word.to_uppercase(), word.replace(' ', "")] {
            needles.push(form.encode_utf16().flat_map(u16::to_le_bytes).collect());
            needles.push(form.into_bytes());
        }
    }
    let files = files_below(root)?;
    ensure!(
        files.iter().any(|f| f.extension().is_some_and(|e| e == "db")),
        "there is a database to look into"
    );
    for path in files {
        let bytes = std::fs::read(&path)?;
        for needle in &needles {
            let found = bytes.windows(needle.len()).any(|window| window == needle.as_slice());
            ensure!(!found, "a patient's datum is in plain text in {}", path.display());
        }
    }
    Ok(())
}

/// A wrong password is refused offline, says so, and changes no byte of the database or of the key slots.
pub async fn wrong_password_changes_nothing(house: &mut House, desk: &mut Desk) -> anyhow::Result<()> {
    desk.kill().await?;
    house.kill_server();
    let before = contents(&desk.data_dir())?;
    desk.reopen().await?;
    desk.sign_in_with("not-the-password").await?;
    desk.window()?
        .wait_for("the wrong password to be told", Duration::from_secs(30), async |w| {
            let said = w.texts(&testid("signin-fault")).await?;
            Ok(said.iter().any(|text| text.to_lowercase().contains("password")).then_some(()))
        })
        .await?;
    desk.picture("wrong-password").await?;
    desk.kill().await?;
    let after = contents(&desk.data_dir())?;
    ensure!(before.len() > 1, "there are files to compare");
    for (path, bytes) in &before {
        ensure!(after.get(path) == Some(bytes), "a wrong password changed {}", path.display());
    }
    Ok(())
}

fn contents(data: &Path) -> anyhow::Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut found = BTreeMap::new();
    for path in files_below(data)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.contains(".db") || name.contains("slot") {
            found.insert(path.clone(), std::fs::read(&path)?);
        }
    }
    Ok(found)
}
