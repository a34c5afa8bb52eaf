//! What a new order looks like on the wire.

use nija_core::{OrderKind, Price, Quantity, Side, TimeInForce, VenueClientId};

use super::{bracket::Leg, private::Params};

/// A market, limit or stop-limit order (rest-api.md, "New order").
pub(super) fn single(
    name: &str,
    side: Side,
    kind: OrderKind,
    quantity: Quantity,
    time_in_force: TimeInForce,
    id: VenueClientId,
) -> Params {
    // A stop is there to rest.
    let immediate = time_in_force == TimeInForce::Ioc && !kind.waits();
    let mut params = begin(name, side, quantity);
    params.push((
        "type",
        match kind {
            OrderKind::Market => "MARKET",
            OrderKind::StopLimit { .. } => "STOP_LOSS_LIMIT",
            _ => "LIMIT",
        }
        .to_owned(),
    ));
    if let Some(price) = kind.worst_price() {
        params.push(("timeInForce", if immediate { "IOC" } else { "GTC" }.to_owned()));
        params.push(("price", price.to_string()));
    }
    if let Some(stop) = kind.stop() {
        params.push(("stopPrice", stop.to_string()));
    }
    params.push(("newClientOrderId", id.to_string()));
    end(params)
}

/// A list of a limit order and a stop-limit order (rest-api.md, "New Order list - OCO"). A sell wins above the market and stops below it, a
/// buy the other way round.
pub(super) fn list(
    name: &str,
    side: Side,
    take_profit: Price,
    (stop, price): (Price, Price),
    quantity: Quantity,
    id: VenueClientId,
) -> Params {
    let mut params = begin(name, side, quantity);
    params.push(("listClientOrderId", id.to_string()));
    let [profit, stops] = match side {
        Side::Sell => [&ABOVE, &BELOW],
        Side::Buy => [&BELOW, &ABOVE],
    };
    params.extend([
        (profit.kind, "LIMIT_MAKER".to_owned()),
        (profit.client_id, Leg::TakeProfit.id(id)),
        (profit.price, take_profit.to_string()),
        (stops.kind, "STOP_LOSS_LIMIT".to_owned()),
        (stops.client_id, Leg::Stop.id(id)),
        (stops.stop, stop.to_string()),
        (stops.price, price.to_string()),
        (stops.time_in_force, "GTC".to_owned()),
    ]);
    end(params)
}

/// The names of the parameters of one order of a list.
struct Names {
    kind: &'static str,
    client_id: &'static str,
    price: &'static str,
    stop: &'static str,
    time_in_force: &'static str,
}

const ABOVE: Names = Names {
    kind: "aboveType",
    client_id: "aboveClientOrderId",
    price: "abovePrice",
    stop: "aboveStopPrice",
    time_in_force: "aboveTimeInForce",
};
const BELOW: Names = Names {
    kind: "belowType",
    client_id: "belowClientOrderId",
    price: "belowPrice",
    stop: "belowStopPrice",
    time_in_force: "belowTimeInForce",
};

fn begin(name: &str, side: Side, quantity: Quantity) -> Params {
    let side = match side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    };
    vec![("symbol", name.to_owned()), ("side", side.to_owned()), ("quantity", quantity.to_string())]
}

/// The answer shall tell what became of it; its executions come over the stream and from `myTrades`.
fn end(mut params: Params) -> Params {
    params.push(("newOrderRespType", "RESULT".to_owned()));
    params
}
