//! What a run is: everything that is drawn from the seed beforehand, so that parts of it can be left out.

use wattle_domain::{Role, UserId, WorkstationId};

use crate::mutant::Mutant;
use crate::random::Random;
use crate::server::Behaviour;
use crate::server::start::ClinicStart;

/// A person.
#[derive(Clone, Debug)]
pub struct Person {
    /// Where they work.
    pub clinic: usize,
    /// Their account.
    pub user: UserId,
    /// As what, at first.
    pub roles: Vec<Role>,
}

/// A workstation.
#[derive(Clone, Debug)]
pub struct DeskPlan {
    /// In which clinic.
    pub clinic: usize,
    /// Its id.
    pub workstation: WorkstationId,
    /// Who signs in there, by their place among the people; the first begins.
    pub people: Vec<usize>,
    /// It runs the app before this one.
    pub old_app: bool,
    /// How far its clock is off.
    pub clock_off_ms: i64,
    /// Bytes after which its pulls stop.
    pub pull_max_bytes: u64,
}

/// Something that is going to happen.
#[derive(Clone, Debug)]
pub struct Act {
    /// When.
    pub at_ms: u64,
    /// What.
    pub what: What,
    /// The chance inside it.
    pub seed: u64,
}

#[allow(missing_docs, reason = "each is told by its variant")]
/// What may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Somebody does something.
    Command { desk: usize },
    /// Somebody does several things that stand or fall together.
    Group { desk: usize },
    /// Many things in a short time, perhaps while the network is away.
    Burst { desk: usize, commands: u64, offline_ms: u64 },
    /// Somebody else signs in.
    SwitchUser { desk: usize },
    /// The app ends and starts again.
    Restart { desk: usize },
    /// The power goes in the middle of the next write.
    Crash { desk: usize },
    /// The disk is full for a while.
    FullDisk { desk: usize, for_ms: u64 },
    /// The clock is set.
    ClockJump { desk: usize, by_ms: i64 },
    /// The network is away for a while.
    Partition { desk: usize, for_ms: u64 },
    /// A row of the mirror is damaged without a word.
    Corrupt { desk: usize },
    /// A copy of the disk starts to work too.
    Clone { desk: usize },
    /// Somebody asks for a comparison, or says "try now".
    Ask { desk: usize },
    /// Somebody gets other roles.
    Revoke { person: usize },
    /// And the old ones back.
    Regrant { person: usize },
    /// An importer's transaction.
    Import { clinic: usize, steps: u64, gap_ms: u64, commit: bool },
    /// A standby has this much, a backup is made.
    Save { slot: u32 },
    /// The server is lost, what was saved goes on: as a promoted standby, or as a restored backup.
    Load { slot: u32, restored: bool, down_ms: u64 },
    /// The server is away for a while.
    ServerDown { for_ms: u64 },
    /// Old commits are forgotten.
    Compact { keep_ms: i64, harshly: bool },
    /// The app is brought up to date.
    NewApp { desk: usize },
    /// The server wants the newer app.
    MinVersion,
}

/// How bad the network and the server are, in a thousand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// A request is lost.
    pub lost_request: u64,
    /// An answer is lost.
    pub lost_answer: u64,
    /// A request comes twice, the second time much later.
    pub twice: u64,
    /// A message is slow, so that others overtake it.
    pub slow: u64,
    /// A pull is cut in the middle.
    pub cut: u64,
    /// A live stream breaks with a word.
    pub live_cut: u64,
    /// The server falls over in a push.
    pub crash: u64,
    /// A portal answers in the server's place.
    pub garbled: u64,
    /// A full write is torn by a loss of power.
    pub power: u64,
}

/// A run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its seed.
    pub seed: u64,
    /// The clinics.
    pub clinics: Vec<ClinicStart>,
    /// Everybody.
    pub people: Vec<Person>,
    /// Every workstation.
    pub desks: Vec<DeskPlan>,
    /// How the server behaves.
    pub behaviour: Behaviour,
    /// How bad it is outside.
    pub weather: Weather,
    /// What happens, in order.
    pub acts: Vec<Act>,
    /// When everything is mended.
    pub ends_ms: u64,
    /// How often files are compared.
    pub digest_ms: u64,
}

const CLINICS: usize = 3;
const DESKS: usize = 20;

impl Plan {
    /// The run of a seed.
    #[must_use]
    pub fn of(seed: u64, mutant: Option<Mutant>) -> Self {
        let mut random = Random::of(seed, &[1]);
        let mut people = Vec::new();
        for clinic in 0..CLINICS {
            // Three profiles at least, in every clinic.
            let all =
                [Role::Reception, Role::Reception, Role::PracticeManager, Role::Practitioner, Role::Admin];
            for role in all {
                people.push(Person { clinic, user: UserId(random.id()), roles: vec![role] });
            }
        }
        let clinics = (0..CLINICS).map(|clinic| {
            let here = people.iter().filter(|p| p.clinic == clinic);
            let users = here.map(|p| (p.user, p.roles.clone())).collect();
            ClinicStart { users, patients: random.between(4, 14) }
        });
        let clinics: Vec<ClinicStart> = clinics.collect();
        let old_apps = random.between(100, 500);
        let desks = (0..DESKS + usize::try_from(random.below(4)).unwrap_or(0)).map(|n| {
            let clinic = n % CLINICS;
            let first = clinic * 5;
            let second = usize::try_from(random.below(5)).unwrap_or(0);
            // Every profile stands somewhere; most desks have one person, some two.
            let mut here = vec![first + (n / CLINICS) % 5];
            if random.chance(350) && first + second != here[0] {
                here.push(first + second);
            }
            let off = if random.chance(200) { random.below(7_200_000) } else { random.below(2_000) };
            DeskPlan {
                clinic,
                workstation: WorkstationId(random.id()),
                people: here,
                old_app: random.chance(old_apps),
                clock_off_ms: i64::try_from(off).unwrap_or(0) - 1_000,
                pull_max_bytes: *random.pick(&[400, 3_000, 20_000, 64 << 20]).unwrap_or(&400),
            }
        });
        let desks: Vec<DeskPlan> = desks.collect();
        let weather = weather(&mut random);
        let behaviour = Behaviour {
            mutant,
            frame_rows: usize::try_from(random.between(1, 40)).unwrap_or(1),
            page_pointers: usize::try_from(random.between(1, 60)).unwrap_or(1),
            changes_before_whole: usize::try_from(*random.pick(&[8, 60, 100_000]).unwrap_or(&8)).unwrap_or(8),
            delta_rows: usize::try_from(random.between(0, 40)).unwrap_or(1),
            commands_per_transaction: usize::try_from(random.between(1, 8)).unwrap_or(1),
            poison: some(&mut random, 400, 80),
            hiccups: some(&mut random, 300, 60),
            lost_pointers: some(&mut random, 250, 120),
        };
        let mut plan = Self {
            seed,
            clinics,
            people,
            desks,
            behaviour,
            weather,
            acts: Vec::new(),
            ends_ms: 0,
            digest_ms: random.between(10, 240) * 60_000,
        };
        plan.draw_acts(&mut random);
        plan
    }

    fn draw_acts(&mut self, random: &mut Random) {
        let lasts = random.between(180, 1_500) * 1_000;
        self.ends_ms = lasts;
        let desks = self.desks.len() as u64;
        let mut acts: Vec<(u64, What)> = Vec::new();
        let when = |random: &mut Random| 2_000 + random.below(lasts - 2_000);
        let desk = |random: &mut Random| usize::try_from(random.below(desks)).unwrap_or(0);
        for _ in 0..random.between(30, 90) {
            acts.push((when(random), What::Command { desk: desk(random) }));
        }
        for _ in 0..random.below(9) {
            acts.push((when(random), What::Group { desk: desk(random) }));
        }
        for _ in 0..random.below(4) {
            let offline_ms = if random.chance(600) { random.between(5_000, 120_000) } else { 0 };
            let commands = random.between(3, 14);
            acts.push((when(random), What::Burst { desk: desk(random), commands, offline_ms }));
        }
        for _ in 0..random.below(5) {
            acts.push((when(random), What::SwitchUser { desk: desk(random) }));
        }
        for _ in 0..random.below(4) {
            acts.push((when(random), What::Restart { desk: desk(random) }));
        }
        for _ in 0..random.below(6) {
            acts.push((when(random), What::Crash { desk: desk(random) }));
        }
        for _ in 0..random.below(3) {
            acts.push((
                when(random),
                What::FullDisk { desk: desk(random), for_ms: random.between(5_000, 200_000) },
            ));
        }
        for _ in 0..random.below(4) {
            let days = *random.pick(&[1, 1, 1, -1, -1, -1, 40, -40]).unwrap_or(&1);
            acts.push((when(random), What::ClockJump { desk: desk(random), by_ms: days * 86_400_000 }));
        }
        for _ in 0..random.below(8) {
            let for_ms = random.between(2_000, lasts / 2);
            acts.push((when(random), What::Partition { desk: desk(random), for_ms }));
        }
        if random.chance(300) {
            acts.push((when(random), What::Corrupt { desk: desk(random) }));
        }
        if random.chance(250) {
            acts.push((when(random), What::Clone { desk: desk(random) }));
        }
        for _ in 0..random.below(3) {
            acts.push((when(random), What::Ask { desk: desk(random) }));
        }
        for _ in 0..random.below(3) {
            let person = usize::try_from(random.below(self.people.len() as u64)).unwrap_or(0);
            let at = when(random);
            acts.push((at, What::Revoke { person }));
            if random.chance(600) {
                acts.push((at + random.below(lasts - at + 1), What::Regrant { person }));
            }
        }
        for _ in 0..random.between(1, 5) {
            let clinic = usize::try_from(random.below(CLINICS as u64)).unwrap_or(0);
            let (steps, gap_ms) = (random.between(1, 5), random.between(200, 20_000));
            acts.push((when(random), What::Import { clinic, steps, gap_ms, commit: random.chance(850) }));
        }
        for slot in 1..=some(random, 450, 2) {
            let slot = u32::try_from(slot).unwrap_or(1);
            let at = when(random);
            let restored = random.chance(400);
            let most = if restored { at } else { at.min(20_000) };
            acts.push((at - random.below(most), What::Save { slot }));
            acts.push((at, What::Load { slot, restored, down_ms: random.between(500, 30_000) }));
        }
        if random.chance(250) {
            acts.push((when(random), What::ServerDown { for_ms: random.between(500, 90_000) }));
        }
        for _ in 0..random.below(3) {
            let keep_ms = i64::try_from(random.between(1_000, 200_000)).unwrap_or(0);
            acts.push((when(random), What::Compact { keep_ms, harshly: random.chance(400) }));
        }
        for _ in 0..random.below(3) {
            acts.push((when(random), What::NewApp { desk: desk(random) }));
        }
        if random.chance(80) {
            acts.push((when(random), What::MinVersion));
        }
        acts.sort_by_key(|(at, _)| *at);
        self.acts = acts.into_iter().map(|(at_ms, what)| Act { at_ms, what, seed: random.draw() }).collect();
    }
}

/// So often at all, and then up to so much.
fn some(random: &mut Random, often: u64, most: u64) -> u64 {
    if random.chance(often) { random.between(1, most) } else { 0 }
}

fn weather(random: &mut Random) -> Weather {
    if random.chance(100) {
        return Weather::default();
    }
    Weather {
        lost_request: some(random, 500, 150),
        lost_answer: some(random, 500, 150),
        twice: some(random, 400, 150),
        slow: some(random, 500, 300),
        cut: some(random, 400, 250),
        live_cut: some(random, 400, 100),
        crash: some(random, 300, 120),
        garbled: some(random, 200, 60),
        power: some(random, 150, 25),
    }
}
