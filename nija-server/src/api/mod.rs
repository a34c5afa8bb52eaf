//! The API: one file a subject, each with its handlers and what documents them.

mod activity;
mod admin;
mod auth;
mod body;
mod bot;
mod candles;
mod credentials;
mod custody;
mod dashboard;
mod docs;
mod health;
mod markets;
mod me;
mod metrics;
mod new_order;
mod orders;
mod page;
mod pnl;
mod policy;
mod positions;
mod protection;
mod receipts;
mod risk_settings;
mod rotation;
mod routing;
mod routing_settings;
mod settings;
mod stream;
mod venues;

pub(crate) use activity::line;
pub(crate) use auth::add_user;
pub(crate) use bot::status as bot_status;

use axum::{Router, extract::DefaultBodyLimit, middleware};
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    auth::{limit_address, require_user},
    openapi,
    state::AppState,
};

/// Calls of those who are signed in.
fn signed_in() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(me::me))
        .routes(routes!(venues::venues))
        .routes(routes!(markets::markets))
        .routes(routes!(candles::candles))
        .routes(routes!(credentials::sealing_key))
        .routes(routes!(credentials::store))
        .routes(routes!(credentials::verify))
        .routes(routes!(credentials::list, policy::erase))
        .routes(routes!(credentials::check))
        .routes(routes!(custody::store_session_key))
        .routes(routes!(custody::derivation))
        .routes(routes!(custody::unlock))
        .routes(routes!(custody::lock))
        .routes(routes!(custody::register_device_key))
        .routes(routes!(policy::get, policy::set))
        .routes(routes!(policy::audit))
        .routes(routes!(policy::proof))
        .routes(routes!(credentials::revoke))
        .routes(routes!(credentials::destroy))
        .routes(routes!(rotation::begin, rotation::list))
        .routes(routes!(rotation::switch))
        .routes(routes!(rotation::retire))
        .routes(routes!(rotation::roll_back))
        .routes(routes!(orders::place, orders::list))
        .routes(routes!(orders::get))
        .routes(routes!(orders::cancel))
        .routes(routes!(receipts::receipt))
        .routes(routes!(positions::open))
        .routes(routes!(positions::closed))
        .routes(routes!(positions::close))
        .routes(routes!(protection::list))
        .routes(routes!(protection::get, protection::set, protection::remove))
        .routes(routes!(protection::switches, protection::set_switch))
        .routes(routes!(activity::activity))
        .routes(routes!(routing::decisions))
        .routes(routes!(routing_settings::get, routing_settings::change))
        .routes(routes!(risk_settings::get, risk_settings::change))
        .routes(routes!(risk_settings::keep))
        .routes(routes!(dashboard::overview))
        .routes(routes!(dashboard::equity))
        .routes(routes!(pnl::pnl))
        .routes(routes!(pnl::curve))
        .routes(routes!(bot::pause))
        .routes(routes!(bot::resume))
        .routes(routes!(stream::ticket))
        .routes(routes!(admin::claim))
        .routes(routes!(admin::set_role))
        .routes(routes!(admin::switches, admin::throw, admin::release))
}

/// Calls that need no session.
fn anyone() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(auth::signup))
        .routes(routes!(auth::login))
        .routes(routes!(auth::refresh))
        .routes(routes!(auth::logout))
        .routes(routes!(auth::reset))
        .routes(routes!(stream::stream))
}

/// For those who run the server.
fn operations() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(health::health))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::metrics))
}

/// Describes every route.
pub(crate) fn document() -> OpenApi {
    let all = OpenApiRouter::with_openapi(openapi::head());
    all.merge(signed_in()).merge(anyone()).merge(operations()).into_openapi()
}

/// Every route, and the document that describes them.
pub(crate) fn router(app: &AppState) -> (Router<AppState>, OpenApi) {
    let signed_in = signed_in().route_layer(middleware::from_fn_with_state(app.clone(), require_user));
    let anyone = anyone().route_layer(middleware::from_fn_with_state(app.clone(), limit_address));
    let (router, document) = OpenApiRouter::with_openapi(openapi::head())
        .merge(signed_in)
        .merge(anyone)
        .merge(operations())
        .split_for_parts();
    let router = router.layer(DefaultBodyLimit::max(app.config.limits.body_bytes));
    (router.merge(docs::router(&document)), document)
}

/// The metrics alone, for the private listener.
pub(crate) fn metrics_router() -> Router<AppState> {
    Router::new().route("/metrics", axum::routing::get(metrics::private))
}
