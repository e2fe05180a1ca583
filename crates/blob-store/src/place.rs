//! From a place in words to a store.

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::signer::Signer;

use crate::connector::Connector;
use crate::error::Error;

/// A store, the way to sign URLs if it has one, and what every name begins with.
pub(crate) struct Place {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) signer: Option<Arc<dyn Signer>>,
    pub(crate) prefix: Path,
}

/// A folder, `s3://bucket/prefix` or `gs://bucket/prefix`. Credentials, region and endpoint come from the environment, as
/// their own tools have them (`AWS_…`, `GOOGLE_…`).
pub(crate) fn find(place: &str) -> Result<Place, Error> {
    let bad = || Error::BadPlace(place.to_owned());
    let Some((scheme, rest)) = place.split_once("://") else { return folder(place) };
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() {
        return Err(bad());
    }
    let prefix = Path::parse(prefix.trim_matches('/')).map_err(|_| bad())?;
    match scheme {
        "s3" => {
            let built = AmazonS3Builder::from_env()
                .with_bucket_name(bucket)
                .with_http_connector(Connector)
                .build()?;
            let store = Arc::new(built);
            Ok(Place { signer: Some(Arc::clone(&store) as _), store, prefix })
        }
        "gs" => {
            let built = GoogleCloudStorageBuilder::from_env()
                .with_bucket_name(bucket)
                .with_http_connector(Connector)
                .build()?;
            let store = Arc::new(built);
            Ok(Place { signer: Some(Arc::clone(&store) as _), store, prefix })
        }
        _ => Err(bad()),
    }
}

fn folder(path: &str) -> Result<Place, Error> {
    if path.is_empty() {
        return Err(Error::BadPlace(path.to_owned()));
    }
    std::fs::create_dir_all(path)?;
    // A blob that was announced must be there after a power cut.
    let store = LocalFileSystem::new_with_prefix(path)?.with_fsync(true);
    Ok(Place { store: Arc::new(store), signer: None, prefix: Path::default() })
}
