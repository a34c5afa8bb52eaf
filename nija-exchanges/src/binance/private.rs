//! Calls under a user's key: signed by the signer, sent once.

use nija_core::{Method, RequestBody, RequestPurpose, Timestamp, UnsignedRequest, VenueAccount, VenueError};
use std::time::Duration;

use super::{auth, executor::Binance, parse::result};

/// Parameters in the order they are sent.
pub(super) type Params = Vec<(&'static str, String)>;

impl Binance {
    /// A signed call within the usual window.
    pub(super) async fn call(
        &self,
        account: &VenueAccount,
        method: Method,
        path: &'static str,
        params: Params,
        purpose: RequestPurpose,
    ) -> Result<String, VenueError> {
        self.call_within(account, method, path, params, purpose, self.window).await
    }

    /// A signed call that Binance must take up within `window` of now, by its clock.
    pub(super) async fn call_within(
        &self,
        account: &VenueAccount,
        method: Method,
        path: &'static str,
        mut params: Params,
        purpose: RequestPurpose,
        window: Duration,
    ) -> Result<String, VenueError> {
        params.push(("recvWindow", window.as_millis().to_string()));
        params.push(("timestamp", self.timestamp().to_string()));
        let signed = account.signer.sign(self.request(method, path, params, purpose)).await?;
        let answer = self.http.send(Some(account.user), &signed).await?;
        if let Some(limited) = super::error::limited(&self.venue, &answer) {
            return Err(limited);
        }
        if let Some(error) = super::error::refused(&self.venue, &answer.body) {
            self.learn_from(&error).await;
            return Err(error);
        }
        // What is neither a success nor one of Binance's own refusals does not say what happened.
        if !answer.status.is_success() {
            let message = format!("HTTP {}", answer.status);
            return Err(VenueError::AnswerLost { venue: self.venue.clone(), message });
        }
        Ok(answer.body)
    }

    pub(super) async fn read(
        &self,
        account: &VenueAccount,
        path: &'static str,
        params: Params,
    ) -> Result<String, VenueError> {
        self.call(account, Method::Get, path, params, RequestPurpose::Read).await
    }

    /// A call with the API key alone.
    pub(super) async fn listen_key_call(
        &self,
        account: &VenueAccount,
        method: Method,
        params: Params,
    ) -> Result<String, VenueError> {
        let request = self.request(method, auth::LISTEN_KEY, params, RequestPurpose::OpenStream);
        let signed = account.signer.sign(request).await?;
        let answer = self.http.send(Some(account.user), &signed).await?;
        if let Some(limited) = super::error::limited(&self.venue, &answer) {
            return Err(limited);
        }
        result::<serde::de::IgnoredAny>(&self.venue, "userDataStream", &answer.body)?;
        Ok(answer.body)
    }

    /// The parameters, signed, of the message that opens the user's stream on the WebSocket API.
    pub(super) async fn stream_params(
        &self,
        account: &VenueAccount,
    ) -> Result<Vec<(String, String)>, VenueError> {
        let window = self.window.as_millis().to_string();
        let params = vec![("recvWindow", window), ("timestamp", self.timestamp().to_string())];
        let request = self.request(Method::Post, auth::STREAM, params, RequestPurpose::OpenStream);
        let signed = account.signer.sign(request).await?.path_and_query();
        let query = signed.split_once('?').map_or("", |(_, query)| query);
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        Ok(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// Now in milliseconds by Binance's clock.
    fn timestamp(&self) -> i64 {
        let now: Timestamp = self.market.offset.at_venue(self.market.clock.now());
        now.micros() / 1000
    }

    /// A refused timestamp means that the clocks went apart: the next call should know by how much.
    pub(super) async fn learn_from(&self, error: &VenueError) {
        if matches!(error, VenueError::NonceRefused { .. })
            && let Err(error) = self.market.measure_clock().await
        {
            tracing::warn!(venue = %self.venue, %error, "the venue's clock could not be read");
        }
    }

    fn request(
        &self,
        method: Method,
        path: &'static str,
        params: Params,
        purpose: RequestPurpose,
    ) -> UnsignedRequest {
        UnsignedRequest {
            venue: self.venue.clone(),
            method,
            path: path.to_owned(),
            // All in the query, which every method takes (rest-api.md, "General Information on Endpoints").
            query: params.into_iter().map(|(name, value)| (name.into(), value)).collect(),
            body: RequestBody::Empty,
            purpose,
        }
    }
}
