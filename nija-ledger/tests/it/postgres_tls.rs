//! The ledger over TLS.

use nija_core::{JournalEvent, Ledger};
use nija_ledger::{PostgresLedger, testing::Events};
use nija_test_services::{Authority, Server};
use std::sync::Arc;
use tokio::task::block_in_place;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_connection_is_encrypted_to_the_server_that_its_authority_signed_for() {
    let Some(server) = block_in_place(Server::start) else { return };
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new("ours"));
    block_in_place(|| server.certify(&authority.certificate("127.0.0.1")));
    let file = folder.path().join("ca.pem");
    let url = format!("{} sslmode=verify-full sslrootcert={}", server.url(), file.display());

    std::fs::write(&file, Authority::new("others").pem()).unwrap();
    let error = PostgresLedger::open(&url).unwrap_err().to_string();
    assert!(error.contains(&format!("is signed by nobody in {}", file.display())), "{error}");

    std::fs::write(&file, authority.pem()).unwrap();
    let (ledger, events) = (Arc::new(PostgresLedger::open(&url).unwrap()), Events::new(1));
    let pause = |paused| events.batch(vec![JournalEvent::Paused { paused }]);
    ledger.append(pause(true)).await.unwrap();
    assert!(ledger.paused(events.user).await.unwrap().is_some());
    assert!(ledger.questions().paused(events.user).await.unwrap().is_some());
    let connections = "SELECT ssl || ' ' || count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE application_name = 'nija-ledger' GROUP BY ssl";
    let connections = server.run(connections).unwrap();
    // The journal's, the tables', and a reader of each pool; the one that read which ids are known may be there still.
    assert!(connections == ["true 4"] || connections == ["true 5"], "{connections:?}");

    // A new connection is made as the first was.
    block_in_place(|| {
        server.crash();
        server.up();
    });
    ledger.append(pause(false)).await.unwrap();
    assert_eq!(ledger.paused(events.user).await, Ok(None));
    assert_eq!(ledger.verify_projections().await, Ok(vec![]));
    ledger.close().await;
}
