//! Who may reach whom (INT-008), worked out from the network policies themselves.

use super::judge::{component, selects};
use serde_json::Value;

/// Everything that is open and should be closed, or the other way round. `way_in` is the only role that people reach.
pub fn faults(policies: &[&Value], pods: &[&Value], way_in: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for pod in pods {
        let role = component(pod);
        for direction in ["Ingress", "Egress"] {
            let closed = policies.iter().any(|policy| {
                let types = policy["spec"]["policyTypes"].as_array().into_iter().flatten();
                selects(&policy["spec"]["podSelector"], pod) && types.into_iter().any(|of| of == direction)
            });
            if !closed {
                faults.push(format!("{role}: no policy closes its {direction}"));
            }
        }
        let is_open = is_open_to_people(policies, pod);
        if is_open != (role == way_in) {
            let how = if is_open { "can" } else { "cannot" };
            faults.push(format!("{role}: people {how} reach it past the gateway"));
        }
        for other in pods.iter().filter(|other| component(other) != role) {
            // Both sides have to permit a call, and one side alone is a mistake.
            let (out, into) = (may(policies, pod, other, "egress", "to"), may(policies, other, pod, "ingress", "from"));
            if out != into {
                faults.push(format!(
                    "{role} may call {}: {out} by its own policy, {into} by the other's",
                    component(other)
                ));
            }
        }
    }
    faults
}

/// The rules of a direction that hold for a pod.
fn rules<'a>(policies: &'a [&Value], pod: &'a Value, direction: &'a str) -> impl Iterator<Item = &'a Value> {
    let of = policies.iter().filter(move |policy| selects(&policy["spec"]["podSelector"], pod));
    of.flat_map(move |policy| policy["spec"][direction].as_array().into_iter().flatten())
}

fn has_port(rule: &Value, port: &str) -> bool {
    rule["ports"].as_array().is_none_or(|ports| ports.iter().any(|entry| entry["port"] == port))
}

/// Whether something that is no pod of ours reaches its port for requests.
fn is_open_to_people(policies: &[&Value], pod: &Value) -> bool {
    rules(policies, pod, "ingress")
        .filter(|rule| has_port(rule, "http"))
        .any(|rule| rule["from"].as_array().is_none_or(|peers| peers.iter().any(|peer| peer["podSelector"].is_null())))
}

/// Whether the policies of `pod` permit requests to or from `other`.
fn may(policies: &[&Value], pod: &Value, other: &Value, direction: &str, side: &str) -> bool {
    rules(policies, pod, direction).filter(|rule| has_port(rule, "http")).any(|rule| {
        let peers = rule[side].as_array().into_iter().flatten();
        peers.into_iter().any(|peer| !peer["podSelector"].is_null() && selects(&peer["podSelector"], other))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn labels(role: &str) -> Value {
        json!({"app.kubernetes.io/component": role})
    }

    fn policy(role: &str, spec: Value) -> Value {
        let mut policy =
            json!({"spec": {"podSelector": {"matchLabels": labels(role)}, "policyTypes": ["Ingress", "Egress"]}});
        for (key, value) in spec.as_object().expect("a map") {
            policy["spec"][key] = value.clone();
        }
        policy
    }

    fn to(role: &str, side: &str) -> Value {
        json!([{side: [{"podSelector": {"matchLabels": labels(role)}}], "ports": [{"port": "http"}]}])
    }

    #[test]
    fn a_door_that_only_one_side_opens_is_found_and_so_is_one_to_the_street() {
        let (gateway, coupon) = (labels("gateway"), labels("coupon"));
        let pods = [&gateway, &coupon];
        let way = policy("gateway", json!({"ingress": [{"ports": [{"port": "http"}]}], "egress": to("coupon", "to")}));
        let right = policy("coupon", json!({"ingress": to("gateway", "from")}));
        assert_eq!(faults(&[&way, &right], &pods, "gateway"), Vec::<String>::new());
        let shut = policy("coupon", json!({}));
        assert_eq!(faults(&[&way, &shut], &pods, "gateway").len(), 1);
        let street = policy("coupon", json!({"ingress": [{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]}));
        let found = faults(&[&way, &right, &street], &pods, "gateway");
        assert_eq!(found, ["coupon: people can reach it past the gateway"]);
        assert!(faults(&[&right], &pods, "gateway").iter().any(|fault| fault.contains("no policy closes")));
    }
}
