//! Short messages at the edge: what could not be done with the way out, or what was done with the way back.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use wattle_protocol::ipc::CommandError;

use crate::words;

/// A button of a toast.
#[derive(Clone)]
pub(crate) struct WayOut {
    /// What it says.
    pub(crate) label: String,
    /// What it does.
    pub(crate) run: Arc<dyn Fn() + Send + Sync>,
}

impl WayOut {
    /// A button.
    pub(crate) fn new(label: impl Into<String>, run: impl Fn() + Send + Sync + 'static) -> Self {
        Self { label: label.into(), run: Arc::new(run) }
    }
}

/// One message.
#[derive(Clone)]
pub(crate) struct Toast {
    /// Which.
    pub(crate) id: u32,
    /// Something went wrong.
    pub(crate) fault: bool,
    /// What it says.
    pub(crate) text: String,
    /// Its buttons.
    pub(crate) ways: Vec<WayOut>,
}

/// The messages on the screen.
#[derive(Clone, Copy)]
pub(crate) struct Toasts {
    /// Oldest first.
    pub(crate) shown: RwSignal<Vec<Toast>>,
    last: StoredValue<u32>,
}

/// More than this many hide the page they are about.
const MOST: usize = 3;

impl Toasts {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self { shown: RwSignal::new(Vec::new()), last: StoredValue::new(0) }
    }

    /// Something was done.
    pub(crate) fn done(self, text: impl Into<String>, ways: Vec<WayOut>) {
        self.push(false, text.into(), ways, 6);
    }

    /// Something could not be done.
    pub(crate) fn fault(self, error: &CommandError) {
        self.fault_with(words::fault(error), Vec::new());
    }

    /// Something could not be done, and this is what can be done instead.
    pub(crate) fn fault_with(self, text: impl Into<String>, ways: Vec<WayOut>) {
        self.push(true, text.into(), ways, 20);
    }

    /// Takes one away.
    pub(crate) fn close(self, id: u32) {
        self.shown.update(|shown| shown.retain(|t| t.id != id));
    }

    fn push(self, fault: bool, text: String, ways: Vec<WayOut>, seconds: u64) {
        let id =
            self.last.try_update_value(|n| *n += 1).and_then(|()| self.last.try_get_value()).unwrap_or(0);
        self.shown.update(|shown| {
            shown.retain(|t| t.text != text);
            shown.push(Toast { id, fault, text, ways });
            let extra = shown.len().saturating_sub(MOST);
            shown.drain(..extra);
        });
        set_timeout(
            move || {
                self.shown.try_update(|shown| shown.retain(|t| t.id != id));
            },
            Duration::from_secs(seconds),
        );
    }
}
