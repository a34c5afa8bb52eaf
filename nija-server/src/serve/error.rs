//! Why a server does not start.

use nija::PlatformError;
use std::net::SocketAddr;

use crate::config::ConfigError;

/// Why a server does not start; the text says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address is taken or not ours.
    #[error("cannot listen on {address} ({source}); choose another with --{}", key.replace('_', "-"))]
    Listen {
        /// The key that names it.
        key: &'static str,
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// Another server uses the folder.
    #[error("another nija uses the data folder {0}; stop it, or choose another folder with --data-dir")]
    DataDirInUse(String),
    /// The folder cannot be used.
    #[error("the data folder {path} cannot be used: {source}")]
    DataDir {
        /// The folder.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// An origin of `cors_origins` cannot stand in a header.
    #[error("cors_origins: {0:?} cannot stand in a header")]
    Origin(String),
    /// A part of the platform did not start.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// The root of the vault did not come.
    #[error("the vault cannot be unsealed: {0}")]
    Unseal(String),
    /// The accounts did not open.
    #[error("the accounts cannot be opened: {0}")]
    Accounts(String),
    /// The demo did not start.
    #[error("the demo cannot start: {0}")]
    Demo(String),
    /// The operating system refused something.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl StartError {
    pub(crate) fn accounts(error: impl std::fmt::Display) -> Self {
        Self::Accounts(error.to_string())
    }

    pub(crate) fn demo(error: impl std::fmt::Display) -> Self {
        Self::Demo(error.to_string())
    }
}
