//! The workstation's secret in a real Secret Service.

use std::path::Path;
use std::process::Command;

use wattle_tests::desktop::Keyring as Around;
use wattle_workstation::{Keyring, KeyringError};

use crate::inside::inside;

#[tokio::test]
async fn a_secret_is_made_once_and_kept_apart_from_other_folders() {
    let name = "keyring::a_secret_is_made_once_and_kept_apart_from_other_folders";
    if !inside(name, Around::Unlocked).await {
        return;
    }
    let (one, two) = (Keyring::of_folder(Path::new("/one")), Keyring::of_folder(Path::new("/two")));
    assert!(matches!(one.secret().await, Err(KeyringError::Missing)), "nothing is made by asking");
    let made = one.secret_or_new().await.unwrap();
    assert_eq!(one.secret_or_new().await.unwrap().bytes(), made.bytes());
    assert_eq!(Keyring::of_folder(Path::new("/one")).secret().await.unwrap().bytes(), made.bytes());
    assert!(matches!(two.secret().await, Err(KeyringError::Missing)));
    assert_ne!(two.secret_or_new().await.unwrap().bytes(), made.bytes());
}

#[tokio::test]
async fn a_locked_keyring_says_so_and_does_not_look_empty() {
    if !inside("keyring::a_locked_keyring_says_so_and_does_not_look_empty", Around::Unlocked).await {
        return;
    }
    let keyring = Keyring::of_folder(Path::new("/one"));
    keyring.secret_or_new().await.unwrap();
    let locked = Command::new("dbus-send")
        .args(["--session", "--print-reply", "--dest=org.freedesktop.secrets", "/org/freedesktop/secrets"])
        .args(["org.freedesktop.Secret.Service.Lock"])
        .arg("array:objpath:/org/freedesktop/secrets/collection/login")
        .output()
        .unwrap();
    assert!(locked.status.success(), "{}", String::from_utf8_lossy(&locked.stderr));
    let told = keyring.secret_or_new().await.unwrap_err();
    assert!(matches!(told, KeyringError::Locked), "{told:?}");
}

#[tokio::test]
async fn no_secret_service_is_said_in_words_that_help() {
    if !inside("keyring::no_secret_service_is_said_in_words_that_help", Around::Absent).await {
        return;
    }
    no_service().await;
}

#[tokio::test]
async fn no_bus_is_said_in_words_that_help() {
    if !inside("keyring::no_bus_is_said_in_words_that_help", Around::NoBus).await {
        return;
    }
    no_service().await;
}

async fn no_service() {
    let told = Keyring::of_folder(Path::new("/one")).secret_or_new().await.unwrap_err();
    assert!(matches!(told, KeyringError::NoService), "{told:?}");
    assert!(told.to_string().contains("start the desktop's keyring"));
}
