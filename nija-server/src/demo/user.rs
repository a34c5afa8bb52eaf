//! The demo's user and its keys.

use base64::{Engine, prelude::BASE64_STANDARD};
use nija_client::{seal_credential, wire};
use nija_core::{SealedCredential, Tier, UserId, VenueId};
use nija_sim::{NewAccount, VenueHandle};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

use super::DemoLogin;
use crate::{api::add_user, serve::StartError, state::App};

const EMAIL: &str = "demo@nija.local";

/// Adds the user, or gives the one of an earlier run a new password.
pub(super) async fn sign_up(app: &App) -> Result<(UserId, DemoLogin), StartError> {
    let mut bytes = [0u8; 8];
    app.platform.entropy().fill(&mut bytes);
    let groups: Vec<String> = bytes.chunks(2).map(hex::encode).collect();
    let password = format!("demo-{}", groups.join("-"));
    let secret = Zeroizing::new(password.clone());
    let known = app.accounts.user_by_email(EMAIL.to_owned()).await.map_err(StartError::accounts)?;
    let id = match known {
        Some(user) => {
            let hash = app.hasher.hash(secret).await.map_err(StartError::accounts)?;
            app.accounts.set_password(user.id, hash).await.map_err(StartError::accounts)?;
            user.id
        }
        None => {
            let refused = |problem: crate::problem::Problem| StartError::demo(problem.code());
            add_user(app, EMAIL, secret, Tier::Pro).await.map_err(refused)?.id
        }
    };
    Ok((id, DemoLogin { email: EMAIL.to_owned(), password }))
}

/// Opens an account at a simulated exchange and stores its key the way any user's device does: sealed.
pub(super) async fn connect(app: &App, user: UserId, at: &VenueHandle) -> Result<(), StartError> {
    let balances = Some(balances(app, user, at).await?);
    let account = at.add_account(NewAccount { balances, ..NewAccount::default() });
    let key = app.platform.vault().sealing_key().await.map_err(StartError::demo)?;
    let key = wire::SealingKey {
        key_id: key.key_id,
        public_key: BASE64_STANDARD.encode(key.public_key),
        suite: nija_client::SEALING_SUITE.to_owned(),
    };
    let plaintext = wire::CredentialPlaintext { key: account.key, secret: account.secret, passphrase: None };
    let sealed = seal_credential(&user.to_string(), &at.name, "Demo key", &key, &plaintext)
        .map_err(StartError::demo)?;
    let decode = |text: &str| BASE64_STANDARD.decode(text).map_err(StartError::demo);
    let sealed = SealedCredential {
        key_id: sealed.key_id.clone(),
        encapsulated_key: decode(&sealed.encapsulated_key)?,
        ciphertext: decode(&sealed.ciphertext)?,
    };
    let venue = VenueId::new(&at.name).map_err(StartError::demo)?;
    app.platform.store_credential(user, &venue, "Demo key", &sealed).await.map_err(StartError::demo)?;
    Ok(())
}

/// Dollars, and what the positions of an earlier run say that there is, so that they can be closed.
async fn balances(
    app: &App,
    user: UserId,
    at: &VenueHandle,
) -> Result<BTreeMap<String, Decimal>, StartError> {
    let mut balances = BTreeMap::from([("USD".to_owned(), Decimal::from(10_000))]);
    let open = app.platform.ledger().open_positions(Some(user)).await.map_err(StartError::demo)?;
    for position in open.iter().filter(|position| position.venue.as_str() == at.name) {
        *balances.entry(position.symbol.base().to_owned()).or_default() +=
            position.quantity.max(Decimal::ZERO);
    }
    Ok(balances)
}
