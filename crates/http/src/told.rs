//! What an answer is about, said by the handler that gives it: for the record of who was told what. Nobody waits for it, and
//! without a record it says nothing to anybody.

use std::cell::RefCell;

/// What a handler has said of its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// What it is about: a campaign, a schedule, a reservation.
    pub target: Option<String>,
    /// Whom it is for, where a key calls for a user.
    pub user_id: Option<String>,
    /// The word of a decision that is no refusal by its status, such as `SOLD_OUT`.
    pub outcome: Option<&'static str>,
    /// Whether the answer has been noted already, by whoever knows more of it.
    pub is_noted: bool,
}

tokio::task_local! {
    static SAID: RefCell<Said>;
}

fn say(change: impl FnOnce(&mut Said)) {
    let _ = SAID.try_with(|said| change(&mut said.borrow_mut()));
}

/// Says what the answer under way is about. Call it in the handler's own task.
pub fn about(target: impl ToString) {
    say(|said| said.target = Some(target.to_string()));
}

/// Says whom the answer under way is for.
pub fn to_user(user_id: impl ToString) {
    say(|said| said.user_id = Some(user_id.to_string()));
}

/// Says how it was decided, where the status is that of a success.
pub fn outcome(word: &'static str) {
    say(|said| said.outcome = Some(word));
}

/// Says that the answer under way has been noted.
pub fn noted() {
    say(|said| said.is_noted = true);
}

/// Runs a handler, and returns what it said beside its answer.
pub async fn listening<T>(handler: impl Future<Output = T>) -> (T, Said) {
    SAID.scope(RefCell::default(), async {
        let answer = handler.await;
        (answer, SAID.try_with(|said| said.borrow().clone()).unwrap_or_default())
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_handler_says_stands_beside_its_answer() {
        about("nobody listens");
        let handler = async {
            about("campaign:autumn");
            outcome("SOLD_OUT");
            7
        };
        let said =
            Said { target: Some("campaign:autumn".into()), user_id: None, outcome: Some("SOLD_OUT"), is_noted: false };
        assert_eq!(listening(handler).await, (7, said));
    }
}
