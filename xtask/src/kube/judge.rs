//! What an API server cannot know is wrong: promises of the chart, read from what the server has kept.

use super::api::Api;
use super::network;
use super::settings::Known;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The label that tells a role's pods.
const COMPONENT: &str = "app.kubernetes.io/component";
const KINDS: &str = "deployments,statefulsets,jobs,services,secrets,poddisruptionbudgets,horizontalpodautoscalers,\
                     networkpolicies,ingresses";

/// The objects of a set.
pub struct Objects {
    all: Vec<Value>,
    known: Known,
}

/// The texts at a place of each entry of a list.
pub fn texts<'a>(list: &'a Value, at: &str) -> Vec<&'a str> {
    list.as_array().into_iter().flatten().filter_map(|entry| entry.pointer(at)?.as_str()).collect()
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

impl Objects {
    /// Reads them.
    ///
    /// # Errors
    /// When the server does not give them.
    pub fn read(api: &Api, namespace: &str) -> anyhow::Result<Self> {
        Ok(Self { all: api.objects(namespace, KINDS)?, known: Known::read()? })
    }

    fn of(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.all.iter().filter(move |object| object["kind"] == kind)
    }

    /// What makes pods.
    fn workloads(&self) -> impl Iterator<Item = &Value> {
        ["Deployment", "StatefulSet", "Job"].into_iter().flat_map(|kind| self.of(kind))
    }

    /// A pod as each workload would make it: the rules of a namespace are for pods, and nothing makes any here.
    pub fn pods(&self) -> String {
        let pod = |workload: &Value| {
            let template = &workload["spec"]["template"];
            let claims = workload["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten();
            let claims =
                claims.map(|claim| json!({"name": name(claim), "persistentVolumeClaim": {"claimName": name(claim)}}));
            let mut spec = template["spec"].clone();
            let mut volumes = spec["volumes"].as_array().cloned().unwrap_or_default();
            volumes.extend(claims);
            spec["volumes"] = volumes.into();
            let labels = &template["metadata"]["labels"];
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name(workload), "labels": labels}, "spec": spec})
        };
        json!({"apiVersion": "v1", "kind": "List", "items": self.workloads().map(pod).collect::<Vec<_>>()}).to_string()
    }

    /// Everything that is wrong.
    pub fn faults(&self, is_whole: bool) -> Vec<String> {
        let mut faults = Vec::new();
        for workload in self.workloads() {
            let found = self.faults_of(workload);
            faults.extend(found.into_iter().map(|fault| format!("{}: {fault}", name(workload))));
        }
        for secret in self.of("Secret") {
            let file = decoded(secret["data"]["onsale.toml"].as_str().unwrap_or_default());
            let found = self.known.faults_of_file(&file);
            faults.extend(found.into_iter().map(|fault| format!("Secret {}: {fault}", name(secret))));
        }
        if is_whole {
            faults.extend(self.faults_of_roles());
        }
        let policies: Vec<&Value> = self.of("NetworkPolicy").collect();
        let pods: Vec<&Value> =
            self.workloads().map(|workload| &workload["spec"]["template"]["metadata"]["labels"]).collect();
        faults.extend(network::faults(&policies, &pods, if is_whole { "gateway" } else { "server" }));
        faults
    }

    fn faults_of(&self, workload: &Value) -> Vec<String> {
        let pod = &workload["spec"]["template"]["spec"];
        let mut faults = Vec::new();
        let mut demand = |holds: bool, what: &str| {
            if !holds {
                faults.push(what.to_owned());
            }
        };
        demand(pod["automountServiceAccountToken"] == false, "its pods have a token of the API server");
        demand(pod["enableServiceLinks"] == false, "its pods have variables of other services");
        let secrets: BTreeSet<&str> = self.of("Secret").map(name).collect();
        for wanted in texts(&pod["volumes"], "/secret/secretName") {
            demand(secrets.contains(wanted), &format!("nobody makes its Secret {wanted}"));
        }
        let containers = ["initContainers", "containers"].into_iter().filter_map(|list| pod[list].as_array()).flatten();
        for container in containers {
            let named = container["name"].as_str().unwrap_or_default();
            demand(container["resources"]["requests"]["cpu"].is_string(), &format!("{named} asks for no processor"));
            demand(container["resources"]["limits"]["memory"].is_string(), &format!("{named} has no limit of memory"));
            let security = &container["securityContext"];
            demand(security["readOnlyRootFilesystem"] == true, &format!("{named} may write its own files"));
            for fault in self.known.faults_of_environment(container) {
                demand(false, &format!("{named}: {fault}"));
            }
        }
        if workload["kind"] != "Job" {
            faults.extend(faults_of_server(pod));
        }
        faults
    }

    /// What holds for each role that runs apart.
    fn faults_of_roles(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for role in self.of("Deployment") {
            let mut demand = |holds: bool, what: &str| {
                if !holds {
                    faults.push(format!("{}: {what}", name(role)));
                }
            };
            let spec = &role["spec"];
            let update = &spec["strategy"]["rollingUpdate"];
            demand(
                update["maxUnavailable"] == 0 && update["maxSurge"] != 0,
                "an update takes an old pod before a new one is ready",
            );
            let pod = &spec["template"]["spec"];
            let spread = &pod["topologySpreadConstraints"];
            demand(
                texts(spread, "/topologyKey").contains(&"topology.kubernetes.io/zone"),
                "it is not spread over zones",
            );
            demand(!pod["affinity"]["podAntiAffinity"].is_null(), "its pods may share a node for no reason");
            let labels = &spec["template"]["metadata"]["labels"];
            let guards =
                self.of("PodDisruptionBudget").filter(|budget| selects(&budget["spec"]["selector"], labels)).count();
            demand(guards == 1, &format!("{guards} disruption budgets hold it"));
            let reached =
                self.of("Service").filter(|service| selects_map(&service["spec"]["selector"], labels)).count();
            demand(reached == 1, &format!("{reached} services lead to it"));
            let grown = self
                .of("HorizontalPodAutoscaler")
                .filter(|of| of["spec"]["scaleTargetRef"]["name"] == role["metadata"]["name"]);
            demand(grown.count() <= 1, "two autoscalers pull at it");
        }
        let (wanted, found) = (9, self.of("Deployment").count());
        if wanted != found {
            faults.push(format!("{found} roles instead of {wanted}"));
        }
        for scaler in self.of("HorizontalPodAutoscaler") {
            if !self.of("Deployment").any(|role| role["metadata"]["name"] == scaler["spec"]["scaleTargetRef"]["name"]) {
                faults.push(format!("{} scales nothing", name(scaler)));
            }
        }
        faults
    }
}

/// Probes, and an end that no request notices: out of the lists first, then time for what is under way.
fn faults_of_server(pod: &Value) -> Vec<String> {
    let container = &pod["containers"][0];
    let mut faults = Vec::new();
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        if container[probe]["httpGet"]["port"] != "management" {
            faults.push(format!("{probe} does not ask the management port"));
        }
    }
    if container["livenessProbe"]["httpGet"]["path"] != "/health/live" {
        faults.push("a database that is away would restart it".to_owned());
    }
    let leave = container["lifecycle"]["preStop"]["sleep"]["seconds"].as_i64().unwrap_or_default();
    let settings = container["env"].as_array().into_iter().flatten();
    let mut drain = settings.filter(|setting| setting["name"] == "ONSALE__HTTP__DRAIN_SECONDS");
    let drain: i64 = drain.next().and_then(|setting| setting["value"].as_str()?.parse().ok()).unwrap_or_default();
    let grace = pod["terminationGracePeriodSeconds"].as_i64().unwrap_or_default();
    let probe = &container["readinessProbe"];
    let noticed =
        probe["periodSeconds"].as_i64().unwrap_or_default() * probe["failureThreshold"].as_i64().unwrap_or_default();
    if leave < noticed {
        faults.push(format!("it waits {leave} s before its end, and is in the lists for up to {noticed} s"));
    }
    // Ten seconds for what runs in the background: `TASKS_TIMEOUT` of the program.
    if grace < leave + drain + 10 {
        faults.push(format!("it is killed after {grace} s, before {leave} + {drain} + 10 are over"));
    }
    faults
}

/// Whether a selector of labels means a pod with these.
pub fn selects(selector: &Value, labels: &Value) -> bool {
    selects_map(&selector["matchLabels"], labels)
}

fn selects_map(wanted: &Value, labels: &Value) -> bool {
    wanted.as_object().is_none_or(|wanted| wanted.iter().all(|(key, value)| labels[key] == *value))
}

/// The role of a pod with these labels.
pub fn component(labels: &Value) -> &str {
    labels[COMPONENT].as_str().unwrap_or_default()
}

/// Text in Base64, as the API server gives it; empty when it is none.
fn decoded(text: &str) -> String {
    String::from_utf8(STANDARD.decode(text).unwrap_or_default()).unwrap_or_default()
}
