//! Serving a venue over HTTP/1.1, with connections that can be cut without an answer.

use crate::faults::{Fault, FaultKind};
use crate::venue::{Answer, Venue};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{Response, StatusCode, header};
use axum::response::IntoResponse;
use futures::StreamExt;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// A TLS handshake must be done within this.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Largest request body.
const BODY: usize = 256 * 1024;

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("connection cut on purpose")]
struct Cut;

/// Accepts connections until told to stop; then cuts those that are open.
pub(crate) async fn serve(
    listener: TcpListener,
    venue: Arc<Venue>,
    tls: Option<TlsAcceptor>,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                if !*venue.down.borrow() {
                    connections.spawn(accept(stream, tls.clone(), Arc::clone(&venue)));
                }
            }
        }
    }
    connections.shutdown().await;
}

async fn accept(stream: TcpStream, tls: Option<TlsAcceptor>, venue: Arc<Venue>) {
    // Small answers, written whole: waiting to fill a packet only adds latency.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else { return connection(stream, venue).await };
    match tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
        Ok(Ok(stream)) => connection(stream, venue).await,
        Ok(Err(error)) => tracing::debug!(%error, "no TLS"),
        Err(_) => {}
    }
}

async fn connection<S>(stream: S, venue: Arc<Venue>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut down = venue.down.subscribe();
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let venue = Arc::clone(&venue);
        async move { answer(request.map(Body::new), &venue).await }
    });
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades();
    tokio::select! {
        _ = served => {}
        _ = down.wait_for(|down| *down) => {}
    }
}

async fn answer(request: Request, venue: &Arc<Venue>) -> Result<Response<Body>, Cut> {
    venue.requests.fetch_add(1, Ordering::Relaxed);
    if venue.protocol.is_stream(request.uri().path()) {
        return Ok(venue.protocol.stream(Arc::clone(venue), request).await);
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY).await else {
        return Ok((StatusCode::PAYLOAD_TOO_LARGE, "body too large\n").into_response());
    };
    let key = venue.protocol.claimed_key(&parts);
    let private = venue.protocol.is_private(parts.uri.path());
    let Some(fault) = venue.faults.take(parts.uri.path(), private, key.as_deref()) else {
        return Ok(respond(venue.protocol.handle(venue, &parts, &body, None)));
    };
    faulty(venue, &parts, &body, &fault).await
}

async fn faulty(
    venue: &Venue,
    parts: &axum::http::request::Parts,
    body: &[u8],
    fault: &Fault,
) -> Result<Response<Body>, Cut> {
    tracing::debug!(venue = venue.name, path = parts.uri.path(), kind = ?fault.kind, "fault");
    let carry_out = || venue.protocol.handle(venue, parts, body, Some(fault));
    match fault.kind {
        FaultKind::DropBefore => Err(Cut),
        FaultKind::DropAfter => {
            carry_out();
            Err(Cut)
        }
        FaultKind::AcceptThenTimeout => {
            carry_out();
            tokio::time::sleep(Duration::from_millis(fault.millis(60_000))).await;
            Err(Cut)
        }
        FaultKind::Delay => {
            tokio::time::sleep(Duration::from_millis(fault.millis(1_000))).await;
            Ok(respond(carry_out()))
        }
        FaultKind::Http5xx => {
            if fault.processed.unwrap_or(false) {
                carry_out();
            }
            let status = fault.status.and_then(|status| StatusCode::from_u16(status).ok());
            let status =
                status.filter(StatusCode::is_server_error).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            Ok(respond(Answer::new(status, "text/plain", "upstream error\n")))
        }
        FaultKind::Html502 => {
            if fault.processed.unwrap_or(true) {
                carry_out();
            }
            let page = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\
                        <body><h1>Bad gateway</h1><p>The web server reported a bad gateway error.</p></body></html>\n";
            Ok(respond(Answer::new(StatusCode::BAD_GATEWAY, "text/html; charset=UTF-8", page)))
        }
        FaultKind::SlowDrip => Ok(drip(carry_out(), fault.millis(5_000))),
        _ => Ok(respond(carry_out())),
    }
}

fn respond(answer: Answer) -> Response<Body> {
    let Answer { status, content_type, headers, body } = answer;
    let mut response = (status, [(header::CONTENT_TYPE, content_type)], body).into_response();
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The answer's bytes one by one, spread over `ms`.
fn drip(answer: Answer, ms: u64) -> Response<Body> {
    let bytes = answer.body.into_bytes();
    let pause = Duration::from_micros(ms * 1_000 / (bytes.len() as u64).max(1));
    let stream = futures::stream::iter(bytes).then(move |byte| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, Infallible>(Bytes::copy_from_slice(&[byte]))
    });
    (answer.status, [(header::CONTENT_TYPE, answer.content_type)], Body::from_stream(stream)).into_response()
}
