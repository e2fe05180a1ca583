//! Requests to the clouds' other services, with the credentials that `object_store` finds and renews: key files, roles of
//! a machine or a container, web identities. So the KMS brings no second library for signing.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use object_store::CredentialProvider;
use object_store::aws::{AmazonS3Builder, AwsAuthorizer, AwsCredential};
use object_store::client::HttpRequestBody;
use object_store::gcp::{GcpCredential, GoogleCloudStorageBuilder};

use crate::connector::Connector;
use crate::error::Error;

/// Longest time for one request: what is asked here is a few bytes.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a service said.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Bytes,
}

/// A service of AWS whose requests are signed (Signature Version 4).
#[derive(Clone)]
pub struct Aws {
    credentials: Arc<dyn CredentialProvider<Credential = AwsCredential>>,
    client: reqwest::Client,
    service: &'static str,
    region: String,
    endpoint: String,
}

/// A service of Google Cloud, with an access token.
#[derive(Clone)]
pub struct Google {
    credentials: Arc<dyn CredentialProvider<Credential = GcpCredential>>,
    client: reqwest::Client,
}

impl Aws {
    /// With the credentials of the environment (`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, a web identity, the role
    /// of a container or a machine). Asks nobody yet. The endpoint is that of the region when none is given.
    ///
    /// # Errors
    /// When the environment makes no sense.
    pub fn from_env(service: &'static str, region: &str, endpoint: Option<&str>) -> Result<Self, Error> {
        Self::with(AmazonS3Builder::from_env(), service, region, endpoint)
    }

    /// With a pair of keys.
    ///
    /// # Errors
    /// When they make no sense.
    pub fn with_keys(
        (id, secret): (&str, &str),
        service: &'static str,
        region: &str,
        endpoint: Option<&str>,
    ) -> Result<Self, Error> {
        let builder = AmazonS3Builder::new().with_access_key_id(id).with_secret_access_key(secret);
        Self::with(builder, service, region, endpoint)
    }

    fn with(
        builder: AmazonS3Builder,
        service: &'static str,
        region: &str,
        endpoint: Option<&str>,
    ) -> Result<Self, Error> {
        let built =
            builder.with_bucket_name("none").with_region(region).with_http_connector(Connector).build()?;
        let endpoint = endpoint.map_or_else(
            || format!("https://{service}.{region}.amazonaws.com"),
            |e| e.trim_end_matches('/').to_owned(),
        );
        Ok(Self {
            credentials: Arc::clone(built.credentials()),
            client: client(&endpoint)?,
            service,
            region: region.to_owned(),
            endpoint,
        })
    }

    /// Posts JSON to the service's root, as the operation that `X-Amz-Target` names.
    ///
    /// # Errors
    /// When no credentials can be had or the service cannot be reached; what it answers is an [`Answer`], whatever it says.
    pub async fn post(&self, target: &str, body: Vec<u8>) -> Result<Answer, Error> {
        let credential = self.credentials.get_credential().await?;
        let mut request = http::Request::builder()
            .method(http::Method::POST)
            .uri(format!("{}/", self.endpoint))
            .header(CONTENT_TYPE, "application/x-amz-json-1.1")
            .header("x-amz-target", target)
            .body(HttpRequestBody::from(body.clone()))
            .map_err(|_| Error::BadPlace(self.endpoint.clone()))?;
        AwsAuthorizer::new(&credential, self.service, &self.region).try_authorize(&mut request, None)?;
        send(&self.client, request.uri().to_string(), request.headers().clone(), body).await
    }
}

impl Google {
    /// With the credentials of the environment (`GOOGLE_SERVICE_ACCOUNT`: a key file, `GOOGLE_APPLICATION_CREDENTIALS`,
    /// else the metadata server of the machine). Asks nobody yet.
    ///
    /// # Errors
    /// When the environment makes no sense.
    pub fn from_env(endpoint: &str) -> Result<Self, Error> {
        Self::with(GoogleCloudStorageBuilder::from_env(), endpoint)
    }

    /// With a service account's key file.
    ///
    /// # Errors
    /// When it cannot be read or is no such file.
    pub fn with_key_file(path: &str, endpoint: &str) -> Result<Self, Error> {
        Self::with(GoogleCloudStorageBuilder::new().with_service_account_path(path), endpoint)
    }

    fn with(builder: GoogleCloudStorageBuilder, endpoint: &str) -> Result<Self, Error> {
        let built = builder.with_bucket_name("none").with_http_connector(Connector).build()?;
        Ok(Self { credentials: Arc::clone(built.credentials()), client: client(endpoint)? })
    }

    /// Posts JSON.
    ///
    /// # Errors
    /// As [`Aws::post`].
    pub async fn post(&self, url: &str, body: Vec<u8>) -> Result<Answer, Error> {
        let credential = self.credentials.get_credential().await?;
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", credential.bearer))
            .map_err(|_| Error::BadPlace("an access token".to_owned()))?;
        bearer.set_sensitive(true);
        let headers = http::HeaderMap::from_iter([
            (AUTHORIZATION, bearer),
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        ]);
        send(&self.client, url.to_owned(), headers, body).await
    }
}

impl std::fmt::Debug for Aws {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Aws");
        shown.field("service", &self.service).field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Google {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Google").finish_non_exhaustive()
    }
}

/// In the clear only where the endpoint says so: a KMS on this computer, in tests.
fn client(endpoint: &str) -> Result<reqwest::Client, Error> {
    reqwest::Client::builder()
        .https_only(!endpoint.starts_with("http://"))
        .connect_timeout(Duration::from_secs(3))
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|_| Error::Unreachable)
}

async fn send(
    client: &reqwest::Client,
    url: String,
    headers: http::HeaderMap,
    body: Vec<u8>,
) -> Result<Answer, Error> {
    let sent = client.post(url).headers(headers).body(body).send().await.map_err(|_| Error::Unreachable)?;
    let status = sent.status().as_u16();
    let body = sent.bytes().await.map_err(|_| Error::Unreachable)?;
    Ok(Answer { status, body })
}
