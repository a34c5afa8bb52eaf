//! The session: tokens in memory, and one refresh at a time for all callers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::RwLock;
use zeroize::Zeroizing;

use crate::wire::{Session, User};

/// A token this close to its end is refreshed before it is used.
const MARGIN: Duration = Duration::from_secs(20);

/// What a host may keep to go on without signing in again. Keep it where secrets belong (Keychain, Keystore).
#[derive(Clone)]
pub struct SessionTokens {
    /// Who is signed in, where known.
    pub user: Option<User>,
    /// Empty to have one fetched by the refresh token at the first call.
    pub access_token: String,
    /// Without one the session ends with its access token.
    pub refresh_token: Option<String>,
    /// How long the access token still lives; `None` when unknown (then a refusal tells).
    pub expires_in: Option<Duration>,
}

/// Told about every change of the session, before the new tokens are used.
pub trait SessionObserver: Send + Sync {
    /// `None` when signed out. Refresh tokens rotate: the one given here replaces the one kept.
    fn session_changed(&self, tokens: Option<&SessionTokens>);

    /// The vault's key was seen for the first time: keep it as [`ClientConfig::vault_pin`](crate::ClientConfig::vault_pin).
    fn vault_pinned(&self, _pin: &[u8; 32]) {}
}

/// The tokens as held, and what serialises their change.
pub(crate) struct SessionState {
    slot: RwLock<Slot>,
    /// Held while a refresh is under way.
    pub(crate) refreshing: tokio::sync::Mutex<()>,
    observer: Option<Arc<dyn SessionObserver>>,
}

/// `turn` counts the changes, so that a caller with an old token can tell that there is a newer one.
#[derive(Default)]
struct Slot {
    turn: u64,
    held: Option<Held>,
}

#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) user: Option<User>,
    pub(crate) access: Zeroizing<String>,
    pub(crate) refresh: Option<Zeroizing<String>>,
    expires_at: Option<Instant>,
    pub(crate) turn: u64,
}

impl Held {
    /// Whether the access token can be sent as it is.
    pub(crate) fn is_fresh(&self) -> bool {
        let in_time =
            self.expires_at.is_none_or(|end| end.saturating_duration_since(Instant::now()) > MARGIN);
        // Without a refresh token there is nothing better to send.
        (!self.access.is_empty() && in_time) || self.refresh.is_none()
    }
}

impl SessionState {
    pub(crate) fn new(observer: Option<Arc<dyn SessionObserver>>) -> Self {
        Self { slot: RwLock::default(), refreshing: tokio::sync::Mutex::new(()), observer }
    }

    pub(crate) fn held(&self) -> Option<Held> {
        self.slot.read().held.clone()
    }

    pub(crate) fn tokens(&self) -> Option<SessionTokens> {
        self.held().map(|held| SessionTokens {
            user: held.user,
            access_token: held.access.to_string(),
            refresh_token: held.refresh.map(|token| token.to_string()),
            expires_in: held.expires_at.map(|end| end.saturating_duration_since(Instant::now())),
        })
    }

    pub(crate) fn signed_in(&self, session: &Session) {
        self.replace(Some(SessionTokens {
            user: Some(session.user.clone()),
            access_token: session.access_token.clone(),
            refresh_token: Some(session.refresh_token.clone()),
            expires_in: Some(Duration::from_secs(session.expires_in)),
        }));
    }

    pub(crate) fn remember_user(&self, user: &User) {
        if let Some(held) = self.slot.write().held.as_mut() {
            held.user = Some(user.clone());
        }
    }

    pub(crate) fn replace(&self, tokens: Option<SessionTokens>) {
        // The observer first: a token that was used but not kept would lock the user out at the next start.
        if let Some(observer) = &self.observer {
            observer.session_changed(tokens.as_ref());
        }
        self.set(tokens);
    }

    /// Takes up tokens that the host already keeps.
    pub(crate) fn set(&self, tokens: Option<SessionTokens>) {
        let mut slot = self.slot.write();
        slot.turn += 1;
        let turn = slot.turn;
        slot.held = tokens.map(|tokens| Held {
            user: tokens.user,
            access: Zeroizing::new(tokens.access_token),
            refresh: tokens.refresh_token.map(Zeroizing::new),
            expires_at: tokens.expires_in.and_then(|life| Instant::now().checked_add(life)),
            turn,
        });
    }
}

impl std::fmt::Debug for SessionTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionTokens { .. }")
    }
}
