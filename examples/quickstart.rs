//! The main job, embedded: a signal becomes a fill and a live position, on the paper venue.
#![allow(clippy::print_stdout)]

use nija::core::{OrderSize, Side, TradeSignal, UserId};
use nija::{Platform, PlatformConfig};
use std::time::Duration;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = std::env::temp_dir().join(format!("nija-quickstart-{}", std::process::id()));
    let platform = Platform::open(PlatformConfig::new(&data).paper()).await?;
    let user = UserId::generate(platform.clock().now(), platform.entropy().as_ref());
    let size = OrderSize::Quote("25".parse()?);
    let signal = TradeSignal::market(user, "quickstart-1".parse()?, "BTC-USD".parse()?, Side::Buy, size);
    let accepted = platform.engine().submit(signal).await?;
    let order = platform.engine().settled(user, accepted.order.id(), Duration::from_secs(10)).await?;
    let price = order.average_price().ok_or("nothing was filled")?;
    println!("{}: {} {} at {price}", order.state, order.intent.signal.side, order.filled);
    for held in platform.engine().account(user).await?.positions {
        let it = held.position;
        println!("position: {} {} since {}", it.quantity.normalize(), it.symbol, it.opened_at);
    }
    platform.close().await;
    std::fs::remove_dir_all(data)?;
    (order.state == nija::core::OrderState::Filled).then_some(()).ok_or("the order did not fill".into())
}
