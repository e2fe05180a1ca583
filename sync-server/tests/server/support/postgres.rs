//! One cluster for this process, one migrated template in it, a copy of it for each test.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

use sqlx::postgres::{PgPool, PgPoolOptions};
use wattle_private_postgres::{Cluster, Options};
use wattle_server::db::migrate::{LoginPasswords, migrate};

pub const APP_PASSWORD: &str = "the-app's-password";
pub const MIGRATOR_PASSWORD: &str = "the-migrator's-password";
const TEMPLATE: &str = "migrated";

static CLUSTER: OnceLock<Cluster> = OnceLock::new();
static MIGRATED: Mutex<bool> = Mutex::new(false);
static NUMBER: AtomicU32 = AtomicU32::new(0);

pub fn cluster() -> &'static Cluster {
    CLUSTER.get_or_init(|| {
        let options = Options::quick()
            .with("max_connections", "300")
            .with("deadlock_timeout", "100ms")
            .with("wal_level", "logical");
        Cluster::start_temporary_with(options).expect("a cluster")
    })
}

/// A fresh database as `wattle-server migrate` makes it; its name.
pub async fn database() -> String {
    tokio::task::spawn_blocking(|| {
        let mut migrated = MIGRATED.lock().unwrap();
        let cluster = cluster();
        if !*migrated {
            let url = cluster.create_database(TEMPLATE).unwrap();
            let passwords = LoginPasswords {
                app: Some(APP_PASSWORD.to_owned()),
                migrator: Some(MIGRATOR_PASSWORD.to_owned()),
            };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(migrate(&url, &passwords)).expect("migrates");
            *migrated = true;
        }
        let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::SeqCst));
        cluster.copy_database(TEMPLATE, &name).unwrap();
        name
    })
    .await
    .unwrap()
}

pub fn superuser_url(database: &str) -> String {
    cluster().url(database)
}

pub fn app_url(database: &str) -> String {
    login_url("wattle_app", APP_PASSWORD, database)
}

pub fn migrator_url(database: &str) -> String {
    login_url("wattle_migrator", MIGRATOR_PASSWORD, database)
}

fn login_url(role: &str, password: &str, database: &str) -> String {
    format!("postgres://{role}:{}@127.0.0.1:{}/{database}", password.replace('\'', "%27"), cluster().port())
}

pub async fn pool(url: &str) -> PgPool {
    PgPoolOptions::new().max_connections(12).connect(url).await.expect("connects")
}
