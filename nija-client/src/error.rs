//! What can go wrong with a call.

use crate::audit::AuditProofError;
use crate::pinned::PinError;
use crate::wire::{Order, Problem};

/// Why a call failed. Its words never hold a token, a password or a secret.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The server refused, with a stable code and what to do.
    #[error("{} ({})", .0.detail, .0.code)]
    Problem(Box<Problem>),

    /// No whole answer came. Unless the kind is [`NetworkKind::Connect`], the server may have acted.
    #[error("no answer from the server: {detail}")]
    Network {
        /// How far the call got.
        kind: NetworkKind,
        /// In words, without the address.
        detail: String,
    },

    /// An order was sent but its answer was lost: it may exist. Place it again with this same
    /// `client_order_id` (the server returns the first answer and buys nothing twice), or look it up.
    #[error("the order {client_order_id} may have been accepted: {cause}")]
    OrderUnsure {
        /// The id that the order was sent with.
        client_order_id: String,
        /// What happened to the answer.
        cause: Box<ClientError>,
    },

    /// The answer was not what the API promises.
    #[error("the server's answer cannot be read: {0}")]
    Decode(String),

    /// Something other than the API answered, such as a proxy.
    #[error("unexpected HTTP status {0}")]
    Status(u16),

    /// There is no session, or it has ended: sign in (again).
    #[error("signed out")]
    SignedOut,

    /// The caller's input cannot be sent.
    #[error("{0}")]
    Invalid(String),

    /// The credential could not be sealed on this device.
    #[error("cannot seal the credential: {0}")]
    Sealing(String),

    /// The server's sealing keys must not be used: somebody may be showing keys of their own. Nothing was sealed.
    #[error("the server's sealing keys are not to be trusted: {0}")]
    Untrusted(#[from] PinError),

    /// An entry of the vault's log does not stand in it, as far as the pinned key can tell: do not believe it.
    #[error("the entry is not proven: {0}")]
    Unproven(#[from] AuditProofError),
}

/// How far a call got before its answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NetworkKind {
    /// No connection was made: the server has seen nothing.
    Connect,
    /// The time was over. The server may have acted.
    Timeout,
    /// The connection broke. The server may have acted.
    Interrupted,
}

impl ClientError {
    /// A stable code for programs: the problem's own, else one of `network`, `order_unsure`, `decode`,
    /// `unexpected_status`, `signed_out`, `invalid`, `sealing`, `sealing_keys_untrusted`, `entry_unproven`.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Problem(problem) => &problem.code,
            Self::Network { .. } => "network",
            Self::OrderUnsure { .. } => "order_unsure",
            Self::Decode(_) => "decode",
            Self::Status(_) => "unexpected_status",
            Self::SignedOut => "signed_out",
            Self::Invalid(_) => "invalid",
            Self::Sealing(_) => "sealing",
            Self::Untrusted(_) => "sealing_keys_untrusted",
            Self::Unproven(_) => "entry_unproven",
        }
    }

    /// The HTTP status, where the server answered.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Problem(problem) => Some(problem.status),
            Self::Status(status) => Some(*status),
            _ => None,
        }
    }

    /// The problem details, where the server sent some.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) => Some(problem),
            _ => None,
        }
    }

    /// The order on record that the refusal belongs to.
    #[must_use]
    pub fn order(&self) -> Option<&Order> {
        self.problem().and_then(|problem| problem.order.as_ref())
    }

    /// Seconds that the server asks to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        self.problem().and_then(|problem| problem.retry_after)
    }

    /// Whether the server may have acted although no good answer came.
    #[must_use]
    pub fn may_have_acted(&self) -> bool {
        match self {
            Self::Network { kind, .. } => *kind != NetworkKind::Connect,
            Self::Problem(problem) => matches!(problem.status, 500 | 504),
            Self::Status(status) => *status >= 500,
            Self::Decode(_) | Self::OrderUnsure { .. } => true,
            _ => false,
        }
    }

    /// Whether waiting and trying again can help.
    pub(crate) fn passes(&self) -> bool {
        match self {
            Self::Network { .. } => true,
            Self::Problem(problem) => problem.status >= 500 || problem.status == 429,
            Self::Status(status) => *status >= 500,
            _ => false,
        }
    }

    /// Whether the server's word about this very request is final, whatever was lost before.
    pub(crate) fn settles(&self) -> bool {
        matches!(self, Self::Problem(problem)
            if (400..500).contains(&problem.status) && !matches!(problem.status, 401 | 408 | 429))
    }
}
