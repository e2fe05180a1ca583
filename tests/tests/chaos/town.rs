//! Everything that can break: the house with two clinics, two nodes, ten desks of four roles.

use std::path::Path;
use std::time::Duration;

use wattle_tests::desk::Seat;
use wattle_tests::house::{House, PEOPLE, Person, Server, Size, add_people_to};
use wattle_tests::processes::{free_port, wait_for};

use super::desk::{DeskProcess, NewDesk};
use super::disk::SmallDisk;

/// Longest wait for anything that should come by itself.
pub const PATIENCE: Duration = Duration::from_secs(120);
const SIZE: Size = Size { patients: 120, practitioners: 3, appointments: 360 };

/// What is written into the rows of a class, so that it can be looked for in files where it must not be.
pub const FRONT: [&str; 2] = ["zinnia", "zephyr"];
pub const ADMIN: [&str; 2] = ["quokka", "quoll"];

const OTTO: Person = Person {
    username: "otto",
    display_name: "Otto Berg",
    role: "admin",
    password: "nobody-reads-the-manual",
    column: None,
};

/// Who sits where: the clinic, and the person's place among the people and Otto.
const SEATS: [(usize, usize); 10] =
    [(0, 0), (0, 0), (0, 1), (0, 1), (0, 2), (0, 3), (1, 0), (1, 0), (1, 1), (1, 2)];
/// The desk of the manager of the first clinic, whose grants are taken away.
pub const MANAGER: usize = 4;
/// The desk whose disk fills up.
pub const SMALL: usize = 1;

pub struct Town {
    pub house: House,
    pub clinics: [String; 2],
    pub nodes: [Node; 2],
    pub desks: Vec<DeskProcess>,
    /// The small disk of one desk; why there is none.
    pub disk: Result<SmallDisk, String>,
}

pub struct Node {
    pub url: String,
    port: u16,
    starts: u32,
    server: Option<Server>,
}

impl Node {
    fn new() -> Self {
        let port = free_port().unwrap();
        Self { url: format!("http://127.0.0.1:{port}"), port, starts: 0, server: None }
    }

    pub async fn start(&mut self, house: &House, which: usize) {
        if self.server.is_none() {
            self.starts += 1;
            let name = format!("node-{which}-{}", self.starts);
            self.server = Some(house.start_node(&name, self.port).await.unwrap());
        }
    }

    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill();
        }
    }

    pub fn last_words(&self) -> String {
        let said = self.server.as_ref().map(Server::log).unwrap_or_default();
        let lines: Vec<&str> = said.lines().rev().take(15).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Town {
    /// Everything started, every desk with its first sync done and at work.
    pub async fn found(dir: &Path, seed: u64) -> Self {
        let house = House::found(dir, true).unwrap();
        let clinics = [house.clinic().to_owned(), house.add_clinic("Banksia Road Practice").unwrap()];
        for (clinic, seed) in clinics.iter().zip([7, 8]) {
            house.import_sample_into(clinic, SIZE, seed, "11:00").unwrap();
            add_people_to(&house, clinic).unwrap();
        }
        house.add_person_to(&clinics[0], &OTTO, None).unwrap();
        let mut nodes = [Node::new(), Node::new()];
        for (which, node) in nodes.iter_mut().enumerate() {
            node.start(&house, which).await;
        }
        let disk = SmallDisk::mount(&dir.join("small"));
        let mut desks = Vec::new();
        for (place, (clinic, person)) in SEATS.into_iter().enumerate() {
            let person = PEOPLE.get(person).unwrap_or(&OTTO);
            let name = format!("{}-{place}", person.username);
            let code = house.enrolment_code_of(&clinics[clinic]).unwrap();
            // Half of the desks are nearer to one node, half to the other.
            let (near, far) = (&nodes[place % 2].url, &nodes[1 - place % 2].url);
            let seat = Seat::enrol(near, &code, &name, person.username, person.password).await.unwrap();
            let seed = seed.wrapping_mul(31).wrapping_add(place as u64);
            let word = FRONT[clinic];
            let nodes = vec![near.as_str(), far.as_str()];
            let mut desk = DeskProcess::new(NewDesk { name, clinic, word, seat, nodes, dir, seed }).await;
            if let (SMALL, Ok(disk)) = (place, &disk) {
                desk.file = disk.path().join("clinic.db");
            }
            desks.push(desk);
        }
        let mut town = Self { house, clinics, nodes, desks, disk };
        town.plant_canaries();
        for desk in &mut town.desks {
            desk.start();
        }
        let first_sync = wait_for("every first sync", PATIENCE, async || {
            let mut desks = town.desks.iter_mut();
            desks.all(|desk| desk.standing().is_some_and(|s| s["in_step"] == true)).then_some(())
        });
        let first_sync = first_sync.await;
        first_sync.unwrap_or_else(|error| panic!("{error}\n{}", town.report()));
        town.desks.iter_mut().for_each(DeskProcess::work);
        town
    }

    /// A row of the class `admin` in each clinic with a word that no other class may hold. It says that it was not believed:
    /// of anything else `verify-audit` would miss the command.
    fn plant_canaries(&self) {
        for (clinic, word) in self.clinics.iter().zip(ADMIN) {
            let sql = format!(
                "SET wattle.clinic = '{clinic}'; INSERT INTO clinic.audit_event (clinic_id, id, at, user_id, role, workstation_id, action, \
                 command_id, outcome, changes) SELECT '{clinic}', gen_random_uuid(), date_trunc('milliseconds', now()), gen_random_uuid(), '{word}', \
                 gen_random_uuid(), '{word}', gen_random_uuid(), 'not_believed', '[]' FROM generate_series(1, 20)"
            );
            self.house.text(&sql).unwrap();
        }
    }

    /// Commands that people were told are saved.
    pub fn saved(&self) -> usize {
        self.desks.iter().map(|desk| desk.ledger().len()).sum()
    }

    /// Waits until so many more commands are saved.
    pub async fn work_on(&mut self, commands: usize) {
        let from = self.saved();
        let done = wait_for("people go on working", PATIENCE, async || {
            self.desks.iter_mut().for_each(|desk| drop(desk.standing()));
            (self.saved() >= from + commands).then_some(())
        });
        let done = done.await;
        done.unwrap_or_else(|error| panic!("{error}\n{}", self.report()));
    }

    /// How everything stands, for a failure.
    pub fn report(&mut self) -> String {
        let mut all = String::new();
        for desk in &mut self.desks {
            let standing = desk.last_standing();
            all.push_str(&format!("{}: {standing}\n{}\n", desk.name, desk.last_words()));
        }
        for (which, node) in self.nodes.iter().enumerate() {
            all.push_str(&format!("node {which}:\n{}\n", node.last_words()));
        }
        all
    }
}
