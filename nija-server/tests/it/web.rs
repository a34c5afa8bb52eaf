//! The dashboard, the documentation page and the operations' paths.

use reqwest::Method;

use crate::{api::answer, support::Host};

#[tokio::test]
async fn pages_of_the_dashboard_allow_scripts_of_this_server_alone() {
    let host = Host::start().await;
    let nobody = host.anyone();
    for path in ["/", "/positions", "/sign-in?next=/"] {
        let page = nobody.get(path).await;
        let policy = page.header("content-security-policy");
        assert!(
            policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(page.header("content-type").starts_with("text/html"));
        // Built or not, it is a page; one that was not built says how.
        assert!(page.status == 200 || page.text.contains("make web"), "{}", page.text);
    }
    assert_eq!(nobody.get("/_expo/static/js/gone.js").await.status, 404);
    for trick in
        ["/..%2f..%2fCargo.toml", "/%2e%2e/Cargo.toml", "/....//Cargo.toml", "/assets/..\\..\\Cargo.toml"]
    {
        let answer = nobody.get(trick).await;
        assert!(!answer.text.contains("[package]"), "{trick}");
    }
    assert_eq!(answer(nobody.request(Method::POST, "/positions")).await.status, 405);
}

#[tokio::test]
async fn the_documentation_page_comes_from_this_server() {
    let host = Host::start().await;
    let nobody = host.anyone();
    let page = nobody.get("/docs/").await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("https://"), "nothing is loaded from elsewhere");
    assert!(page.header("content-security-policy").contains("script-src 'self';"));
    for file in ["/docs/swagger-ui-bundle.js", "/docs/swagger-initializer.js", "/docs/swagger-ui.css"] {
        assert_eq!(nobody.get(file).await.status, 200, "{file}");
    }
}

#[tokio::test]
async fn health_names_every_part() {
    let host = Host::start().await;
    let health = host.anyone().get("/health").await.ok();
    assert_eq!(health["status"], "ok");
    let names: Vec<&str> =
        health["parts"].as_array().unwrap().iter().map(|part| part["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["ledger", "vault", "accounts", "venue:kraken", "venue:kraken-b"]);
}

#[tokio::test]
async fn metrics_can_move_to_a_listener_of_their_own() {
    let host = Host::start().await;
    host.user("ada").await.get("/v1/me").await.ok();
    let text = host.anyone().get("/metrics").await.text;
    for name in
        ["nija_http_requests_total{", "nija_venue_up{venue=\"kraken\"} 1", "nija_executor_queue_depth{"]
    {
        assert!(text.contains(name), "{name} is not in\n{text}");
    }
    let apart = Host::with(|config| config.metrics_listen = Some(([127, 0, 0, 1], 0).into())).await;
    apart.anyone().get("/metrics").await.problem(403, "forbidden");
    let private =
        reqwest::get(format!("http://{}/metrics", apart.server().metrics_addr.unwrap())).await.unwrap();
    assert!(private.text().await.unwrap().contains("nija_venue_up"));
}

#[tokio::test]
async fn large_answers_are_compressed_for_who_can_read_it() {
    let host = Host::start().await;
    let document = host.anyone().request(Method::GET, "/openapi.json").header("accept-encoding", "gzip");
    let plain = reqwest::Client::builder().no_gzip().build().unwrap();
    let request = document.build().unwrap();
    let response = plain.execute(request).await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
}

#[tokio::test]
async fn other_sites_may_call_only_when_they_are_listed() {
    let host = Host::with(|config| config.cors_origins = vec!["https://app.example.org".into()]).await;
    for (origin, allowed) in
        [("https://app.example.org", "https://app.example.org"), ("https://evil.example.org", "")]
    {
        let preflight = host
            .anyone()
            .request(Method::OPTIONS, "/v1/orders")
            .header("origin", origin)
            .header("access-control-request-method", "POST");
        assert_eq!(answer(preflight).await.header("access-control-allow-origin"), allowed);
    }
}
