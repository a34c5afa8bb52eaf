//! The listener: bounded connections, a time limit for request heads, and a graceful end.

use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};
use tower::Service;

use crate::state::AppState;

/// Bytes of a request's head at most.
const MOST_HEAD: usize = 32 * 1024;

/// Serves until the server drains, then ends what is under way.
pub(super) async fn serve(listener: TcpListener, router: Router, app: AppState) {
    let places = Arc::new(Semaphore::new(app.config.limits.connections));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = app.draining() => break,
        };
        while connections.try_join_next().is_some() {}
        if let Some((stream, peer, place)) = accepted {
            connections.spawn(connection(stream, peer, router.clone(), app.clone(), place));
        }
    }
    drop(listener);
    let wait = Duration::from_secs(app.config.limits.drain_seconds);
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(wait, all).await.is_err() {
        tracing::warn!("requests were still under way when the time to drain was over");
    }
}

/// The next connection, once there is a place for it: until then it waits in the system's queue.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, place)),
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            // Out of file handles, most likely: trying again at once would spin.
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    app: AppState,
    place: OwnedSemaphorePermit,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps Nagle's algorithm");
    }
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let mut router = router.clone();
        async move { Ok::<_, Infallible>(call(&mut router, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(app.config.limits.header_seconds))
        .max_buf_size(MOST_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = app.draining() => {
            connection.as_mut().graceful_shutdown();
            connection.as_mut().await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection ended badly");
    }
    drop(place);
}

async fn call(router: &mut Router, request: Request<Incoming>) -> axum::response::Response {
    match Service::call(router, request.map(Body::new)).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
