//! Venues as flags name them: `kraken` (the real one), `kraken=REST,WS_PUBLIC,WS_PRIVATE`, `kraken-b:kraken=...`.

use nija::{VenueAddresses, VenueConfig};
use nija_core::{Clock, SystemClock, VenueId};
use std::sync::Arc;

use super::ConfigError;

/// Reads `KIND`, `ID:KIND`, `KIND=REST,WS_PUBLIC,WS_PRIVATE` or `ID:KIND=REST,WS_PUBLIC,WS_PRIVATE`. Without addresses it is the real
/// venue.
///
/// # Errors
/// [`ConfigError`] says which part is wrong.
pub fn parse_venue(text: &str) -> Result<VenueConfig, ConfigError> {
    let wrong = |what: &str| {
        ConfigError(format!(
            "venue {text:?}: {what}; write KIND or ID:KIND for the real venue, or KIND=REST_URL,WS_PUBLIC_URL,WS_PRIVATE_URL"
        ))
    };
    let (name, urls) = text.split_once('=').map_or((text, None), |(name, urls)| (name, Some(urls)));
    let (id, kind) = name.split_once(':').unwrap_or((name, name));
    let addresses = match urls.map(|urls| urls.split(',').collect::<Vec<_>>()).as_deref() {
        None => None,
        Some(&[rest, ws_public, ws_private]) => Some(addresses(rest, ws_public, ws_private)),
        Some(_) => return Err(wrong("three addresses are needed")),
    };
    venue(id, kind, addresses).map_err(|error| wrong(&error.0))
}

/// Addresses from their parts, not checked yet.
pub(super) fn addresses(rest: &str, ws_public: &str, ws_private: &str) -> VenueAddresses {
    VenueAddresses { rest: rest.into(), ws_public: ws_public.into(), ws_private: ws_private.into() }
}

/// A venue from its parts; the real one without addresses.
pub(super) fn venue(
    id: &str,
    kind: &str,
    addresses: Option<VenueAddresses>,
) -> Result<VenueConfig, ConfigError> {
    let id = VenueId::new(id).map_err(|error| ConfigError(error.to_string()))?;
    let unknown =
        || ConfigError(format!("the kind {kind:?} is not known; known: {}", VenueConfig::KINDS.join(", ")));
    if !VenueConfig::KINDS.contains(&kind) {
        return Err(unknown());
    }
    let made = match addresses {
        None => VenueConfig::live(kind, id),
        Some(addresses) => {
            check(&addresses)?;
            VenueConfig::at(kind, id, addresses)
        }
    };
    made.ok_or_else(unknown)
}

/// The paper venue with the prices of another one, which is given as in [`parse_venue`].
pub(super) fn paper_over(text: &str) -> Result<VenueConfig, ConfigError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    VenueConfig::paper_over(&parse_venue(text)?, &clock).map_err(|error| ConfigError(error.to_string()))
}

fn check(addresses: &VenueAddresses) -> Result<(), ConfigError> {
    for (url, schemes) in [
        (&addresses.rest, ["http://", "https://"]),
        (&addresses.ws_public, ["ws://", "wss://"]),
        (&addresses.ws_private, ["ws://", "wss://"]),
    ] {
        if !schemes.iter().any(|scheme| url.len() > scheme.len() && url.starts_with(scheme)) {
            return Err(ConfigError(format!(
                "the address {url:?} must begin with {} or {}",
                schemes[0], schemes[1]
            )));
        }
    }
    Ok(())
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
    fn without_addresses_it_is_the_real_venue() {
        let VenueConfig::Kraken(config) = parse_venue("mine:kraken").unwrap() else { panic!("not Kraken") };
        assert_eq!((config.venue.as_str(), config.rest.as_str()), ("mine", "https://api.kraken.com"));
    }

    #[test]
    fn a_bad_venue_says_what_is_wrong_with_it() {
        for (text, says) in [
            ("nasdaq", "known: kraken"),
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
