//! PostgreSQL servers with TLS, without, and with certificates that are not to be believed.
#![allow(clippy::unwrap_used)]

use nija_postgres::Address;
use nija_test_services::{Authority, Server};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Whether the connection is encrypted, as the server sees it, or why there is none.
fn connect(url: &str) -> Result<bool, String> {
    let address = Address::parse(url, "test").map_err(|error| error.to_string())?;
    let mut client = address.connect().map_err(|error| error.to_string())?;
    let row = client.query_one("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", &[]).unwrap();
    Ok(row.get(0))
}

/// The file of an authority's certificate.
fn file(folder: &TempDir, name: &str, authority: &Authority) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, authority.pem()).unwrap();
    path
}

fn trusting(server: &Server, mode: &str, file: &Path) -> String {
    format!("{} sslmode={mode} sslrootcert={}", server.url(), file.display())
}

#[test]
fn a_server_is_believed_by_its_certificate_alone() {
    let Some(server) = Server::start() else { return };
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new("ours"));
    let ours = file(&folder, "ours.pem", &authority);
    let others = file(&folder, "others.pem", &Authority::new("others"));
    let namesake = file(&folder, "namesake.pem", &Authority::new("ours"));

    server.certify(&authority.certificate("127.0.0.1"));
    for mode in ["require", "verify-full"] {
        assert_eq!(connect(&trusting(&server, mode, &ours)), Ok(true));
    }
    let port = server.url().split("port=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let address = format!(
        "postgres://nija@127.0.0.1:{port}/postgres?sslmode=verify-full&sslrootcert={}",
        ours.display()
    );
    assert_eq!(connect(&address), Ok(true));
    assert_eq!(connect(&server.url()), Ok(false), "who does not ask for it is not encrypted");

    for wrong in [others, namesake] {
        let error = connect(&trusting(&server, "require", &wrong)).unwrap_err();
        assert!(error.contains(&format!("is signed by nobody in {}", wrong.display())), "{error}");
    }
    let error = connect(&format!("{} sslmode=require", server.url())).unwrap_err();
    assert!(error.contains("name the file") && error.contains("sslrootcert"), "{error}");
    let error = connect(&trusting(&server, "require", &ours).replace("127.0.0.1", "localhost")).unwrap_err();
    assert!(error.contains("is for another host"), "{error}");

    server.certify(&authority.expired("127.0.0.1"));
    let error = connect(&trusting(&server, "require", &ours)).unwrap_err();
    assert!(error.contains("has expired: renew it there"), "{error}");
}

#[test]
fn a_server_without_tls_is_refused_where_it_is_asked_for_and_the_other_way_round() {
    let Some(server) = Server::start() else { return };
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new("ours"));
    let ours = file(&folder, "ours.pem", &authority);
    assert_eq!(connect(&server.url()), Ok(false));
    let error = connect(&trusting(&server, "require", &ours)).unwrap_err();
    assert!(error.contains("offers no TLS") && error.contains("ssl = on"), "{error}");

    server.certify(&authority.certificate("127.0.0.1"));
    server.refuse_clear();
    assert_eq!(connect(&trusting(&server, "require", &ours)), Ok(true));
    let error = connect(&server.url()).unwrap_err();
    assert!(error.contains("add sslmode=verify-full"), "{error}");
}
