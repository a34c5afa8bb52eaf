//! The one Tokio runtime of the library. Foreign executors only wait on it.

use std::future::Future;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::NijaError;

/// Enough for a phone: the calls wait for the network nearly all of their time.
const THREADS: usize = 2;

static RUNTIME: OnceLock<Runtime> = OnceLock::new();

/// Runs `work` to its end on the runtime, whatever becomes of the caller.
pub(crate) async fn run<T, E>(
    work: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, NijaError>
where
    T: Send + 'static,
    E: Send + 'static,
    NijaError: From<E>,
{
    let done = handle()?.spawn(work).await;
    done.map_err(|_| NijaError::Internal)?.map_err(NijaError::from)
}

pub(crate) fn handle() -> Result<Handle, NijaError> {
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime.handle().clone());
    }
    let made = Builder::new_multi_thread()
        .worker_threads(THREADS)
        .thread_name("nija")
        .enable_all()
        .build()
        .map_err(|_| NijaError::Internal)?;
    // Of two made at once the second is dropped, from a thread that is not its own.
    Ok(RUNTIME.get_or_init(|| made).handle().clone())
}
