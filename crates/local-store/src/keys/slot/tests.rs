use std::time::Instant;

use super::*;
use crate::keys::{open_facts, seal_facts};

const CHEAP: Cost = Cost { memory_kib: 19 * 1024, passes: 1, lanes: 1 };

fn owner() -> Owner {
    Owner {
        clinic: ClinicId(uuid::Uuid::from_u128(1)),
        workstation: WorkstationId(uuid::Uuid::from_u128(2)),
        profile: "ref-front".into(),
        user: UserId(uuid::Uuid::from_u128(3)),
    }
}

fn keys() -> SlotKeys {
    SlotKeys::new(DataKey::generate().unwrap()).unwrap()
}

fn slot(secret: &WorkstationSecret, keys: &SlotKeys) -> KeySlot {
    KeySlot::seal_at(CHEAP, owner(), "wattle in bloom", secret, keys).unwrap()
}

#[test]
fn password_and_secret_together_give_back_both_keys() {
    let (secret, keys) = (WorkstationSecret::generate().unwrap(), keys());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slot.json");
    slot(&secret, &keys).write(&path).unwrap();
    let opened = KeySlot::read(&path).unwrap().open("wattle in bloom", &secret).unwrap();
    assert_eq!(opened.data_key.bytes(), keys.data_key.bytes());
    assert_eq!(
        opened.signing_key.sign_base64("m"),
        keys.signing_key.sign_base64("m"),
        "Ed25519 is deterministic"
    );
}

#[test]
fn a_wrong_password_says_so_and_changes_no_byte() {
    let (secret, keys) = (WorkstationSecret::generate().unwrap(), keys());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slot.json");
    slot(&secret, &keys).write(&path).unwrap();
    let before = std::fs::read(&path).unwrap();
    for wrong in ["", "Wattle in bloom", "wattle in bloom "] {
        let error = KeySlot::read(&path).unwrap().open(wrong, &secret).unwrap_err();
        assert!(matches!(error, SlotError::WrongPassword), "{wrong:?} gave {error:?}");
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn another_keyring_is_told_from_a_wrong_password() {
    let (secret, other, keys) =
        (WorkstationSecret::generate().unwrap(), WorkstationSecret::generate().unwrap(), keys());
    let error = slot(&secret, &keys).open("wattle in bloom", &other).unwrap_err();
    assert!(matches!(error, SlotError::OtherWorkstation));
}

#[test]
fn any_flipped_byte_is_damage_and_never_a_wrong_password() {
    let (secret, keys) = (WorkstationSecret::generate().unwrap(), keys());
    let text = serde_json::to_vec(&slot(&secret, &keys)).unwrap();
    for at in 0..text.len() {
        let mut bent = text.clone();
        bent[at] ^= 1;
        let Ok(bent) = serde_json::from_slice::<KeySlot>(&bent) else { continue };
        let error = bent.open("wattle in bloom", &secret).unwrap_err();
        assert!(matches!(error, SlotError::Malformed), "byte {at} gave {error:?}");
    }
}

#[test]
fn a_slot_made_cheap_or_ruinous_is_refused_before_any_work() {
    let (secret, keys) = (WorkstationSecret::generate().unwrap(), keys());
    for (memory_kib, passes) in [(8, 1), (u32::MAX, 1), (19 * 1024, u32::MAX)] {
        let mut bent = slot(&secret, &keys);
        bent.stretch.cost = Cost { memory_kib, passes, lanes: 1 };
        bent.check = bent.checksum().unwrap();
        let began = Instant::now();
        assert!(matches!(bent.open("wattle in bloom", &secret), Err(SlotError::Malformed)));
        assert!(began.elapsed().as_secs() < 5, "it must not stretch a password at such a price");
    }
}

#[test]
fn a_slot_cannot_be_passed_off_as_another_persons() {
    let (secret, keys) = (WorkstationSecret::generate().unwrap(), keys());
    let mut bent = slot(&secret, &keys);
    bent.owner.user = UserId(uuid::Uuid::from_u128(4));
    bent.check = bent.checksum().unwrap();
    assert!(matches!(bent.open("wattle in bloom", &secret), Err(SlotError::WrongPassword)));
}

#[test]
fn no_key_is_readable_in_a_slot() {
    let (secret, keys) = (WorkstationSecret::generate().unwrap(), keys());
    let text = serde_json::to_string(&slot(&secret, &keys)).unwrap();
    for hidden in [keys.data_key.bytes().as_slice(), secret.bytes(), &keys.private] {
        assert!(!text.contains(&STANDARD.encode(hidden)));
        assert!(!text.as_bytes().windows(hidden.len()).any(|part| part == hidden));
    }
    assert!(!format!("{keys:?}{secret:?}").contains(&format!("{:?}", keys.data_key.bytes())));
}

#[test]
fn what_the_server_knows_of_a_secret_is_not_the_secret() {
    let secret = WorkstationSecret::generate().unwrap();
    let hex: String = secret.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(secret.proof().len(), 64);
    assert_ne!(secret.proof(), hex);
    assert_eq!(secret.proof(), WorkstationSecret::from_slice(secret.bytes()).unwrap().proof());
}

#[test]
fn sealed_facts_open_with_their_key_in_their_place_only() {
    let (key, other) = (DataKey::generate().unwrap(), DataKey::generate().unwrap());
    let whole = seal_facts(&key, "maria", &vec!["refresh"]).unwrap();
    assert_eq!(open_facts::<Vec<String>>(&key, "maria", &whole).unwrap(), ["refresh"]);
    assert!(open_facts::<Vec<String>>(&key, "lee", &whole).is_err());
    assert!(open_facts::<Vec<String>>(&other, "maria", &whole).is_err());
    assert!(open_facts::<Vec<String>>(&key, "maria", &whole[..11]).is_err());
    let mut bent = whole.clone();
    *bent.last_mut().unwrap() ^= 1;
    assert!(open_facts::<Vec<String>>(&key, "maria", &bent).is_err());
}
