//! Keys as rows.

use super::api_key::{ActiveModel, Model};
use super::{ApiKey, KeyKind};
use domain::{KeyId, Scopes};
use ipnet::IpNet;
use ledger::LedgerError;
use ledger::moment::{read, stored};
use sea_orm::ActiveValue::Set;

pub(super) fn to_row(key: &ApiKey) -> ActiveModel {
    // Every field, so that the compiler asks for a new one.
    let ApiKey {
        id,
        kind,
        name,
        secret_hash,
        label,
        created_at,
        revoked_at,
        scopes,
        networks,
        schedule_id,
        expires_at,
        last_used_at,
    } = key.clone();
    let networks: Vec<String> = networks.iter().map(IpNet::to_string).collect();
    ActiveModel {
        id: Set(id.get().into()),
        kind: Set(kind.as_str().to_owned()),
        name: Set(name),
        secret_hash: Set(secret_hash),
        label: Set(label),
        created_at: Set(stored(created_at)),
        revoked_at: Set(revoked_at.map(stored)),
        scopes: Set(scopes.is_restricted().then(|| scopes.to_string())),
        networks: Set((!networks.is_empty()).then(|| networks.join(","))),
        schedule_id: Set(schedule_id.map(Into::into)),
        expires_at: Set(expires_at.map(stored)),
        last_used_at: Set(last_used_at.map(stored)),
    }
}

pub(super) fn from_row(row: Model) -> Result<ApiKey, LedgerError> {
    let scopes = match &row.scopes {
        None => Scopes::ALL,
        // A scope of a later version gives no right here.
        Some(names) => names.split(',').filter_map(|name| name.parse().ok()).collect(),
    };
    let networks = row.networks.iter().flat_map(|all| all.split(','));
    let networks: Result<Vec<IpNet>, _> = networks.map(str::parse).collect();
    Ok(ApiKey {
        id: KeyId(row.id.0),
        kind: KeyKind::parse(&row.kind)?,
        name: row.name,
        secret_hash: row.secret_hash,
        label: row.label,
        created_at: read(row.created_at),
        revoked_at: row.revoked_at.map(read),
        scopes,
        networks: networks.map_err(|_| LedgerError::damaged("a key's networks"))?,
        schedule_id: row.schedule_id.map(Into::into),
        expires_at: row.expires_at.map(read),
        last_used_at: row.last_used_at.map(read),
    })
}
