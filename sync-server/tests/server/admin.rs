//! What an administrator does with the owner's account.

mod quarantine;
mod verify;
