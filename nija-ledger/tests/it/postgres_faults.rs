//! What holds on PostgreSQL beyond the rules of every ledger.

use futures::future::join_all;
use nija_core::{CredentialId, JournalEvent, Ledger, LedgerError, SeededEntropy, Timestamp};
use nija_ledger::{PostgresLedger, testing::Events};
use nija_test_services::Database;

use crate::store::Place;

fn pause(events: &Events) -> nija_core::JournalBatch {
    events.batch(vec![JournalEvent::Paused { paused: true }])
}

#[tokio::test]
async fn the_database_refuses_to_change_or_empty_the_journal() {
    let Some(database) = Database::make() else { return };
    let (ledger, events) = (database.open(), Events::new(1));
    for _ in 0..3 {
        ledger.append(pause(&events)).await.unwrap();
    }
    let columns = "epoch, \"user\", at, type, order_id, body FROM nija_ledger.journal WHERE seq = 2";
    for attempt in [
        "UPDATE nija_ledger.journal SET at = 0".to_owned(),
        "UPDATE nija_ledger.journal SET at = 0 WHERE seq = 99".to_owned(),
        "DELETE FROM nija_ledger.journal WHERE seq = 3".to_owned(),
        "TRUNCATE nija_ledger.journal".to_owned(),
        format!("INSERT INTO nija_ledger.journal SELECT 0, {columns}"),
        format!("INSERT INTO nija_ledger.journal SELECT 5, {columns}"),
        format!("INSERT INTO nija_ledger.journal SELECT 2, {columns} ON CONFLICT (seq) DO UPDATE SET at = 0"),
    ] {
        let error = database.run(&attempt).unwrap_err();
        assert!(error.contains("append-only"), "{attempt}: {error}");
    }
    assert_eq!(ledger.verify_projections().await, Ok(vec![]));
    assert_eq!(ledger.append(pause(&events)).await.unwrap().records[0].seq, 4);
}

#[tokio::test]
async fn a_second_server_is_refused_until_the_first_is_gone() {
    let Some(database) = Database::make() else { return };
    let (first, events) = (database.open(), Events::new(1));
    let error = PostgresLedger::open(&database.url()).unwrap_err().to_string();
    assert!(error.contains(&format!("in use by process {} on ", std::process::id())), "{error}");
    first.append(pause(&events)).await.unwrap();
    first.close().await;
    let second = database.open();
    assert_eq!(second.append(pause(&events)).await.unwrap().records[0].seq, 2);
    drop(second);
    database.open();
}

#[tokio::test]
async fn a_server_that_lost_the_ledger_without_noticing_writes_nothing_any_more() {
    let Some(database) = Database::make() else { return };
    let (first, events) = (database.open(), Events::new(1));
    let key = CredentialId::generate(Timestamp::from_micros(1), &SeededEntropy::new(1));
    first.append(pause(&events)).await.unwrap();
    // Its lock is gone and its connection is not, as far as it knows.
    let free = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    database.run(free).unwrap();
    let second = database.open();
    assert_eq!(second.append(pause(&events)).await.unwrap().records[0].seq, 2);
    for _ in 0..2 {
        let error = first.append(pause(&events)).await.unwrap_err().to_string();
        assert!(error.contains("another server has taken the ledger over"), "{error}");
    }
    assert!(first.reserve_nonces(key, 1, 1).await.unwrap_err().to_string().contains("another server"));
    assert_eq!(second.append(pause(&events)).await.unwrap().records[0].seq, 3);
    assert_eq!(second.verify_projections().await, Ok(vec![]));
}

#[tokio::test]
async fn the_database_itself_refuses_the_writes_of_an_earlier_owner() {
    let Some(database) = Database::make() else { return };
    let (ledger, events) = (database.open(), Events::new(1));
    ledger.append(pause(&events)).await.unwrap();
    // The connection and its lock live on; only the epoch says that somebody else is the owner now.
    database.run("UPDATE nija_ledger.owner SET epoch = epoch + 1, token = 'another'").unwrap();
    let error = ledger.append(pause(&events)).await.unwrap_err().to_string();
    assert!(error.contains("another server has taken the ledger over"), "{error}");
    let key = CredentialId::generate(Timestamp::from_micros(1), &SeededEntropy::new(1));
    assert!(ledger.reserve_nonces(key, 1, 1).await.is_err());
    assert_eq!(database.run("SELECT count(*) FROM nija_ledger.journal").unwrap(), ["1"]);
}

#[tokio::test]
async fn connections_that_the_server_closed_are_made_again() {
    let Some(database) = Database::make() else { return };
    let (ledger, events) = (database.open(), Events::new(1));
    for round in 0..4_u64 {
        for number in 0..3_u64 {
            let intent = events.intent(&format!("{round}-{number}"), "BTC-USD");
            ledger.append(events.batch(vec![Events::accepted(&intent)])).await.unwrap();
            assert!(ledger.order(events.user, intent.id).await.unwrap().is_some());
        }
        let all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE pid <> pg_backend_pid() AND datname = current_database()";
        database.run(all).unwrap();
        if round % 2 == 0 {
            assert_eq!(ledger.unsettled_orders().await.unwrap().len() as u64, 3 * (round + 1));
        }
    }
    let key = CredentialId::generate(Timestamp::from_micros(1), &SeededEntropy::new(1));
    assert_eq!(ledger.reserve_nonces(key, 7, 2).await, Ok(7));
    assert_eq!(ledger.verify_projections().await, Ok(vec![]));
}

#[tokio::test]
async fn tables_of_another_version_are_drawn_anew() {
    let Some(database) = Database::make() else { return };
    let (ledger, events) = (database.open(), Events::new(1));
    ledger.append(events.batch(vec![Events::accepted(&events.intent("a-1", "BTC-USD"))])).await.unwrap();
    assert_eq!(ledger.unsettled_orders().await.unwrap().len(), 1);
    ledger.close().await;
    for old in [
        "DELETE FROM nija_ledger_tables.orders; UPDATE nija_ledger_tables.projected SET version = 0",
        "DROP SCHEMA nija_ledger_tables CASCADE",
    ] {
        database.run(old).unwrap();
        let ledger = database.open();
        assert_eq!(ledger.verify_projections().await, Ok(vec![]));
        assert_eq!(ledger.unsettled_orders().await.unwrap().len(), 1);
        ledger.close().await;
    }
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_left_alone() {
    let Some(database) = Database::make() else { return };
    drop(database.open());
    database.run("INSERT INTO nija_ledger.schema_version VALUES (999)").unwrap();
    let error = PostgresLedger::open(&database.url()).unwrap_err().to_string();
    assert!(error.contains("newer NIJA"), "{error}");
}

#[tokio::test]
async fn a_full_disk_refuses_the_whole_group_in_words_and_later_room_is_used() {
    let Some(database) = Database::make() else { return };
    let (ledger, events) = (database.open(), Events::new(1));
    ledger.append(pause(&events)).await.unwrap();
    let full = "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
        CREATE TRIGGER full_disk BEFORE INSERT ON nija_ledger.journal EXECUTE FUNCTION full_disk()";
    database.run(full).unwrap();
    for answer in join_all((0..3).map(|_| ledger.append(pause(&events)))).await {
        let error = answer.unwrap_err().to_string();
        assert!(error.contains("the database's disk is full"), "{error}");
    }
    database.run("DROP TRIGGER full_disk ON nija_ledger.journal").unwrap();
    assert_eq!(ledger.append(pause(&events)).await.unwrap().records[0].seq, 2, "no place was lost");
    assert_eq!(ledger.verify_projections().await, Ok(vec![]));
}

#[tokio::test]
async fn tables_that_cannot_be_written_hold_up_no_append_and_lose_nothing() {
    let Some(database) = Database::make() else { return };
    let (ledger, events) = (database.open(), Events::new(1));
    let refuse = "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'no room'; END $$;
        CREATE TRIGGER no_room BEFORE INSERT ON nija_ledger_tables.user_entries EXECUTE FUNCTION no_room()";
    database.run(refuse).unwrap();
    for number in 0..3 {
        let intent = events.intent(&format!("a-{number}"), "BTC-USD");
        ledger.append(events.batch(vec![Events::accepted(&intent)])).await.unwrap();
        let error = ledger.order(events.user, intent.id).await.unwrap_err().to_string();
        assert!(error.contains("no room"), "a reader is told: {error}");
    }
    // What was not written is known all the same.
    let again = events.batch(vec![Events::accepted(&events.intent("a-1", "BTC-USD"))]);
    assert!(matches!(ledger.append(again).await, Err(LedgerError::ClientOrderIdTaken { .. })));
    database.run("DROP TRIGGER no_room ON nija_ledger_tables.user_entries").unwrap();
    assert_eq!(ledger.unsettled_orders().await.unwrap().len(), 3);
    assert_eq!(ledger.verify_projections().await, Ok(vec![]));
}

#[test]
fn an_address_that_is_none_or_leads_nowhere_is_refused_in_words() {
    let error = PostgresLedger::open("password=geheim nonsense").unwrap_err().to_string();
    assert!(error.contains("connection string") && !error.contains("geheim"), "{error}");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nowhere = format!("host=127.0.0.1 port={free} user=nobody dbname=none");
    let error = PostgresLedger::open(&nowhere).unwrap_err().to_string();
    assert!(error.contains("cannot be reached"), "{error}");
}
