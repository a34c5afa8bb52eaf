//! On whose behalf and from where something is asked of the vault: what the log says of it besides whose key it is.
//!
//! It goes with the task that asks, and not with each call: whoever answers a request knows it, the many between there and the
//! vault need not (docs/adr/0035). What nobody said anything of is the process's own doing.

use std::sync::Arc;

/// What entries say that were made outside of any [`Caller`].
pub(super) const PROCESS: &str = "process";
/// What others sent may be in it; the log keeps this much.
const MOST: usize = 100;

tokio::task_local! {
    static CALLER: Caller;
}

/// From where, and by whom where that may be another than the key's owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    origin: Arc<str>,
    actor: Option<Arc<str>>,
}

impl Caller {
    /// From a place, in words: `api 203.0.113.7`, `cli`, `upkeep`.
    #[must_use]
    pub fn from(origin: &str) -> Self {
        Self { origin: clean(origin), actor: None }
    }

    /// What nobody asked for just then.
    #[must_use]
    pub fn process() -> Self {
        Self::from(PROCESS)
    }

    /// The same, by somebody: a user's id, or what else tells who it is. An entry about the actor's own keys does not repeat it.
    #[must_use]
    pub fn by(self, actor: &str) -> Self {
        Self { actor: Some(clean(actor)), ..self }
    }

    /// Does something on this caller's behalf. Tasks that it spawns are not in it.
    pub async fn asks<F: Future>(self, what: F) -> F::Output {
        CALLER.scope(self, what).await
    }

    /// The same without a runtime.
    pub fn asks_here<T>(self, what: impl FnOnce() -> T) -> T {
        CALLER.sync_scope(self, what)
    }

    /// On whose behalf this task runs.
    #[must_use]
    pub fn present() -> Self {
        CALLER.try_with(Self::clone).unwrap_or_else(|_| Self::process())
    }

    pub(super) fn into_parts(self) -> (String, Option<String>) {
        (self.origin.as_ref().to_owned(), self.actor.map(|actor| actor.as_ref().to_owned()))
    }
}

fn clean(text: &str) -> Arc<str> {
    let clean: String = text.chars().filter(|char| !char.is_control()).take(MOST).collect();
    clean.into()
}
