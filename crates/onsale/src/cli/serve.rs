//! `onsale serve`.

use super::Role;
use clap::Args;

/// `onsale serve`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale serve                                   all roles in this process
  onsale serve --listen 127.0.0.1:9000 --data /tmp/onsale
  onsale serve --config /etc/onsale.toml coupon issuer gate
  ONSALE__LOG__FORMAT=text onsale serve          environment variables set any configuration key

On an address that is not loopback it does not start with the demonstration, with issuing without a key, or with public
/metrics and /docs: a configuration file turns the first two off, http.management_listen moves the others.

SIGTERM or Ctrl-C stops the server: it accepts no new requests, answers those in flight, and ends.")]
pub struct ServeArguments {
    /// Roles of this process: gateway, user, catalog, queue, reservation, payment, coupon, issuer, gate [default: all]
    #[arg(value_name = "ROLE")]
    pub roles: Vec<Role>,
    /// Address and port to listen on (http.listen)
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
}

impl ServeArguments {
    /// The selected roles without repetition; all roles when none is named.
    pub fn roles(&self) -> Vec<Role> {
        let wanted = |role: &Role| self.roles.is_empty() || self.roles.contains(role);
        Role::ALL.into_iter().filter(wanted).collect()
    }
}
