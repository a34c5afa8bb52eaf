//! The native half of the `nija` Python package.
//!
//! It is deliberately narrow: one class with one call, in a blocking and an awaitable form, that takes a typed request as
//! JSON and answers with JSON. Names, types and docstrings that Python users see are Python (`python/nija`).

mod codes;
mod embedded;
mod error;
mod host;
mod remote;
mod request;

use pyo3::prelude::*;
use std::{path::PathBuf, sync::Arc};

use crate::{embedded::Embedded, error::HostError, host::Host, remote::Remote, request::Request};

/// A platform in this process or at a server.
#[pyclass(frozen, module = "nija._native")]
struct Backend {
    host: Arc<dyn Host>,
}

#[pymethods]
impl Backend {
    /// Opens a data folder with these venues; the whole engine runs in this process.
    #[staticmethod]
    fn open(py: Python<'_>, path: PathBuf, venues: Vec<String>) -> PyResult<Self> {
        let host = py.detach(|| block_on(Embedded::open(path, venues)))?;
        Ok(Self { host: Arc::new(host) })
    }

    /// Talks to a server. Give an access token, or an email and a password.
    #[staticmethod]
    #[pyo3(signature = (url, token=None, email=None, password=None, vault_pin=None))]
    fn connect(
        py: Python<'_>,
        url: String,
        token: Option<String>,
        email: Option<String>,
        password: Option<String>,
        vault_pin: Option<String>,
    ) -> PyResult<Self> {
        let host = py.detach(|| block_on(Remote::connect(&url, token, email, password, vault_pin)))?;
        Ok(Self { host: Arc::new(host) })
    }

    /// Makes a call and waits for its answer, with the GIL released.
    fn call(&self, py: Python<'_>, request: &str) -> PyResult<String> {
        let request = Request::parse(request)?;
        let host = self.host.clone();
        Ok(py.detach(|| block_on(async move { host.call(request).await }))?)
    }

    /// Makes a call; await its answer.
    fn call_async<'py>(&self, py: Python<'py>, request: &str) -> PyResult<Bound<'py, PyAny>> {
        let request = Request::parse(request)?;
        let host = self.host.clone();
        pyo3_async_runtimes::tokio::future_into_py(py, async move { Ok(host.call(request).await?) })
    }
}

/// All calls share the runtime that the awaitable ones run on.
fn block_on<T>(future: impl Future<Output = Result<T, HostError>>) -> Result<T, HostError> {
    pyo3_async_runtimes::tokio::get_runtime().block_on(future)
}

/// The native half of `nija`.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Backend>()?;
    module.add("NativeError", module.py().get_type::<error::NativeError>())
}
