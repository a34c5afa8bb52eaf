//! From the wire's order to a signal; what does not fit is a problem with the code that the facade gives it.

use axum::http::HeaderMap;
use nija::wire::BadOrder;
use nija_client::wire;
use nija_core::{ClientOrderId, Symbol, TradeSignal, UserId, VenueId};

use crate::{
    problem::{ApiResult, Kind, Problem, kinds},
    state::App,
    wire as to_wire,
};

/// A signal from a request.
pub(super) fn signal(
    app: &App,
    user: UserId,
    headers: &HeaderMap,
    order: &wire::NewOrder,
) -> ApiResult<TradeSignal> {
    let id = client_order_id(app, headers, order.client_order_id.as_deref())?;
    Ok(to_wire::signal(user, id, order, &venues(app), &app.platform.engine().instruments())?)
}

/// A canonical symbol.
pub(super) fn symbol(text: &str) -> ApiResult<Symbol> {
    Ok(to_wire::symbol(text)?)
}

/// A venue of this server.
pub(super) fn venue(app: &App, text: &str) -> ApiResult<VenueId> {
    Ok(to_wire::venue(&venues(app), text)?)
}

/// Refuses a symbol that no venue lists, or not the one asked for.
pub(super) fn listed(app: &App, symbol: &Symbol, venue: Option<&VenueId>) -> ApiResult<()> {
    Ok(to_wire::listed(&app.platform.engine().instruments(), symbol, venue)?)
}

/// The id that names the intent: the body's, else the `Idempotency-Key` header, else a new one.
pub(super) fn client_order_id(
    app: &App,
    headers: &HeaderMap,
    body: Option<&str>,
) -> ApiResult<ClientOrderId> {
    let wrong = |what: String| Problem::new(kinds::CLIENT_ORDER_ID_INVALID, what);
    let header = headers
        .get("idempotency-key")
        .map(|value| {
            value.to_str().map_err(|_| wrong("the header Idempotency-Key holds more than plain text".into()))
        })
        .transpose()?;
    let text = match (body, header) {
        (Some(body), Some(header)) if body != header => {
            return Err(wrong(
                "client_order_id and the header Idempotency-Key differ; send one of them".into(),
            ));
        }
        (Some(text), _) | (None, Some(text)) => text.to_owned(),
        (None, None) => {
            format!("auto-{}", nija_core::OrderId::generate(app.now(), app.platform.entropy().as_ref()))
        }
    };
    ClientOrderId::new(&text).map_err(|error| wrong(error.to_string()))
}

impl From<BadOrder> for Problem {
    fn from(error: BadOrder) -> Self {
        const KINDS: [Kind; 5] = [
            kinds::SYMBOL_INVALID,
            kinds::SYMBOL_UNKNOWN,
            kinds::VENUE_UNKNOWN,
            kinds::SIZE_INVALID,
            kinds::LIMIT_PRICE_INVALID,
        ];
        let kind = KINDS.into_iter().find(|kind| kind.code == error.code).unwrap_or(kinds::ORDER_INVALID);
        Self::new(kind, error.detail)
    }
}

fn venues(app: &App) -> Vec<VenueId> {
    app.platform.engine().venue_ids().cloned().collect()
}
