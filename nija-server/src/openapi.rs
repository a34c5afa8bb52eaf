//! What the OpenAPI document says beside the routes.

use nija_client::wire;
use std::collections::BTreeMap;
use utoipa::{
    IntoResponses, OpenApi, ToSchema,
    openapi::{
        Components, ContentBuilder, OpenApi as Document, Ref, RefOr, Response, ResponseBuilder,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

/// The head of the document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "NIJA",
        description = "Trade from your users' own exchange accounts. Decimals are strings, times are RFC 3339 in UTC, \
            errors are problem details (RFC 9457) with a stable `code`. Lists are newest first; pass `next_cursor` on as `cursor`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    security(("bearer" = [])),
    components(schemas(wire::PnlBy, wire::Problem, wire::StreamEvent)),
    tags(
        (name = "auth", description = "Sign-up, login and the session"),
        (name = "dashboard", description = "The account at a glance"),
        (name = "trading", description = "Orders and their routes"),
        (name = "positions", description = "What is held, from fills alone"),
        (name = "markets", description = "Venues and market data"),
        (name = "credentials", description = "Exchange keys: sealed on the user's device, never returned"),
        (name = "settings", description = "Limits of one's own"),
        (name = "admin", description = "For administrators: every act takes the password once more and is in the audit log"),
        (name = "stream", description = "Live events"),
        (name = "operations", description = "For those who run the server")
    )
)]
struct Head;

/// The document before any route is in it.
pub(crate) fn head() -> Document {
    let mut document = Head::openapi();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("`access_token` of a session"))
        .build();
    document
        .components
        .get_or_insert_with(Components::new)
        .add_security_scheme("bearer", SecurityScheme::Http(bearer));
    document
}

macro_rules! problems {
    ($(#[$doc:meta])* $name:ident { $($status:literal => $text:literal),* $(,)? }) => {
        $(#[$doc])*
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                [$(($status, $text)),*].into_iter().map(|(status, text)| (status.to_owned(), problem(text).into())).collect()
            }
        }
    };
}

problems!(
    /// What every call behind the gate can answer with.
    SignedIn {
        "401" => "`unauthenticated`, `session_ended`",
        "429" => "`rate_limited`: wait as long as `Retry-After` says",
        "500" => "`internal_error`: tell support the request id",
        "503" => "`timeout`, `draining`",
    }
);
problems!(
    /// What calls that take a body can answer with.
    Invalid {
        "400" => "`json_invalid`, `query_invalid`: the text says where",
        "413" => "`body_too_large`",
        "415" => "`unsupported_media_type`",
        "422" => "The request can be read and makes no sense; the code and the text say why",
    }
);
problems!(
    /// What calls before the gate can answer with.
    Limited {
        "429" => "`rate_limited`, `login_locked`: wait as long as `Retry-After` says",
        "500" => "`internal_error`: tell support the request id",
        "503" => "`timeout`, `draining`",
    }
);
problems!(
    /// What calls about a key in custody mode `session` or `device` can answer with.
    Keyed {
        "404" => "`venue_not_found`",
        "409" => "`credential_locked`, `credential_on_device`",
    }
);
problems!(
    /// What is an administrator's can answer with.
    Administrators {
        "403" => "`forbidden`: you are no administrator; `confirmation_needed`: give your password",
    }
);
problems!(
    /// What needs the account's password can answer with.
    Confirmed {
        "403" => "`confirmation_needed`: give the account's password",
    }
);
problems!(
    /// What the steps of a key's rotation can answer with.
    Rotating {
        "404" => "`rotation_not_found`, `venue_not_found`",
        "409" => "`rotation_step`: the text says what to do first",
    }
);
problems!(
    /// What calls with a query can answer with.
    BadQuery {
        "400" => "`query_invalid`, `cursor_invalid`: the text says where",
    }
);
problems!(
    /// What calls about one thing can answer with.
    Missing {
        "404" => "`not_found`: you have nothing of this id",
    }
);

fn problem(description: &str) -> Response {
    let schema = Ref::from_schema_name(wire::Problem::name());
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", ContentBuilder::new().schema(Some(schema)).build())
        .build()
}
