//! What can go wrong with keys.

/// A key could not be made or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    NoRandomness,
    /// Not a key of this kind.
    #[error("malformed key")]
    Malformed,
}

/// A slot could not be opened, or not be written.
#[derive(Debug, thiserror::Error)]
pub enum SlotError {
    /// The password does not open it. Nothing on disk was changed.
    #[error("wrong password")]
    WrongPassword,
    /// The slot was sealed with another workstation secret: the keyring was reset, or the files come from another
    /// computer.
    #[error("the slot was sealed at another workstation, or the keyring was reset")]
    OtherWorkstation,
    /// The file is not a whole slot: cut short, changed, or of a newer version.
    #[error("the slot file is damaged or of a newer version")]
    Malformed,
    /// There is no slot.
    #[error("no slot")]
    Missing,
    /// The disk said no.
    #[error("cannot read or write the slot")]
    Io(#[source] std::io::Error),
    /// A key could not be made.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl From<crate::error::Error> for KeyError {
    fn from(_: crate::error::Error) -> Self {
        // The only fault of making a key.
        Self::NoRandomness
    }
}
