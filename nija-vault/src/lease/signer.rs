//! The signer that callers hold.

use async_trait::async_trait;
use nija_core::{
    Clock, CredentialId, NonceSource, OpenPurpose, PolicyRefusal, Side, SignContext, SignError,
    SignedRequest, Signer, UnsignedRequest, check_request, claimed_order,
};
use rust_decimal::Decimal;
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
        if let Err(error @ (SignError::Auth(_) | SignError::Policy(_))) = &signed {
            self.lease.parts.writer.count_refusal();
            metrics::counter!("nija_vault_refusals_total", "reason" => reason(error)).increment(1);
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

/// A refusal by a name that a metric can carry.
const fn reason(error: &SignError) -> &'static str {
    match error {
        SignError::Policy(PolicyRefusal::Pair { .. }) => "policy_pair",
        SignError::Policy(PolicyRefusal::TooLarge { .. }) => "policy_order_value",
        SignError::Policy(PolicyRefusal::TooMuchPerHour { .. }) => "policy_hour",
        SignError::Policy(PolicyRefusal::Price { .. } | PolicyRefusal::NoPrice { .. }) => "policy_price",
        SignError::Policy(PolicyRefusal::Contradiction(_)) => "policy_contradiction",
        SignError::Policy(PolicyRefusal::Unreadable) => "policy_unreadable",
        SignError::Policy(_) => "policy",
        _ => "endpoint",
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
        self.check_policy(&request)?;
        let nonce = if parts.authenticator.needs_nonce() {
            parts.nonces.next(self.nonces.as_ref(), self.clock.as_ref()).await?
        } else {
            0
        };
        let context = SignContext { now: self.clock.now(), nonce };
        self.lease.sign(request, &context)
    }
}

impl LeaseSigner {
    /// Holds what the request itself says against the user's policy. Nothing else that the platform claims can widen it.
    fn check_policy(&self, request: &UnsignedRequest) -> Result<(), PolicyRefusal> {
        let parts = &self.lease.parts;
        let is_stored = parts.version.is_some();
        if is_stored && parts.policy.is_none() {
            return Ok(());
        }
        let order = claimed_order(parts.authenticator.as_ref(), request, is_stored)?;
        let (Some(policy), Some(order)) = (&parts.policy, order) else { return Ok(()) };
        if order.side == Side::Sell {
            return order.check(policy, Decimal::ZERO).map(|_| ());
        }
        parts.buys.spend(parts.user, self.clock.now(), |spent| order.check(policy, spent))
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
