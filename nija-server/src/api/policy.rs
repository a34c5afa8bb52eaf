//! What the signer lets pass for a user, what it did with the user's keys, and the end of them.

use axum::{
    Json,
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use nija::vault::{AuditProof, AuditRecord};
use nija_client::wire;
use nija_core::{Notional, OrderPolicy, Price, PriceBand, Symbol, Timestamp, VaultError};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

use super::{
    body::{StrictJson, StrictQuery},
    page::{self, PageQuery},
    settings,
};
use crate::{
    auth::{CurrentUser, confirm},
    openapi::{BadQuery, Confirmed, Invalid, Missing, SignedIn},
    problem::{ApiResult, Problem, kinds},
    state::AppState,
};

/// Pairs in one policy.
const PAIRS: usize = 500;

/// The caller's order policy: what the signer lets pass, whatever the rest of the platform asks for.
#[utoipa::path(get, path = "/v1/credentials/policy", operation_id = "order_policy", tag = "credentials",
    responses((status = 200, body = wire::PolicySetting, headers(("ETag" = String))), SignedIn))]
pub(super) async fn get(State(app): State<AppState>, user: CurrentUser) -> ApiResult<Response> {
    answer(app.platform.keeper().policy(user.id).await?)
}

/// Sets or removes the order policy. What allows more than before needs the password; what allows less does not, unless it shuts the caller in
/// with something: a pair that is held, or has orders, and is not named any more cannot be sold.
#[utoipa::path(put, path = "/v1/credentials/policy", operation_id = "set_order_policy", tag = "credentials", request_body = wire::SetPolicy,
    params(("If-Match" = String, Header, description = "The `ETag` of the policy that the change is based on")),
    responses((status = 200, body = wire::PolicySetting, headers(("ETag" = String))),
              (status = 412, description = "`settings_changed`: read it again", body = wire::Problem, content_type = "application/problem+json"),
              (status = 428, description = "`if_match_needed`", body = wire::Problem, content_type = "application/problem+json"),
              Confirmed, Invalid, SignedIn))]
pub(super) async fn set(
    State(app): State<AppState>,
    user: CurrentUser,
    headers: HeaderMap,
    StrictJson(request): StrictJson<wire::SetPolicy>,
) -> ApiResult<Response> {
    let policy = request.policy.map(from_wire).transpose()?;
    let keeper = app.platform.keeper();
    let seen = keeper.policy(user.id).await?;
    settings::based_on(&headers, &seen)?;
    let shut_in = app.platform.shut_in(user.id, seen.as_ref(), policy.as_ref()).await?;
    if allows_more(seen.as_ref(), policy.as_ref()) {
        confirm(&app, user.id, request.password).await?;
    } else if !shut_in.is_empty() {
        // Whoever stole a session could otherwise lock its owner in with what the market does to it.
        let password = request.password.ok_or_else(|| locks_in(&shut_in))?;
        confirm(&app, user.id, Some(password)).await?;
    }
    // Another change that came between would make this one allow more than was looked at.
    match keeper.replace_policy(user.id, seen, policy.clone()).await {
        Err(VaultError::PolicyChanged) => Err(settings::changed_meanwhile()),
        changed => {
            changed?;
            answer(policy)
        }
    }
}

fn locks_in(pairs: &[Symbol]) -> Problem {
    let pairs = pairs.iter().map(Symbol::as_str).collect::<Vec<_>>().join(", ");
    let what = format!(
        "you hold {pairs} or have orders there, and could not sell it under these limits, not even by a stop or a kill switch: name it, or give the account's password to confirm this"
    );
    Problem::new(kinds::CONFIRMATION_NEEDED, what)
}

fn answer(policy: Option<OrderPolicy>) -> ApiResult<Response> {
    let version = settings::version(&policy)?;
    settings::tagged(&version, wire::PolicySetting { policy: policy.map(to_wire), version: version.clone() })
}

/// Destroys the data keys that open the caller's exchange keys: here and in every backup that they were in alone nobody can open them any more. The
/// answer names them, and the entry that records it can be proven. Orders that rest at venues stay there.
#[utoipa::path(delete, path = "/v1/credentials", operation_id = "erase_credentials", tag = "credentials", request_body = wire::EraseCredentials,
    responses((status = 200, body = wire::Erasure), Confirmed, Invalid, SignedIn))]
pub(super) async fn erase(
    State(app): State<AppState>,
    user: CurrentUser,
    StrictJson(request): StrictJson<wire::EraseCredentials>,
) -> ApiResult<Json<wire::Erasure>> {
    confirm(&app, user.id, Some(request.password)).await?;
    let keys = app.platform.vault().list(user.id).await?;
    let erased = app.platform.keeper().erase(user.id).await?;
    // Whatever they are listed as: someone who can write the vault's database may have made that up.
    for key in &keys {
        app.platform.engine().disconnect(user.id, &key.venue).await;
    }
    Ok(Json(wire::Erasure {
        audit_seq: erased.audit_seq,
        keys: erased.keys,
        credentials: erased.credentials,
    }))
}

/// What was done with the caller's keys, newest first: uses, refused uses and why, changes, reads.
#[utoipa::path(get, path = "/v1/credentials/audit", operation_id = "key_events", tag = "credentials", params(PageQuery),
    responses((status = 200, body = wire::Page<wire::KeyEvent>), BadQuery, SignedIn))]
pub(super) async fn audit(
    State(app): State<AppState>,
    user: CurrentUser,
    StrictQuery(query): StrictQuery<PageQuery>,
) -> ApiResult<Json<wire::Page<wire::KeyEvent>>> {
    let request = query.request()?;
    let limit = u32::try_from(request.limit.min(page::MOST)).unwrap_or(1);
    let found = app.platform.books().audit_of(user.id, request.before, limit).await?;
    let next_cursor = found.last().map(|last| last.seq.to_string()).filter(|_| found.len() == request.limit);
    Ok(Json(wire::Page { items: found.into_iter().map(event_to_wire).collect(), next_cursor }))
}

/// A proof that an entry about the caller's keys is in the log, by a checkpoint that the vault signed: for `AuditProof::verify` of
/// the client library, with nothing but the pinned key.
#[utoipa::path(get, path = "/v1/credentials/audit/{seq}/proof", operation_id = "prove_key_event", tag = "credentials", params(("seq" = String, Path)),
    responses((status = 200, body = serde_json::Value), Missing, Invalid, SignedIn))]
pub(super) async fn proof(
    State(app): State<AppState>,
    user: CurrentUser,
    Path(seq): Path<String>,
) -> ApiResult<Json<AuditProof>> {
    let missing = || Problem::new(kinds::NOT_FOUND, "you have no such entry");
    let seq: u64 = seq.parse().map_err(|_| missing())?;
    let vault = app.platform.books();
    let before = seq.checked_add(1).ok_or_else(missing)?;
    let own = vault.audit_of(user.id, Some(before), 1).await?;
    // Another user's entries are none of the caller's business, and an entry that is not signed for yet is signed for now.
    own.first().filter(|entry| entry.seq == seq).ok_or_else(missing)?;
    match vault.prove_audit_entry(seq).await {
        Err(VaultError::Storage(_)) => {
            vault.checkpoint().await?;
            Ok(Json(vault.prove_audit_entry(seq).await?))
        }
        proven => Ok(Json(proven?)),
    }
}

fn event_to_wire(it: AuditRecord) -> wire::KeyEvent {
    wire::KeyEvent {
        seq: it.seq,
        at: Timestamp::from_micros(it.at_micros).to_string(),
        action: it.action,
        outcome: it.outcome,
        venue: it.venue,
        version: it.version,
        purpose: it.purpose,
        count: it.count,
        detail: it.detail,
        actor: it.actor,
        origin: it.origin,
    }
}

fn to_wire(it: OrderPolicy) -> wire::OrderPolicy {
    let pair = |(symbol, band): (Symbol, Option<PriceBand>)| wire::PolicyPair {
        symbol: symbol.to_string(),
        low: band.map(|band| band.low.get()),
        high: band.map(|band| band.high.get()),
    };
    wire::OrderPolicy {
        pairs: it.pairs.into_iter().map(pair).collect(),
        max_order: it.max_order.map(Notional::get),
        max_buys_per_hour: it.max_buys_per_hour.map(Notional::get),
    }
}

fn from_wire(it: wire::OrderPolicy) -> ApiResult<OrderPolicy> {
    let wrong = |what: String| Problem::new(kinds::POLICY_INVALID, what);
    if it.pairs.len() > PAIRS {
        return Err(wrong(format!("a policy has at most {PAIRS} pairs")));
    }
    let mut pairs = BTreeMap::new();
    for pair in it.pairs {
        let symbol = Symbol::new(&pair.symbol).map_err(|error| {
            wrong(format!("{:?}: {error}", pair.symbol.chars().take(32).collect::<String>()))
        })?;
        let price = |value: Decimal| Price::new(value).map_err(|error| wrong(format!("{symbol}: {error}")));
        let band = match (pair.low, pair.high) {
            (None, None) => None,
            (Some(low), Some(high)) if low <= high => {
                Some(PriceBand { low: price(low)?, high: price(high)? })
            }
            _ => return Err(wrong(format!("{symbol}: give low and high, low first, or neither"))),
        };
        if pairs.insert(symbol.clone(), band).is_some() {
            return Err(wrong(format!("{symbol} is there twice")));
        }
    }
    let limit = |name: &str, value: Option<Decimal>| {
        let good = |value: Decimal| Notional::new(value).ok().filter(|_| value > Decimal::ZERO);
        value.map(|value| good(value).ok_or_else(|| wrong(format!("{name} must be above zero")))).transpose()
    };
    Ok(OrderPolicy {
        pairs,
        max_order: limit("max_order", it.max_order)?,
        max_buys_per_hour: limit("max_buys_per_hour", it.max_buys_per_hour)?,
    })
}

/// Whether anything that `before` refused may pass now.
fn allows_more(before: Option<&OrderPolicy>, now: Option<&OrderPolicy>) -> bool {
    let Some(before) = before else { return false };
    let Some(now) = now else { return true };
    let rises = |before: Option<Notional>, now: Option<Notional>| match (before, now) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(before), Some(now)) => now > before,
    };
    let wider = |symbol: &Symbol, band: &Option<PriceBand>| match (before.pairs.get(symbol), band) {
        (None, _) | (Some(Some(_)), None) => true,
        (Some(None), _) => false,
        (Some(Some(before)), Some(now)) => now.low < before.low || now.high > before.high,
    };
    rises(before.max_order, now.max_order)
        || rises(before.max_buys_per_hour, now.max_buys_per_hour)
        || now.pairs.iter().any(|(symbol, band)| wider(symbol, band))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(pairs: &[(&str, Option<(i64, i64)>)], order: Option<i64>, hour: Option<i64>) -> OrderPolicy {
        let pair = |(symbol, band): &(&str, Option<(i64, i64)>)| wire::PolicyPair {
            symbol: (*symbol).to_owned(),
            low: band.map(|band| band.0.into()),
            high: band.map(|band| band.1.into()),
        };
        from_wire(wire::OrderPolicy {
            pairs: pairs.iter().map(pair).collect(),
            max_order: order.map(Into::into),
            max_buys_per_hour: hour.map(Into::into),
        })
        .unwrap()
    }

    #[test]
    fn what_allows_more_is_told_from_what_allows_less() {
        let before = policy(&[("BTC-USD", Some((10, 20))), ("ETH-USD", None)], Some(100), None);
        let check = |now: Option<OrderPolicy>| allows_more(Some(&before), now.as_ref());
        assert!(!allows_more(None, Some(&before)), "any policy is tighter than none");
        assert!(check(None));
        assert!(!check(Some(before.clone())));
        assert!(!check(Some(policy(&[("BTC-USD", Some((11, 20)))], Some(99), Some(50)))));
        assert!(!check(Some(policy(&[("ETH-USD", Some((1, 2)))], Some(100), None))));
        for wider in [
            policy(&[("BTC-USD", Some((9, 20)))], Some(100), None),
            policy(&[("BTC-USD", Some((10, 21)))], Some(100), None),
            policy(&[("BTC-USD", None)], Some(100), None),
            policy(&[("DOGE-USD", Some((1, 2)))], Some(100), None),
            policy(&[("ETH-USD", None)], Some(101), None),
            policy(&[("ETH-USD", None)], None, None),
        ] {
            assert!(check(Some(wider.clone())), "{wider:?}");
        }
    }

    #[test]
    fn a_policy_that_makes_no_sense_is_refused() {
        let pair = |symbol: &str, low: Option<i64>, high: Option<i64>| wire::PolicyPair {
            symbol: symbol.to_owned(),
            low: low.map(Into::into),
            high: high.map(Into::into),
        };
        for (pairs, order) in [
            (vec![pair("btc", None, None)], None),
            (vec![pair("BTC-USD", Some(2), Some(1))], None),
            (vec![pair("BTC-USD", Some(2), None)], None),
            (vec![pair("BTC-USD", None, None), pair("BTC-USD", None, None)], None),
            (Vec::new(), Some(0)),
            (Vec::new(), Some(-1)),
        ] {
            let policy =
                wire::OrderPolicy { pairs, max_order: order.map(Into::into), max_buys_per_hour: None };
            assert_eq!(from_wire(policy.clone()).unwrap_err().code(), "policy_invalid", "{policy:?}");
        }
    }
}
