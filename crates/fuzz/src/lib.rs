//! Inputs that are nearly right: recorded examples with some bytes changed. Purely random bytes end at the first brace.
//!
//! Owns: how an example is spoiled. The targets are this crate's tests, one file each; `cargo test` tries each for a moment,
//! `cargo xtask fuzz NAME --seconds N` for as long as one likes, and a failure is shrunk and printed.
//! Must never: be linked by anything that ships.

use bolero::{TypeGenerator, ValueGenerator};

/// One change of some bytes; places count modulo the length.
#[derive(Clone, Debug, TypeGenerator)]
pub enum Edit {
    /// Another byte.
    Set(u16, u8),
    /// A byte more.
    Insert(u16, u8),
    /// Some bytes gone.
    Remove(u16, u8),
    /// Some bytes once more, elsewhere.
    Copy(u16, u8, u16),
    /// A bit turned.
    Flip(u16, u8),
    /// The end is missing.
    Cut(u16),
    /// A word that parsers stumble over.
    Word(u16, u8),
}

const WORDS: [&[u8]; 12] = [
    b"null",
    b"-1",
    b"9223372036854775808",
    b"1e999",
    b"\"\"",
    b"[]",
    b"{}",
    b"\\ud800",
    b"\xff\xfe",
    b"\r\n",
    b"\0",
    b"00000000-0000-0000-0000-000000000000",
];

/// Which example, and what is done to it.
#[derive(Clone, Debug, TypeGenerator)]
pub struct Spoiled {
    example: u8,
    #[generator(bolero::generator::produce::<Vec<Edit>>().with().len(0_usize..12))]
    edits: Vec<Edit>,
}

impl Spoiled {
    /// The example with its changes.
    #[must_use]
    pub fn of(&self, examples: &[&[u8]]) -> Vec<u8> {
        let mut bytes = match examples.len() {
            0 => Vec::new(),
            count => examples.get(usize::from(self.example) % count).map_or_else(Vec::new, |e| e.to_vec()),
        };
        for edit in &self.edits {
            edit.apply(&mut bytes);
        }
        bytes
    }
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let at = |place: u16, length: usize| usize::from(place) % length.max(1);
        let length = bytes.len();
        match *self {
            Self::Set(place, byte) => {
                if let Some(old) = bytes.get_mut(at(place, length)) {
                    *old = byte;
                }
            }
            Self::Insert(place, byte) => bytes.insert(at(place, length + 1), byte),
            Self::Remove(place, count) => {
                let from = at(place, length + 1);
                bytes.drain(from..(from + usize::from(count)).min(length));
            }
            Self::Copy(place, count, to) => {
                let from = at(place, length + 1);
                let piece: Vec<u8> = bytes.iter().skip(from).take(usize::from(count)).copied().collect();
                let to = at(to, length + 1);
                bytes.splice(to..to, piece);
            }
            Self::Flip(place, bit) => {
                if let Some(old) = bytes.get_mut(at(place, length)) {
                    *old ^= 1 << (bit % 8);
                }
            }
            Self::Cut(place) => bytes.truncate(at(place, length + 1)),
            Self::Word(place, which) => {
                let to = at(place, length + 1);
                let word = WORDS.get(usize::from(which) % WORDS.len()).copied().unwrap_or_default();
                bytes.splice(to..to, word.iter().copied());
            }
        }
    }
}

/// Tries a target on spoiled examples.
pub fn try_on(examples: &'static [&'static [u8]], target: impl Fn(&[u8]) + std::panic::RefUnwindSafe) {
    bolero::check!()
        .with_generator(bolero::generator::produce::<Spoiled>().map_gen(|spoiled| spoiled.of(examples)))
        .for_each(|bytes: &Vec<u8>| target(bytes));
}
