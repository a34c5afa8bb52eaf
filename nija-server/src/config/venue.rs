//! Venues as flags name them: `kraken=REST,WS_PUBLIC,WS_PRIVATE`, `kraken-b:kraken=...`.

use nija::{VenueConfig, exchanges::kraken::KrakenConfig};
use nija_core::VenueId;

use super::ConfigError;

/// Reads `KIND=REST,WS_PUBLIC,WS_PRIVATE` or `ID:KIND=REST,WS_PUBLIC,WS_PRIVATE`.
///
/// # Errors
/// [`ConfigError`] says which part is wrong.
pub fn parse_venue(text: &str) -> Result<VenueConfig, ConfigError> {
    let wrong = |what: &str| {
        ConfigError(format!(
            "venue {text:?}: {what}; write kraken=REST_URL,WS_PUBLIC_URL,WS_PRIVATE_URL or ID:kraken=..."
        ))
    };
    let (name, urls) = text.split_once('=').ok_or_else(|| wrong("there is no '='"))?;
    let (id, kind) = name.split_once(':').unwrap_or((name, name));
    let urls: Vec<&str> = urls.split(',').collect();
    let &[rest, ws_public, ws_private] = urls.as_slice() else {
        return Err(wrong("three addresses are needed"));
    };
    venue(id, kind, rest, ws_public, ws_private).map_err(|error| wrong(&error.0))
}

/// A venue from its parts.
pub(super) fn venue(
    id: &str,
    kind: &str,
    rest: &str,
    ws_public: &str,
    ws_private: &str,
) -> Result<VenueConfig, ConfigError> {
    let id = VenueId::new(id).map_err(|error| ConfigError(error.to_string()))?;
    if kind != "kraken" {
        return Err(ConfigError(format!("the kind {kind:?} is not known; known: kraken")));
    }
    for (url, schemes) in
        [(rest, ["http://", "https://"]), (ws_public, ["ws://", "wss://"]), (ws_private, ["ws://", "wss://"])]
    {
        if !schemes.iter().any(|scheme| url.len() > scheme.len() && url.starts_with(scheme)) {
            return Err(ConfigError(format!(
                "the address {url:?} must begin with {} or {}",
                schemes[0], schemes[1]
            )));
        }
    }
    Ok(VenueConfig::Kraken(KrakenConfig::new(id, rest, ws_public, ws_private)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_venue_is_named_by_its_kind_or_by_its_own_name() {
        let urls = "http://h:1,ws://h:2/p,ws://h:3/q";
        for (text, id) in
            [(format!("kraken={urls}"), "kraken"), (format!("kraken-b:kraken={urls}"), "kraken-b")]
        {
            let VenueConfig::Kraken(config) = parse_venue(&text).unwrap() else { panic!("{text}") };
            assert_eq!(config.venue.as_str(), id);
        }
    }

    #[test]
    fn a_bad_venue_says_what_is_wrong_with_it() {
        for (text, says) in [
            ("kraken", "no '='"),
            ("kraken=http://h", "three addresses"),
            ("nasdaq=http://h,ws://h,ws://h", "not known"),
            ("kraken=ftp://h,ws://h,ws://h", "http://"),
            ("a b:kraken=http://h,ws://h,ws://h", "venue id"),
        ] {
            let error = parse_venue(text).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
