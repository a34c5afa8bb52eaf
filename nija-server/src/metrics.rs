//! Prometheus metrics.

use axum::http::{Method, StatusCode};
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use nija::router::VenueStatus;
use nija::vault::{KeyReport, LeaseCount, RewrapProgress, VaultHealth};
use nija_core::{BreakerState, Timestamp};
use std::{sync::OnceLock, time::Duration};

/// Writes the metrics out. Servers of one process share one recorder.
#[derive(Clone)]
pub(crate) struct MetricsHandle(Option<PrometheusHandle>);

static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Seconds; from a journal write to a venue that hangs.
const BUCKETS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 10.0];

/// Basis points; slippage is negative where a fill was better than expected.
const BPS: [f64; 14] = [-50.0, -20.0, -10.0, -5.0, -2.0, -1.0, 0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0];

/// Quote units of a fee.
const FEES: [f64; 10] = [0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 25.0, 100.0];

impl MetricsHandle {
    /// Installs the recorder of this process, once. Where somebody else installed one before, theirs stays and ours is empty.
    pub(crate) fn install() -> Self {
        Self(HANDLE.get_or_init(recorder).clone())
    }

    /// Closes finished intervals, so that histograms do not grow; call now and then.
    pub(crate) fn tidy(&self) {
        if let Some(handle) = &self.0 {
            handle.run_upkeep();
        }
    }

    /// Everything, in Prometheus' text format.
    pub(crate) fn render(
        &self,
        venues: &[VenueStatus],
        lost: &[VenueStatus],
        streams: usize,
        vault: &VaultState,
    ) -> String {
        vault.write();
        for status in venues {
            let venue = || status.venue.to_string();
            let breaker = match status.health.breaker {
                BreakerState::Closed => 0.0,
                BreakerState::HalfOpen => 1.0,
                BreakerState::Open => 2.0,
            };
            gauge!("nija_venue_up", "venue" => venue()).set(if status.up { 1.0 } else { 0.0 });
            gauge!("nija_breaker_state", "venue" => venue()).set(breaker);
            gauge!("nija_executor_queue_depth", "venue" => venue()).set(count(status.health.queue_depth));
            gauge!("nija_order_alarms", "venue" => venue()).set(count(status.alarms));
        }
        // Which they are is known at the start and stays so.
        for status in lost {
            let venue = status.venue.to_string();
            gauge!("nija_lost_venue_orders", "venue" => venue).set(count(status.alarms));
        }
        gauge!("nija_streams").set(count(streams));
        self.0.as_ref().map(PrometheusHandle::render).unwrap_or_default()
    }
}

/// Counts an answered request.
pub(crate) fn request(method: &Method, route: &str, status: StatusCode, took: Duration) {
    // Anyone can make up a method; a label for each would grow without end.
    let known = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::HEAD,
        Method::OPTIONS,
        Method::PATCH,
    ];
    let method = if known.contains(method) { method.as_str() } else { "other" };
    let labels =
        [("method", method.to_owned()), ("route", route.to_owned()), ("status", status.as_u16().to_string())];
    counter!("nija_http_requests_total", &labels).increment(1);
    histogram!("nija_http_request_seconds", "route" => route.to_owned()).record(took.as_secs_f64());
}

/// Counts an order by how it stood when its caller was answered.
pub(crate) fn order(state: &'static str, replayed: bool) {
    let replayed = if replayed { "true" } else { "false" };
    counter!("nija_orders_total", "state" => state, "replayed" => replayed).increment(1);
}

/// Counts a login by its outcome.
pub(crate) fn login(outcome: &'static str) {
    counter!("nija_logins_total", "outcome" => outcome).increment(1);
}

/// The vault as it stands.
pub(crate) struct VaultState {
    pub(crate) health: VaultHealth,
    pub(crate) leases: LeaseCount,
    pub(crate) keys: KeyReport,
    pub(crate) now: Timestamp,
}

impl VaultState {
    fn write(&self) {
        let blocked = |blocked: bool| if blocked { 1.0 } else { 0.0 };
        // It answers, so it is open: a sealed server listens on nothing but its socket for shares.
        gauge!("nija_vault_sealed").set(0.0);
        gauge!("nija_vault_leases", "kind" => "cached").set(count_u64(self.leases.cached));
        gauge!("nija_vault_leases", "kind" => "held").set(count_u64(self.leases.held));
        counter!("nija_vault_opens_total", "cache" => "hit").absolute(self.leases.hits);
        counter!("nija_vault_opens_total", "cache" => "miss").absolute(self.leases.misses);
        gauge!("nija_vault_key_encryption_keys").set(count_u64(self.keys.key_encryption.len() as u64));
        for (kind, keys) in [("key_encryption", &self.keys.key_encryption), ("sealing", &self.keys.sealing)] {
            if let Some(newest) = keys.first() {
                gauge!("nija_vault_key_age_seconds", "kind" => kind)
                    .set(self.now.since(newest.made_at).as_secs_f64());
            }
        }
        gauge!("nija_vault_audit_waiting").set(count_u64(self.health.waiting));
        gauge!("nija_vault_audit_blocked", "sink" => "database").set(blocked(self.health.database.is_some()));
        if let Some(file) = &self.health.file {
            gauge!("nija_vault_audit_blocked", "sink" => "file").set(blocked(file.error.is_some()));
        }
    }
}

/// How far a re-wrap is.
pub(crate) fn rewrap(at: RewrapProgress) {
    gauge!("nija_vault_rewrap_done").set(count_u64(at.done));
    gauge!("nija_vault_rewrap_total").set(count_u64(at.total));
}

/// Counts an act of an administrator that was done and could not be put in the audit log.
pub(crate) fn unaudited() {
    counter!("nija_admin_unaudited_total").increment(1);
}

/// Counts a round of the vault's upkeep.
pub(crate) fn upkeep(well: bool) {
    counter!("nija_vault_upkeep_total", "outcome" => if well { "ok" } else { "failed" }).increment(1);
}

#[allow(clippy::cast_precision_loss)]
fn count_u64(things: u64) -> f64 {
    things as f64
}

// Gauges are floats; counts of things in memory fit.
#[allow(clippy::cast_precision_loss)]
fn count(things: usize) -> f64 {
    things as f64
}

fn recorder() -> Option<PrometheusHandle> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &BUCKETS)
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_bps".into()), &BPS))
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Full("nija_fees_quote".into()), &FEES))
        .ok()?;
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).ok()?;
    describe_counter!("nija_http_requests_total", "Requests answered, by route and status");
    describe_histogram!("nija_http_request_seconds", "Seconds from a request to its answer");
    describe_counter!("nija_orders_total", "Orders, by how they stood when their caller was answered");
    describe_counter!("nija_logins_total", "Logins, by outcome");
    describe_counter!("nija_trades_routed_total", "Orders routed to a venue, failovers counted again");
    describe_histogram!("nija_routing_latency_seconds", "Seconds that a route decision took");
    describe_counter!(
        "nija_executions_total",
        "Orders sent to a venue and answered, or given up waiting for an answer"
    );
    describe_counter!("nija_executions_success_total", "Those of them that the venue took");
    describe_counter!(
        "nija_order_refusals_total",
        "Orders refused by risk, routing or a venue, by the reason's code"
    );
    describe_counter!("nija_order_alarms_total", "Orders that came to need a person");
    describe_gauge!("nija_order_alarms", "Orders that need a person now");
    describe_gauge!("nija_orders_in_doubt", "Orders of which nobody knows whether they are at their venue");
    describe_histogram!(
        "nija_slippage_bps",
        "Slippage of ended orders against their route's price, positive is worse"
    );
    describe_histogram!("nija_fee_bps", "Fees of ended orders in basis points of what was traded");
    describe_histogram!("nija_fees_quote", "Fees of ended orders in quote units; the sum is what was paid");
    describe_gauge!("nija_venue_up", "1 where a venue can be traded at");
    describe_gauge!("nija_lost_venue_orders", "Unsettled orders at a venue that is not configured any more");
    describe_gauge!("nija_breaker_state", "0 closed, 1 half open, 2 open");
    describe_gauge!("nija_executor_queue_depth", "Orders waiting in a venue's lane");
    describe_gauge!("nija_streams", "Open streams");
    describe_gauge!("nija_vault_sealed", "0 where the vault is open");
    describe_gauge!(
        "nija_vault_leases",
        "Decrypted credentials in memory: kept ready, or still held by somebody"
    );
    describe_counter!("nija_vault_opens_total", "Credentials opened, by whether a decrypted one was ready");
    describe_counter!("nija_vault_opens_refused_total", "Openings that were refused, by reason");
    describe_counter!("nija_vault_refusals_total", "Signatures that were refused, by reason");
    describe_gauge!(
        "nija_vault_key_encryption_keys",
        "Key-encryption keys; more than one: a re-wrap is not done"
    );
    describe_gauge!("nija_vault_key_age_seconds", "Age of the newest key of a kind");
    describe_gauge!("nija_vault_rewrap_done", "User keys that the newest re-wrap has looked at");
    describe_gauge!("nija_vault_rewrap_total", "User keys that the newest re-wrap has to look at");
    describe_gauge!("nija_vault_audit_waiting", "Audit entries that wait for the database, in memory");
    describe_gauge!("nija_vault_audit_blocked", "1 where a sink of the audit log takes nothing");
    describe_counter!("nija_admin_unaudited_total", "Administrators' acts that the audit log did not take");
    describe_counter!("nija_vault_upkeep_total", "Rounds of the vault's upkeep, by outcome");
    Some(handle)
}
