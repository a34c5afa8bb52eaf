//! A signer that holds its secret itself. In a platform only the vault has one.

use async_trait::async_trait;
use nija_core::{
    Authenticator, Clock, CredentialId, CredentialSecret, Notional, OrderPolicy, Price, PriceBand, Side,
    SignContext, SignError, SignedRequest, Signer, Symbol, SystemClock, UnsignedRequest, claimed_order,
    sign_request,
};
use rust_decimal::Decimal;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Signs with a secret given to it and nonces that count up from the present microsecond. Like the vault's signer towards a user with a
/// policy it signs nothing that it cannot read, or that is not what its sender says it is; and it lets sells pass limits that no buy would.
pub struct TestSigner {
    credential: CredentialId,
    authenticator: Arc<dyn Authenticator>,
    secret: CredentialSecret,
    nonce: AtomicU64,
}

impl TestSigner {
    /// A signer for one key.
    #[must_use]
    pub fn new(authenticator: Arc<dyn Authenticator>, secret: CredentialSecret) -> Self {
        let now = u64::try_from(SystemClock.now().micros()).unwrap();
        Self {
            credential: CredentialId::from_uuid(uuid::Uuid::new_v4()),
            authenticator,
            secret,
            nonce: AtomicU64::new(now),
        }
    }
}

impl fmt::Debug for TestSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestSigner").field("credential", &self.credential).finish_non_exhaustive()
    }
}

/// A user's policy that limits the pairs alone; for a sell one that lets nothing be bought, so that every venue's exits are seen to pass it.
fn policy(symbol: &Symbol, side: Side) -> OrderPolicy {
    let one = Price::new(Decimal::ONE).ok();
    let (band, most) = match side {
        Side::Buy => (None, None),
        Side::Sell => (one.map(|price| PriceBand { low: price, high: price }), Some(Notional::ZERO)),
    };
    OrderPolicy { pairs: [(symbol.clone(), band)].into(), max_order: most, max_buys_per_hour: most }
}

#[async_trait]
impl Signer for TestSigner {
    fn credential(&self) -> CredentialId {
        self.credential
    }

    async fn sign(&self, request: UnsignedRequest) -> Result<SignedRequest, SignError> {
        if let Some(order) = claimed_order(self.authenticator.as_ref(), &request, true)? {
            order.check(&policy(order.symbol, order.side), Decimal::ZERO)?;
        }
        let context =
            SignContext { now: SystemClock.now(), nonce: self.nonce.fetch_add(1, Ordering::SeqCst) };
        Ok(sign_request(self.authenticator.as_ref(), request, &self.secret, &context)?)
    }
}
