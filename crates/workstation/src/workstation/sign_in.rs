//! Somebody says who they are. With a slot the desk is there at once and the server is asked behind it; without one the
//! server must answer first.

use wattle_domain::role;
use wattle_local_store::keys::{KeySlot, Owner, SlotError, SlotKeys, WorkstationSecret};
use wattle_local_store::{DataKey, Store};
use wattle_protocol::ErrorCode;
use wattle_protocol::ipc::session::Credentials;
use wattle_protocol::session::{Enrolment, SignIn, SignedIn};
use zeroize::Zeroizing;

use super::Workstation;
use crate::error::Error;
use crate::facts::Facts;
use crate::file::ProfileFile;
use crate::folder::Place;
use crate::record::{Enrolled, Person, Record};
use crate::server;

impl Workstation {
    /// Signs somebody in. May be called while the screen is locked: the person at the desk changes, and a first-time
    /// colleague of the same profile gets a slot from the file that stands open.
    ///
    /// # Errors
    /// [`Error::WrongCredentials`], [`Error::RateLimited`], [`Error::FirstSignInNeedsServer`], [`Error::LeaseOver`],
    /// [`Error::Refused`] with [`ErrorCode::SecondFactor`] when a code is wanted too, [`Error::FileSealed`], [`Error::Damaged`] (a new file is in place; sign in again), [`Error::NotSetUp`], and those of
    /// keyring and disk.
    pub async fn sign_in(&self, args: Credentials) -> Result<(), Error> {
        let _turn = self.0.turn.lock().await;
        let record = self.record().ok_or(Error::NotSetUp)?;
        let username = args.username.trim().to_owned();
        let proof = Proof { password: Zeroizing::new(args.password), code: args.second_factor };
        self.0.attempts.admit(&username, self.now())?;
        let tried = self.try_sign_in(&record, &username, &proof).await;
        self.settle(&username, &tried)?;
        match tried {
            Err(Error::Refused { code: ErrorCode::Wipe, .. }) => Err(self.wipe_at_the_door().await),
            tried => tried,
        }
    }

    /// What a try says about the password, for the count of wrong ones.
    pub(super) fn settle(&self, username: &str, tried: &Result<(), Error>) -> Result<(), Error> {
        match tried {
            Ok(()) | Err(Error::FileSealed | Error::Damaged | Error::LeaseOver) => {
                self.0.attempts.forgive(username, true)
            }
            Err(Error::WrongCredentials) => Ok(()),
            Err(_) => self.0.attempts.forgive(username, false),
        }
    }

    async fn try_sign_in(&self, record: &Record, username: &str, proof: &Proof) -> Result<(), Error> {
        let Some(enrolled) = &record.enrolled else {
            let secret = self.0.keyring.secret_or_new().await?;
            let tried = self.by_server(record, username, proof, secret, Error::FirstSignInNeedsServer).await;
            if let Err(Error::Refused { code: ErrorCode::NotEnrolled, .. }) = &tried {
                // A code of this computer's own stays on the screen until somebody approves it.
                if record.own_code {
                    return Err(Error::NotApproved);
                }
                self.change_record(|record| record.enrolment_code = None)?;
                self.tell().await;
            }
            return tried;
        };
        let secret = self.0.keyring.secret().await?;
        let Some(person) = record.person(username) else {
            return self.by_server(record, username, proof, secret, Error::FirstSignInNeedsServer).await;
        };
        let place = self.0.folder.profile(enrolled.clinic, &person.profile);
        match self.try_slot(&place, person.user, &proof.password, &secret).await {
            Ok(keys) => {
                let owner = Owner {
                    clinic: enrolled.clinic,
                    workstation: enrolled.workstation,
                    profile: person.profile.clone(),
                    user: person.user,
                };
                self.by_slot(ProfileFile { place, owner, keys }, username, proof, secret).await
            }
            // It may have been changed at the server since; without it, the password is simply wrong.
            Err(SlotError::WrongPassword) if person.by_provider => {
                self.0.attempts.wrong_here(username);
                self.refused_here(person.user);
                Err(Error::WrongCredentials)
            }
            Err(SlotError::Missing | SlotError::Malformed) if person.by_provider => {
                Err(Error::ProviderNeeded)
            }
            Err(SlotError::WrongPassword) => {
                self.0.attempts.wrong_here(username);
                self.by_server(record, username, proof, secret, Error::WrongCredentials).await
            }
            Err(SlotError::Missing | SlotError::Malformed) => {
                self.by_server(record, username, proof, secret, Error::FirstSignInNeedsServer).await
            }
            Err(other) => Err(Error::Slot(other)),
        }
    }

    /// Tries a password on a slot; dear on purpose, so off the runtime's threads.
    pub(super) async fn try_slot(
        &self,
        place: &Place,
        user: wattle_domain::UserId,
        password: &str,
        secret: &WorkstationSecret,
    ) -> Result<SlotKeys, SlotError> {
        let (path, password) = (place.slot(user), Zeroizing::new(password.to_owned()));
        let secret = secret.clone();
        tokio::task::spawn_blocking(move || KeySlot::read(&path)?.open(&password, &secret))
            .await
            .unwrap_or(Err(SlotError::Malformed))
    }

    /// The slot has opened: the desk is there at once within the lease.
    async fn by_slot(
        &self,
        file: ProfileFile,
        username: &str,
        proof: &Proof,
        secret: WorkstationSecret,
    ) -> Result<(), Error> {
        let (user, password) = (file.owner.user, &proof.password);
        let public_key = file.keys.signing_key.public_base64();
        let facts = Facts::read(&file.place.facts(user), &file.keys.data_key, &user.to_string());
        let by_provider = facts.as_ref().is_some_and(|facts| facts.by_provider);
        if let Some(facts) = facts
            && facts.lease_holds(self.now())
        {
            // The server is asked before anything is shown. Without it nobody can say whether a code is good: within the
            // lease the password is enough then, as for everybody.
            if facts.second_factor_is_over(self.now()) && !by_provider {
                match self.ask_server(username, proof, &secret, public_key).await {
                    Ok(signed_in) => {
                        return self.admit(&signed_in, username, password, secret, file.keys, false).await;
                    }
                    Err(Error::Offline | Error::Untrusted) => {}
                    Err(other) => return Err(other),
                }
            }
            let person = Person {
                username: facts.username.clone(),
                user,
                profile: file.owner.profile.clone(),
                by_provider,
            };
            let desk = self.open(file, facts, None, secret).await?;
            self.change_record(|record| record.remember(person))?;
            // The server does not know this computer's password; its refresh token is kept, and the sync spends it.
            if !by_provider {
                self.renew_in_background(&desk, password);
            }
            self.send_leftovers(&desk, password);
            return Ok(());
        }
        if by_provider {
            return Err(Error::ProviderNeeded);
        }
        match self.ask_server(username, proof, &secret, public_key).await {
            Ok(signed_in) => self.admit(&signed_in, username, password, secret, file.keys, false).await,
            Err(Error::Offline) => Err(Error::LeaseOver),
            Err(other) => Err(other),
        }
    }

    /// Only the server can say who this is; `offline` is what is wrong when it cannot be reached.
    async fn by_server(
        &self,
        record: &Record,
        username: &str,
        proof: &Proof,
        secret: WorkstationSecret,
        offline: Error,
    ) -> Result<(), Error> {
        let keys = self.keys_at_hand(record, username)?;
        let public_key = match &keys {
            AtHand::Keys(keys) => keys.signing_key.public_base64(),
            // The old key stays the registered one: what it has signed may not be delivered yet.
            AtHand::Public(key) => key.clone(),
        };
        let password = &proof.password;
        let signed_in = match self.ask_server(username, proof, &secret, public_key).await {
            Err(Error::Offline) => {
                if let (Error::WrongCredentials, Some(person)) = (&offline, record.person(username)) {
                    self.refused_here(person.user);
                }
                return Err(offline);
            }
            other => other?,
        };
        match keys {
            AtHand::Keys(keys) => self.admit(&signed_in, username, password, secret, keys, false).await,
            AtHand::Public(_) => {
                // Their slot opens by an older password only. With the file's key from the server they get another, and
                // another signing key; what the old one has signed stays signed.
                let place = self.0.folder.profile(signed_in.clinic, &role::profile(&signed_in.roles));
                let data_key = self.key_from_server(&place, &signed_in).await.ok_or(Error::FileSealed)?;
                let keys = SlotKeys::new(data_key)?;
                let public_key = keys.signing_key.public_base64();
                // A code is good once, and was good a moment ago at this very workstation.
                let again = Proof { password: password.clone(), code: None };
                let signed_in = self.ask_server(username, &again, &secret, public_key).await?;
                self.admit(&signed_in, username, password, secret, keys, false).await
            }
        }
    }

    /// The signing key to sign in with: this person's if the file stands open for them, a new one if they have none that
    /// could be read, else only the public half of the one that is sealed under an older password.
    fn keys_at_hand(&self, record: &Record, username: &str) -> Result<AtHand, Error> {
        let held = self.desk_behind_the_curtain();
        let person = record.person(username);
        if let (Some(desk), Some(person)) = (&held, person) {
            let file = desk.file();
            if file.owner.user == person.user {
                return Ok(AtHand::Keys(file.keys.clone()));
            }
            if file.owner.profile == person.profile {
                return Ok(AtHand::Keys(SlotKeys::new(file.keys.data_key.clone())?));
            }
        }
        if let (Some(enrolled), Some(person)) = (&record.enrolled, person) {
            let place = self.0.folder.profile(enrolled.clinic, &person.profile);
            if let Ok(slot) = KeySlot::read(&place.slot(person.user)) {
                return Ok(AtHand::Public(slot.public_key));
            }
        }
        Ok(AtHand::Keys(SlotKeys::new(new_data_key()?)?))
    }

    /// The server has said who it is: a slot, the file, the desk.
    pub(super) async fn admit(
        &self,
        signed_in: &SignedIn,
        username: &str,
        password: &str,
        secret: WorkstationSecret,
        keys: SlotKeys,
        by_provider: bool,
    ) -> Result<(), Error> {
        let owner = Owner {
            clinic: signed_in.clinic,
            workstation: signed_in.workstation,
            profile: role::profile(&signed_in.roles),
            user: signed_in.user,
        };
        let place = self.0.folder.profile(owner.clinic, &owner.profile);
        // The code is spent: what came of it must be kept before anything else can go wrong.
        self.change_record(|record| {
            record.enrolment_code = None;
            record.own_code = false;
            record.workstation_name.clone_from(&signed_in.workstation_name);
            record.enrolled = Some(Enrolled {
                clinic: signed_in.clinic,
                clinic_name: signed_in.clinic_name.clone(),
                workstation: signed_in.workstation,
            });
        })?;
        let keys = self.keys_for(&place, signed_in, keys).await?;
        place.make()?;
        let file = ProfileFile { place, owner, keys };
        let facts = Facts { by_provider, ..Facts::of(username, signed_in, self.now()) };
        let (sealing, sealed_under) = (file.clone(), Zeroizing::new(password.to_owned()));
        let (sealed_facts, slot_secret) = (facts.clone(), secret.clone());
        tokio::task::spawn_blocking(move || {
            let ProfileFile { place, owner, keys } = sealing;
            let user = owner.user;
            KeySlot::seal(owner, &sealed_under, &slot_secret, &keys)
                .and_then(|slot| slot.write(&place.slot(user)))
                .map_err(Error::Slot)?;
            sealed_facts.write(&place.facts(user), &keys.data_key, &user.to_string())
        })
        .await??;
        let person = Person {
            username: username.to_owned(),
            user: file.owner.user,
            profile: file.owner.profile.clone(),
            by_provider,
        };
        self.change_record(|record| record.remember(person))?;
        let desk = self.open(file, facts, Some(signed_in), secret).await?;
        self.give_key(&desk, signed_in);
        self.send_leftovers(&desk, password);
        Ok(())
    }

    /// The signing key beside the right data key: that of the file which stands open or was opened by these very keys, or
    /// a new one for a new file.
    async fn keys_for(&self, place: &Place, signed_in: &SignedIn, keys: SlotKeys) -> Result<SlotKeys, Error> {
        if let Some(desk) = self.desk_behind_the_curtain()
            && desk.file().place == *place
        {
            return Ok(keys.with_data_key(desk.file().keys.data_key.clone()));
        }
        if !place.database().exists() {
            return Ok(keys.with_data_key(new_data_key()?));
        }
        // The person's own slot gave these keys and the file is still the same profile's.
        if KeySlot::read(&place.slot(signed_in.user)).is_ok_and(|slot| {
            slot.public_key == keys.signing_key.public_base64() && slot.owner.user == signed_in.user
        }) {
            return Ok(keys);
        }
        // Keys that the server kept and that open the file; among them perhaps the very ones that were asked for before.
        let path = place.database();
        if Store::opens(&path, &keys.data_key) {
            return Ok(keys);
        }
        if let Some(data_key) = self.key_from_server(place, signed_in).await {
            return Ok(keys.with_data_key(data_key));
        }
        if place.has_slots() {
            return Err(Error::FileSealed);
        }
        // No slot of anybody is left: nothing can ever open this file again. It is kept, and a new one made.
        Store::set_aside_damaged(&path)?;
        tracing::error!("a file without any slot was set aside");
        Ok(keys.with_data_key(new_data_key()?))
    }

    /// Signs in at the server.
    pub(super) async fn ask_server(
        &self,
        username: &str,
        proof: &Proof,
        secret: &WorkstationSecret,
        signing_key: String,
    ) -> Result<SignedIn, Error> {
        let record = self.record().ok_or(Error::NotSetUp)?;
        let request = SignIn {
            username: username.to_owned(),
            password: proof.password.as_str().to_owned(),
            second_factor: proof.code.clone(),
            openid: None,
            workstation: record.enrolled.as_ref().map(|e| e.workstation),
            workstation_secret: secret.proof(),
            enrolment: enrolment_of(&record),
            signing_key,
            app_version: server::APP_VERSION.to_owned(),
        };
        server::sign_in(&record.server(), &request).await
    }
}

/// What turns this computer into a workstation, as long as it is none.
pub(super) fn enrolment_of(record: &Record) -> Option<Enrolment> {
    match (&record.enrolled, &record.enrolment_code) {
        (None, Some(code)) => Some(Enrolment { code: code.clone(), name: record.workstation_name.clone() }),
        _ => None,
    }
}

/// What somebody shows for being who they say they are.
pub(super) struct Proof {
    pub(super) password: Zeroizing<String>,
    /// The six digits of an authenticator app.
    pub(super) code: Option<String>,
}

impl Proof {
    /// A password alone.
    pub(super) fn password(password: &str) -> Self {
        Self { password: Zeroizing::new(password.to_owned()), code: None }
    }
}

/// What is known of a person's signing key before the server has answered.
enum AtHand {
    /// The whole key.
    Keys(SlotKeys),
    /// Its public half; the private one is sealed under a password that is not the one given.
    Public(String),
}

pub(super) fn new_data_key() -> Result<DataKey, Error> {
    Ok(DataKey::generate()?)
}
