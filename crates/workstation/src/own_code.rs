//! The code that a computer draws for itself: read out to an admin, who approves it on the page *People*. Before that it
//! opens nothing anywhere.

use ring::rand::{SecureRandom as _, SystemRandom};
use wattle_protocol::admin::{OWN_CODE_CHARS, OWN_CODE_LETTERS};

use crate::error::Error;

/// `ABCD-EFGH`, 40 bits.
pub(crate) fn draw() -> Result<String, Error> {
    let mut bytes = [0; OWN_CODE_CHARS];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::Broken)?;
    let letters: Vec<char> =
        bytes.iter().filter_map(|byte| OWN_CODE_LETTERS.chars().nth(usize::from(byte % 32))).collect();
    Ok(letters.chunks(4).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}
