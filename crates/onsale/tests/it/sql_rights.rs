//! The files in `deploy/sql` grant a server's user what the schema of its service lists, and no more. Those of coupons are
//! compared, and used, in `coupon/tests/it/rights.rs`.

use ledger::Schema;

const FILES: [(&str, &str, &Schema); 8] = [
    (include_str!("../../../../deploy/sql/postgres-user-rights.sql"), "user_svc_user", &account::schema::SCHEMA),
    (include_str!("../../../../deploy/sql/mysql-user-rights.sql"), "user_svc_user", &account::schema::SCHEMA),
    (include_str!("../../../../deploy/sql/postgres-catalog-rights.sql"), "event_svc_user", &catalog::schema::SCHEMA),
    (include_str!("../../../../deploy/sql/postgres-payment-rights.sql"), "payment_svc_user", &payment::schema::SCHEMA),
    (
        include_str!("../../../../deploy/sql/postgres-reservation-rights.sql"),
        "reservation_svc_user",
        &reservation::schema::SCHEMA,
    ),
    (include_str!("../../../../deploy/sql/mysql-catalog-rights.sql"), "event_svc_user", &catalog::schema::SCHEMA),
    (include_str!("../../../../deploy/sql/mysql-payment-rights.sql"), "payment_svc_user", &payment::schema::SCHEMA),
    (
        include_str!("../../../../deploy/sql/mysql-reservation-rights.sql"),
        "reservation_svc_user",
        &reservation::schema::SCHEMA,
    ),
];

#[test]
fn each_file_grants_what_the_schema_lists() {
    for (file, user, schema) in FILES {
        let text = file.replace(&format!("'{user}'@'%'"), user);
        let mut granted: Vec<&str> = text.lines().filter(|line| line.starts_with("GRANT ")).collect();
        let mut listed = vec![format!("GRANT SELECT ON {}.seaql_migrations TO {user};", schema.name)];
        listed.extend(schema.all_tables().map(|table| {
            let rights: Vec<String> = table.rights.iter().map(ToString::to_string).collect();
            let container = if schema.tables.contains(table) { schema.name } else { "common" };
            format!("GRANT {} ON {container}.{} TO {user};", rights.join(", "), table.name)
        }));
        granted.sort_unstable();
        listed.sort_unstable();
        assert_eq!(granted, listed);
    }
}
