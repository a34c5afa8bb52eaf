//! Calls to a server.

use async_trait::async_trait;
use nija_client::{CandleQuery, Client, ClientConfig, ClientError, PlaceOptions, SessionTokens, parse_pin};

use crate::{
    error::HostError,
    host::{Host, json},
    request::Request,
};

pub(crate) struct Remote {
    client: Client,
}

impl Remote {
    pub(crate) async fn connect(
        url: &str,
        token: Option<String>,
        email: Option<String>,
        password: Option<String>,
        vault_pin: Option<String>,
    ) -> Result<Self, HostError> {
        let mut config = ClientConfig::default();
        config.vault_pin = vault_pin
            .map(|pin| parse_pin(&pin))
            .transpose()
            .map_err(|_| HostError::new("request_invalid", "vault_pin is 64 hexadecimal digits"))?;
        let client = Client::with_config(url, config)?;
        match (token, email, password) {
            (Some(access_token), None, None) => {
                client.restore(SessionTokens {
                    user: None,
                    access_token,
                    refresh_token: None,
                    expires_in: None,
                });
                client.me().await?;
            }
            (None, Some(email), Some(password)) => {
                client.sign_in(&email, &password).await?;
            }
            _ => return Err(HostError::new("request_invalid", "give either token, or email and password")),
        }
        Ok(Self { client })
    }
}

#[async_trait]
impl Host for Remote {
    async fn call(&self, request: Request) -> Result<String, HostError> {
        let client = &self.client;
        match request {
            Request::PlaceOrder { order, wait_ms } => {
                json(&client.place_order(order, PlaceOptions::wait_ms(wait_ms)).await?)
            }
            Request::PreviewOrder { order } => json(&client.preview_order(&order).await?),
            Request::Order { id } => json(&client.order(&id).await?),
            Request::CancelOrder { id } => json(&client.cancel_order(&id).await?),
            Request::Positions => json(&client.positions_open().await?),
            Request::ClosePosition { id, wait_ms } => json(&client.close_position(&id, Some(wait_ms)).await?),
            Request::Overview => json(&client.overview().await?),
            Request::Markets { symbol } => json(&client.markets(symbol.as_deref()).await?),
            Request::Candles { symbol, venue, interval, limit } => {
                let query = CandleQuery { venue, interval: Some(interval), limit: Some(limit) };
                json(&client.candles(&symbol, &query).await?)
            }
            Request::ConnectExchange { venue, label, credential } => {
                json(&client.connect_exchange(&venue, &label, &credential).await?)
            }
            Request::DisconnectExchange { id } => {
                client.revoke_credential(&id).await?;
                json(&())
            }
            Request::DestroyKey { id, password } => {
                client.destroy_credential(&id, &password.unwrap_or_default()).await?;
                json(&())
            }
            Request::Pause { paused: true } => json(&client.pause().await?),
            Request::Pause { paused: false } => json(&client.resume().await?),
            Request::Close => match client.sign_out().await {
                // A session that has only an access token has nothing to end at the server.
                Ok(()) | Err(ClientError::SignedOut) => json(&()),
                Err(error) => Err(error.into()),
            },
        }
    }
}
