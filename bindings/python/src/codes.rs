//! Errors of the engine in this process under the codes that a server answers with in its place.

use nija::{
    PlatformError,
    router::EngineError,
    wire::{BadOrder, ErrorCode},
};
use nija_core::{LedgerError, VaultError};

use crate::error::HostError;

impl From<BadOrder> for HostError {
    fn from(error: BadOrder) -> Self {
        Self::new(error.code, error.detail)
    }
}

macro_rules! coded {
    ($($error:ty),*) => {
        $(impl From<$error> for HostError {
            fn from(error: $error) -> Self {
                Self::new(error.code(), error.to_string())
            }
        })*
    };
}

coded!(EngineError, PlatformError, LedgerError, VaultError);
