//! A reader of the live stream, as another program would write one.

use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use crate::{api::Api, support::DEADLINE};

/// One connection.
pub(crate) struct Stream(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Stream {
    /// Connects with a new ticket; `query` is appended.
    pub(crate) async fn open(api: &Api, query: &str) -> Self {
        let ticket = ticket(api).await;
        Self::with_ticket(api, &format!("{ticket}{query}")).await.expect("the stream opens")
    }

    /// Connects with this ticket, or says with which status that was refused.
    pub(crate) async fn with_ticket(api: &Api, ticket: &str) -> Result<Self, u16> {
        let url = format!("{}/v1/stream?ticket={ticket}", api.url().replacen("http", "ws", 1));
        match connect_async(url).await {
            Ok((stream, _)) => Ok(Self(stream)),
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// The next event; `None` when the server closed.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        let reading = async {
            loop {
                match self.0.next().await? {
                    Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).expect("JSON")),
                    Ok(Message::Close(_)) | Err(_) => return None,
                    Ok(_) => {}
                }
            }
        };
        tokio::time::timeout(DEADLINE, reading).await.expect("an event in time")
    }

    /// The next event that is not about prices.
    pub(crate) async fn event(&mut self) -> Value {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if event["type"] != "pnl.update" {
                return event;
            }
        }
    }

    /// Events until one fits, that one last; prices are left out.
    pub(crate) async fn until(&mut self, fits: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut seen = Vec::new();
        loop {
            let event = self.event().await;
            let done = fits(&event);
            seen.push(event);
            if done {
                return seen;
            }
        }
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.0.send(Message::text(text.to_owned())).await.expect("sent");
    }

    /// Waits for the server to close.
    pub(crate) async fn closed(&mut self) {
        while self.next().await.is_some() {}
    }
}

pub(crate) async fn ticket(api: &Api) -> String {
    let ticket = api.act("/v1/stream/ticket").await.ok();
    assert_eq!(ticket["expires_in"], 60);
    ticket["ticket"].as_str().expect("text").to_owned()
}
