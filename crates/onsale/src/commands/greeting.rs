//! What `onsale serve` says once it serves: where it is, what it uses, and how to try it.

use super::Place;
use crate::cli::Role;
use crate::config::{Config, without_secrets};
use crate::out;
use crate::wiring::demo_accounts::DemoAccounts;
use crate::wiring::{AdminKey, Demo, Server, schemas_of};
use std::fmt::Write;

/// Prints it. A server whose output nobody takes serves all the same.
pub(super) fn say(
    config: &Config,
    place: &Place,
    roles: &[Role],
    server: &Server,
    (demo, people): (Option<&Demo>, Option<&DemoAccounts>),
) {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = place_of(&mut text, config, place, roles, server);
    if let Some(demo) = demo {
        let _ = demonstration(&mut text, config, place, server, demo);
    }
    if let Some(people) = people {
        let _ = accounts(&mut text, people);
    }
    if let Err(failed) = out::text(&text)
        && !failed.has_no_reader()
    {
        note!("warning: {failed}");
    }
}

fn place_of(
    text: &mut String,
    config: &Config,
    place: &Place,
    roles: &[Role],
    server: &Server,
) -> Result<(), std::fmt::Error> {
    let (address, scheme) = (server.address(), scheme(config));
    writeln!(text, "onsale {} is listening on {scheme}://{address}", env!("CARGO_PKG_VERSION"))?;
    if roles.len() != Role::ALL.len() {
        let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        writeln!(text, "  roles    {}", names.join(", "))?;
    }
    writeln!(text, "  hot      {}", without_secrets(&config.hot.url))?;
    writeln!(text, "  bus      {}", without_secrets(&config.bus.url))?;
    writeln!(text, "  ledger   {}", without_secrets(&config.ledger.url))?;
    for schema in schemas_of(roles) {
        if let Some(url) = config.ledger.own_url_of(schema.name) {
            writeln!(text, "  ledger   {} ({})", without_secrets(url), schema.name)?;
        }
    }
    writeln!(text, "  data     {}", place.folder.display())?;
    writeln!(text, "  config   {}", place.file_name())?;
    if let Some(internal) = server.internal_address() {
        writeln!(text, "  internal http://{internal}")?;
    }
    let management = match config.http.management_listen {
        Some(management) => format!("http://{management}"),
        None => format!("{scheme}://{address}"),
    };
    writeln!(text, "  API      {management}/docs")?;
    writeln!(text, "  health   {management}/health")
}

/// The people of the demonstration. A password is told once, to a terminal; else it is in a file.
fn accounts(text: &mut String, people: &DemoAccounts) -> Result<(), std::fmt::Error> {
    if people.made.is_empty() {
        return Ok(());
    }
    writeln!(text)?;
    match &people.file {
        Some(file) => {
            let emails: Vec<&str> = people.made.iter().map(|(email, _)| email.as_str()).collect();
            writeln!(text, "  accounts {}: passwords in '{}'", emails.join(", "), file.display())?;
        }
        None => {
            writeln!(text, "  accounts, with passwords that are shown this once:\n")?;
            for (email, password) in &people.made {
                writeln!(text, "    {email}  {password}")?;
            }
        }
    }
    Ok(())
}

fn scheme(config: &Config) -> &'static str {
    if config.tls.is_on() { "https" } else { "http" }
}

fn demonstration(
    text: &mut String,
    config: &Config,
    place: &Place,
    server: &Server,
    demo: &Demo,
) -> Result<(), std::fmt::Error> {
    let url = format!("{}://{}", scheme(config), server.address());
    writeln!(text)?;
    writeln!(
        text,
        "DEMONSTRATION (demo.enabled): there is example data. Not for a real event: `onsale config --default`."
    )?;
    if config.coupon.open_issue {
        writeln!(text, "Anyone who can reach this port may issue coupons without a key (coupon.open_issue).")?;
    }
    writeln!(text)?;
    match &demo.admin_key {
        AdminKey::Shown(key) => {
            writeln!(text, "  an administrator's key, shown this once:\n\n    export ONSALE_KEY={key}\n")?;
        }
        AdminKey::InFile(file) => writeln!(
            text,
            "  an administrator's key is in a file that only you can read:\n\n    export ONSALE_KEY=$(cat '{}')\n",
            file.display()
        )?,
        AdminKey::OfBefore => writeln!(
            text,
            "  the administrator's key was made at an earlier start; make another with\n\n    onsale admin keys create \
             --admin --data '{}'\n",
            place.folder.display()
        )?,
    }
    writeln!(text, "  try:")?;
    writeln!(text, "    curl -s {url}/api/v1/coupons/issue -H 'Content-Type: application/json' \\")?;
    writeln!(text, "      -d '{{\"user_id\":\"alice\",\"event_id\":\"sample_event\"}}'")?;
    writeln!(text, "    curl -s {url}/api/v1/coupons/status/sample_event")?;
    writeln!(text, "    curl -s {url}/api/v1/admin/campaigns -H \"X-Api-Key: $ONSALE_KEY\"")
}
