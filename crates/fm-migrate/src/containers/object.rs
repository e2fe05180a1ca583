//! One container's bytes: sealed part by part, checked against what FileMaker says of them, read back.

use std::collections::BTreeMap;

use futures::TryStreamExt as _;
use md5::{Digest as _, Md5};
use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_blob_store::Blobs;
use wattle_document::{DocumentKey, Hasher, Parts, Unfit, mime_of, new_folder, part_name, sniff};
use wattle_domain::commands::LARGEST_DOCUMENT_BYTES;

use super::lane::Said;
use super::noting::{Contents, Notes};
use super::source::{At, Body, Broken, Found, Opened, Opening, Source};
use crate::error::Error;
use crate::ids::child;
use crate::load::containers::{self as facts, Container, Held, Owner, State};
use crate::mapping::Cells;
use crate::raw::RawRow;
use crate::reason::Code;
use crate::wire::Stop;

/// How often a container is asked for before the run stops.
const TRIES: u32 = 8;
/// Bytes that are read at once where nothing is sealed.
const PIECE: usize = 1 << 20;

/// A container, and what is known of it.
pub(super) struct Object<'o> {
    pub(super) key: &'o str,
    /// The id of its record.
    pub(super) record: Uuid,
    pub(super) repetition: i32,
    pub(super) patient: String,
    pub(super) mark: &'o str,
    pub(super) said: &'o Said,
    /// What became of it the last time.
    pub(super) before: Option<&'o Container>,
    /// Its bytes are not where they were put then.
    pub(super) lost: bool,
}

/// Copies one.
pub(super) struct Copying<'c> {
    pub(super) writer: &'c mut PgConnection,
    pub(super) notes: &'c Notes,
    /// What the patient may have already.
    pub(super) contents: [&'c Contents; 2],
    pub(super) blobs: &'c Blobs,
    pub(super) owner: Owner<'c>,
    pub(super) object: &'c Object<'c>,
}

/// Where a container's bytes are to be.
struct Place {
    version: i32,
    document: Uuid,
    held: Held,
    key: DocumentKey,
    /// An earlier try may have left parts there.
    begun: bool,
}

/// What one try came to.
enum Took {
    Done(Container),
    /// The connection ended, or what was left of an earlier try does not fit.
    Again,
}

/// What bytes are.
struct Sums {
    size: u64,
    sha256: String,
    md5: String,
}

impl Copying<'_> {
    /// Tries until the bytes are there, or it is known why not.
    pub(super) async fn run(
        &mut self,
        source: &mut Source,
        found: &Found,
        (row, cells): (&RawRow, Cells<'_>),
    ) -> Result<Container, Error> {
        let mut found = found.clone();
        let (mut size, mut compared, mut nothing) = (None, false, false);
        for n in 1..=TRIES {
            let opened = match source.open(&found).await? {
                Opening::Open(opened) => opened,
                // Servers that are at their limit say so as well: the record is asked once more before it is believed.
                Opening::Nothing if nothing || !matches!(found.at, At::Url(_)) => {
                    return Ok(self.missing(&found));
                }
                other => {
                    nothing = matches!(other, Opening::Nothing);
                    source.wait(n).await;
                    let again = source.find(self.object.key, row, cells).await?.into_iter();
                    match again.into_iter().find(|one| one.repetition == found.repetition) {
                        Some(one) => found = one,
                        None => return Ok(self.missing(&found)),
                    }
                    continue;
                }
            };
            let asked = self.object.before.filter(|b| !b.sha256.is_empty() && !compared && !self.object.lost);
            let took = match asked {
                // A record that was touched may hold the same file as before.
                Some(before) => match sums(opened.body).await? {
                    Ok(sums) if sums.sha256 == before.sha256 => {
                        let mark = self.object.mark.to_owned();
                        Took::Done(Container { mark, ..before.clone() })
                    }
                    Ok(sums) => {
                        (compared, size) = (true, Some(sums.size));
                        continue;
                    }
                    Err(Broken) => Took::Again,
                },
                None => match opened.size.or(size) {
                    Some(size) => self.store(opened, size, &found).await?,
                    // Nobody says how long it is, and the seal of the first part holds the length.
                    None => match sums(opened.body).await? {
                        Ok(sums) => {
                            size = Some(sums.size);
                            continue;
                        }
                        Err(Broken) => Took::Again,
                    },
                },
            };
            match took {
                Took::Done(kept) => return Ok(kept),
                Took::Again => source.wait(n).await,
            }
        }
        let stop = Stop::Transport;
        Err(Error::Server { doing: "fetching a container", stop, advice: stop.advice() })
    }

    fn missing(&self, found: &Found) -> Container {
        let said = self.object.said;
        let (code, elsewhere) = match &found.at {
            At::Elsewhere(path) => (Code::ContainerReference, Some(path.clone())),
            At::Outside(path) => (Code::ContainerOutside, Some(path.clone())),
            _ if said.reference => (Code::ContainerReference, None),
            _ => (Code::ContainerMissing, None),
        };
        let path =
            said.path.clone().or(elsewhere).or_else(|| said.name.clone()).or_else(|| found.name.clone());
        self.rejected(code, path)
    }

    fn rejected(&self, code: Code, path: Option<String>) -> Container {
        let object = self.object;
        let state = State::Rejected { code, path };
        let version = object.before.map_or(0, |b| b.version);
        Container { version, ..Container::without_bytes(object.repetition, state, object.mark) }
    }

    /// Seals and puts every part, then reads all of it back.
    async fn store(&mut self, opened: Opened, size: u64, found: &Found) -> Result<Took, Error> {
        let said = self.object.said;
        let name = said.name.clone().or_else(|| opened.name.clone()).or_else(|| found.name.clone());
        let refuse = |this: &Self, code: Code| Ok(Took::Done(this.rejected(code, name.clone())));
        if size == 0 {
            return refuse(self, Code::ContainerEmpty);
        }
        if said.size.is_some_and(|wanted| wanted != size) {
            return refuse(self, Code::ContainerSize);
        }
        if size > u64::try_from(LARGEST_DOCUMENT_BYTES).unwrap_or(0) {
            return refuse(self, Code::ContainerLarge);
        }
        let place = self.place(size).await?;
        let put = self.put(opened.body, size, &place, name.as_deref().unwrap_or_default());
        let Put { sums, mime, all_new } = match put.await? {
            Ok(put) => put,
            Err(Unput::Broken) => return Ok(Took::Again),
            Err(Unput::Refused(code)) => {
                self.clear(&place).await?;
                return refuse(self, code);
            }
        };
        if said.md5.as_ref().is_some_and(|wanted| *wanted != sums.md5) {
            self.clear(&place).await?;
            return refuse(self, Code::ContainerMd5);
        }
        let object = self.object;
        let mut kept = Container {
            repetition: object.repetition,
            state: State::Same,
            mark: object.mark.to_owned(),
            version: place.version,
            patient: object.patient.clone(),
            name,
            mime: Some(mime.to_owned()),
            size_bytes: i64::try_from(size).unwrap_or(i64::MAX),
            sha256: sums.sha256.clone(),
            md5: sums.md5,
        };
        if self.has_same(&sums.sha256).await? {
            self.clear(&place).await?;
            return Ok(Took::Done(kept));
        }
        // What opens under a key that nobody else has is what was sealed under it a moment ago; what was left there by an earlier
        // try may be of other bytes.
        let expected = (!all_new).then_some(sums.sha256.as_str());
        if !self.rests(size, &place, expected).await? {
            // A part of an earlier try, of other bytes: begun anew under another name and key.
            self.clear(&place).await?;
            return Ok(Took::Again);
        }
        let stored_at = chrono::DateTime::from(std::time::SystemTime::now());
        kept.state = State::Stored { document: place.document, stored_at };
        Ok(Took::Done(kept))
    }

    /// Whether another container of the same patient holds the same bytes.
    async fn has_same(&mut self, sha256: &str) -> Result<bool, Error> {
        let object = self.object;
        let may_have = |contents: &&Contents| contents.may_have(&object.patient, sha256);
        if object.patient.is_empty() || !self.contents.iter().any(may_have) {
            return Ok(false);
        }
        // The other may be one of a moment ago.
        self.notes.flushed().await?;
        let which = (object.key, object.repetition);
        facts::has_same(self.writer, self.owner, which, (&object.patient, sha256)).await
    }

    /// Where the bytes are to be: where an earlier try began, or a new place under a new key.
    async fn place(&mut self, size: u64) -> Result<Place, Error> {
        let (object, clinic) = (self.object, self.owner.clinic);
        let size_bytes = i64::try_from(size).unwrap_or(i64::MAX);
        let mut version = object.before.map_or(0, |b| b.version);
        loop {
            let document = child(object.record, &format!("file/{}/{version}", object.repetition));
            let key = DocumentKey::generate().map_err(fault)?;
            let folder = new_folder(clinic.0).map_err(fault)?;
            let held = Held { folder, key: key.to_base64(), size_bytes, stored: false };
            if facts::hold(self.writer, clinic, document, &held).await? {
                return Ok(Place { version, document, held, key, begun: false });
            }
            match facts::held(self.writer, clinic, document).await? {
                // A document's bytes are never changed: others make another document.
                Some(held) if held.stored => version += 1,
                Some(held)
                    if held.size_bytes == size_bytes && DocumentKey::from_base64(&held.key).is_ok() =>
                {
                    let key = DocumentKey::from_base64(&held.key).map_err(fault)?;
                    return Ok(Place { version, document, held, key, begun: true });
                }
                // Of another length, or under a key that was sealed since and that nobody here can open.
                Some(earlier) => self.give_up(document, &earlier).await?,
                // It was let go a moment ago.
                None => {}
            }
        }
    }

    async fn put(
        &self,
        mut body: Body,
        size: u64,
        place: &Place,
        name: &str,
    ) -> Result<Result<Put, Unput>, Error> {
        let parts = Parts::new(place.document, size, &place.key).map_err(fault)?;
        let folder = &place.held.folder;
        let there = if place.begun {
            self.blobs.sizes(folder).await.map_err(Error::store("looking for parts"))?
        } else {
            BTreeMap::new()
        };
        let (mut sha256, mut md5, mut mime, mut all_new) = (Hasher::default(), Md5::new(), "", !place.begun);
        for number in 0..Parts::count(size) {
            let wanted = Parts::plain_bytes(size, number).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
            let plain = match body.fill(wanted).await? {
                Ok(plain) if plain.len() == wanted => plain,
                Ok(_) => return Ok(Err(Unput::Refused(Code::ContainerSize))),
                Err(Broken) => return Ok(Err(Unput::Broken)),
            };
            if number == 0 {
                mime = mime_of(&plain);
                if sniff(name, &plain) == Err(Unfit::Program) {
                    return Ok(Err(Unput::Refused(Code::ContainerProgram)));
                }
            }
            sha256.update(&plain);
            md5.update(&plain);
            let part = part_name(number);
            if there.get(&part).copied() != Parts::sealed_bytes(size, number) {
                let sealed = parts.seal(number, &plain).map_err(fault)?;
                let name = format!("{folder}/{part}");
                self.blobs.put(&name, sealed).await.map_err(Error::store("putting a part"))?;
            } else {
                all_new = false;
            }
        }
        match body.fill(1).await? {
            Ok(more) if more.is_empty() => {}
            Ok(_) => return Ok(Err(Unput::Refused(Code::ContainerSize))),
            Err(Broken) => return Ok(Err(Unput::Broken)),
        }
        let md5 = hex(&md5.finalize());
        Ok(Ok(Put { sums: Sums { size, sha256: sha256.finish(), md5 }, mime, all_new }))
    }

    /// Reads back what is in the store: whether every part is there and opens, and together they are of a hash, where one is
    /// expected.
    async fn rests(&self, size: u64, place: &Place, expected: Option<&str>) -> Result<bool, Error> {
        let parts = Parts::new(place.document, size, &place.key).map_err(fault)?;
        let mut sha256 = Hasher::default();
        for number in 0..Parts::count(size) {
            let name = format!("{}/{}", place.held.folder, part_name(number));
            let mut read = match self.blobs.read(&name, 0).await {
                Ok(read) if Some(read.size) == Parts::sealed_bytes(size, number) => read,
                Ok(_) | Err(wattle_blob_store::Error::NotFound) => return Ok(false),
                Err(error) => return Err(Error::store("reading a part back")(error)),
            };
            let mut sealed = Vec::with_capacity(usize::try_from(read.size).unwrap_or(0));
            while let Some(piece) =
                read.bytes.try_next().await.map_err(Error::store("reading a part back"))?
            {
                sealed.extend_from_slice(&piece);
            }
            let Ok(plain) = parts.open(number, sealed) else { return Ok(false) };
            if expected.is_some() {
                sha256.update(&plain);
            }
        }
        Ok(expected.is_none_or(|expected| sha256.finish() == expected))
    }

    async fn clear(&mut self, place: &Place) -> Result<(), Error> {
        self.give_up(place.document, &place.held).await
    }

    /// Takes back what is not to stay: the place first, so that what is left of it after a kill belongs to nobody.
    async fn give_up(&mut self, document: Uuid, held: &Held) -> Result<(), Error> {
        facts::let_go(self.writer, self.owner.clinic, document).await?;
        let removed = self.blobs.remove_folder(&held.folder).await;
        removed.map(drop).map_err(Error::store("removing parts"))
    }
}

/// Bytes that were put.
struct Put {
    sums: Sums,
    mime: &'static str,
    /// No part was left there by an earlier try.
    all_new: bool,
}

/// Why bytes were not put.
enum Unput {
    Broken,
    Refused(Code),
}

/// Reads all of a body.
async fn sums(mut body: Body) -> Result<Result<Sums, Broken>, Error> {
    let (mut sha256, mut md5, mut size) = (Hasher::default(), Md5::new(), 0);
    loop {
        match body.fill(PIECE).await? {
            Ok(piece) if piece.is_empty() => {
                return Ok(Ok(Sums { size, sha256: sha256.finish(), md5: hex(&md5.finalize()) }));
            }
            Ok(piece) => {
                sha256.update(&piece);
                md5.update(&piece);
                size += piece.len() as u64;
            }
            Err(Broken) => return Ok(Err(Broken)),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// What only a fault of this program or of the machine brings.
fn fault(error: wattle_document::Error) -> Error {
    Error::Refused(format!("a file could not be sealed: {error}"))
}
