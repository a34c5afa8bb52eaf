//! Who vouches for a database, and what to do where nobody does.

use rustls_native_certs::load_native_certs;
use std::{error::Error as _, io, path::PathBuf, sync::Arc};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::{
    self, CertificateError, ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use crate::{Error, told};

/// What the client says of a server that answers a wish for TLS with no.
const NO_TLS: &str = "server does not support TLS";

/// Whose signatures count on a server's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Roots {
    /// The system's.
    System,
    /// Those in a PEM file.
    File(PathBuf),
}

impl Roots {
    /// Read anew for each connection, as files are replaced while a server runs.
    pub(crate) fn connector(&self) -> Result<MakeRustlsConnect, Error> {
        let roots = self.read()?;
        // Named, since other libraries of the process may bring others.
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| told(format!("TLS cannot be used: {error}")))?;
        Ok(MakeRustlsConnect::new(config.with_root_certificates(roots).with_no_client_auth()))
    }

    fn read(&self) -> Result<RootCertStore, Error> {
        let mut roots = RootCertStore::empty();
        match self {
            Self::System => {
                let found = load_native_certs();
                for problem in found.errors {
                    tracing::warn!(%problem, "a root certificate of the system cannot be used");
                }
                roots.add_parsable_certificates(found.certs);
                if roots.is_empty() {
                    return Err(told(
                        "the system has no root certificates to check the database's by: install them (ca-certificates), or name a file \
                         as sslrootcert",
                    ));
                }
            }
            Self::File(path) => {
                let unusable = |why: &dyn std::fmt::Display| {
                    told(format!(
                        "the file {} that sslrootcert names holds no certificate that can be used: {why}",
                        path.display()
                    ))
                };
                let found = CertificateDer::pem_file_iter(path).map_err(|error| unusable(&error))?;
                for certificate in found {
                    let certificate = certificate.map_err(|error| unusable(&error))?;
                    roots.add(certificate).map_err(|error| unusable(&error))?;
                }
                if roots.is_empty() {
                    return Err(unusable(&"there is none"));
                }
            }
        }
        Ok(roots)
    }

    /// What to do about a connection that TLS kept from being made; `None` where it was something else.
    pub(crate) fn advice(&self, error: &postgres::Error) -> Option<String> {
        let cause = error.source()?;
        if cause.to_string() == NO_TLS {
            return Some(
                "the database offers no TLS, and its address asks for it by sslmode: turn it on there (ssl = on, ssl_cert_file, \
                 ssl_key_file), or leave sslmode away where nobody else is on the way"
                    .into(),
            );
        }
        let tls = cause.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref::<rustls::Error>()?;
        let rustls::Error::InvalidCertificate(why) = tls else {
            return Some(format!("TLS with the database failed: {tls}"));
        };
        let advice = match why {
            // The second where an authority of the same name was made anew.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => match self {
                Self::System => {
                    "is signed by nobody whom this system trusts: name the file with its authority's certificate as sslrootcert in its \
                     address, or add that to the system's"
                        .to_owned()
                }
                Self::File(path) => format!(
                    "is signed by nobody in {}, which sslrootcert names: put its authority's certificate there, unless it is somebody \
                     else who answers",
                    path.display()
                ),
            },
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "is for another host: connect by a name that is in it, or have one made with this name".to_owned()
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "has expired: renew it there".to_owned()
            }
            _ => "cannot be used: have one made for servers, signed by an authority".to_owned(),
        };
        Some(format!("the database's certificate {advice} ({why})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_certificate_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let roots = Roots::File(path.clone());
        for content in
            [None, Some(""), Some("-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n")]
        {
            if let Some(content) = content {
                std::fs::write(&path, content).unwrap();
            }
            let error = roots.connector().map(drop).unwrap_err().to_string();
            assert!(error.contains(path.to_str().unwrap()) && error.contains("sslrootcert"), "{error}");
        }
    }
}
