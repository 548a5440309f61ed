//! What `CLUSTER NODES` says.

/// One line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) port: u16,
    pub(super) is_self: bool,
    pub(super) is_master: bool,
    /// Neither failing, nor failed, nor still shaking hands, and connected.
    pub(super) is_well: bool,
    /// Of a replica.
    pub(super) master_id: Option<String>,
    pub(super) epoch: u64,
    /// First and last of each range.
    pub(super) slots: Vec<(u16, u16)>,
}

impl Member {
    /// Whether it serves the slot.
    pub(super) fn serves(&self, slot: u16) -> bool {
        self.is_master && self.slots.iter().any(|(first, last)| (*first..=*last).contains(&slot))
    }
}

/// Reads the answer; lines out of shape are passed by.
pub(super) fn members(text: &str) -> Vec<Member> {
    text.lines().filter_map(member).collect()
}

fn member(line: &str) -> Option<Member> {
    let fields: Vec<&str> = line.split(' ').collect();
    let [id, address, flags, master, _ping, _pong, epoch, link, slots @ ..] = fields.as_slice() else { return None };
    let (_, port) = address.split(['@', ',']).next()?.rsplit_once(':')?;
    let flags: Vec<&str> = flags.split(',').collect();
    let is_ill = ["fail", "fail?", "handshake", "noaddr"].iter().any(|flag| flags.contains(flag));
    let is_self = flags.contains(&"myself");
    Some(Member {
        id: (*id).to_owned(),
        port: port.parse().ok()?,
        is_self,
        is_master: flags.contains(&"master"),
        is_well: !is_ill && (is_self || *link == "connected"),
        master_id: (*master != "-").then(|| (*master).to_owned()),
        epoch: epoch.parse().ok()?,
        slots: slots.iter().filter_map(|range| slot_range(range)).collect(),
    })
}

/// `0-5460` or `7`; slots on the move, in square brackets, are passed by.
fn slot_range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some((first.parse().ok()?, last.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read() {
        let text = "a1 127.0.0.1:7000@17000 myself,master - 0 0 3 connected 0-5460 7000 [93->-b2]\n\
                    b2 127.0.0.1:7001@17001,host slave,fail? a1 0 0 3 disconnected\n";
        let members = members(text);
        assert_eq!(members.len(), 2);
        assert!(members[0].serves(0) && members[0].serves(5460) && members[0].serves(7000));
        assert!(!members[0].serves(5461) && members[0].is_self && members[0].is_well);
        assert_eq!((members[1].port, members[1].master_id.as_deref()), (7001, Some("a1")));
        assert!(!members[1].is_well && !members[1].is_master);
    }
}
