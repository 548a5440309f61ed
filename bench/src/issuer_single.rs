//! The baseline of the issuer: each coupon in its own transaction, over many connections at once, on the same
//! driver with prepared statements, the three rows and nothing else.

use domain::CampaignId;
use domain::message::CouponIssued;
use sea_orm::prelude::{DateTimeUtc, Uuid};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement, TransactionTrait, Value,
};
use std::sync::Arc;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

/// Connections for single-row transactions.
pub struct Singles {
    connections: Vec<DatabaseConnection>,
    backend: DbBackend,
}

impl Singles {
    /// Number of connections, each used by one task.
    pub async fn connect(url: &str, count: u32) -> anyhow::Result<Self> {
        let mut options = ConnectOptions::new(url);
        // No question but those that are measured.
        options.max_connections(1).sqlx_logging(false).record_stmt_in_spans(false).test_before_acquire(false);
        if url.starts_with("postgres") {
            options.set_schema_search_path("coupon_service,common");
        }
        let mut connections = Vec::new();
        for _ in 0..count {
            connections.push(Database::connect(options.clone()).await?);
        }
        let backend = if url.starts_with("postgres") { DbBackend::Postgres } else { DbBackend::MySql };
        Ok(Self { connections, backend })
    }

    /// The campaign's number in the tables.
    pub async fn campaign_id(&self, id: &CampaignId) -> anyhow::Result<i64> {
        let values = [id.tenant.as_str().into(), id.event.as_str().into()];
        let statement = prepared(self.backend, "SELECT id FROM events WHERE tenant = ? AND event_id = ?", values);
        let row = self.connections[0].query_one_raw(statement).await?;
        Ok(row.ok_or_else(|| anyhow::anyhow!("no campaign {id}"))?.try_get_by_index(0)?)
    }

    /// Keeps every coupon; they are shared out among the connections as these come free.
    pub async fn keep(&self, campaign_id: i64, coupons: Vec<(Uuid, CouponIssued)>) -> anyhow::Result<()> {
        let stock = i32::try_from(coupons.len())?;
        let left = Arc::new(Mutex::new(coupons.into_iter()));
        let mut tasks = JoinSet::new();
        for connection in &self.connections {
            let (connection, left, backend) = (connection.clone(), Arc::clone(&left), self.backend);
            tasks.spawn(async move {
                loop {
                    let next = left.lock().await.next();
                    let Some((event_id, coupon)) = next else { return anyhow::Ok(()) };
                    keep_one(&connection, backend, (campaign_id, stock), event_id, &coupon).await?;
                }
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended??;
        }
        Ok(())
    }
}

async fn keep_one(
    connection: &DatabaseConnection,
    backend: DbBackend,
    (campaign_id, stock): (i64, i32),
    event_id: Uuid,
    coupon: &CouponIssued,
) -> anyhow::Result<()> {
    let at = moment(backend, DateTimeUtc::from_timestamp_millis(coupon.issued_at_ms).unwrap_or_default());
    let serial = i32::try_from(coupon.serial)?;
    let change = connection.begin().await?;
    let line =
        "INSERT INTO coupons (id, campaign_id, serial, last_serial, status, issued_at) VALUES (?, ?, ?, ?, ?, ?)";
    let values =
        [coupon.coupon_id.get().into(), campaign_id.into(), serial.into(), stock.into(), "ISSUED".into(), at.clone()];
    change.execute_raw(prepared(backend, line, values)).await?;
    let line = "INSERT INTO user_coupons (coupon_id, campaign_id, user_id, nth_of_user, per_user_limit) \
                VALUES (?, ?, ?, ?, ?)";
    let values =
        [coupon.coupon_id.get().into(), campaign_id.into(), coupon.user_id.as_str().into(), 1_i32.into(), 1_i32.into()];
    change.execute_raw(prepared(backend, line, values)).await?;
    let line = "INSERT INTO processed_events (event_id, consumer_service, aggregate_id, event_type, processed_at) \
                VALUES (?, ?, ?, ?, ?)";
    let values = [event_id.into(), "bench".into(), coupon.campaign_id.as_str().into(), "CouponIssued".into(), at];
    change.execute_raw(prepared(backend, line, values)).await?;
    change.commit().await?;
    Ok(())
}

fn moment(backend: DbBackend, at: DateTimeUtc) -> Value {
    if backend == DbBackend::MySql { at.naive_utc().into() } else { at.into() }
}

/// With `$1`, `$2` in place of `?` on PostgreSQL.
fn prepared<const N: usize>(backend: DbBackend, sql: &str, values: [Value; N]) -> Statement {
    if backend == DbBackend::MySql {
        return Statement::from_sql_and_values(backend, sql, values);
    }
    let mut numbered = String::with_capacity(sql.len() + N);
    for (place, part) in sql.split('?').enumerate() {
        if place > 0 {
            numbered.push_str(&format!("${place}"));
        }
        numbered.push_str(part);
    }
    Statement::from_sql_and_values(backend, numbered, values)
}
