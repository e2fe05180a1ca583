//! A value of the shell that is fetched again whenever something it depends on has moved.

use std::future::Future;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_protocol::ipc::CommandError;

use crate::ipc::Answer;

/// What was last fetched, and whether that went well.
pub(crate) struct Live<T: Send + Sync + 'static> {
    /// The last good answer; stays while a newer one is on its way.
    pub(crate) value: RwSignal<Option<T>>,
    /// The last call failed so.
    pub(crate) fault: RwSignal<Option<CommandError>>,
}

impl<T: Send + Sync + 'static> Clone for Live<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Live<T> {}

impl<T: Send + Sync + PartialEq + 'static> Live<T> {
    /// Fetches now, and again when a signal that `query` reads has changed. `None` fetches nothing and clears
    /// value and fault. One call is on its way at a time: what comes meanwhile is fetched once, after it, so a burst of events
    /// costs two calls.
    pub(crate) fn new<Q, F, Fut>(query: impl Fn() -> Option<Q> + 'static, fetch: F) -> Self
    where
        Q: Clone + PartialEq + Send + Sync + 'static,
        F: Fn(Q) -> Fut + Copy + 'static,
        Fut: Future<Output = Answer<T>> + 'static,
    {
        let live = Self { value: RwSignal::new(None), fault: RwSignal::new(None) };
        let wanted = StoredValue::new(None::<Q>);
        let busy = StoredValue::new(false);
        let cleared = StoredValue::new(false);
        Effect::new(move |_| {
            let query = query();
            cleared.set_value(query.is_none());
            let Some(q) = query else {
                wanted.set_value(None);
                live.value.set(None);
                // What was wrong with the last wish says nothing about the next one.
                live.fault.set(None);
                return;
            };
            wanted.set_value(Some(q));
            if busy.get_value() {
                return;
            }
            busy.set_value(true);
            spawn_local(async move {
                // A wish that arrives while the answer is awaited replaces the one before it.
                while let Some(q) = wanted.try_update_value(Option::take).flatten() {
                    let answer = fetch(q).await;
                    let newest = wanted.try_with_value(Option::is_none).unwrap_or(false)
                        && cleared.try_get_value() == Some(false);
                    match answer {
                        Ok(value) if newest => live.accept(value),
                        Err(error) if newest => drop(live.fault.try_set(Some(error))),
                        Ok(_) | Err(_) => {}
                    }
                }
                busy.try_set_value(false);
            });
        });
        live
    }

    fn accept(self, value: T) {
        self.fault.try_set(None);
        let same = self.value.try_with_untracked(|old| old.as_ref() == Some(&value)).unwrap_or(true);
        if !same {
            self.value.try_set(Some(value));
        }
    }
}
