use super::*;
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

fn parsed(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(std::iter::once("onsale").chain(line.split_whitespace()))
}

#[track_caller]
fn refused(line: &str, said: &str) {
    let error = parsed(line).expect_err("refused");
    assert_eq!(error.exit_code(), 2, "wrong use");
    assert!(error.to_string().contains(said), "{error}\nhas no {said:?}");
}

#[test]
fn the_tree_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_shows_examples() {
    let tree = Cli::command();
    let plain = ["migrate", "doctor", "help"];
    for command in tree.get_subcommands().filter(|command| !plain.contains(&command.get_name())) {
        let help = command.clone().render_long_help().to_string();
        assert!(help.contains("Examples:"), "{}", command.get_name());
    }
}

#[test]
fn help_is_no_failure() {
    let error = parsed("serve --help").expect_err("help ends the program");
    assert_eq!((error.kind(), error.exit_code()), (ErrorKind::DisplayHelp, 0));
}

#[test]
fn serve_takes_roles_and_refuses_what_is_not_there() {
    let Command::Serve(all) = parsed("serve").expect("parsed").command else { panic!("not serve") };
    assert_eq!(all.roles(), Role::ALL);
    let cli = parsed("serve issuer issuer --listen 0.0.0.0:1 --data d --config f").expect("parsed");
    assert_eq!((cli.common.data, cli.common.config), (Some("d".into()), Some("f".into())));
    let Command::Serve(some) = cli.command else { panic!("not serve") };
    assert_eq!(some.roles(), [Role::Issuer]);
    refused("serve kitchen", "there is no such role");
}

#[test]
fn a_key_has_exactly_one_owner() {
    refused("admin keys create", "--admin|--tenant <NAME>|--service <NAME>|--door");
    refused("admin keys create --admin --tenant acme", "cannot be used with");
    refused("admin keys create --tenant a/b", "may contain only letters");
    refused("admin keys revoke 17", "invalid value '17'");
    let cli = parsed("admin keys create --tenant acme").expect("parsed");
    let Command::Admin(AdminArguments { command: AdminCommand::Keys { command: KeyCommand::Create(create) } }) =
        cli.command
    else {
        panic!("not create")
    };
    assert_eq!(create.owner.tenant.expect("a tenant").as_str(), "acme");
}

#[test]
fn the_rights_of_a_key_are_read_and_wrong_ones_are_refused() {
    refused("admin keys create --admin --scope everything", "issue, redeem, gate, read, admin");
    refused("admin keys create --admin --network 203.0.113.0/40", "203.0.113.0/24");
    refused("admin keys create --admin --expires 2027-01-01T00:00:00", "needs Z or an offset");
    refused("admin keys create --admin --schedule 0199aaaa-0000-7000-8000-000000000000", "cannot be used with");
    let text = "admin keys create --tenant acme --scope issue,read --network 10.1.2.3/8 --network 2001:db8::1 --expires \
                2027-01-01T00:00:00Z";
    let Command::Admin(AdminArguments { command: AdminCommand::Keys { command: KeyCommand::Create(create) } }) =
        parsed(text).expect("parsed").command
    else {
        panic!("not create")
    };
    assert_eq!(create.scope.expect("scopes").to_string(), "issue,read");
    let networks: Vec<String> = create.networks.iter().map(ToString::to_string).collect();
    assert_eq!(networks, ["10.0.0.0/8", "2001:db8::1/128"]);
    assert_eq!(create.expires.expect("a time").to_string(), "2027-01-01T00:00:00");
}

#[test]
fn dead_letters_are_chosen_by_id_or_all() {
    refused("dead-letters replay", "<ID|--all>");
    refused("dead-letters drop --all 17", "cannot be used with");
    refused("dead-letters list --limit 0", "0 is not in 1..=10000");
    assert!(parsed("dead-letters replay 17").is_ok());
}

#[test]
fn absurd_rushes_are_refused() {
    refused("rush --users 0", "0 is not in 1..=100000000");
    refused("rush --connections -1", "-1");
    refused("rush --campaign a/b", "may contain only letters");
    refused("rush --key k", "--url");
    refused("rush --issue-key k", "--url");
    let Command::Rush(rush) = parsed("rush").expect("parsed").command else { panic!("not rush") };
    assert_eq!((rush.users, rush.connections, rush.stock), (None, 1000, 1000));
}
