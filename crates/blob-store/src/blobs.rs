//! Put, read, remove, sign.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::signer::{Method, Signer};
use object_store::{
    GetOptions, GetRange, GetResultPayload, ObjectStore, ObjectStoreExt as _, PutMode, PutPayload,
};

use crate::error::Error;
use crate::{file, place};

/// A place for blobs. Cheap to clone.
#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    signer: Option<Arc<dyn Signer>>,
    prefix: Path,
}

/// A blob that is being read.
pub struct Read {
    /// Its whole size, bytes.
    pub size: u64,
    /// Its bytes from where they were asked for.
    pub bytes: BoxStream<'static, Result<Bytes, Error>>,
}

impl Blobs {
    /// Opens a folder (made when absent), `s3://bucket/prefix` or `gs://bucket/prefix`; the credentials of the latter two
    /// come from the environment. Asks nobody yet.
    ///
    /// # Errors
    /// When it is no such place, or the environment does not say how to reach it.
    pub fn open(place: &str) -> Result<Self, Error> {
        let place::Place { store, signer, prefix } = place::find(place)?;
        Ok(Self { store, signer, prefix })
    }

    /// Whether the store signs URLs itself. A folder does not: whoever has it must serve it.
    #[must_use]
    pub fn signs(&self) -> bool {
        self.signer.is_some()
    }

    /// Puts a blob; one of that name is replaced whole.
    ///
    /// # Errors
    /// See [`Error`]; nothing is there then under a new name.
    pub async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), Error> {
        let path = self.path(name)?;
        self.store.put(&path, PutPayload::from(bytes)).await?;
        Ok(())
    }

    /// Puts a blob under a name that is free: one that is there stays as it is.
    ///
    /// # Errors
    /// [`Error::Taken`]; see [`Error`].
    pub async fn put_new(&self, name: &str, bytes: Vec<u8>) -> Result<(), Error> {
        let path = self.path(name)?;
        self.store.put_opts(&path, PutPayload::from(bytes), PutMode::Create.into()).await?;
        Ok(())
    }

    /// Reads a blob from a byte on.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::BadRange`] when it has no such byte.
    pub async fn read(&self, name: &str, from: u64) -> Result<Read, Error> {
        let path = self.path(name)?;
        let range = (from > 0).then_some(GetRange::Offset(from));
        if from > 0 && self.store.head(&path).await?.size <= from {
            return Err(Error::BadRange);
        }
        let got = self.store.get_opts(&path, GetOptions { range, ..GetOptions::default() }).await?;
        let size = got.meta.size;
        let bytes = match got.payload {
            GetResultPayload::File(opened, _) => file::stream(opened, got.range),
            GetResultPayload::Stream(bytes) => bytes.map_err(Error::from).boxed(),
        };
        Ok(Read { size, bytes })
    }

    /// A URL that reads one blob, until a while is over; `None` where the store does not sign.
    ///
    /// # Errors
    /// When the store's credentials cannot be had.
    pub async fn url(&self, name: &str, life: Duration) -> Result<Option<String>, Error> {
        let path = self.path(name)?;
        let Some(signer) = &self.signer else { return Ok(None) };
        Ok(Some(signer.signed_url(Method::GET, &path, life).await?.into()))
    }

    /// A URL that puts one blob, until a while is over; `None` where the store does not sign.
    ///
    /// # Errors
    /// When the store's credentials cannot be had.
    pub async fn put_url(&self, name: &str, life: Duration) -> Result<Option<String>, Error> {
        let path = self.path(name)?;
        let Some(signer) = &self.signer else { return Ok(None) };
        Ok(Some(signer.signed_url(Method::PUT, &path, life).await?.into()))
    }

    /// Every blob whose name begins with a folder: what follows the folder in its name, and its size in bytes.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn sizes(&self, folder: &str) -> Result<BTreeMap<String, u64>, Error> {
        let path = self.path(folder)?;
        let mut found = BTreeMap::new();
        let mut listed = self.store.list(Some(&path));
        while let Some(meta) = listed.try_next().await? {
            let rest: Vec<_> = meta
                .location
                .prefix_match(&path)
                .into_iter()
                .flatten()
                .map(|p| p.as_ref().to_owned())
                .collect();
            found.insert(rest.join("/"), meta.size);
        }
        Ok(found)
    }

    /// Removes every blob whose name begins with a folder. Removing what is not there is fine.
    ///
    /// # Errors
    /// When the store does not answer; some may be gone then.
    pub async fn remove_folder(&self, folder: &str) -> Result<u64, Error> {
        let path = self.path(folder)?;
        let listed: Vec<Path> =
            self.store.list(Some(&path)).map_ok(|meta| meta.location).try_collect().await?;
        let mut removed = 0;
        for path in listed {
            match self.store.delete(&path).await {
                Ok(()) => removed += 1,
                Err(object_store::Error::NotFound { .. }) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Ok(removed)
    }

    /// A blob's name as the store has it. Parts of names are plain words, so that no name leaves its folder.
    fn path(&self, name: &str) -> Result<Path, Error> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let good = |part: &str| !part.is_empty() && part.len() <= 100 && part.chars().all(plain);
        if name.len() > 500 || !name.split('/').all(good) {
            return Err(Error::BadName);
        }
        Ok(name.split('/').fold(self.prefix.clone(), |path, part| path.join(part)))
    }
}

impl std::fmt::Debug for Blobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blobs").field("signs", &self.signs()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Read {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Read").field("size", &self.size).finish_non_exhaustive()
    }
}
