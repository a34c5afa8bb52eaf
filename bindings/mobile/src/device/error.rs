//! Why the phone did not do what was asked.

use nija_device::DeviceError;
use nija_device::core::VenueError;

/// Why a call of the phone's desk failed. What became of an order that was sent stands in its `DeviceTrade`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum DeviceTradeError {
    /// Refused, here or by the exchange; no order was sent.
    #[error("refused: {code}")]
    Refused {
        /// Stable, for programs: `no_resting_stop`, `policy`, `key_can_withdraw`, `order_in_doubt`, ...
        code: String,
        /// What happened and what to do, for people.
        detail: String,
    },
    /// The exchange did not answer a question.
    #[error("no answer from the exchange")]
    NoAnswer {
        /// What was seen, for people.
        detail: String,
    },
    /// The list of this phone's orders at the exchange, as the store has it, is not the one that was written last: an older copy was put back,
    /// or part of it is gone. Orders may be at the exchange that it does not name, so nothing is sent there. Call `reconcile`, which asks the
    /// exchange for them; it may have to be called again some seconds later.
    #[error("the list of orders is not the newest")]
    JournalDoubted {
        /// What is wrong and what to do, for people.
        detail: String,
    },
    /// The secure store could not be read or written. An order may be out: call `settle` when it is there again.
    #[error("the secure store is not available")]
    StoreUnavailable,
    /// The device key did not open the exchange key: the user refused, or it was kept by another phone.
    #[error("the device key refused")]
    DeviceKeyRefused,
    /// The caller's input cannot be used.
    #[error("invalid input")]
    InvalidInput {
        /// Which input and why.
        why: String,
    },
    /// The library itself failed.
    #[error("internal error")]
    Internal,
}

impl From<DeviceError> for DeviceTradeError {
    fn from(error: DeviceError) -> Self {
        match &error {
            DeviceError::Store(_) => Self::StoreUnavailable,
            DeviceError::Wrap(_) => Self::DeviceKeyRefused,
            DeviceError::Crypto(_) => Self::Internal,
            DeviceError::JournalDoubted { .. } => Self::JournalDoubted { detail: error.to_string() },
            DeviceError::Venue(
                VenueError::AnswerLost { .. } | VenueError::Decode { .. } | VenueError::NotSent { .. },
            ) => Self::NoAnswer { detail: error.to_string() },
            _ => Self::Refused { code: error.code().to_owned(), detail: error.to_string() },
        }
    }
}

/// Input of the wrong form.
pub(super) fn invalid(what: &str, why: impl std::fmt::Display) -> DeviceTradeError {
    DeviceTradeError::InvalidInput { why: format!("{what}: {why}") }
}
