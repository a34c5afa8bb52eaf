//! What a fault is, as the admin port and the library spell it.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FaultKind {
    /// The request is carried out; its answer never comes. The connection hangs for `ms` (default 60,000), then closes.
    AcceptThenTimeout,
    /// The connection closes before the request is carried out.
    DropBefore,
    /// The request is carried out, then the connection closes without an answer.
    DropAfter,
    /// Status `status` (default 503) with a plain body. `processed` (default false): after carrying it out.
    #[serde(rename = "http_5xx")]
    Http5xx,
    /// An HTML page with status 502, as a proxy in front of the venue sends. `processed` defaults to true.
    #[serde(rename = "html_502")]
    Html502,
    /// The request is carried out; the answer drips byte by byte over `ms` (default 5,000).
    SlowDrip,
    /// The venue's own rate-limit refusal.
    RateLimit,
    /// The venue's own temporary-outage refusal (`EService:Unavailable`); nothing is carried out.
    Unavailable,
    /// The venue refuses the nonce, whatever it is.
    InvalidNonce,
    /// The request waits `ms` (default 1,000) before it is carried out: deadlines may pass.
    Delay,
    /// The order takes at most `fraction` (default 0.5) of its quantity on arrival.
    PartialFill,
    /// State: the venue's clock is ahead by `ms`. Zero heals it.
    ClockSkew,
    /// State: the last nonce seen of `key` (or of all keys) becomes `value` (default 0).
    NonceReset,
    /// State: the rights of `key` (or of all keys) become `permissions`.
    PermissionChange,
    /// State: all streams are disconnected, once.
    StreamDisconnect,
    /// State: the next `times` stream messages are swallowed.
    StreamGap,
    /// State: the next `times` execution reports are sent twice.
    DuplicateReports,
    /// State: execution reports are late by `ms` until cleared.
    LateReports,
    /// State: the streamed books stand still until cleared.
    StaleBook,
    /// State: the venue accepts no connection and drops those it has, until cleared.
    VenueDown,
}

impl FaultKind {
    /// Whether the fault changes the venue's state at once rather than waiting for a request.
    #[must_use]
    pub fn is_state(self) -> bool {
        matches!(
            self,
            Self::ClockSkew
                | Self::NonceReset
                | Self::PermissionChange
                | Self::StreamDisconnect
                | Self::StreamGap
                | Self::DuplicateReports
                | Self::LateReports
                | Self::StaleBook
                | Self::VenueDown
        )
    }

    /// Whether the fault hits one message of a stream, so that it can be drawn for each.
    #[must_use]
    pub fn hits_messages(self) -> bool {
        matches!(self, Self::StreamGap | Self::DuplicateReports)
    }
}

/// One scripted fault.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which requests: an exact path, or a beginning followed by `*`. All private requests when left out.
    #[serde(default, rename = "match")]
    pub path: Option<String>,
    /// What goes wrong.
    pub kind: FaultKind,
    /// How many requests (or messages) it hits.
    #[serde(default = "once")]
    pub times: u64,
    /// Only requests of this API key.
    #[serde(default)]
    pub key: Option<String>,
    /// Milliseconds, where the kind has them.
    #[serde(default)]
    pub ms: Option<i64>,
    /// HTTP status of [`FaultKind::Http5xx`].
    #[serde(default)]
    pub status: Option<u16>,
    /// Whether a refused-looking request is carried out all the same.
    #[serde(default)]
    pub processed: Option<bool>,
    /// Part of the order for [`FaultKind::PartialFill`], 0 to 1.
    #[serde(default)]
    pub fraction: Option<Decimal>,
    /// Nonce for [`FaultKind::NonceReset`].
    #[serde(default)]
    pub value: Option<u64>,
    /// Rights for [`FaultKind::PermissionChange`].
    #[serde(default)]
    pub permissions: Option<Vec<String>>,
}

impl Fault {
    /// A fault of this kind that hits the next private request, once.
    #[must_use]
    pub fn new(kind: FaultKind) -> Self {
        Self {
            path: None,
            kind,
            times: 1,
            key: None,
            ms: None,
            status: None,
            processed: None,
            fraction: None,
            value: None,
            permissions: None,
        }
    }

    /// Restricts it to a path (`/0/private/AddOrder`), or to paths that begin so (`/0/public/*`).
    #[must_use]
    pub fn on(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Lets it hit this many times.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// Restricts it to one API key.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Sets its milliseconds.
    #[must_use]
    pub fn ms(mut self, ms: i64) -> Self {
        self.ms = Some(ms);
        self
    }

    /// Sets the HTTP status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Sets whether the request is carried out.
    #[must_use]
    pub fn processed(mut self, processed: bool) -> Self {
        self.processed = Some(processed);
        self
    }

    /// Sets the part that fills.
    #[must_use]
    pub fn fraction(mut self, fraction: Decimal) -> Self {
        self.fraction = Some(fraction);
        self
    }

    /// Sets the nonce.
    #[must_use]
    pub fn value(mut self, value: u64) -> Self {
        self.value = Some(value);
        self
    }

    /// Sets the rights.
    #[must_use]
    pub fn permissions(mut self, permissions: &[&str]) -> Self {
        self.permissions = Some(permissions.iter().map(|&name| name.to_owned()).collect());
        self
    }

    pub(crate) fn hits(&self, path: &str, private: bool, key: Option<&str>) -> bool {
        on_path(self.path.as_deref(), path, private) && (self.key.is_none() || self.key.as_deref() == key)
    }

    pub(crate) fn millis(&self, default: u64) -> u64 {
        self.ms.and_then(|ms| u64::try_from(ms).ok()).unwrap_or(default)
    }
}

/// Faults drawn from a seed: the same seed and the same requests give the same faults.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomFaults {
    /// Where the draws start.
    pub seed: u64,
    /// Chance of a fault, 0 to 1, in equal shares of all kinds: of one for a request, of one that hits messages for a message.
    pub rate: f64,
    /// Kinds to draw from; state kinds are ignored, but for those that hit messages of streams ([`FaultKind::hits_messages`]).
    pub kinds: Vec<FaultKind>,
    /// Which requests.
    #[serde(default, rename = "match")]
    pub path: Option<String>,
}

impl RandomFaults {
    /// The chance of one kind.
    pub(super) fn share(&self) -> f64 {
        let kinds = self.kinds.iter().filter(|kind| !kind.is_state() || kind.hits_messages()).count();
        (self.rate / kinds.max(1) as f64).clamp(0.0, 1.0)
    }
}

/// Whether a request's path is one that a fault is for.
pub(super) fn on_path(wanted: Option<&str>, path: &str, private: bool) -> bool {
    match wanted {
        None => private,
        Some(wanted) => wanted.strip_suffix('*').map_or(wanted == path, |begin| path.starts_with(begin)),
    }
}

fn once() -> u64 {
    1
}
