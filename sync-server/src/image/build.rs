//! One build: a token, the builder's process, the new image in the table.
//!
//! The builder is a process beside the server because it holds what the server must not: SQLCipher and a whole clinic in
//! one file. It gets no database password, reaches the server through a port of its own on this computer, and what it holds
//! goes with it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::process::Command;
use uuid::Uuid;
use wattle_domain::{ClinicId, FeedClass, UserId, WorkstationId};
use wattle_protocol::ErrorCode;
use wattle_protocol::image::{BuildOrder, ImageOffer};

use super::work_dir::WorkDir;
use super::{Images, folder};
use crate::db::{Identity, feed, image, token};
use crate::error::ApiError;
use crate::secret;
use crate::state::AppState;

/// What the builder may know of the server's environment: how to find programs, temporary folders, certificates and object
/// storage. No password of the database, no key of the server.
const ENVIRONMENT: [&str; 11] = [
    "AWS_",
    "GOOGLE_",
    "SSL_CERT_",
    "PATH",
    "HOME",
    "TMPDIR",
    "TEMP",
    "TMP",
    "RUST_LOG",
    "RUST_BACKTRACE",
    "SYSTEMROOT",
];

/// For whom and what.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub clinic: ClinicId,
    pub feeds: Vec<FeedClass>,
    pub user: UserId,
    pub workstation: WorkstationId,
}

impl Wanted {
    /// Its name: the classes joined by `-`.
    pub(super) fn profile(&self) -> String {
        self.feeds.iter().map(|feed| feed.as_str()).collect::<Vec<_>>().join("-")
    }

    pub(super) fn identity(&self) -> Identity {
        Identity { clinic: self.clinic, user: Some(self.user), workstation: Some(self.workstation) }
    }
}

/// Builds an image and puts it in the place of the one there was.
pub(super) async fn build(app: &AppState, images: &Images, wanted: &Wanted) -> Result<ImageOffer, ApiError> {
    let program = images.settings.builder.as_deref().ok_or_else(|| failed("no builder"))?;
    let id = Uuid::new_v4();
    let built = run(app, images, wanted, program, id).await;
    let kept = match built {
        Ok(offer) => keep(app, images, wanted, offer).await,
        Err(error) => Err(error),
    };
    if kept.is_err() && images.blobs.remove_folder(&folder(wanted.clinic, id)).await.is_err() {
        tracing::warn!(clinic = %wanted.clinic, image = %id, "chunks of a build that failed are still in object storage");
    }
    kept
}

async fn run(
    app: &AppState,
    images: &Images,
    wanted: &Wanted,
    program: &Path,
    id: Uuid,
) -> Result<ImageOffer, ApiError> {
    let (access_token, token_family) = mint(app, images, wanted).await?;
    let mut tx = wanted.identity().begin(&app.pool).await?;
    let epoch = feed::epoch(&mut tx).await?;
    tx.commit().await?;
    // A door of its own: the public one may speak TLS under a name that this computer does not answer to.
    let door = Door::open(app).await?;
    let dir = WorkDir::make(id).map_err(|_| failed("no folder for the builder"))?;
    let order = BuildOrder {
        image: id,
        dir: dir.path().to_string_lossy().into_owned(),
        server_url: format!("http://{}", door.address),
        access_token,
        clinic: wanted.clinic,
        workstation: wanted.workstation,
        feeds: wanted.feeds.clone(),
        epoch,
        blobs: images.settings.blobs.clone(),
        folder: folder(wanted.clinic, id),
        chunk_bytes: images.settings.chunk_bytes,
    };
    let order = serde_json::to_vec(&order).map_err(|_| failed("the order"))?;
    let built: Result<ImageOffer, ApiError> =
        match tokio::time::timeout(images.settings.build_time, ask(program, "build", &order)).await {
            Ok(built) => built,
            Err(_) => Err(failed("the builder took too long")),
        };
    drop(door);
    drop(dir);
    let mut tx = wanted.identity().begin(&app.pool).await?;
    token::revoke_family(&mut tx, wanted.clinic, token_family, app.now()).await?;
    tx.commit().await?;
    let offer = built?;
    if offer.id != id || offer.feeds != wanted.feeds {
        return Err(failed("the builder built something else"));
    }
    Ok(offer)
}

/// The schema version of the files that a builder makes.
pub(super) async fn schema(program: &Path) -> Result<u32, ApiError> {
    #[derive(Deserialize)]
    struct Said {
        schema: u32,
    }
    let said: Said = ask(program, "schema", b"").await?;
    Ok(said.schema)
}

/// A token for the time of a build. Only what its account sees can be pulled with it.
async fn mint(app: &AppState, images: &Images, wanted: &Wanted) -> Result<(String, Uuid), ApiError> {
    let (text, family, now) = (secret::token()?, Uuid::new_v4(), app.now());
    let mut tx = wanted.identity().begin(&app.pool).await?;
    let new = token::New {
        kind: "access",
        hash: &secret::sha256(text.as_bytes()),
        user: wanted.user.0,
        workstation: wanted.workstation.0,
        family,
        parent: None,
        issued_at: now,
        expires_at: now + images.settings.build_time,
    };
    token::insert(&mut tx, wanted.clinic, &new).await?;
    token::sweep(&mut tx, wanted.clinic, wanted.workstation.0, now).await?;
    tx.commit().await?;
    Ok((text, family))
}

async fn keep(
    app: &AppState,
    images: &Images,
    wanted: &Wanted,
    offer: ImageOffer,
) -> Result<ImageOffer, ApiError> {
    let sealed = images.settings.key.seal(wanted.clinic, offer.id, &offer.key)?;
    let mut tx = wanted.identity().begin(&app.pool).await?;
    image::put(&mut tx, wanted.clinic, &offer, &sealed, app.now()).await?;
    tx.commit().await?;
    Ok(offer)
}

/// Runs the builder: something in on stdin, one line of JSON out. It ends when this is dropped.
async fn ask<A: DeserializeOwned>(program: &Path, word: &str, stdin: &[u8]) -> Result<A, ApiError> {
    let environment = std::env::vars_os().filter(|(name, _)| {
        name.to_str().is_some_and(|name| ENVIRONMENT.iter().any(|known| name.starts_with(known)))
    });
    let mut child = Command::new(program)
        .arg(word)
        .env_clear()
        .envs(environment)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Its log joins the server's; neither has anything of a patient.
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .map_err(|_| failed("the builder could not be started"))?;
    if let Some(mut pipe) = child.stdin.take() {
        // One that does not listen says why by its exit.
        let _ = pipe.write_all(stdin).await;
    }
    let output = child.wait_with_output().await.map_err(|_| failed("the builder could not be heard"))?;
    if !output.status.success() {
        return Err(failed("the builder failed; its log says why"));
    }
    serde_json::from_slice(&output.stdout).map_err(|_| failed("the builder's answer is malformed"))
}

/// A port on this computer through which the builder reaches the server, closed when this is dropped.
struct Door {
    address: SocketAddr,
    serving: tokio::task::JoinHandle<()>,
}

impl Door {
    async fn open(app: &AppState) -> Result<Self, ApiError> {
        let no_port = |_| failed("no port for the builder");
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(no_port)?;
        let address = listener.local_addr().map_err(no_port)?;
        let service = crate::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
        let serving = tokio::spawn(async move {
            // Ends with the listener only.
            let _ = axum::serve(listener, service).await;
        });
        Ok(Self { address, serving })
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn failed(why: &'static str) -> ApiError {
    ApiError::because(ErrorCode::Internal, why)
}
