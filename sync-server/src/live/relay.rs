//! Between nodes: which clinics somebody has just committed to. Over Redis where one is configured, else, or when it does
//! not answer, over PostgreSQL's NOTIFY, outside the write's transaction: NOTIFY takes a lock of the whole database.
//!
//! A word that is lost costs the time until the next poll, so nothing here is tried twice.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt;
use redis::aio::MultiplexedConnection;
use sqlx::postgres::{PgListener, PgPool};
use sqlx::{AssertSqlSafe, Executor as _};
use tokio::sync::Mutex;
use uuid::Uuid;
use wattle_domain::ClinicId;

use crate::config::Config;
use crate::db::error::describe;

/// The channel, of either kind; the payload is `NODE CLINIC`.
const CHANNEL: &str = "wattle_heads";
/// A Redis that takes longer than this is as good as none.
const PATIENCE: Duration = Duration::from_millis(500);

/// The line to the other nodes.
pub(super) struct Relay {
    node: Uuid,
    pool: PgPool,
    notify: bool,
    redis: Option<redis::Client>,
    /// For telling; made anew after a failure.
    telling: Mutex<Option<MultiplexedConnection>>,
}

impl Relay {
    pub fn new(pool: PgPool, config: &Config) -> Self {
        let redis = config.redis.clone();
        Self { node: Uuid::new_v4(), pool, notify: config.notify, redis, telling: Mutex::default() }
    }

    /// Tells the other nodes of commits to these clinics.
    pub async fn tell(&self, clinics: &BTreeSet<ClinicId>) {
        let payloads: Vec<String> = clinics.iter().map(|c| format!("{} {c}", self.node)).collect();
        if let Some(client) = &self.redis {
            match tokio::time::timeout(PATIENCE, self.publish(client, &payloads)).await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => tracing::warn!(kind = ?error.kind(), "Redis not told"),
                Err(_) => tracing::warn!("Redis does not answer"),
            }
            *self.telling.lock().await = None;
        }
        if !self.notify {
            return;
        }
        // One round trip and one transaction. It writes nothing, so nobody waits for a disk: a word that is lost costs a
        // poll. What is put in are ids.
        let words: Vec<String> =
            payloads.iter().map(|payload| format!("SELECT pg_notify('{CHANNEL}', '{payload}')")).collect();
        let text = format!("SELECT set_config('synchronous_commit', 'off', true); {}", words.join("; "));
        let told = async {
            let mut connection = self.pool.acquire().await?;
            (&mut *connection).execute(sqlx::raw_sql(AssertSqlSafe(text))).await
        };
        if let Err(error) = told.await {
            tracing::warn!(cause = describe(&error), "other nodes not told");
        }
    }

    async fn publish(&self, client: &redis::Client, payloads: &[String]) -> redis::RedisResult<()> {
        let mut telling = self.telling.lock().await;
        let connection = match &mut *telling {
            Some(connection) => connection,
            none => none.insert(client.get_multiplexed_async_connection().await?),
        };
        let mut all = redis::pipe();
        for payload in payloads {
            all.publish(CHANNEL, payload).ignore();
        }
        all.query_async(connection).await
    }

    /// Calls `heard` with what other nodes tell, over both lines, for ever. A line that breaks is tried again after a
    /// pause.
    pub async fn listen(&self, pause: Duration, heard: impl Fn(ClinicId)) {
        let over_postgres = async {
            if !self.notify {
                return;
            }
            loop {
                if let Err(error) = self.listen_to_postgres(&heard).await {
                    tracing::warn!(cause = describe(&error), "not listening to PostgreSQL");
                }
                tokio::time::sleep(pause).await;
            }
        };
        let over_redis = async {
            let Some(client) = &self.redis else { return };
            loop {
                match self.listen_to_redis(client, &heard).await {
                    Ok(()) => tracing::warn!("Redis has gone"),
                    Err(error) => tracing::warn!(kind = ?error.kind(), "not listening to Redis"),
                }
                tokio::time::sleep(pause).await;
            }
        };
        tokio::join!(over_postgres, over_redis);
    }

    async fn listen_to_postgres(&self, heard: &impl Fn(ClinicId)) -> Result<(), sqlx::Error> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen(CHANNEL).await?;
        loop {
            self.hear(listener.recv().await?.payload(), heard);
        }
    }

    async fn listen_to_redis(
        &self,
        client: &redis::Client,
        heard: &impl Fn(ClinicId),
    ) -> redis::RedisResult<()> {
        let mut listener = client.get_async_pubsub().await?;
        listener.subscribe(CHANNEL).await?;
        let mut words = listener.on_message();
        while let Some(word) = words.next().await {
            self.hear(&word.get_payload::<String>()?, heard);
        }
        Ok(())
    }

    fn hear(&self, payload: &str, heard: &impl Fn(ClinicId)) {
        let Some((node, clinic)) = payload.split_once(' ') else { return };
        if node == self.node.to_string() {
            return;
        }
        if let Ok(clinic) = clinic.parse() {
            heard(clinic);
        }
    }
}
