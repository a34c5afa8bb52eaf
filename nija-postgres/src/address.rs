//! Where a database is.

use percent_encoding::percent_decode_str;
use postgres::{Client, Config, NoTls, config::SslMode, error::SqlState};
use std::{path::PathBuf, time::Duration};

use crate::{Error, tls::Roots, told};

/// A server that does not answer at all must not hold anybody up for longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where a database is, as who, and whether the way there is encrypted.
#[derive(Clone)]
pub struct Address {
    config: Config,
    /// Who vouches for the server; `None` where the connection is in the clear.
    roots: Option<Roots>,
}

impl Address {
    /// Reads libpq's connection string: `host=... user=... password=... dbname=...`, or a `postgresql://` address.
    ///
    /// With `sslmode=require` or `verify-full` the connection is encrypted, and the server's certificate must be valid for the host and
    /// signed by one of the system's authorities, or by one in the file that `sslrootcert` names. Without it the connection is in
    /// the clear, for servers on the same machine or a network of their own. `name` is what the database calls the connection.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(url: &str, name: &str) -> Result<Self, Error> {
        let Parts { rest, roots } = Parts::of(url);
        let mut config: Config = rest.parse().map_err(|_| {
            told(
                "the database's address is not a PostgreSQL connection string, or one with a parameter that is not known here \
                 (sslmode is disable, require or verify-full)",
            )
        })?;
        let encrypted = config.get_ssl_mode() == SslMode::Require;
        if roots.is_some() && !encrypted {
            return Err(told(
                "the database's address has sslrootcert, and nothing is encrypted without sslmode=verify-full: add it",
            ));
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(PATIENCE);
        }
        if config.get_application_name().is_none() {
            config.application_name(name);
        }
        config.tcp_user_timeout(PATIENCE).keepalives_idle(PATIENCE);
        Ok(Self { config, roots: encrypted.then(|| roots.unwrap_or(Roots::System)) })
    }

    /// Whether connections are encrypted.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.roots.is_some()
    }

    /// Connects. The client must neither work nor be dropped on a thread that drives a runtime.
    ///
    /// # Errors
    /// What was in the way, with what to do about it where that is known.
    pub fn connect(&self) -> Result<Client, Error> {
        match &self.roots {
            Some(roots) => {
                let connector = roots.connector()?;
                self.config.connect(connector).map_err(|error| match roots.advice(&error) {
                    Some(words) => told(words),
                    None => error.into(),
                })
            }
            None => self.config.connect(NoTls).map_err(|error| match error.as_db_error() {
                // What a server says that lets in nobody without TLS; it may also not know the user.
                Some(said) if *said.code() == SqlState::INVALID_AUTHORIZATION_SPECIFICATION => told(format!(
                    "the database does not let this user in over a connection in the clear: if it asks for TLS, add \
                     sslmode=verify-full to its address ({})",
                    said.message()
                )),
                _ => error.into(),
            }),
        }
    }
}

impl std::fmt::Debug for Address {
    /// A connection string holds a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").field("roots", &self.roots).finish_non_exhaustive()
    }
}

/// A connection string without what the client does not know: `sslrootcert`, and `sslmode=verify-full`, which is what `require` is here.
struct Parts {
    rest: String,
    roots: Option<Roots>,
}

impl Parts {
    fn of(url: &str) -> Self {
        let is_address = ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
        let mut roots = None;
        let mut keep = |parameter: &str| -> Option<String> {
            match parameter.split_once('=') {
                Some(("sslrootcert", path)) => {
                    let path = unquoted(path);
                    let path = if is_address { decoded(&path) } else { path };
                    roots =
                        Some(if path == "system" { Roots::System } else { Roots::File(PathBuf::from(path)) });
                    None
                }
                Some(("sslmode", mode)) if unquoted(mode) == "verify-full" => {
                    Some("sslmode=require".to_owned())
                }
                _ => Some(parameter.to_owned()),
            }
        };
        let rest = match url.split_once('?') {
            Some((place, parameters)) if is_address => {
                let kept: Vec<_> = parameters.split('&').filter_map(&mut keep).collect();
                format!("{place}?{}", kept.join("&"))
            }
            None if is_address => url.to_owned(),
            _ => words(url).filter_map(&mut keep).collect::<Vec<_>>().join(" "),
        };
        Self { rest, roots }
    }
}

/// Splits at white space that is neither quoted nor escaped.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |c: char| {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '\'' => is_quoted = !is_quoted,
            c => return c.is_whitespace() && !is_quoted,
        }
        false
    })
}

/// A value without its quotes.
fn unquoted(value: &str) -> String {
    let value = value.strip_prefix('\'').and_then(|value| value.strip_suffix('\'')).unwrap_or(value);
    let mut is_escaped = false;
    let keep = |c: &char| {
        is_escaped = *c == '\\' && !is_escaped;
        !is_escaped
    };
    value.chars().filter(keep).collect()
}

fn decoded(value: &str) -> String {
    percent_decode_str(value).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(url: &str) -> (String, Option<Roots>) {
        let Parts { rest, roots } = Parts::of(url);
        (rest, roots)
    }

    fn file(path: &str) -> Option<Roots> {
        Some(Roots::File(path.into()))
    }

    #[test]
    fn what_the_client_does_not_know_is_taken_out_of_words() {
        let url = "host=db user=nija  password='a b\\' sslmode=verify-full' sslmode=verify-full sslrootcert='/etc/my ca.pem'";
        let (rest, roots) = parts(url);
        assert_eq!(rest, "host=db user=nija  password='a b\\' sslmode=verify-full' sslmode=require");
        assert_eq!(roots, file("/etc/my ca.pem"));
        let config: Config = rest.parse().unwrap();
        assert_eq!(config.get_password(), Some("a b' sslmode=verify-full".as_bytes()));
        assert_eq!(parts("host=db sslrootcert=/etc/my\\ ca.pem").1, file("/etc/my ca.pem"));
    }

    #[test]
    fn what_the_client_does_not_know_is_taken_out_of_an_address() {
        let url = "postgresql://nija:p%26w@db/nija?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem&connect_timeout=3";
        let (rest, roots) = parts(url);
        assert_eq!(rest, "postgresql://nija:p%26w@db/nija?sslmode=require&connect_timeout=3");
        assert_eq!(roots, file("/etc/ca.pem"));
        assert_eq!(parts("postgres://db/nija?sslmode=require&sslrootcert=system").1, Some(Roots::System));
        assert_eq!(parts("postgres://db/nija"), ("postgres://db/nija".to_owned(), None));
        assert!("postgres://db/nija?".parse::<Config>().is_ok(), "where nothing else was asked for");
    }

    #[test]
    fn only_who_asks_for_it_is_encrypted_and_whoever_names_an_authority_asks() {
        let encrypted = |url: &str| Address::parse(url, "test").map(|address| address.is_encrypted());
        for (url, is) in [
            ("host=db", false),
            ("host=db sslmode=disable", false),
            ("host=db sslmode=require", true),
            ("postgres://db?sslmode=verify-full", true),
            ("host=db sslmode=require sslrootcert=/etc/ca.pem", true),
        ] {
            assert_eq!(encrypted(url).unwrap(), is, "{url}");
        }
        let error = encrypted("host=db sslrootcert=/etc/ca.pem").unwrap_err().to_string();
        assert!(error.contains("add it"), "{error}");
    }

    #[test]
    fn an_error_quotes_no_password() {
        for url in
            ["password=geheim nonsense", "password=geheim sslmode=verify-ca", "postgres://a:geheim@db?x=1"]
        {
            let error = Address::parse(url, "test").unwrap_err().to_string();
            assert!(error.contains("connection string") && !error.contains("geheim"), "{error}");
        }
        let address = Address::parse("host=db password=geheim", "test").unwrap();
        assert!(!format!("{address:?}").contains("geheim"));
    }
}
