//! The macros that make a test of a function on each database.

/// Makes a test of each function on every database: `module::mariadb::name` and so on. The functions take a
/// [`Site`](crate::Site).
#[macro_export]
macro_rules! on_every_database {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $name() {
                    super::$name($crate::Site::sqlite()).await;
                }
            )*
        }
        $crate::on_every_server!($crate::Site; $($name),*);
    };
}

/// Makes a test of each function on every server: on a database of its own ([`Site`](crate::Site)), or on a server of its
/// own ([`Own`](crate::Own)).
#[macro_export]
macro_rules! on_every_server {
    ($given:ty; $($name:ident),* $(,)?) => {
        $crate::on_server!(mariadb, MariaDb, $given; $($name),*);
        $crate::on_server!(postgres_15, Postgres15, $given; $($name),*);
        $crate::on_server!(postgres_18, Postgres18, $given; $($name),*);
    };
}

/// Makes a test of each function on one server.
#[macro_export]
macro_rules! on_server {
    ($module:ident, $engine:ident, $given:ty; $($name:ident),*) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $name() {
                    if let Some(given) = <$given>::of($crate::Engine::$engine) {
                        super::$name(given).await;
                    }
                }
            )*
        }
    };
}
