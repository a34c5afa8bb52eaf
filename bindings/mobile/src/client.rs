//! The object that the app talks to.

use std::sync::Arc;
use zeroize::Zeroizing;

use nija_client::wire::CredentialPlaintext;
use nija_client::{Client, ClientConfig, PageQuery, PlaceOptions, SessionObserver};

use crate::audit::{KeyEventPage, ProvenKeyEvent};
use crate::error::NijaError;
use crate::records::{
    ActivityPage, BotStatus, Credential, Order, OrderPreview, OrderRequest, Overview, Position, PositionPage,
    User, Venue,
};
use crate::runtime::run;
use crate::store::{Keeper, SecureStore};
use crate::stream::{self, StreamHandle, StreamListener};

/// A user's connection to one server. The session refreshes on its own.
#[derive(uniffi::Object)]
pub struct NijaClient {
    client: Client,
    keeper: Option<Arc<Keeper>>,
}

#[uniffi::export]
impl NijaClient {
    /// A client of the server at `base_url` (`https://...`) whose session lives in memory.
    #[uniffi::constructor]
    pub fn new(base_url: String) -> Result<Arc<Self>, NijaError> {
        let client = Client::new(&base_url)?;
        Ok(Arc::new(Self { client, keeper: None }))
    }

    /// The same, with the refresh token kept in the host's secure store.
    #[uniffi::constructor]
    pub fn with_store(base_url: String, store: Arc<dyn SecureStore>) -> Result<Arc<Self>, NijaError> {
        let keeper = Arc::new(Keeper::new(store, &base_url));
        let mut config = ClientConfig::default();
        config.vault_pin = keeper.pin();
        config.session_observer = Some(Arc::clone(&keeper) as Arc<dyn SessionObserver>);
        let client = Client::with_config(&base_url, config)?;
        Ok(Arc::new(Self { client, keeper: Some(keeper) }))
    }

    /// Makes an account and signs in to it.
    pub async fn sign_up(&self, email: String, password: String) -> Result<User, NijaError> {
        let client = self.client.clone();
        run(async move { client.sign_up(&email, &password).await.map(User::from) }).await
    }

    /// Signs in.
    pub async fn sign_in(&self, email: String, password: String) -> Result<User, NijaError> {
        let client = self.client.clone();
        run(async move { client.sign_in(&email, &password).await.map(User::from) }).await
    }

    /// Goes on with the session kept in the store; `None` when there is none or it has ended.
    pub async fn restore_session(&self) -> Result<Option<User>, NijaError> {
        let Some(token) = self.keeper.as_ref().and_then(|keeper| keeper.kept()) else {
            return Ok(None);
        };
        let client = self.client.clone();
        let restored =
            run(async move { client.sign_in_with_refresh_token(&token).await.map(User::from) }).await;
        match restored {
            Ok(user) => Ok(Some(user)),
            Err(NijaError::SignedOut) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether there is a session.
    pub fn is_signed_in(&self) -> bool {
        self.client.session().is_some()
    }

    /// Ends the session: here at once, and at the server.
    pub async fn sign_out(&self) -> Result<(), NijaError> {
        let client = self.client.clone();
        run(async move { client.sign_out().await }).await
    }

    /// Equity, profit and loss, open positions, newest activity.
    pub async fn overview(&self) -> Result<Overview, NijaError> {
        let client = self.client.clone();
        run(async move { client.overview().await.map(Overview::from) }).await
    }

    /// Open positions, largest first.
    pub async fn positions(&self) -> Result<Vec<Position>, NijaError> {
        let client = self.client.clone();
        let open = run(async move { client.positions_open().await }).await?;
        Ok(open.into_iter().map(Position::from).collect())
    }

    /// Closed positions, newest first.
    #[uniffi::method(default(cursor = None, limit = None))]
    pub async fn closed_positions(
        &self,
        cursor: Option<String>,
        limit: Option<u32>,
    ) -> Result<PositionPage, NijaError> {
        let client = self.client.clone();
        let page = PageQuery { cursor, limit };
        run(async move { client.positions_closed(&page).await.map(PositionPage::from) }).await
    }

    /// What happened, newest first; `kind` is one of `trade`, `order`, `credential`, `bot`.
    #[uniffi::method(default(kind = None, cursor = None, limit = None))]
    pub async fn activity(
        &self,
        kind: Option<String>,
        cursor: Option<String>,
        limit: Option<u32>,
    ) -> Result<ActivityPage, NijaError> {
        let client = self.client.clone();
        let page = PageQuery { cursor, limit };
        run(async move { client.activity(kind.as_deref(), &page).await.map(ActivityPage::from) }).await
    }

    /// The venues, and whether the user is connected to them.
    pub async fn venues(&self) -> Result<Vec<Venue>, NijaError> {
        let client = self.client.clone();
        let venues = run(async move { client.venues().await }).await?;
        Ok(venues.into_iter().map(Venue::from).collect())
    }

    /// Seals the user's key pair at `venue` on this device and stores it under the name `label`; only the server's
    /// signer opens it. (Arguments and no record: a Kotlin record would print its secret.)
    #[uniffi::method(default(passphrase = None))]
    pub async fn connect_exchange(
        &self,
        venue: String,
        label: String,
        key: String,
        secret: String,
        passphrase: Option<String>,
    ) -> Result<Credential, NijaError> {
        let client = self.client.clone();
        let plaintext = CredentialPlaintext { key, secret, passphrase };
        run(async move { client.connect_exchange(&venue, &label, &plaintext).await.map(Credential::from) })
            .await
    }

    /// Notes at the server that the user trades at `venue` with a key that stays on this phone (`DeviceTrader.connect`): its name and its
    /// fingerprint, for the list of keys. The server signs nothing there and shows no positions of it.
    #[uniffi::method(default(fingerprint = None))]
    pub async fn register_device_key(
        &self,
        venue: String,
        label: String,
        fingerprint: Option<String>,
    ) -> Result<Credential, NijaError> {
        let client = self.client.clone();
        run(async move {
            client.register_device_key(&venue, &label, fingerprint.as_deref()).await.map(Credential::from)
        })
        .await
    }

    /// The user's exchange keys: where each is (custody mode), what it may do, how it is doing.
    pub async fn credentials(&self) -> Result<Vec<Credential>, NijaError> {
        let client = self.client.clone();
        let all = run(async move { client.credentials().await }).await?;
        Ok(all.into_iter().map(Credential::from).collect())
    }

    /// Has the exchange asked now what a key may do. Refused with `credential_on_device` for one that is on a phone:
    /// `DeviceTrader.checkKey` asks there.
    pub async fn check_credential(&self, id: String) -> Result<Credential, NijaError> {
        let client = self.client.clone();
        run(async move { client.check_credential(&id).await.map(Credential::from) }).await
    }

    /// Stores a key that only `lock`, a passphrase of the user's (12 characters at least), unlocks: custody mode `session`. It is unlocked
    /// for the first `seconds` (at most 86400). The passphrase never leaves this phone; who forgets it stores a new key.
    #[uniffi::method(default(passphrase = None))]
    #[allow(clippy::too_many_arguments)] // No record: Kotlin's would print its secrets.
    pub async fn connect_session_exchange(
        &self,
        venue: String,
        label: String,
        key: String,
        secret: String,
        lock: String,
        seconds: u32,
        passphrase: Option<String>,
    ) -> Result<Credential, NijaError> {
        let client = self.client.clone();
        let plaintext = CredentialPlaintext { key, secret, passphrase };
        let lock = Zeroizing::new(lock);
        run(async move {
            let stored = client.connect_session_exchange(&venue, &label, &plaintext, &lock, seconds).await;
            stored.map(Credential::from)
        })
        .await
    }

    /// Lets the server's signer use the user's `session` key for `seconds` at most; answers with when that ends (RFC 3339, UTC).
    pub async fn unlock_key(&self, venue: String, lock: String, seconds: u32) -> Result<String, NijaError> {
        let client = self.client.clone();
        let lock = Zeroizing::new(lock);
        run(async move { client.unlock_key(&venue, &lock, seconds).await.map(|unlocked| unlocked.until) })
            .await
    }

    /// Ends an unlock. Entries that rest at the exchange are cancelled; exits stay there.
    pub async fn lock_key(&self, venue: String) -> Result<(), NijaError> {
        let client = self.client.clone();
        run(async move { client.lock_key(&venue).await.map(drop) }).await
    }

    /// Revokes a key: nothing is signed with it here from now on. At the exchange only its owner can end it.
    pub async fn revoke_credential(&self, id: String) -> Result<(), NijaError> {
        let client = self.client.clone();
        run(async move { client.revoke_credential(&id).await }).await
    }

    /// Revokes a key and wipes what the server's vault stores of it: nobody can bring it back. Needs the account's password. A backup from
    /// before has it still, encrypted; at the exchange only its owner can end it.
    pub async fn destroy_credential(&self, id: String, password: String) -> Result<(), NijaError> {
        let client = self.client.clone();
        let password = Zeroizing::new(password);
        run(async move { client.destroy_credential(&id, &password).await }).await
    }

    /// What was done with the user's keys, newest first, as the server tells it.
    #[uniffi::method(default(cursor = None, limit = None))]
    pub async fn key_events(
        &self,
        cursor: Option<String>,
        limit: Option<u32>,
    ) -> Result<KeyEventPage, NijaError> {
        let client = self.client.clone();
        let page = PageQuery { cursor, limit };
        run(async move { client.key_events(&page).await.map(KeyEventPage::from) }).await
    }

    /// The event as it stands in the vault's log, proven on this phone by the pinned vault: `Unproven` where the server's word is another.
    pub async fn proven_key_event(&self, seq: u64) -> Result<ProvenKeyEvent, NijaError> {
        let client = self.client.clone();
        run(async move { client.proven_key_event(seq).await.map(ProvenKeyEvent::from) }).await
    }

    /// What would happen to an order: every check and the route, with nothing sent.
    pub async fn preview_order(&self, request: OrderRequest) -> Result<OrderPreview, NijaError> {
        let client = self.client.clone();
        let order = request.try_into()?;
        run(async move { client.preview_order(&order).await.map(OrderPreview::from) }).await
    }

    /// Places an order; the answer waits up to `wait_ms` (at most 10000) for it to settle. When the answer is lost
    /// the error is `OrderUnsure`: place it again with the id that it names.
    #[uniffi::method(default(wait_ms = None))]
    pub async fn place_order(&self, request: OrderRequest, wait_ms: Option<u64>) -> Result<Order, NijaError> {
        let client = self.client.clone();
        let order = request.try_into()?;
        run(async move { client.place_order(order, PlaceOptions { wait_ms }).await.map(Order::from) }).await
    }

    /// An order as it stands.
    pub async fn order(&self, id: String) -> Result<Order, NijaError> {
        let client = self.client.clone();
        run(async move { client.order(&id).await.map(Order::from) }).await
    }

    /// Closes a position at the market.
    #[uniffi::method(default(wait_ms = None))]
    pub async fn close_position(&self, id: String, wait_ms: Option<u64>) -> Result<Order, NijaError> {
        let client = self.client.clone();
        run(async move { client.close_position(&id, wait_ms).await.map(Order::from) }).await
    }

    /// Stops new positions from being opened. Exits always go through.
    pub async fn pause(&self) -> Result<BotStatus, NijaError> {
        let client = self.client.clone();
        run(async move { client.pause().await.map(BotStatus::from) }).await
    }

    /// Lets positions be opened again.
    pub async fn resume(&self) -> Result<BotStatus, NijaError> {
        let client = self.client.clone();
        run(async move { client.resume().await.map(BotStatus::from) }).await
    }

    /// Tells `listener` what happens from now on, across reconnects, until the handle is stopped or dropped.
    pub fn stream(&self, listener: Arc<dyn StreamListener>) -> Result<Arc<StreamHandle>, NijaError> {
        stream::start(&self.client, listener).map(Arc::new)
    }
}
