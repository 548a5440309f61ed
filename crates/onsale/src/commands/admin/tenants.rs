//! `onsale admin tenants`: what single tenants may have.

use crate::cli::{OwnValue, SetTenantArguments, TenantCommand};
use crate::commands::{Ending, block_on_as};
use crate::config::Config;
use crate::wiring::{COUPON_SCHEMA, open_tables};
use access::rows::tenants;
use domain::TenantName;
use domain::quota::{OwnQuotas, Quota, Quotas};

/// Runs the command.
///
/// # Errors
/// When the database cannot be opened.
pub(super) fn run(config: &Config, command: &TenantCommand) -> anyhow::Result<Ending> {
    let of_all = config.tenant.quotas();
    block_on_as("admin tenants", async {
        let ledger = open_tables(config, &COUPON_SCHEMA).await?;
        match command {
            TenantCommand::Set(arguments) => {
                let own = tenants::set(&ledger, &arguments.tenant, |own| changed(own, arguments)).await?;
                say!("{}", line(&arguments.tenant, own, of_all))?;
            }
            TenantCommand::List => {
                for (tenant, own) in tenants::list(&ledger).await? {
                    say!("{}", line(&tenant, own, of_all))?;
                }
            }
        }
        Ok(Ending::Done)
    })
}

fn changed(own: OwnQuotas, arguments: &SetTenantArguments) -> OwnQuotas {
    let value = |named: Option<OwnValue>, before: Option<u64>| named.map_or(before, |OwnValue(value)| value);
    OwnQuotas {
        campaigns: value(arguments.max_campaigns, own.campaigns),
        lines: value(arguments.max_lines, own.lines),
        keys: value(arguments.max_keys, own.keys),
        streams: value(arguments.max_streams, own.streams),
        coupons: value(arguments.max_coupons, own.coupons),
        requests_per_second: value(arguments.requests_per_second, own.requests_per_second),
    }
}

/// What is in force for a tenant; values of its own have a star.
fn line(tenant: &TenantName, own: OwnQuotas, of_all: Quotas) -> String {
    let value = |quota: Quota| {
        let star = if own.of(quota).is_some() { "*" } else { "" };
        format!("{} {}{star}", quota.setting(), of_all.with(own).of(quota))
    };
    format!("{tenant}  {}", Quota::ALL.map(value).join("  "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenants_values_are_shown_with_those_of_all() {
        let own = OwnQuotas { campaigns: Some(5_000), ..OwnQuotas::default() };
        let tenant = TenantName::new("acme").expect("a name");
        let shown = line(&tenant, own, Quotas::default());
        assert!(
            shown.starts_with("acme  max_campaigns 5000*  max_lines 100  max_keys 100  max_streams 2000"),
            "{shown}"
        );
    }
}
