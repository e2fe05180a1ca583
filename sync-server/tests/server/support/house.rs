//! A clinic with its server: users, practitioners, types of appointments, one workstation after another.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use uuid::Uuid;
use wattle_domain::{AppointmentTypeId, ClinicId, PractitionerId, Role, UserId, UtcInstant};
use wattle_server::admin::{self, NewUser};
use wattle_server::config::Config;
use wattle_server::db::connect;
use wattle_server::image::Settings;
use wattle_server::kms::{KeyRing, ServerKey};
use wattle_server::{AppState, serve};

use super::clock::TestClock;
use super::desk::Desk;
use super::figures::Figures;
use super::postgres;

pub const PASSWORD: &str = "correct horse battery";

pub struct House {
    pub database: String,
    pub clinic: ClinicId,
    pub clock: TestClock,
    pub config: Config,
    /// As superuser, past row-level security: for looking and for breaking things.
    pub root: PgPool,
    pub owner: PgPool,
    pub server: Option<Server>,
    /// What wraps keys of the servers that are started from now on.
    pub kms: KeyRing,
    pub has_kms: bool,
    /// The key that gives servers that are started from now on their pass.
    pub server_key: Option<ServerKey>,
    /// The folder of blobs of the servers that are started from now on.
    pub blobs: Option<std::path::PathBuf>,
    pub maria: UserId,
    pub noor: UserId,
    pub dr_lee: PractitionerId,
    pub dr_khan: PractitionerId,
    pub standard: AppointmentTypeId,
}

pub struct Server {
    pub address: SocketAddr,
    /// Where its figures are.
    pub metrics: SocketAddr,
    stop: oneshot::Sender<()>,
    done: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl House {
    pub async fn new() -> Self {
        Self::with(Config::default()).await
    }

    pub async fn with(config: Config) -> Self {
        Self::found(config, true).await
    }

    /// One whose servers have no key: nothing is sealed.
    pub async fn keyless() -> Self {
        Self::found(Config::default(), false).await
    }

    async fn found(config: Config, has_kms: bool) -> Self {
        let database = postgres::database().await;
        let root = postgres::pool(&postgres::superuser_url(&database)).await;
        let owner = connect::owner_pool(&postgres::superuser_url(&database)).await.unwrap();
        let clinic =
            admin::create_clinic(&owner, None, "Wattle Street Clinic", "Australia/Sydney").await.unwrap();
        let maria = user(&owner, clinic, "maria", "Maria Costa", Role::Reception, None).await.0;
        let (_, dr_lee) = user(&owner, clinic, "lee", "Dr Wei Lee", Role::Practitioner, Some("Lee")).await;
        let noor = user(&owner, clinic, "noor", "Noor Haddad", Role::PracticeManager, None).await.0;
        let dr_khan = PractitionerId(Uuid::now_v7());
        let standard = AppointmentTypeId(Uuid::now_v7());
        sqlx::query(
            "INSERT INTO clinic.practitioner (clinic_id, id, family_name, usual_duration_min, sort) \
             VALUES ($1, $2, 'Khan', 15, 2)",
        )
        .bind(clinic.0)
        .bind(dr_khan.0)
        .execute(&root)
        .await
        .unwrap();
        sqlx::query(
            "INSERT INTO clinic.appointment_type (clinic_id, id, name, duration_min, hue, sort) \
             VALUES ($1, $2, 'Standard', 15, 1, 1)",
        )
        .bind(clinic.0)
        .bind(standard.0)
        .execute(&root)
        .await
        .unwrap();
        let mut house = Self {
            database,
            clinic,
            clock: TestClock::monday(),
            config,
            root,
            owner,
            server: None,
            kms: KeyRing::new(Arc::new(ServerKey::from_hex(&"5a".repeat(32)).unwrap()), Vec::new()),
            has_kms,
            server_key: None,
            blobs: None,
            maria,
            noor,
            dr_lee: dr_lee.unwrap(),
            dr_khan,
            standard,
        };
        house.start().await;
        house
    }

    pub async fn start(&mut self) {
        self.server = Some(self.another_server().await);
    }

    /// A second node over the same database.
    pub async fn another_server(&self) -> Server {
        let url = postgres::app_url(&self.database);
        let pool =
            connect::app_pool(&url, self.config.database_connections, self.server_key.as_ref()).unwrap();
        let app = AppState::new(pool, self.config.clone(), Arc::new(self.clock.clone()));
        let app = if self.has_kms { app.with_kms(self.kms.clone()) } else { app };
        let app = match &self.blobs {
            Some(folder) => {
                let key = ServerKey::from_hex(&"5a".repeat(32)).unwrap();
                app.with_images(Settings::new(folder.to_str().unwrap().to_owned(), key)).unwrap()
            }
            None => app,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let figures = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let metrics = figures.local_addr().unwrap();
        tokio::spawn(serve::serve_metrics(figures, app.clone()));
        let (stop, stopped) = oneshot::channel::<()>();
        let done = tokio::spawn(serve::serve(listener, app, async move {
            let _ = stopped.await;
        }));
        Server { address, metrics, stop, done }
    }

    pub async fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            let _ = server.stop.send(());
            server.done.await.unwrap().unwrap();
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.server.as_ref().expect("runs").address
    }

    /// One more who works here.
    pub async fn person(&self, username: &str, role: Role) -> UserId {
        user(&self.owner, self.clinic, username, "Somebody", role, None).await.0
    }

    /// What a scraper reads now.
    pub async fn figures(&self) -> Figures {
        let at = self.server.as_ref().expect("runs").metrics;
        let response = reqwest::get(format!("http://{at}/metrics")).await.unwrap();
        assert_eq!(response.status(), 200);
        Figures::read(&response.text().await.unwrap())
    }

    /// Waits until so many servers listen to PostgreSQL.
    pub async fn wait_for_listeners(&self, servers: i64) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.count("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()").await < servers {
            assert!(Instant::now() < deadline, "nobody listens");
            tokio::task::yield_now().await;
        }
    }

    pub fn clock_now(&self) -> UtcInstant {
        use wattle_domain::time::Clock as _;
        self.clock.now()
    }

    pub async fn code(&self) -> String {
        let now = self.clock_now().to_chrono().unwrap();
        admin::enrolment_code(&self.owner, self.clinic, now).await.unwrap()
    }

    /// A workstation, enrolled and signed in.
    pub async fn desk(&self, name: &str, username: &str) -> Desk {
        Desk::enrol(self, name, username).await
    }

    /// A workstation of another clinic on the same servers.
    pub async fn desk_elsewhere(&mut self, clinic: &str, username: &str) -> Desk {
        let other = admin::create_clinic(&self.owner, None, clinic, "Australia/Perth").await.unwrap();
        user(&self.owner, other, username, "Olga Petrova", Role::Reception, None).await;
        let here = std::mem::replace(&mut self.clinic, other);
        let desk = self.desk("elsewhere-1", username).await;
        self.clinic = here;
        desk
    }

    /// What could not be decided, as whoever must look sees it.
    pub async fn quarantined(&self) -> Vec<admin::Quarantined> {
        admin::quarantined(&self.owner, Some(self.kms.clone()), self.clinic).await.unwrap()
    }

    /// Tells every computer to destroy its keys.
    pub async fn tell_all_to_wipe(&self) {
        self.execute("UPDATE clinic.workstation SET state = 'wipe'").await;
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.root).await.unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    pub async fn text(&self, sql: &'static str) -> String {
        sqlx::query_scalar(sql).fetch_one(&self.root).await.unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    pub async fn execute(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&self.root).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    }
}

async fn user(
    owner: &PgPool,
    clinic: ClinicId,
    username: &str,
    display_name: &str,
    role: Role,
    practitioner: Option<&str>,
) -> (UserId, Option<PractitionerId>) {
    let new = NewUser {
        username: username.to_owned(),
        display_name: display_name.to_owned(),
        roles: vec![role],
        password: PASSWORD.to_owned(),
        practitioner: practitioner.map(str::to_owned),
    };
    admin::add_user(owner, clinic, new).await.unwrap()
}
