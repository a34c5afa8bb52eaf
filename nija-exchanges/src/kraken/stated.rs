//! What an AddOrder request says, read from its form: the user's policy is held against it.

use nija_core::{OrderReading, RequestBody, Side, StatedOrder, UnsignedRequest};

use super::symbols::{canonical, without_class};
use crate::stated::plain;

/// What an order may say. Anything else (leverage, an order that follows it, another class of assets) could make it more than what is read.
const KNOWN: &[&str] = &[
    "pair",
    "type",
    "ordertype",
    "volume",
    "price",
    "price2",
    "oflags",
    "timeinforce",
    "deadline",
    "cl_ord_id",
    "nonce",
];

pub(super) fn read(request: &UnsignedRequest) -> OrderReading {
    if !request.path.starts_with("/0/private/AddOrder") {
        // Nothing else on the list places an order.
        return OrderReading::NoOrder;
    }
    let RequestBody::Form(form) = &request.body else { return OrderReading::Unreadable };
    // Which of two Kraken would take is not known.
    let is_single = |name: &str| form.iter().filter(|(other, _)| other == name).count() == 1;
    if !form.iter().all(|(name, _)| KNOWN.contains(&name.as_ref()) && is_single(name)) {
        return OrderReading::Unreadable;
    }
    let field = |wanted: &str| form.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let number = |wanted| field(wanted).and_then(plain);
    let side = match field("type") {
        Some("buy") => Side::Buy,
        Some("sell") => Side::Sell,
        _ => return OrderReading::Unreadable,
    };
    let kind = field("ordertype");
    let limit = match kind {
        Some("limit" | "iceberg") => number("price"),
        // A trailing stop's limit is an offset to where it triggers.
        Some("stop-loss-limit" | "take-profit-limit") => number("price2"),
        Some("market" | "stop-loss" | "take-profit") => None,
        _ => return OrderReading::Unreadable,
    };
    let is_limit = kind.is_some_and(|kind| kind.ends_with("limit") || kind == "iceberg");
    // `viqc` turns the volume into an amount of the quote; the others say who pays the fee in what, and that it only makes a market.
    let is_plain =
        |flags: &str| flags.split(',').all(|flag| matches!(flag, "fciq" | "fcib" | "nompp" | "post"));
    let is_plain = field("oflags").is_none_or(is_plain);
    let (Some(pair), Some(quantity)) = (field("pair"), number("volume")) else {
        return OrderReading::Unreadable;
    };
    if !is_plain || (is_limit && limit.is_none()) {
        return OrderReading::Unreadable;
    }
    OrderReading::Order(StatedOrder {
        pair: joined(pair),
        side,
        quantity: Some(quantity),
        quote: None,
        limit,
    })
}

/// `XXBTZUSD`, `XBTUSD` and `XBT/USD` are all `BTCUSD`. A name that is not understood matches no pair of a policy.
fn joined(pair: &str) -> String {
    let pair = pair.replace('/', "");
    // The one pair of which money alone bears its class. (`XTZUSD` ends alike, and is Tezos.)
    if pair == "USDTZUSD" {
        return "USDTUSD".to_owned();
    }
    let has_class = |part: &str| part.starts_with(['X', 'Z']);
    if let Some((base, quote)) = pair.split_at_checked(4)
        && quote.len() == 4
        && has_class(base)
        && has_class(quote)
    {
        return [canonical(without_class(base)), canonical(without_class(quote))].concat();
    }
    for old in ["XBT", "XDG"] {
        if let Some(quote) = pair.strip_prefix(old) {
            return [canonical(old), quote].concat();
        }
        if let Some(base) = pair.strip_suffix(old) {
            return [base, canonical(old)].concat();
        }
    }
    pair
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{Method, RequestPurpose, VenueId};

    fn order(fields: &[(&str, &str)]) -> OrderReading {
        let form =
            fields.iter().map(|(name, value)| ((*name).to_owned().into(), (*value).to_owned())).collect();
        read(&UnsignedRequest {
            venue: VenueId::new("kraken").unwrap(),
            method: Method::Post,
            path: "/0/private/AddOrder".into(),
            query: Vec::new(),
            body: RequestBody::Form(form),
            purpose: RequestPurpose::Read,
        })
    }

    #[test]
    fn pairs_are_known_under_all_their_names() {
        for (name, ours) in [
            ("XXBTZUSD", "BTCUSD"),
            ("XBTUSD", "BTCUSD"),
            ("XBT/USD", "BTCUSD"),
            ("XETHXXBT", "ETHBTC"),
            ("ADAXBT", "ADABTC"),
            ("XDGUSD", "DOGEUSD"),
            ("ZETAUSD", "ZETAUSD"),
            ("SOLUSDT", "SOLUSDT"),
            ("USDTZUSD", "USDTUSD"),
            ("USDT/USD", "USDTUSD"),
            ("XTZUSD", "XTZUSD"),
        ] {
            assert_eq!(joined(name), ours);
        }
    }

    #[test]
    fn an_order_says_its_side_quantity_and_limit() {
        let base = [("pair", "XXBTZUSD"), ("type", "buy"), ("volume", "0.5")];
        let with = |more: &[(&'static str, &'static str)]| order(&[&base[..], more].concat());
        let limit = |price: Option<&str>| {
            OrderReading::Order(StatedOrder {
                pair: "BTCUSD".into(),
                side: Side::Buy,
                quantity: Some("0.5".parse().unwrap()),
                quote: None,
                limit: price.map(|text| text.parse().unwrap()),
            })
        };
        assert_eq!(with(&[("ordertype", "limit"), ("price", "60000")]), limit(Some("60000")));
        assert_eq!(with(&[("ordertype", "market")]), limit(None));
        let stop = with(&[("ordertype", "stop-loss-limit"), ("price", "50000"), ("price2", "49000")]);
        assert_eq!(stop, limit(Some("49000")));
        for unclear in [
            &[("ordertype", "limit")][..],
            &[("ordertype", "settle-position")],
            &[("ordertype", "market"), ("oflags", "fciq,viqc")],
            &[("ordertype", "market"), ("leverage", "5")],
            &[("ordertype", "market"), ("type", "sell")],
            &[("ordertype", "market"), ("volume", "9")],
            // Twice: which one counts is Kraken's secret.
            &[("ordertype", "market"), ("leverage", "5"), ("leverage", "5")],
            &[("ordertype", "market"), ("oflags", "fciq"), ("oflags", "viqc")],
            &[("ordertype", "market"), ("oflags", "fciq"), ("OFLAGS", "viqc")],
            &[("ordertype", "market"), ("oflags[]", "viqc")],
            // Another order that follows it, at any price.
            &[("ordertype", "market"), ("close[ordertype]", "limit"), ("close[price]", "1")],
            // So much above the market, not at so much.
            &[("ordertype", "limit"), ("price", "+60000")],
            &[("ordertype", "limit"), ("price", "#5%")],
            &[("ordertype", "trailing-stop-limit"), ("price", "+5"), ("price2", "1")],
            &[("ordertype", "market"), ("asset_class", "tokenized_asset")],
        ] {
            assert_eq!(with(unclear), OrderReading::Unreadable, "{unclear:?}");
        }
    }
}
