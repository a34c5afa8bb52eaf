//! The signer that callers hold.

use async_trait::async_trait;
use nija_core::{
    Clock, CredentialId, NonceSource, OpenPurpose, SignContext, SignError, SignedRequest, Signer,
    UnsignedRequest, check_request,
};
use std::fmt;
use std::sync::Arc;

use super::Lease;

/// Signs with a lease.
pub(crate) struct LeaseSigner {
    pub(crate) lease: Arc<Lease>,
    pub(crate) purpose: OpenPurpose,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) nonces: Arc<dyn NonceSource>,
}

#[async_trait]
impl Signer for LeaseSigner {
    fn credential(&self) -> CredentialId {
        self.lease.parts.credential
    }

    async fn sign(&self, request: UnsignedRequest) -> Result<SignedRequest, SignError> {
        let what = format!("{} {}", request.method.as_str(), request.path);
        let why = request.purpose.as_str();
        let signed = self.try_sign(request).await;
        if let Err(SignError::Auth(error)) = &signed {
            let entry = self
                .lease
                .entry("sign", self.clock.now())
                .purpose(&format!("{}/{why}", self.purpose.as_str()))
                .refused(&format!("{what}: {error}"));
            // Refused all the same when the entry cannot be written: the writer keeps the failure in its own log.
            if let Err(error) = self.lease.parts.writer.record(entry).await {
                tracing::error!(%error, "a refused signature could not be audited");
            }
        }
        signed
    }
}

impl LeaseSigner {
    async fn try_sign(&self, request: UnsignedRequest) -> Result<SignedRequest, SignError> {
        let parts = &self.lease.parts;
        // Before a nonce is taken, and before anything of the lease is looked at.
        check_request(parts.authenticator.as_ref(), &request)?;
        if self.lease.has_ended() || !self.lease.is_live(self.clock.now()) {
            self.lease.end();
            return Err(SignError::LeaseEnded);
        }
        let nonce = if parts.authenticator.needs_nonce() {
            parts.nonces.next(self.nonces.as_ref(), self.clock.as_ref()).await?
        } else {
            0
        };
        let context = SignContext { now: self.clock.now(), nonce };
        self.lease.sign(request, &context)
    }
}

impl fmt::Debug for LeaseSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("credential", &self.lease.parts.credential)
            .field("purpose", &self.purpose.as_str())
            .finish_non_exhaustive()
    }
}
