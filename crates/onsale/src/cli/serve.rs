//! `onsale serve`.

use super::Role;
use clap::Args;

/// `onsale serve`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale serve                                   all roles in this process
  onsale serve --listen 0.0.0.0:8080 --data /var/lib/onsale
  onsale serve --config /etc/onsale.toml coupon issuer gate
  ONSALE__LOG__FORMAT=text onsale serve          any key of the configuration by the environment

Stops on SIGTERM or Ctrl-C: nothing new is taken, what is in flight is answered, then it ends.")]
pub struct ServeArguments {
    /// Roles of this process: coupon, issuer, gate, queue [default: all]
    #[arg(value_name = "ROLE")]
    pub roles: Vec<Role>,
    /// Address and port to listen on (http.listen)
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
}

impl ServeArguments {
    /// The roles asked for, each once; all when none was named.
    pub fn roles(&self) -> Vec<Role> {
        let wanted = |role: &Role| self.roles.is_empty() || self.roles.contains(role);
        Role::ALL.into_iter().filter(wanted).collect()
    }
}
