//! What a stream asks its venue over HTTP: listen keys, tokens, snapshots of books, what it could not tell by itself. It leaves from the same
//! address and under the same keys as orders do, so that whoever reads the stream counts it, and holds it while the venue wants nothing sent.

use async_trait::async_trait;
use std::{fmt, time::Duration};

use crate::{UserId, VenueError};

/// The way from a stream to its venue's HTTP. A stream asks nothing past it.
#[async_trait]
pub trait StreamLane: Send + Sync {
    /// Waits until one request may go, under this user's key or without one.
    ///
    /// # Errors
    /// [`VenueError::RateLimited`] where the venue wants nothing sent for longer than is worth waiting: nothing may be sent then.
    async fn enter(&self, user: Option<UserId>) -> Result<StreamPass, VenueError>;

    /// For how long the venue wants nothing sent, by address or under this user's key; a stream that is down does not even connect until then.
    fn held(&self, user: Option<UserId>) -> Option<Duration>;
}

impl dyn StreamLane {
    /// Asks, once there is room, and says how it went.
    ///
    /// # Errors
    /// As [`StreamLane::enter`], or what the call meets.
    pub async fn ask<T>(
        &self,
        user: Option<UserId>,
        call: impl Future<Output = Result<T, VenueError>>,
    ) -> Result<T, VenueError> {
        let pass = self.enter(user).await?;
        let answer = call.await;
        pass.went(answer.as_ref().err());
        answer
    }
}

/// Who is told how a request went.
type Went = Box<dyn FnOnce(Option<&VenueError>) + Send>;

/// Room for one request. How it went is told once; a pass that is dropped says that nothing is known.
pub struct StreamPass(Went);

impl StreamPass {
    /// `went` is told how it went: the error, or none.
    pub fn new(went: impl FnOnce(Option<&VenueError>) + Send + 'static) -> Self {
        Self(Box::new(went))
    }

    /// The request was answered, or failed like this.
    pub fn went(self, error: Option<&VenueError>) {
        (self.0)(error);
    }
}

impl fmt::Debug for StreamPass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamPass")
    }
}

/// A lane that lets everything go and counts nothing, for who reads a venue's streams without an engine.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenLane;

#[async_trait]
impl StreamLane for OpenLane {
    async fn enter(&self, _: Option<UserId>) -> Result<StreamPass, VenueError> {
        Ok(StreamPass::new(|_| ()))
    }

    fn held(&self, _: Option<UserId>) -> Option<Duration> {
        None
    }
}
