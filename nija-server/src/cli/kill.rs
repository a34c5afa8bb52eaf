//! `nija kill`: stops trading at a server, from the command line, and says what could not be confirmed.

use nija_client::{
    Client, SessionTokens,
    wire::{ClaimAdmin, KillSwitch, ReleaseKill, ThrowKill},
};
use std::{
    error::Error,
    time::{Duration, Instant},
};

use super::say;

/// Which server. `NIJA_EMAIL` and `NIJA_PASSWORD` say who is asking; instead of the address an access token in `NIJA_TOKEN` will do.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct At {
    /// The server.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    server: String,
}

/// What to do with kill switches. All of it is an administrator's.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Show the switches that are on, and what each could not confirm.
    Show {
        #[command(flatten)]
        at: At,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Stop trading in a scope: cancel every working order, with --flatten close every position, ask the venues for proof.
    Throw {
        #[command(flatten)]
        at: At,
        /// `platform`, `venue:NAME` or `user:ID`.
        scope: String,
        /// Close positions at market as well.
        #[arg(long)]
        flatten: bool,
        /// Seconds to wait for the venues' confirmation; the work goes on at the server.
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(0..=86_400))]
        wait: u64,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Let trading in a scope go on.
    Release {
        #[command(flatten)]
        at: At,
        /// `platform`, `venue:NAME` or `user:ID`.
        scope: String,
    },
    /// Become the first administrator, by the token that `nija serve` printed (in `NIJA_ADMIN_TOKEN`).
    Claim(At),
}

/// The longest that one request is held.
const HELD: Duration = Duration::from_secs(10);

pub(super) async fn run(command: Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Show { at, json } => {
            let switches = sign_in(&at).await?.all_kill_switches().await?;
            if json {
                say(&serde_json::to_string(&switches)?);
            } else if switches.is_empty() {
                say("no kill switch is on");
            } else {
                switches.iter().flat_map(lines).for_each(|line| say(&line));
            }
            Ok(())
        }
        Command::Throw { at, scope, flatten, wait, json } => {
            let switch = throw(&at, scope, flatten, Duration::from_secs(wait)).await?;
            if json {
                say(&serde_json::to_string(&switch)?);
            } else {
                lines(&switch).iter().for_each(|line| say(line));
            }
            verdict(&switch)
        }
        Command::Release { at, scope } => {
            let client = sign_in(&at).await?;
            let left =
                client.release_kill(&ReleaseKill { scope: scope.clone(), password: password()? }).await?;
            say(&format!("{scope} is off"));
            left.iter().for_each(|switch| say(&format!("still on: {}", name(switch))));
            Ok(())
        }
        Command::Claim(at) => {
            let token =
                variable("NIJA_ADMIN_TOKEN").ok_or("set NIJA_ADMIN_TOKEN to what nija serve printed")?;
            let claim = ClaimAdmin { token, password: password()? };
            let role = sign_in(&at).await?.claim_admin(&claim).await?;
            say(&format!("{} is an administrator", role.user_id));
            Ok(())
        }
    }
}

/// Throws it, and asks until its work is done or the time is over.
async fn throw(at: &At, scope: String, flatten: bool, wait: Duration) -> Result<KillSwitch, Box<dyn Error>> {
    let (client, until) = (sign_in(at).await?, Instant::now() + wait);
    let held = |left: Duration| u64::try_from(left.min(HELD).as_millis()).ok();
    let thrown = ThrowKill { scope, flatten, password: password()? };
    let mut switch = client.throw_kill(&thrown, held(wait)).await?;
    while !switch.done && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let same = |known: &KillSwitch| known.scope == switch.scope && known.user_id == switch.user_id;
        let known = client.all_kill_switches().await?.into_iter().find(same);
        switch = known.ok_or("somebody took the switch off meanwhile")?;
    }
    Ok(switch)
}

/// Success is proof: done, and nothing left to confirm.
fn verdict(switch: &KillSwitch) -> Result<(), Box<dyn Error>> {
    let left = switch.unconfirmed.len();
    match (switch.done, left) {
        (true, 0) => Ok(()),
        (true, _) => Err(format!("trading is stopped; {left} things could not be confirmed").into()),
        (false, _) => Err(format!(
            "trading is stopped; {left} things are not confirmed yet, and the server goes on: see nija kill show"
        )
        .into()),
    }
}

fn name(switch: &KillSwitch) -> String {
    switch.user_id.as_ref().map_or_else(|| switch.scope.clone(), |user| format!("user:{user}"))
}

/// For people.
fn lines(switch: &KillSwitch) -> Vec<String> {
    let flatten = if switch.flatten { ", positions are closed" } else { "" };
    let state = match (switch.done, switch.flat) {
        (false, _) => "at work",
        (true, false) if switch.flat_except_dust => "done: flat except dust",
        (true, true) => "done: the venues have no order and no position",
        (true, false) => "done",
    };
    let mut lines = vec![format!("{}  on since {}{flatten}  {state}", name(switch), switch.since)];
    for proof in &switch.proof {
        lines.push(format!(
            "    {}  {}  asked at {}: {} orders, {} positions",
            proof.user_id.as_deref().unwrap_or("-"),
            proof.venue,
            proof.asked_at,
            proof.open_orders,
            proof.positions
        ));
    }
    if switch.unconfirmed.is_empty() && switch.done {
        lines.push("    everything is confirmed".to_owned());
    }
    for dust in &switch.dust {
        let user = dust.user_id.as_deref().unwrap_or("-");
        let (venue, symbol, quantity) = (&dust.venue, &dust.symbol, dust.quantity);
        lines.push(format!(
            "    dust  {user}  {quantity} of {symbol} at {venue}: less than its smallest order"
        ));
    }
    for left in &switch.unconfirmed {
        let of = |text: &Option<String>, what: &str| {
            text.as_ref().map_or_else(String::new, |text| format!("  {what}{text}"))
        };
        lines.push(format!(
            "    NOT CONFIRMED{}{}{}: {}",
            of(&left.user_id, "user "),
            of(&left.venue, "at "),
            of(&left.order_id, "order "),
            left.why
        ));
    }
    lines
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn password() -> Result<String, &'static str> {
    variable("NIJA_PASSWORD")
        .ok_or("set NIJA_PASSWORD: what an administrator does takes the password once more")
}

async fn sign_in(at: &At) -> Result<Client, Box<dyn Error>> {
    let client = Client::new(&at.server)?;
    match (variable("NIJA_TOKEN"), variable("NIJA_EMAIL"), variable("NIJA_PASSWORD")) {
        (Some(access_token), ..) => {
            client.restore(SessionTokens { user: None, access_token, refresh_token: None, expires_in: None });
        }
        (None, Some(email), Some(password)) => {
            client.sign_in(&email, &password).await?;
        }
        _ => return Err("set NIJA_EMAIL and NIJA_PASSWORD, or NIJA_TOKEN".into()),
    }
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_client::wire::{Unconfirmed, VenueProof};

    fn switch(done: bool, unconfirmed: Vec<Unconfirmed>) -> KillSwitch {
        KillSwitch {
            scope: "venue:kraken".to_owned(),
            user_id: None,
            flatten: true,
            since: "2026-11-26T12:00:00Z".to_owned(),
            done,
            flat: done && unconfirmed.is_empty(),
            flat_except_dust: false,
            unconfirmed,
            dust: Vec::new(),
            proof: vec![VenueProof {
                user_id: Some("u1".to_owned()),
                venue: "kraken".to_owned(),
                asked_at: "2026-11-26T12:00:01Z".to_owned(),
                open_orders: 1,
                positions: 0,
                balances: Vec::new(),
            }],
        }
    }

    #[test]
    fn what_is_not_confirmed_is_named_and_is_no_success() {
        let left = Unconfirmed {
            user_id: Some("u1".to_owned()),
            venue: Some("kraken".to_owned()),
            order_id: Some("o1".to_owned()),
            why: "the venue still lists it".to_owned(),
        };
        let stuck = switch(true, vec![left]);
        assert_eq!(
            lines(&stuck),
            [
                "venue:kraken  on since 2026-11-26T12:00:00Z, positions are closed  done",
                "    u1  kraken  asked at 2026-11-26T12:00:01Z: 1 orders, 0 positions",
                "    NOT CONFIRMED  user u1  at kraken  order o1: the venue still lists it",
            ]
        );
        assert!(verdict(&stuck).unwrap_err().to_string().contains("1 things could not be confirmed"));
        assert!(verdict(&switch(false, Vec::new())).unwrap_err().to_string().contains("goes on"));
        assert!(verdict(&switch(true, Vec::new())).is_ok());
        assert_eq!(lines(&switch(true, Vec::new())).last().unwrap(), "    everything is confirmed");
        let crumb = nija_client::wire::Dust {
            user_id: Some("u1".to_owned()),
            venue: "kraken".to_owned(),
            symbol: "BTC-USD".to_owned(),
            quantity: "0.00001".parse().unwrap(),
        };
        let clean = switch(true, Vec::new());
        let crumbs = KillSwitch { flat: false, flat_except_dust: true, dust: vec![crumb], ..clean };
        assert!(verdict(&crumbs).is_ok() && lines(&crumbs)[0].ends_with("done: flat except dust"));
        let last = lines(&crumbs).pop().unwrap();
        assert_eq!(last, "    dust  u1  0.00001 of BTC-USD at kraken: less than its smallest order");
    }
}
