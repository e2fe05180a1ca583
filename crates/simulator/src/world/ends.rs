//! The end of a run: everything is mended, everybody comes online, and then everything must be right.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;
use wattle_domain::role::profile;
use wattle_domain::{CommandId, FeedClass, Row, TableName};
use wattle_local_store::PullKind;
use wattle_protocol::push::Verdict;
use wattle_sync_engine::machine::Event;

use super::World;
use crate::canary;
use crate::desk::look::Look;
use crate::mutant::Mutant;
use crate::plan::Weather;
use crate::server::history::Wrong;

/// How long everybody may take to be in step once nothing is in the way.
const HEALS_MS: u64 = 3_600_000;
/// Looked at this often.
const STEP_MS: u64 = 20_000;

impl World {
    /// Runs the whole plan, mends everything, and checks.
    pub fn run(&mut self) {
        self.run_until(self.plan.ends_ms);
        if self.wrong.is_some() {
            return;
        }
        self.mend();
        // Twice: what one file still had to send is news for the others.
        for round in 0..2 {
            self.visit_all(round);
            if self.wrong.is_some() {
                return;
            }
        }
        self.compare_all();
        if self.wrong.is_none() {
            self.check_commands();
        }
        self.server.check();
        if let Some(wrong) = self.server.wrong.first().cloned() {
            self.fail(wrong);
        }
    }

    fn mend(&mut self) {
        self.trace.note(self.now_ms, format_args!("everything is mended"));
        self.healing = true;
        self.weather = Weather::default();
        self.server_up = true;
        self.server.behaviour.poison = 0;
        self.server.behaviour.hiccups = 0;
        self.server.behaviour.lost_pointers = 0;
        self.server.imports.clear();
        for person in self.plan.people.clone() {
            self.server.database.clinic_mut(person.clinic).roles.insert(person.user, person.roles);
        }
        for here in &mut self.desks {
            here.cut_until_ms = 0;
            here.crash_armed = false;
            here.full_until_ms = 0;
            if let Some(open) = &here.open {
                let _ = open.store.limit_pages(None);
            }
            // The old app is brought up to date: what it could not compare is compared now.
            here.old_app = false;
        }
        for desk in 0..self.desks.len() {
            self.stop(desk);
        }
        // Whatever was under way has its end.
        self.run_until(self.now_ms + 120_000);
        self.moved();
    }

    /// Opens every file of every desk in turn, until it is idle and online.
    fn visit_all(&mut self, round: usize) {
        let most = self.desks.iter().map(|d| d.files.len()).max().unwrap_or(0);
        for nth in 0..most {
            let mut visited = Vec::new();
            for desk in 0..self.desks.len() {
                let Some(name) = self.desks[desk].files.keys().nth(nth).cloned() else { continue };
                let Some(person) = self.person_for(desk, &name) else {
                    self.check_unattended(desk, &name);
                    continue;
                };
                if let Some(open) = &self.desks[desk].open {
                    if open.profile == name {
                        visited.push(desk);
                        continue;
                    }
                    self.stop(desk);
                }
                self.start(desk, person);
                visited.push(desk);
            }
            self.settle(&visited, round);
            if self.wrong.is_some() {
                return;
            }
        }
    }

    /// Somebody of the clinic whose roles open this file.
    fn person_for(&self, desk: usize, name: &str) -> Option<usize> {
        let here = &self.desks[desk];
        let fits = |person: usize| {
            self.plan.people[person].clinic == here.clinic && profile(&self.plan.people[person].roles) == name
        };
        here.people
            .iter()
            .copied()
            .find(|p| fits(*p))
            .or_else(|| (0..self.plan.people.len()).find(|p| fits(*p)))
    }

    /// Nobody has this profile any more: what is unsent stays in the file, and that is all that can be asked of it.
    fn check_unattended(&mut self, desk: usize, name: &str) {
        self.trace.note(self.now_ms, format_args!("desk {desk}: nobody opens {name}"));
    }

    /// Runs until these desks are idle and online, with nothing to mend.
    fn settle(&mut self, desks: &[usize], round: usize) {
        let until = self.now_ms + HEALS_MS;
        let mut asked: BTreeSet<usize> = BTreeSet::new();
        while self.wrong.is_none() {
            let restless: Vec<usize> = desks.iter().copied().filter(|&d| !self.is_settled(d)).collect();
            let unasked: Vec<usize> = desks
                .iter()
                .copied()
                .filter(|d| round > 0 && !asked.contains(d) && !restless.contains(d))
                .collect();
            if restless.is_empty() && unasked.is_empty() {
                return;
            }
            for desk in unasked {
                asked.insert(desk);
                self.compare_now(desk, None);
            }
            if self.now_ms > until {
                let desk = restless.first().copied().unwrap_or(0);
                let here = &self.desks[desk];
                let state = here.open.as_ref().map(|open| {
                    let damaged = here.files.get(&open.profile).map(|f| f.damaged.len());
                    format!(
                        "{:?}, damaged {damaged:?}, {:?}",
                        open.store.sync_facts().ok(),
                        open.machine.sync_state()
                    )
                });
                let what = format!("desk {desk}: {}", state.unwrap_or_else(|| "is off".into()));
                return self.fail(Wrong::new("after healing every machine is idle and online", what));
            }
            self.run_until(self.now_ms + STEP_MS);
            self.forget_mended(desks);
        }
    }

    /// Compares everything at once, or the contents of a bucket of every table: a machine does this table by table.
    fn compare_now(&mut self, desk: usize, content_of: Option<u8>) {
        let Some(caller) = self.caller(desk) else { return };
        let Some(open) = &self.desks[desk].open else { return };
        if !open.machine.is_idle_online() {
            return;
        }
        let kind = PullKind::Digest { tables: Vec::new(), content_of };
        let Ok(asked) = open.store.pull_request(kind, u64::MAX) else { return };
        let Ok(frames) = self.server.pull(caller, &asked) else { return };
        let mut frames = self.over_the_wire(caller, frames);
        if self.server.is(Mutant::AdoptDigest) {
            self.adopt_digests(desk, &asked, &mut frames);
        }
        let Some(open) = &self.desks[desk].open else { return };
        let done = open.store.begin_pull_of(&asked).and_then(|mut pull| {
            frames.into_iter().try_for_each(|frame| pull.frame(frame))?;
            pull.finish()
        });
        match done {
            Ok(done) => self.note_digest(desk, &asked, done.wrong_buckets),
            Err(error) => self.fail(Wrong::new("every frame fits", format!("desk {desk}: {error}"))),
        }
        if let Some(facts) = self.facts(desk) {
            self.tell(desk, Event::OutboxChanged(facts));
        }
    }

    fn is_settled(&self, desk: usize) -> bool {
        let here = &self.desks[desk];
        let Some(open) = &here.open else { return false };
        open.machine.is_idle_online() && here.files.get(&open.profile).is_some_and(|f| f.damaged.is_empty())
    }

    /// Damage that is not there any more need not be looked for; while there is some, content is compared now and then.
    fn forget_mended(&mut self, desks: &[usize]) {
        for &desk in desks {
            let here = &self.desks[desk];
            let Some(open) = &here.open else { continue };
            let Some(file) = here.files.get(&open.profile) else { continue };
            if file.damaged.is_empty() {
                continue;
            }
            let data = self.server.database.clinic(here.clinic);
            let good = |(table, bucket): &(TableName, u8)| {
                let ours = open.look.mirror(*table);
                let theirs: BTreeMap<Uuid, &Row> = data.of(*table).map(|row| (row.id, &**row)).collect();
                let of = |id: &Uuid| wattle_sync_rules::digest::bucket_of(*id) == *bucket;
                let ids: BTreeSet<&Uuid> = ours.keys().chain(theirs.keys()).filter(|id| of(id)).collect();
                ids.into_iter().all(|id| match (ours.get(id), theirs.get(id)) {
                    (Some(ours), Some(theirs)) => same(ours, theirs),
                    (None, None) => true,
                    _ => false,
                })
            };
            let mended: Vec<(TableName, u8)> = file.damaged.iter().copied().filter(good).collect();
            let profile = open.profile.clone();
            let left = file.damaged.len() - mended.len();
            if let Some(file) = self.desks[desk].files.get_mut(&profile) {
                file.damaged.retain(|bucket| !mended.contains(bucket));
            }
            if left > 0 {
                let buckets: BTreeSet<u8> =
                    self.desks[desk].files[&profile].damaged.iter().map(|(_, bucket)| *bucket).collect();
                for bucket in buckets {
                    self.compare_now(desk, Some(bucket));
                }
            }
        }
    }

    /// Every file has just the rows that it should.
    fn compare_all(&mut self) {
        for desk in 0..self.desks.len() {
            self.stop(desk);
            let files: Vec<(String, std::path::PathBuf)> =
                self.desks[desk].files.iter().map(|(n, f)| (n.clone(), f.path.clone())).collect();
            for (name, path) in files {
                let Some(person) = self.person_for(desk, &name) else { continue };
                let granted = self.granted_to(desk, person);
                let look = Look::open(&path);
                let wrong = self.compare(desk, &name, &granted, &look);
                drop(look);
                if let Some(wrong) = wrong {
                    return self.fail(wrong);
                }
            }
        }
    }

    fn compare(&self, desk: usize, name: &str, granted: &[FeedClass], look: &Look) -> Option<Wrong> {
        let here = &self.desks[desk];
        let file = here.files.get(name)?;
        let data = self.server.database.clinic(here.clinic);
        for &table in TableName::ALL {
            let ours: BTreeMap<Uuid, Row> = look.rows(table).into_iter().map(|row| (row.id, row)).collect();
            let visible = granted.contains(&table.table().class);
            let theirs: BTreeMap<Uuid, &Row> =
                data.of(table).filter(|_| visible).map(|row| (row.id, &**row)).collect();
            let wrong = |what: String| {
                let what = format!("desk {desk} {name}: {what} in {}", table.as_str());
                Some(Wrong::new("after healing every view is what the roles grant", what))
            };
            if let Some(id) = theirs.keys().find(|id| !ours.contains_key(id)) {
                return wrong(format!("{id} is missing"));
            }
            for (id, row) in &ours {
                match theirs.get(id) {
                    None => return wrong(format!("{id} is not at the server")),
                    Some(theirs) if !same(row, theirs) => {
                        return wrong(format!("{id} differs: {row:?} here, {theirs:?} there"));
                    }
                    Some(_) => {}
                }
            }
        }
        for (what, sql) in [
            ("a command waits", "SELECT count(*) FROM outbox WHERE state <> 'rejected'"),
            ("a mirror image is left", "SELECT count(*) FROM mirror_image"),
            ("a footprint is left", "SELECT count(*) FROM pending_row"),
            ("a span is left", "SELECT count(*) FROM pending_span"),
            ("a bucket waits to be mended", "SELECT count(*) FROM repair"),
        ] {
            if look.number(sql) > 0 {
                return Some(Wrong::new(
                    "after healing every outbox is empty",
                    format!("desk {desk} {name}: {what}"),
                ));
            }
        }
        let cards = look.number(
            "SELECT (SELECT count(*) FROM patient WHERE deleted_at IS NULL AND id NOT IN (SELECT patient_id FROM patient_card))
                  + (SELECT count(*) FROM patient_card WHERE patient_id NOT IN (SELECT id FROM patient))",
        );
        if cards > 0 {
            return Some(Wrong::new(
                "cards are of the patients that are there",
                format!("desk {desk} {name}: {cards} are not"),
            ));
        }
        let allowed: BTreeSet<FeedClass> = granted.iter().copied().collect();
        let mut wrong = None;
        let mut here_too = false;
        canary::scan(&look.bytes(), |mark, word| {
            here_too |= mark == (here.clinic, FeedClass::Ref);
            if !file.own_words.contains(word) && (mark.0 != here.clinic || !allowed.contains(&mark.1)) {
                let what = format!("desk {desk} {name}: {mark:?}, {word}");
                wrong.get_or_insert(Wrong::new("no file has a byte that is not granted", what));
            }
        });
        if !here_too {
            // The look itself would find what must not be there: it finds what must.
            return Some(Wrong::new("the marks can be seen", format!("desk {desk} {name}")));
        }
        wrong
    }

    /// Every command that was said to be saved has its end, and it is the same at the server and at the desk.
    fn check_commands(&mut self) {
        let mut wrong = None;
        for desk in 0..self.desks.len() {
            let here = &self.desks[desk];
            let data = self.server.database.clinic(here.clinic);
            for (name, file) in &here.files {
                let look = Look::open(&file.path);
                let outbox = look.outbox();
                let attended = self.person_for(desk, name).is_some();
                for id in &file.saved {
                    let at_server = data.log.get(id).map(|entry| &entry.verdict);
                    let here = outbox.get(id);
                    let refused = here.is_some_and(|w| w.state == "rejected" && w.shown);
                    let good = match at_server {
                        Some(Verdict::Applied | Verdict::Merged | Verdict::Conflict { .. }) => {
                            here.is_none() || !attended
                        }
                        Some(Verdict::Rejected { .. } | Verdict::Quarantined) => refused || !attended,
                        Some(Verdict::Deferred { .. }) => false,
                        None => refused || !attended && here.is_some(),
                    };
                    if !good {
                        let what = format!(
                            "desk {desk} {name}: {id} is {at_server:?} at the server and {here:?} here"
                        );
                        wrong.get_or_insert(Wrong::new("no acknowledged command is lost", what));
                    }
                }
                if let Some(id) = unaccounted(&outbox.keys().copied().collect(), data, &outbox) {
                    let what = format!("desk {desk} {name}: {id} was applied and is shown as refused");
                    wrong.get_or_insert(Wrong::new("a verdict is the same on both sides", what));
                }
            }
        }
        if let Some(wrong) = wrong {
            self.fail(wrong);
        }
    }
}

/// A command that the server applied and that a desk shows as refused.
fn unaccounted(
    ids: &BTreeSet<CommandId>,
    data: &crate::server::database::ClinicData,
    outbox: &BTreeMap<CommandId, crate::desk::look::Waiting>,
) -> Option<CommandId> {
    ids.iter().copied().find(|id| {
        let applied = data.applied.contains_key(id);
        applied && outbox.get(id).is_some_and(|w| w.state == "rejected")
    })
}

/// Two copies of a row say the same; a field that is missing is one without a value.
#[must_use]
pub fn same(a: &Row, b: &Row) -> bool {
    let fields = |row: &Row| -> BTreeMap<String, serde_json::Value> {
        row.fields.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), v.clone())).collect()
    };
    (a.id, a.rev, &a.attribution) == (b.id, b.rev, &b.attribution) && fields(a) == fields(b)
}
