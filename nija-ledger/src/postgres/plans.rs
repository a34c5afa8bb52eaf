//! A test of its own: every statement that the ledger runs finds its rows by an index, in a database that is empty and in one that is full.

use nija_test_services::Database;
use postgres::{SimpleQueryMessage, SimpleQueryRow};
use serde_json::Value;
use std::collections::BTreeMap;

use super::{
    connect::{Connection, PREPARED},
    question::translate,
};
use crate::{PostgresLedger, hot, projection::reading, testing, verify};

/// Tables of a few rows, however long the history is.
const SMALL: [&str; 6] = ["owner", "projected", "schema_version", "kill_switches", "protections", "bans"];

/// Indexes of which each value leads to few rows: these may be looked through.
const FEW: [&str; 3] = ["orders_by_id", "orders_by_parent", "journal_pkey"];

/// What the journal's trigger asks in every append.
const OF_THE_TRIGGER: [&str; 2] =
    ["SELECT max(seq) FROM journal WHERE seq < $1", "SELECT 1 FROM journal WHERE seq > $1"];

/// Rows by the ten thousand. The journal's triggers, which would refuse them, are off meanwhile.
const FILL: &str = include_str!("plans.sql");

#[tokio::test]
async fn no_statement_reads_the_history() {
    let Some(database) = Database::make() else { return };
    // Whatever a ledger asks and writes is in the rules that it keeps.
    let databases = std::cell::RefCell::new(Vec::new());
    testing::conformance(async || {
        let database = Database::make().unwrap();
        let ledger = PostgresLedger::open(&database.url()).unwrap();
        databases.borrow_mut().push(database);
        ledger
    })
    .await;
    let statements = statements();
    assert!(statements.len() > 70, "{}", statements.len());
    drop(PostgresLedger::open(&database.url()).unwrap());
    assert_eq!(faults(&database, &statements), Vec::<String>::new(), "in an empty database");
    database.run(FILL).unwrap();
    assert_eq!(faults(&database, &statements), Vec::<String>::new(), "in a full database");
}

/// The test would be worth nothing if it did not see a plan that is bad.
#[tokio::test]
async fn a_statement_that_reads_the_history_is_found() {
    let Some(database) = Database::make() else { return };
    drop(PostgresLedger::open(&database.url()).unwrap());
    database.run(FILL).unwrap();
    for (sql, fault) in [
        ("SELECT body FROM orders WHERE body = $1", "reads all of orders"),
        ("SELECT body FROM orders WHERE client_order_id = $1", "goes through all of orders_by_client"),
        ("SELECT body FROM orders WHERE live = 1 ORDER BY venue, symbol", "goes through all of orders_live"),
        (
            "SELECT place FROM orders WHERE \"user\" = $1 AND body = $2",
            "passes over rows that it finds by orders_by_client",
        ),
        ("SELECT place FROM orders WHERE \"user\" = $1 ORDER BY body LIMIT 10", "sorts"),
    ] {
        let found = faults(&database, &BTreeMap::from([(sql.to_owned(), Allowed::default())]));
        assert!(found.len() == 1 && found[0].contains(fault), "{sql}: {found:?}");
    }
}

/// What a statement may do.
#[derive(Default, Clone, Copy)]
struct Allowed {
    open_rows: bool,
    sort: bool,
}

fn statements() -> BTreeMap<String, Allowed> {
    let reads_all = |sql: &str| {
        // The check of the tables, and the reading of all known ids at the opening.
        sql.starts_with("SELECT * FROM ")
            || sql == verify::ENTRIES
            || reading::ALL.iter().any(|all| translate(all) == sql)
    };
    let prepared = PREPARED.lock().clone().into_iter().filter(|sql| !reads_all(sql));
    let trigger = OF_THE_TRIGGER.map(str::to_owned);
    let hot = hot::QUESTIONS.map(|(sql, open_rows)| {
        (translate(sql), Allowed { open_rows, sort: open_rows || hot::may_sort(sql) })
    });
    prepared.chain(trigger).map(|sql| (sql, Allowed::default())).chain(hot).collect()
}

/// What is wrong with the plans of statements, as the ledger's connections have them made.
fn faults(database: &Database, statements: &BTreeMap<String, Allowed>) -> Vec<String> {
    let url = database.url();
    let explain = || {
        let address = nija_postgres::Address::parse(&url, "plans").unwrap();
        let connection = Connection::open(&address).unwrap();
        let leading = leading_columns(&connection);
        let faults = statements.iter().flat_map(|(sql, allowed)| {
            let mut faults = Vec::new();
            look(&plan(&connection, sql), *allowed, &leading, &mut faults);
            faults.into_iter().map(move |fault| format!("{sql}: {fault}"))
        });
        faults.collect()
    };
    std::thread::scope(|scope| scope.spawn(explain).join()).unwrap()
}

/// The first column of each index.
fn leading_columns(connection: &Connection) -> BTreeMap<String, String> {
    let ask = "SELECT relname, pg_get_indexdef(indexrelid, 1, true) FROM pg_index
        JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname LIKE 'nija_ledger%'";
    asked(connection, ask).iter().map(|row| [0, 1].map(|at| row.get(at).unwrap().to_owned()).into()).collect()
}

fn plan(connection: &Connection, sql: &str) -> Value {
    // Not by the connection, which would note it as the ledger's.
    let parameters = connection.client().prepare(sql).unwrap().params().len();
    let values = vec!["NULL"; parameters].join(", ");
    let values = if values.is_empty() { values } else { format!("({values})") };
    connection.script(&format!("PREPARE asked AS {sql}")).unwrap();
    let told = asked(connection, &format!("EXPLAIN (FORMAT JSON) EXECUTE asked{values}"));
    connection.script("DEALLOCATE asked").unwrap();
    let mut plans: Value = serde_json::from_str(told[0].get(0).unwrap()).unwrap();
    plans[0]["Plan"].take()
}

fn asked(connection: &Connection, sql: &str) -> Vec<SimpleQueryRow> {
    let told = connection.client().simple_query(sql).unwrap();
    told.into_iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        })
        .collect()
}

fn look(node: &Value, allowed: Allowed, leading: &BTreeMap<String, String>, faults: &mut Vec<String>) {
    let text = |key: &str| node[key].as_str().unwrap_or_default();
    let children = node["Plans"].as_array().map_or(&[][..], Vec::as_slice);
    let (kind, table, index) = (text("Node Type"), text("Relation Name"), text("Index Name"));
    let is_small = SMALL.contains(&table) || table.starts_with("pg_");
    if kind == "Seq Scan" && !is_small {
        faults.push(format!("reads all of {table}"));
    }
    if !index.is_empty() && !is_small {
        let (column, condition) = (&leading[index], text("Index Cond"));
        let is_sought =
            [format!("({column} "), format!(".{column} ")].iter().any(|start| condition.contains(start));
        let is_open = allowed.open_rows && hot::OPEN.contains(&index);
        if !is_sought && !is_open {
            faults.push(format!("goes through all of {index}"));
        }
    }
    // The rows that a bitmap leads to are looked at by the node above it.
    let by = children.first().and_then(|child| child["Index Name"].as_str()).unwrap_or(index);
    if kind != "Seq Scan" && !is_small && !text("Filter").is_empty() && !FEW.contains(&by) {
        faults.push(format!("passes over rows that it finds by {by}"));
    }
    if kind == "Limit" && !allowed.sort && children.iter().any(|child| text_of(child).ends_with("Sort")) {
        faults.push("sorts all that it finds for a page of it".to_owned());
    }
    for child in children {
        look(child, allowed, leading, faults);
    }
}

fn text_of(node: &Value) -> &str {
    node["Node Type"].as_str().unwrap_or_default()
}
