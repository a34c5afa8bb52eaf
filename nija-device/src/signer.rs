//! The phone's signer: the checks are those of the vault's.

use async_trait::async_trait;
use nija_core::{
    Authenticator, Clock, CredentialId, OrderPolicy, Side, SignContext, SignError, SignedRequest, Signer,
    UnsignedRequest, check_request, claimed_order, sign_request,
};
use rust_decimal::Decimal;
use std::{fmt, sync::Arc};

use crate::{held::Held, nonces::Nonces, spent::Spent};

/// Signs with a key that is open.
pub(crate) struct DeviceSigner {
    pub(crate) credential: CredentialId,
    pub(crate) authenticator: Arc<dyn Authenticator>,
    pub(crate) held: Arc<Held>,
    /// `false` for a key that is only being checked: it signs reads alone.
    pub(crate) is_stored: bool,
    pub(crate) policy: Option<Arc<OrderPolicy>>,
    pub(crate) nonces: Arc<Nonces>,
    pub(crate) spent: Arc<Spent>,
    pub(crate) clock: Arc<dyn Clock>,
}

#[async_trait]
impl Signer for DeviceSigner {
    fn credential(&self) -> CredentialId {
        self.credential
    }

    async fn sign(&self, request: UnsignedRequest) -> Result<SignedRequest, SignError> {
        let authenticator = self.authenticator.as_ref();
        check_request(authenticator, &request)?;
        if !self.held.is_open() {
            return Err(SignError::LeaseEnded);
        }
        self.check_policy(&request)?;
        let nonce = match authenticator.needs_nonce() {
            true => self.nonces.next(self.credential, self.clock.as_ref())?,
            false => 0,
        };
        let context = SignContext { now: self.clock.now(), nonce };
        self.held.with(|secret| Ok(sign_request(authenticator, request, secret, &context)?))
    }
}

impl DeviceSigner {
    fn check_policy(&self, request: &UnsignedRequest) -> Result<(), SignError> {
        if self.is_stored && self.policy.is_none() {
            return Ok(());
        }
        let order = claimed_order(self.authenticator.as_ref(), request, self.is_stored)?;
        let (Some(policy), Some(order)) = (&self.policy, order) else { return Ok(()) };
        if order.side == Side::Sell {
            // An exit must never find the hour used up.
            order.check(policy, Decimal::ZERO)?;
            return Ok(());
        }
        self.spent.spend(self.clock.as_ref(), |spent| order.check(policy, spent))
    }
}

impl fmt::Debug for DeviceSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceSigner").field("credential", &self.credential).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SteadyClock, Store, StoreFailed};
    use nija_core::{AuthError, CredentialSecret, Method, RequestBody, RequestPurpose, SystemClock, VenueId};
    use nija_exchanges::kraken::KrakenAuthenticator;

    struct Nothing;

    impl Store for Nothing {
        fn get(&self, _: &str) -> Result<Option<String>, StoreFailed> {
            Ok(None)
        }

        fn set(&self, _: &str, _: &str) -> Result<(), StoreFailed> {
            Ok(())
        }

        fn delete(&self, _: &str) -> Result<(), StoreFailed> {
            Ok(())
        }
    }

    fn signer(is_stored: bool) -> DeviceSigner {
        let secret = CredentialSecret::new("key".into(), "c2VjcmV0".into(), None);
        let store: Arc<dyn Store> = Arc::new(Nothing);
        DeviceSigner {
            credential: CredentialId::from_uuid(uuid::Uuid::from_u128(1)),
            authenticator: Arc::new(KrakenAuthenticator::new(VenueId::new("kraken").unwrap())),
            held: Held::open(secret, Arc::new(SteadyClock::default())),
            is_stored,
            policy: None,
            nonces: Arc::new(Nonces::new(Arc::clone(&store), "nonces".into())),
            spent: Arc::new(Spent::new(store, "spent".into())),
            clock: Arc::new(SystemClock),
        }
    }

    fn request(path: &str, purpose: RequestPurpose) -> UnsignedRequest {
        UnsignedRequest {
            venue: VenueId::new("kraken").unwrap(),
            method: Method::Post,
            path: path.into(),
            query: Vec::new(),
            body: RequestBody::Form(Vec::new()),
            purpose,
        }
    }

    #[tokio::test]
    async fn withdrawals_and_transfers_are_unsignable_and_a_key_under_check_places_nothing() {
        let stored = signer(true);
        assert!(stored.sign(request("/0/private/BalanceEx", RequestPurpose::Read)).await.is_ok());
        for path in ["/0/private/Withdraw", "/0/private/WalletTransfer", "/0/private/CreateApiKey"] {
            let refused = stored.sign(request(path, RequestPurpose::Read)).await;
            assert!(matches!(refused, Err(SignError::Auth(AuthError::EndpointNotAllowed { .. }))), "{path}");
        }
        let placing = RequestPurpose::PlaceOrder {
            symbol: "BTC-USD".parse().unwrap(),
            side: Side::Buy,
            notional: "10".parse().unwrap(),
        };
        let order = request("/0/private/AddOrder", placing);
        assert!(matches!(signer(false).sign(order).await, Err(SignError::Policy(_))));
        stored.held.wipe();
        let ended = stored.sign(request("/0/private/BalanceEx", RequestPurpose::Read)).await;
        assert_eq!(ended.err(), Some(SignError::LeaseEnded));
    }

    #[test]
    fn nonces_never_repeat_whatever_the_clock_does() {
        struct Map(parking_lot::Mutex<Option<String>>);
        impl Store for Map {
            fn get(&self, _: &str) -> Result<Option<String>, StoreFailed> {
                Ok(self.0.lock().clone())
            }

            fn set(&self, _: &str, value: &str) -> Result<(), StoreFailed> {
                *self.0.lock() = Some(value.to_owned());
                Ok(())
            }

            fn delete(&self, _: &str) -> Result<(), StoreFailed> {
                Ok(())
            }
        }
        let store: Arc<dyn Store> = Arc::new(Map(parking_lot::Mutex::new(None)));
        let clock = nija_core::ManualClock::at(nija_core::Timestamp::from_micros(1_000_000));
        let key = CredentialId::from_uuid(uuid::Uuid::from_u128(1));
        let mut last = 0;
        for _ in 0..3 {
            let nonces = Nonces::new(Arc::clone(&store), "n".into());
            for _ in 0..100 {
                let next = nonces.next(key, &clock).unwrap();
                assert!(next > last);
                last = next;
            }
            clock.set(nija_core::Timestamp::from_micros(5));
        }
    }
}
