//! For tests: a venue that signs with an HMAC, nonces in memory, and the conformance suite that every [`Vault`] must pass
//! ([`conformance_suite!`](crate::conformance_suite)).

mod custody_rules;
mod locked_rules;
mod replacement_rules;
mod rotation_rules;
mod rules;
mod status_rules;

use async_trait::async_trait;
use aws_lc_rs::hmac;
use nija_core::{
    AuthError, Authenticator, CredentialId, CredentialSecret, Endpoint, Entropy, LedgerError, ManualClock,
    Method, NonceSource, OrderReading, RequestBody, RequestPurpose, SealedCredential, SeededEntropy, Side,
    SignContext, SignedParts, StatedOrder, Timestamp, UnsignedRequest, UserId, Vault, VaultError, VenueId,
};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

pub use custody_rules::*;
pub use locked_rules::*;
pub use replacement_rules::*;
pub use rotation_rules::*;
pub use rules::*;
pub use status_rules::*;

/// A venue whose requests carry `api-key`, `nonce` and an HMAC-SHA256 of method, path, nonce and form.
#[derive(Debug)]
pub struct HmacAuthenticator {
    venue: VenueId,
    endpoints: [Endpoint; 3],
}

impl HmacAuthenticator {
    /// Signs `GET /balance`, `POST /orders` and `DELETE /orders/*`.
    #[must_use]
    pub const fn new(venue: VenueId) -> Self {
        Self {
            venue,
            endpoints: [
                Endpoint { method: Method::Get, path: "/balance" },
                Endpoint { method: Method::Post, path: "/orders" },
                Endpoint { method: Method::Delete, path: "/orders/*" },
            ],
        }
    }
}

impl Authenticator for HmacAuthenticator {
    fn venue(&self) -> &VenueId {
        &self.venue
    }

    fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    fn needs_nonce(&self) -> bool {
        true
    }

    fn order_in(&self, request: &UnsignedRequest) -> OrderReading {
        if (request.method, request.path.as_str()) != (Method::Post, "/orders") {
            return OrderReading::NoOrder;
        }
        let RequestBody::Form(fields) = &request.body else { return OrderReading::Unreadable };
        let field =
            |wanted: &str| fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let side = match field("side") {
            Some("buy") => Side::Buy,
            Some("sell") => Side::Sell,
            _ => return OrderReading::Unreadable,
        };
        OrderReading::Order(StatedOrder {
            pair: field("pair").unwrap_or_default().replace('-', ""),
            side,
            quantity: field("quantity").and_then(|text| text.parse().ok()),
            quote: None,
            limit: field("price").and_then(|text| text.parse().ok()),
        })
    }

    fn authenticate(
        &self,
        request: &UnsignedRequest,
        secret: &CredentialSecret,
        context: &SignContext,
    ) -> Result<SignedParts, AuthError> {
        let form = match &request.body {
            RequestBody::Empty => String::new(),
            RequestBody::Json(json) => json.clone(),
            RequestBody::Form(fields) => {
                fields.iter().fold(String::new(), |form, (name, value)| format!("{form}&{name}={value}"))
            }
        };
        let text = format!("{} {} {} {form}", request.method.as_str(), request.path, context.nonce);
        let key =
            hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret("to sign a test's request").as_bytes());
        Ok(SignedParts {
            headers: vec![
                ("api-key", secret.expose_key("to sign a test's request").into()),
                ("nonce", context.nonce.to_string()),
                ("signature", hex::encode(hmac::sign(&key, text.as_bytes()))),
            ],
            query: String::new(),
            body: form.into_bytes(),
            content_type: Some("text/plain"),
        })
    }
}

/// Nonces in memory, as strict as a ledger.
#[derive(Debug, Default)]
pub struct MemoryNonces(Mutex<HashMap<CredentialId, u64>>);

#[async_trait]
impl NonceSource for MemoryNonces {
    async fn reserve(&self, key: CredentialId, floor: u64, count: u64) -> Result<u64, LedgerError> {
        let mut marks = self.0.lock();
        let mark = marks.entry(key).or_default();
        let first = floor.max(*mark);
        *mark = first + count;
        Ok(first)
    }
}

/// What a rule of the suite works with.
pub struct Setup {
    /// The vault's clock.
    pub clock: ManualClock,
    /// The vault's source of ids.
    pub entropy: Arc<SeededEntropy>,
    /// The vault's nonces.
    pub nonces: Arc<MemoryNonces>,
    /// Venues `one` and `two`.
    pub authenticators: Vec<Arc<dyn Authenticator>>,
}

impl Setup {
    /// At a fixed moment, with a fixed seed.
    #[must_use]
    pub fn new() -> Self {
        let authenticator = |name| {
            let authenticator: Arc<dyn Authenticator> = Arc::new(HmacAuthenticator::new(venue(name)));
            authenticator
        };
        Self {
            clock: ManualClock::at(Timestamp::from_micros(1_700_000_000_000_000)),
            entropy: Arc::new(SeededEntropy::new(7)),
            nonces: Arc::default(),
            authenticators: vec![authenticator("one"), authenticator("two")],
        }
    }

    /// A new user.
    #[must_use]
    pub fn user(&self) -> UserId {
        UserId::generate(Timestamp::from_micros(1), self.entropy.as_ref())
    }

    /// Random text in hexadecimal that looks like a key: made at run time, so that no test holds one.
    #[must_use]
    pub fn random_text(&self) -> String {
        let mut bytes = [0u8; 24];
        self.entropy.fill(&mut bytes);
        hex::encode(bytes)
    }
}

impl Default for Setup {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Setup").finish_non_exhaustive()
    }
}

/// A venue's id.
///
/// # Panics
/// When the name is not one.
#[must_use]
#[allow(clippy::expect_used)]
pub fn venue(name: &str) -> VenueId {
    VenueId::new(name).expect("a test names venues properly")
}

/// A request to venue `name`.
#[must_use]
pub fn request(name: &str, method: Method, path: &str) -> UnsignedRequest {
    UnsignedRequest {
        venue: venue(name),
        method,
        path: path.into(),
        query: Vec::new(),
        body: RequestBody::Empty,
        purpose: RequestPurpose::Read,
    }
}

/// Seals a key and a secret as a device does.
///
/// # Errors
/// The vault's.
pub async fn sealed(
    vault: &dyn Vault,
    user: UserId,
    venue: &VenueId,
    key: &str,
    secret: &str,
) -> Result<SealedCredential, VaultError> {
    crate::seal_credential(&vault.sealing_key().await?, user, venue, key, secret, None)
}
