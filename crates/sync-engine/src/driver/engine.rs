//! The one task that feeds the machine.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};
use wattle_domain::time::Clock;
use wattle_protocol::ipc::session::SyncState;

use super::context::{Context, Look};
use super::work::{After, Done};
use super::{Calls, live, pull, work};
use crate::machine::{Config, Event, Facts, Fault, FaultKind, Instruction, Machine, Timer, Work};

/// What live says between two looks of the engine; then live waits.
const EVENTS: usize = 64;
/// How long a refresh may take to end when the engine stops: its answer uses up the old token.
const LAST_REFRESH: Duration = Duration::from_secs(5);
/// Between two tries to read a file at the very start.
const START_AGAIN: Duration = Duration::from_secs(1);

struct Engine {
    context: Arc<Context>,
    machine: Machine,
    clock: Arc<dyn Clock>,
    timers: BTreeMap<Timer, Instant>,
    tasks: JoinSet<Result<Done, Fault>>,
    works: HashMap<Id, (Work, AbortHandle)>,
    /// Somebody is looking what another has changed in the file.
    looking: Option<Id>,
    /// The number of the latest look that the machine knows of.
    seen: Option<u64>,
    events: mpsc::Sender<Event>,
    live_open: bool,
    sync_state: watch::Sender<SyncState>,
}

pub(super) async fn run(
    context: Context,
    config: Config,
    clock: Arc<dyn Clock>,
    calls: Arc<Calls>,
    mut stop: watch::Receiver<bool>,
    sync_state: watch::Sender<SyncState>,
) {
    let (events, mut heard) = mpsc::channel(EVENTS);
    let mut engine = Engine {
        context: Arc::new(context),
        machine: Machine::new(config),
        clock,
        timers: BTreeMap::new(),
        tasks: JoinSet::new(),
        works: HashMap::new(),
        looking: None,
        seen: None,
        events,
        live_open: false,
        sync_state,
    };
    tokio::select! {
        () = stopped(&mut stop) => {}
        () = engine.run(&calls, &mut heard) => {}
    }
    drop(heard);
    engine.end().await;
}

/// Returns when the engine is to stop, or the driver is gone.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

impl Engine {
    async fn run(&mut self, calls: &Calls, heard: &mut mpsc::Receiver<Event>) {
        let facts = loop {
            match self.context.blocking(Context::look).await {
                Ok(Ok(look)) => break self.newest(look),
                _ => tokio::time::sleep(START_AGAIN).await,
            }
        };
        self.handle(Event::Started(facts));
        loop {
            let next = self.timers.iter().min_by_key(|(_, at)| **at).map(|(timer, at)| (*timer, *at));
            let event = tokio::select! {
                biased;
                // Before the tasks: live's last words come before its end.
                Some(event) = heard.recv() => {
                    self.live_open |= event == Event::LiveOpened;
                    event
                }
                Some(joined) = self.tasks.join_next_with_id() => match self.joined(joined) {
                    Some(event) => event,
                    None => continue,
                },
                // One look at a time; a nudge meanwhile is kept for the next.
                () = calls.nudge.notified(), if self.looking.is_none() => {
                    self.look();
                    continue;
                }
                () = calls.check.notified() => Event::CheckNow,
                () = calls.wake.notified() => Event::Wake,
                () = calls.signed_in.notified() => Event::SignedIn,
                timer = fired(next) => {
                    self.timers.remove(&timer);
                    Event::TimerFired(timer)
                }
            };
            self.handle(event);
        }
    }

    fn handle(&mut self, event: Event) {
        for instruction in self.machine.handle(event, self.clock.now()) {
            self.carry_out(instruction);
        }
    }

    fn carry_out(&mut self, instruction: Instruction) {
        let context = Arc::clone(&self.context);
        match instruction {
            Instruction::OpenSession => self.spawn(Work::Session, work::session(context)),
            Instruction::Refresh => self.spawn(Work::Refresh, work::refresh(context)),
            Instruction::Push { max_commands, max_bytes } => {
                self.spawn(Work::Push, work::push(context, max_commands, max_bytes));
            }
            Instruction::RecordAnswers(answers) => self.spawn(Work::Push, work::record(context, answers)),
            Instruction::Pull { max_bytes, kind, first } => {
                self.spawn(Work::Pull, pull::pull(context, max_bytes, kind, first));
            }
            Instruction::TakeIn(delta) => {
                // The one path where a hop counts: straight to a thread that may block.
                let handle = self.tasks.spawn_blocking(move || Ok(pull::take_in(&context, delta)));
                self.works.insert(handle.id(), (Work::Pull, handle));
            }
            Instruction::OpenLive => self.spawn(Work::Live, live::live(context, self.events.clone())),
            Instruction::CloseLive => self.abort(|work| work == Work::Live),
            Instruction::Tidy(tidy) => self.spawn(Work::Tidy, work::tidy(context, tidy)),
            Instruction::SetTimer { timer, after_ms } => {
                self.timers.insert(timer, Instant::now() + Duration::from_millis(after_ms));
            }
            Instruction::ClearTimer(timer) => {
                self.timers.remove(&timer);
            }
            Instruction::ProfileChanged => {
                self.context.profile_changed.send_replace(true);
            }
            Instruction::Report(state) => {
                self.sync_state.send_replace(state);
            }
        }
    }

    fn spawn(&mut self, work: Work, task: impl Future<Output = Result<Done, Fault>> + Send + 'static) {
        let handle = self.tasks.spawn(task);
        self.works.insert(handle.id(), (work, handle));
    }

    fn look(&mut self) {
        let context = Arc::clone(&self.context);
        let look = move || context.look().map(|look| Done::After(After::Changed, look));
        self.looking = Some(self.tasks.spawn_blocking(look).id());
    }

    /// The facts of this look, or those of a later one that the machine has already.
    fn newest(&mut self, look: Look) -> Facts {
        if self.seen.is_some_and(|seen| look.number < seen) {
            return self.machine.facts().clone();
        }
        self.seen = Some(look.number);
        look.facts
    }

    fn abort(&self, which: impl Fn(Work) -> bool) {
        for (_, handle) in self.works.values().filter(|(work, _)| which(*work)) {
            handle.abort();
        }
    }

    /// The event for a piece of work that ended, in whatever way: the machine waits for it.
    fn joined(&mut self, joined: Result<(Id, Result<Done, Fault>), JoinError>) -> Option<Event> {
        let id = match &joined {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        if self.looking == Some(id) {
            self.looking = None;
            return Some(self.looked(joined));
        }
        let (work, _) = self.works.remove(&id)?;
        let failed = |fault| Event::Failed { work, fault };
        let live_was_open = work == Work::Live && std::mem::take(&mut self.live_open);
        Some(match joined {
            _ if live_was_open => Event::LiveClosed,
            Ok((_, Ok(Done::Event(event)))) => event,
            Ok((_, Ok(Done::After(after, look)))) => with_facts(&after, self.newest(look)),
            Ok((_, Err(fault))) => failed(fault),
            // Aborted by us, or a panic, which the panic hook has told of.
            Err(_) => failed(Fault::new(FaultKind::Store)),
        })
    }

    fn looked(&mut self, joined: Result<(Id, Result<Done, Fault>), JoinError>) -> Event {
        if let Ok((_, Ok(Done::After(after, look)))) = joined {
            return with_facts(&after, self.newest(look));
        }
        // The file cannot be read just now; a push that finds the same tries again by itself.
        let mut facts = self.machine.facts().clone();
        facts.outbox_len = facts.outbox_len.max(1);
        Event::OutboxChanged(facts)
    }

    /// Lets go of everything. A refresh may finish, because its answer uses up the old token; all other work is cut.
    async fn end(mut self) {
        self.handle(Event::Stop);
        self.abort(|work| work != Work::Refresh);
        let drained = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(LAST_REFRESH, drained).await.is_err() {
            self.tasks.shutdown().await;
        }
        // What blocks goes on to its end, and holds the context as long.
        let mut closed = self.context.first_sync.subscribe();
        drop(self);
        while closed.changed().await.is_ok() {}
    }
}

fn with_facts(after: &After, facts: Facts) -> Event {
    match *after {
        After::Recorded => Event::AnswersRecorded(facts),
        After::Pulled { complete } => Event::PullFinished { complete, facts },
        After::Tidied => Event::Tidied(facts),
        After::Changed => Event::OutboxChanged(facts),
    }
}

async fn fired(next: Option<(Timer, Instant)>) -> Timer {
    match next {
        Some((timer, at)) => {
            sleep_until(at).await;
            timer
        }
        None => std::future::pending().await,
    }
}
