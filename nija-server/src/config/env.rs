//! `NIJA_...`: every key of `nija.toml` by its path in capitals, for instance `NIJA_LIMITS_BASIC_PER_MINUTE`.

use toml::{Table, Value};

use super::ConfigError;

/// How a variable's text is read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    Number,
    Bool,
    /// Parts joined by commas.
    List,
}

/// Every key that a variable can set.
pub(super) const KEYS: &[(&str, Kind)] = &[
    ("listen", Kind::Text),
    ("metrics_listen", Kind::Text),
    ("data_dir", Kind::Text),
    ("paper", Kind::Bool),
    ("paper_prices", Kind::Text),
    ("demo", Kind::Bool),
    ("cors_origins", Kind::List),
    ("symbols", Kind::List),
    ("proxy.trusted", Kind::List),
    ("proxy.header", Kind::Text),
    ("auth.argon2_memory_kib", Kind::Number),
    ("auth.argon2_iterations", Kind::Number),
    ("auth.argon2_parallelism", Kind::Number),
    ("auth.hashing_concurrency", Kind::Number),
    ("auth.access_token_seconds", Kind::Number),
    ("auth.refresh_token_days", Kind::Number),
    ("auth.lockout_after", Kind::Number),
    ("auth.signup", Kind::Bool),
    ("limits.basic_per_minute", Kind::Number),
    ("limits.pro_per_minute", Kind::Number),
    ("limits.enterprise_per_minute", Kind::Number),
    ("limits.auth_per_minute", Kind::Number),
    ("limits.body_bytes", Kind::Number),
    ("limits.request_seconds", Kind::Number),
    ("limits.header_seconds", Kind::Number),
    ("limits.connections", Kind::Number),
    ("limits.drain_seconds", Kind::Number),
    ("risk.entry_interval_ms", Kind::Number),
    ("risk.max_equity_share_percent", Kind::Number),
    ("risk.max_daily_loss_percent", Kind::Number),
    ("risk.max_drawdown_percent", Kind::Number),
    ("risk.min_equity_share_percent", Kind::Number),
    ("risk.duplicate_window_ms", Kind::Number),
    ("risk.loosening_delay_minutes", Kind::Number),
    ("risk.allowed_symbols", Kind::List),
    ("risk.par_currencies", Kind::List),
    ("risk.cash_currencies", Kind::List),
    ("risk.fee_assets", Kind::List),
    ("risk.max_rate_age_seconds", Kind::Number),
    ("risk.basic_largest_position", Kind::Number),
    ("risk.basic_positions", Kind::Number),
    ("risk.basic_venues", Kind::Number),
    ("risk.pro_largest_position", Kind::Number),
    ("risk.pro_positions", Kind::Number),
    ("risk.pro_venues", Kind::Number),
    ("routing.policy", Kind::Text),
    ("routing.fees_percent", Kind::Number),
    ("routing.reliability_percent", Kind::Number),
    ("routing.latency_percent", Kind::Number),
    ("routing.load_percent", Kind::Number),
    ("routing.record_percent", Kind::Number),
    ("routing.collar_bps", Kind::Number),
    ("routing.max_quote_age_seconds", Kind::Number),
    ("routing.split_gain_bps", Kind::Number),
    ("routing.twap_above", Kind::Number),
    ("routing.twap_slices", Kind::Number),
    ("routing.twap_every_seconds", Kind::Number),
    ("routing.feedback_half_life_minutes", Kind::Number),
    ("ledger.postgres_file", Kind::Text),
    ("vault.postgres_file", Kind::Text),
    ("vault.openbao", Kind::List),
    ("vault.openbao_namespace", Kind::Text),
    ("vault.openbao_role_id", Kind::Text),
    ("vault.openbao_secret_id_file", Kind::Text),
    ("vault.openbao_ca_file", Kind::Text),
    ("vault.transit", Kind::List),
    ("vault.transit_namespace", Kind::Text),
    ("vault.transit_role_id", Kind::Text),
    ("vault.transit_secret_id_file", Kind::Text),
    ("vault.transit_token_file", Kind::Text),
    ("vault.transit_ca_file", Kind::Text),
    ("vault.transit_mount", Kind::Text),
    ("vault.transit_key", Kind::Text),
    ("vault.rotate_after_days", Kind::Number),
    ("vault.check_keys_every_hours", Kind::Number),
    ("vault.remind_after_days", Kind::Number),
    ("stream.ping_seconds", Kind::Number),
    ("stream.pnl_interval_ms", Kind::Number),
    ("stream.write_ms", Kind::Number),
    ("stream.ticket_seconds", Kind::Number),
    ("stream.per_user", Kind::Number),
    ("equity.every_seconds", Kind::Number),
    ("equity.all_days", Kind::Number),
    ("equity.days", Kind::Number),
];

/// Sections whose variables must all be known, so that a slip of the pen is not ignored.
const SECTIONS: [&str; 7] = [
    "NIJA_AUTH_",
    "NIJA_EQUITY_",
    "NIJA_LIMITS_",
    "NIJA_PROXY_",
    "NIJA_RISK_",
    "NIJA_STREAM_",
    "NIJA_VAULT_",
];

/// Puts what the environment says over the file.
pub(super) fn overlay(
    table: &mut Table,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<(), ConfigError> {
    for (variable, text) in environment {
        let known = KEYS.iter().find(|(key, _)| variable_of(key) == variable);
        match known {
            Some((key, kind)) => set(table, key, read(&variable, &text, *kind)?)?,
            None if SECTIONS.iter().any(|section| variable.starts_with(section)) => {
                return Err(ConfigError(format!(
                    "the variable {variable} is not known; see nija.example.toml"
                )));
            }
            None => {}
        }
    }
    Ok(())
}

fn variable_of(key: &str) -> String {
    format!("NIJA_{}", key.replace('.', "_").to_uppercase())
}

fn read(variable: &str, text: &str, kind: Kind) -> Result<Value, ConfigError> {
    let wrong = |what: &str| ConfigError(format!("the variable {variable} must be {what}, not {text:?}"));
    Ok(match kind {
        Kind::Text => Value::String(text.to_owned()),
        Kind::Number => Value::Integer(text.parse().map_err(|_| wrong("a whole number"))?),
        Kind::Bool => Value::Boolean(text.parse().map_err(|_| wrong("true or false"))?),
        Kind::List => Value::Array(
            text.split(',')
                .filter(|part| !part.is_empty())
                .map(|part| Value::String(part.trim().to_owned()))
                .collect(),
        ),
    })
}

fn set(table: &mut Table, key: &str, value: Value) -> Result<(), ConfigError> {
    let Some((section, name)) = key.split_once('.') else {
        table.insert(key.to_owned(), value);
        return Ok(());
    };
    let entry = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
    let inner = entry
        .as_table_mut()
        .ok_or_else(|| ConfigError(format!("{section} must be a section: [{section}]")))?;
    inner.insert(name.to_owned(), value);
    Ok(())
}
