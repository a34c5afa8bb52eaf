//! Identifiers. Each is a type of its own, so that an order's id cannot be passed where a user's is meant.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

use crate::{Entropy, Timestamp};

/// Text that is not a valid identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be 1 to {max} characters of a-z, A-Z, 0-9, '-', '_', '.' or ':'")]
pub struct IdError {
    what: &'static str,
    max: usize,
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new time-ordered id (UUID version 7).
            pub fn generate(now: Timestamp, entropy: &dyn Entropy) -> Self {
                let mut random = [0u8; 10];
                entropy.fill(&mut random);
                let millis = u64::try_from(now.micros() / 1000).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }

            /// Wraps an existing UUID.
            #[must_use]
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// The UUID itself.
            #[must_use]
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    };
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(smol_str::SmolStr);

        crate::text::as_text!($name);

        impl $name {
            /// Checks length and characters.
            ///
            /// # Errors
            /// [`IdError`] says what is allowed.
            pub fn new(text: &str) -> Result<Self, IdError> {
                let fits = !text.is_empty() && text.len() <= $max;
                if fits && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b)) {
                    Ok(Self(text.into()))
                } else {
                    Err(IdError { what: $what, max: $max })
                }
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.to_string()
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

uuid_id!(
    /// A user of the platform.
    UserId
);
uuid_id!(
    /// An intent and the order it becomes.
    OrderId
);
uuid_id!(
    /// A stored credential; the same through all its versions.
    CredentialId
);
uuid_id!(
    /// One use of a kill switch.
    KillId
);
uuid_id!(
    /// One setting of a position's protection.
    ProtectionId
);

impl UserId {
    /// Whose journal holds what concerns the whole platform: nobody's.
    pub const PLATFORM: Self = Self(Uuid::nil());
}

text_id!(
    /// The caller's name for an intent; with the user it names the intent for ever.
    ClientOrderId,
    "a client order id",
    64
);
text_id!(
    /// A venue: `kraken`, `coinbase`, `paper`.
    VenueId,
    "a venue id",
    32
);
text_id!(
    /// The venue's id of an order.
    VenueOrderId,
    "a venue order id",
    128
);
text_id!(
    /// The venue's id of an execution (a fill); unique within the venue.
    ExecutionId,
    "an execution id",
    128
);
text_id!(
    /// A position, unique within its user.
    PositionId,
    "a position id",
    256
);

impl PositionId {
    /// The position that an execution opened. The parts hold only characters that a position id may hold, and together
    /// are shorter than its limit.
    pub(crate) fn opened_by(execution: &crate::VenueFill) -> Self {
        Self(format!("{}:{}:{}", execution.venue, execution.symbol, execution.execution_id).into())
    }
}

/// The client id that the venue sees: one for each attempt to place an order, durable before it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VenueClientId(Uuid);

impl VenueClientId {
    /// The id of one attempt. Attempts start at 0; a further one happens only after the one before is provably dead.
    #[must_use]
    pub fn derive(order: OrderId, attempt: u32) -> Self {
        Self(Uuid::from_u128(order.as_uuid().as_u128().wrapping_add(u128::from(attempt))))
    }

    /// As 36 characters with hyphens.
    #[must_use]
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl fmt::Display for VenueClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for VenueClientId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededEntropy;

    #[test]
    fn generated_ids_are_ordered_by_time_and_reproducible() {
        let ids = |seed| {
            let entropy = SeededEntropy::new(seed);
            [1_000_000, 2_000_000].map(|at| OrderId::generate(Timestamp::from_micros(at), &entropy))
        };
        assert!(ids(1)[0] < ids(1)[1]);
        assert_eq!(ids(1), ids(1));
        assert_ne!(ids(1), ids(2));
    }

    #[test]
    fn text_ids_refuse_what_could_break_a_log_or_a_path() {
        for bad in ["", "a b", "a/b", "a\nb", "ü", &"x".repeat(65)] {
            assert!(ClientOrderId::new(bad).is_err(), "{bad:?}");
        }
        assert!(ClientOrderId::new("apex-2026.11:7").is_ok());
    }

    #[test]
    fn each_attempt_has_its_own_id() {
        let order = OrderId::generate(Timestamp::from_micros(5), &SeededEntropy::new(3));
        assert_ne!(VenueClientId::derive(order, 0), VenueClientId::derive(order, 1));
        assert_eq!(VenueClientId::derive(order, 1), VenueClientId::derive(order, 1));
    }
}
