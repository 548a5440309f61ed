//! The plans of this process: a plan never changes, so a copy is right for ever.

use crate::rows::plans;
use domain::catalog::SeatPlan;
use ledger::LedgerError;
use sea_orm::ConnectionTrait;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// Most plans; the largest takes some megabytes.
const PLANS_MAX: usize = 32;

/// Plans that were read lately.
#[derive(Debug, Default)]
pub(crate) struct SeatPlans(Mutex<HashMap<Uuid, Arc<SeatPlan>>>);

impl SeatPlans {
    /// The plan with this id.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub(crate) async fn get<C: ConnectionTrait>(&self, connection: &C, id: Uuid) -> Result<Arc<SeatPlan>, LedgerError> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(plan) = known {
            return Ok(plan);
        }
        let plan = Arc::new(plans::get(connection, id).await?);
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if plans.len() >= PLANS_MAX {
            plans.clear();
        }
        plans.insert(id, plan.clone());
        Ok(plan)
    }
}
