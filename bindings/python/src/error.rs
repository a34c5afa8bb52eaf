//! Errors on their way to Python: a stable code, words, and the order they belong to.

use nija_client::ClientError;
use pyo3::{PyErr, create_exception, exceptions::PyException};

create_exception!(nija_native, NativeError, PyException, "Carries (code, message, order as JSON or None).");

/// An error of a host.
#[derive(Debug)]
pub(crate) struct HostError {
    code: String,
    message: String,
    order: Option<String>,
}

impl HostError {
    pub(crate) fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), order: None }
    }

    pub(crate) fn with_order(mut self, order: &nija_client::wire::Order) -> Self {
        self.order = serde_json::to_string(order).ok();
        self
    }
}

impl From<ClientError> for HostError {
    fn from(error: ClientError) -> Self {
        let host = Self::new(error.code(), error.to_string());
        match error.order() {
            Some(order) => host.with_order(order),
            None => host,
        }
    }
}

impl From<HostError> for PyErr {
    fn from(error: HostError) -> Self {
        NativeError::new_err((error.code, error.message, error.order))
    }
}
