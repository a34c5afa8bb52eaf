//! Where the calls go.

use async_trait::async_trait;
use serde::Serialize;

use crate::{error::HostError, request::Request};

/// A platform: in this process, or a server's.
#[async_trait]
pub(crate) trait Host: Send + Sync {
    /// Makes one call; the answer is JSON.
    async fn call(&self, request: Request) -> Result<String, HostError>;
}

pub(crate) fn json(value: &impl Serialize) -> Result<String, HostError> {
    serde_json::to_string(value).map_err(|error| HostError::new("internal_error", error.to_string()))
}
