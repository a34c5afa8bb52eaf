//! Private channels of one connection: the account's executions and balances.

use super::add_order::{side_name, type_name};
use super::pairs::{self, COST_DECIMALS, LOT_DECIMALS, PAIRS};
use super::txid::{order_txid, trade_txid};
use super::ws_public::Done;
use super::ws_wire::{Message, Num};
use crate::clock::rfc3339;
use crate::engine::{AccountId, Balance, ExecEvent, ExecKind, Fill, Order, TimeInForce};
use crate::faults::FaultKind;
use crate::venue::Venue;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Fills in a snapshot.
const FILLS: usize = 50;

/// What one connection is subscribed to.
#[derive(Debug, Default)]
pub(super) struct PrivateChannels {
    executions: Option<Executions>,
    balances: Option<Balances>,
}

#[derive(Debug)]
struct Executions {
    account: AccountId,
    /// Number of the last event seen.
    seen: u64,
    sequence: u64,
    /// Whether all transitions are wanted, or beginnings and ends alone.
    all: bool,
}

#[derive(Debug)]
struct Balances {
    account: AccountId,
    sent: BTreeMap<String, Balance>,
    version: u64,
    sequence: u64,
}

/// One execution report; which fields it has depends on its kind.
#[derive(Debug, Default, Serialize)]
struct Report {
    order_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cl_ord_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_userref: Option<i64>,
    exec_type: &'static str,
    order_status: &'static str,
    timestamp: String,
    #[serde(flatten)]
    terms: Option<Terms>,
    #[serde(flatten)]
    trade: Option<Trade>,
    #[serde(flatten)]
    totals: Option<Totals>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// What the order asks.
#[derive(Debug, Serialize)]
struct Terms {
    symbol: &'static str,
    side: &'static str,
    order_type: &'static str,
    order_qty: Num,
    #[serde(skip_serializing_if = "Option::is_none")]
    cash_order_qty: Option<Num>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit_price: Option<Num>,
    /// Zero where the order has none.
    stop_price: Num,
    #[serde(skip_serializing_if = "Option::is_none")]
    triggers: Option<Trigger>,
    time_in_force: &'static str,
    post_only: bool,
    reduce_only: bool,
    fee_ccy_pref: &'static str,
}

/// What sets an order off.
#[derive(Debug, Serialize)]
struct Trigger {
    reference: &'static str,
    price: Num,
    price_type: &'static str,
    status: &'static str,
}

/// One execution.
#[derive(Debug, Serialize)]
struct Trade {
    exec_id: String,
    trade_id: u64,
    symbol: &'static str,
    side: &'static str,
    order_type: &'static str,
    last_qty: Num,
    last_price: Num,
    liquidity_ind: &'static str,
    cost: Num,
    fees: Vec<Fee>,
    fee_usd_equiv: Num,
}

#[derive(Debug, Serialize)]
struct Fee {
    asset: &'static str,
    qty: Num,
}

/// What has been executed so far.
#[derive(Debug, Serialize)]
struct Totals {
    cum_qty: Num,
    cum_cost: Num,
    avg_price: Num,
}

impl PrivateChannels {
    /// Whether anything is subscribed.
    pub(super) fn any(&self) -> bool {
        self.executions.is_some() || self.balances.is_some()
    }

    /// Whose channels these are.
    pub(super) fn account(&self) -> Option<AccountId> {
        let executions = self.executions.as_ref().map(|channel| channel.account);
        executions.or_else(|| self.balances.as_ref().map(|channel| channel.account))
    }

    /// Subscribes or unsubscribes; the token must be good.
    pub(super) fn change(&mut self, venue: &Venue, subscribe: bool, channel: &str, params: &Value) -> Done {
        let now_ns = venue.clock.now_ns();
        let token = params.get("token").and_then(Value::as_str).unwrap_or_default();
        let needed = if channel == "executions" { "query-open-trades" } else { "query-funds" };
        let account = {
            let keys = venue.keys.lock();
            let key = keys.by_token(token, now_ns).ok_or("ESession:Invalid session")?;
            if !key.may(needed) {
                return Err("EGeneral:Permission denied".to_owned());
            }
            key.account
        };
        if !subscribe {
            match channel {
                "executions" => self.executions = None,
                _ => self.balances = None,
            }
            return Ok(vec![(json!({ "channel": channel }), Vec::new())]);
        }
        let flag = |name: &str, default: bool| params.get(name).and_then(Value::as_bool).unwrap_or(default);
        Ok(vec![if channel == "executions" {
            let (orders, trades) = (flag("snap_orders", true), flag("snap_trades", false));
            let result = json!({ "channel": channel, "maxratecount": 180, "snap_orders": orders, "snap_trades": trades });
            (
                result,
                vec![self.start_executions(
                    venue,
                    account,
                    orders,
                    trades,
                    flag("order_status", true),
                    now_ns,
                )],
            )
        } else {
            let snapshot = flag("snapshot", true);
            let message = self.start_balances(venue, account);
            (
                json!({ "channel": channel, "snapshot": snapshot }),
                if snapshot { vec![message] } else { Vec::new() },
            )
        }])
    }

    /// Messages for all that happened since the last call.
    pub(super) fn changes(&mut self, venue: &Venue) -> Vec<String> {
        let mut out = Vec::new();
        if let Some(executions) = &mut self.executions {
            let engine = venue.engine.lock();
            for event in engine.events_after(executions.account, executions.seen) {
                executions.seen = event.seq;
                let minor = matches!(event.kind, ExecKind::PendingNew | ExecKind::Triggered);
                if minor && !executions.all {
                    continue;
                }
                let copies = if venue.hits_message(FaultKind::DuplicateReports) { 2 } else { 1 };
                for _ in 0..copies {
                    executions.sequence += 1;
                    let message =
                        Message::new("executions", false, [report(event)]).numbered(executions.sequence);
                    out.push(message.text());
                }
            }
        }
        if let Some(balances) = &mut self.balances {
            out.extend(balances.changes(venue));
        }
        out
    }

    fn start_executions(
        &mut self,
        venue: &Venue,
        account: AccountId,
        orders: bool,
        trades: bool,
        all: bool,
        now_ns: i64,
    ) -> String {
        let engine = venue.engine.lock();
        let mut reports: Vec<Report> = Vec::new();
        if orders {
            reports.extend(engine.open_orders(account).map(|order| {
                let status = if order.filled.is_zero() { "new" } else { "partially_filled" };
                let kind =
                    Report { terms: Some(terms(order)), totals: Some(totals(order)), ..Report::default() };
                head(order, "new", status, order.opened_ns.min(now_ns), kind)
            }));
        }
        if trades {
            let last: Vec<&Fill> = engine.fills(account).take(FILLS).collect();
            reports.extend(last.into_iter().rev().map(|fill| Report {
                order_id: order_txid(fill.order),
                cl_ord_id: fill.client_id.clone(),
                order_userref: fill.userref,
                exec_type: "trade",
                order_status: engine.order(fill.order).map_or("filled", |order| {
                    if order.status.is_open() { "partially_filled" } else { "filled" }
                }),
                timestamp: rfc3339(fill.time_ns),
                trade: Some(trade(fill)),
                ..Report::default()
            }));
        }
        self.executions = Some(Executions { account, seen: engine.last_event(account), sequence: 1, all });
        Message::new("executions", true, reports).numbered(1).text()
    }

    fn start_balances(&mut self, venue: &Venue, account: AccountId) -> String {
        let (list, version) = venue.engine.lock().balances(account);
        let data: Vec<BalanceSnapshot> =
            list.iter().filter_map(|(asset, balance)| BalanceSnapshot::new(asset, balance)).collect();
        self.balances = Some(Balances { account, sent: list.into_iter().collect(), version, sequence: 1 });
        Message::new("balances", true, data).numbered(1).text()
    }
}

#[derive(Debug, Serialize)]
struct BalanceSnapshot {
    asset: &'static str,
    asset_class: &'static str,
    balance: Num,
    wallets: [Wallet; 1],
}

#[derive(Debug, Serialize)]
struct Wallet {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'static str,
    balance: Num,
}

impl BalanceSnapshot {
    fn new(asset: &str, balance: &Balance) -> Option<Self> {
        let asset = pairs::asset(asset)?;
        let total = Num::fixed(balance.total, asset.decimals);
        let wallets = [Wallet { kind: "spot", id: "main", balance: total.clone() }];
        Some(Self { asset: asset.canonical, asset_class: "currency", balance: total, wallets })
    }
}

#[derive(Debug, Serialize)]
struct BalanceUpdate {
    ledger_id: String,
    ref_id: String,
    timestamp: String,
    #[serde(rename = "type")]
    kind: &'static str,
    category: &'static str,
    asset: &'static str,
    asset_class: &'static str,
    amount: Num,
    balance: Num,
    fee: Num,
    wallet_type: &'static str,
    wallet_id: &'static str,
}

impl Balances {
    /// One message for all totals that moved; holds alone move nothing on Kraken's ledger.
    fn changes(&mut self, venue: &Venue) -> Option<String> {
        let now_ns = venue.clock.now_ns();
        let (list, version) = venue.engine.lock().balances(self.account);
        if version == self.version {
            return None;
        }
        self.version = version;
        let mut data = Vec::new();
        for (name, balance) in list {
            let before = self.sent.insert(name.clone(), balance).unwrap_or_default();
            let amount = balance.total - before.total;
            let Some(asset) = pairs::asset(&name).filter(|_| !amount.is_zero()) else {
                continue;
            };
            let entry = version.wrapping_mul(16).wrapping_add(data.len() as u64);
            data.push(BalanceUpdate {
                ledger_id: order_txid(entry).replacen('O', "L", 1),
                ref_id: trade_txid(entry),
                timestamp: rfc3339(now_ns),
                kind: "trade",
                category: "trade",
                asset: asset.canonical,
                asset_class: "currency",
                amount: Num::plain(amount),
                balance: Num::fixed(balance.total, asset.decimals),
                fee: Num::plain(Decimal::ZERO),
                wallet_type: "spot",
                wallet_id: "main",
            });
        }
        if data.is_empty() {
            return None;
        }
        self.sequence += 1;
        Some(Message::new("balances", false, data).numbered(self.sequence).text())
    }
}

fn report(event: &ExecEvent) -> Report {
    let order = &event.order;
    let body = Report::default();
    let (exec_type, status, body) = match &event.kind {
        ExecKind::PendingNew => (
            "pending_new",
            "pending_new",
            Report { terms: Some(terms(order)), totals: Some(totals(order)), ..body },
        ),
        ExecKind::New => ("new", "new", body),
        ExecKind::Triggered => ("status", "triggered", body),
        // The trade that fills an order still says partially_filled; a report of its own says filled.
        ExecKind::Trade(fill) => ("trade", "partially_filled", Report { trade: Some(trade(fill)), ..body }),
        ExecKind::Filled => ("filled", "filled", Report { totals: Some(totals(order)), ..body }),
        ExecKind::Canceled => {
            ("canceled", "canceled", Report { totals: Some(totals(order)), reason: order.reason, ..body })
        }
        ExecKind::Expired => {
            ("expired", "expired", Report { totals: Some(totals(order)), reason: order.reason, ..body })
        }
    };
    head(order, exec_type, status, event.time_ns, body)
}

fn head(order: &Order, exec_type: &'static str, order_status: &'static str, ns: i64, body: Report) -> Report {
    Report {
        order_id: order_txid(order.id),
        cl_ord_id: order.ask.client_id.clone(),
        order_userref: order.ask.userref,
        exec_type,
        order_status,
        timestamp: rfc3339(ns),
        ..body
    }
}

fn terms(order: &Order) -> Terms {
    let ask = &order.ask;
    let pair = &PAIRS[ask.market];
    let price = |value: Option<Decimal>| value.map(|value| Num::fixed(value, pair.price_decimals));
    let (base, cash) = if ask.in_quote { (order.filled, Some(ask.qty)) } else { (ask.qty, None) };
    Terms {
        symbol: pair.v2,
        side: side_name(ask.side),
        order_type: type_name(ask.order_type),
        order_qty: Num::fixed(base, LOT_DECIMALS),
        cash_order_qty: cash.map(|cash| Num::fixed(cash, COST_DECIMALS)),
        limit_price: price(ask.limit),
        stop_price: Num::fixed(ask.trigger.unwrap_or_default(), pair.price_decimals),
        triggers: price(ask.trigger).map(|price| Trigger {
            reference: "last",
            price,
            price_type: "static",
            status: if order.triggered { "triggered" } else { "untriggered" },
        }),
        time_in_force: match ask.tif {
            TimeInForce::Gtc => "GTC",
            TimeInForce::Ioc => "IOC",
            TimeInForce::Fok => "FOK",
            TimeInForce::Gtd => "GTD",
        },
        post_only: ask.post_only,
        reduce_only: false,
        fee_ccy_pref: "fciq",
    }
}

fn totals(order: &Order) -> Totals {
    Totals {
        cum_qty: Num::fixed(order.filled, LOT_DECIMALS),
        cum_cost: Num::fixed(order.cost, COST_DECIMALS),
        avg_price: Num::fixed(order.avg_price(), COST_DECIMALS),
    }
}

fn trade(fill: &Fill) -> Trade {
    let pair = &PAIRS[fill.market];
    Trade {
        exec_id: trade_txid(fill.id),
        trade_id: fill.trade_id,
        symbol: pair.v2,
        side: side_name(fill.side),
        order_type: type_name(fill.order_type),
        last_qty: Num::fixed(fill.qty, LOT_DECIMALS),
        last_price: Num::fixed(fill.price, pair.price_decimals),
        liquidity_ind: if fill.maker { "m" } else { "t" },
        cost: Num::fixed(fill.cost, COST_DECIMALS),
        fees: vec![Fee { asset: pair.quote.canonical, qty: Num::fixed(fill.fee, COST_DECIMALS) }],
        fee_usd_equiv: Num::fixed(fill.fee, COST_DECIMALS),
    }
}
