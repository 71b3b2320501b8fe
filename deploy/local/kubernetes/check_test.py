"""Breaks what deploy/local/check-kubernetes has rendered, one thing at a time, and expects that to be noticed."""

import copy
import unittest

import check as checks

RENDERED = {name: checks.load(checks.ROOT / f".stack/kubernetes/{name}.yaml") for name in ("base", "small", "production")}

ABSENT = object()
GATEWAY, WORKER, AUDITOR = "StatefulSet needrecord-gateway", "Deployment needrecord-worker", "Deployment needrecord-auditor"
MIGRATE = f"Job needrecord-migrate-{checks.VERSION}"
POD, CONTAINER = "spec template spec", "spec template spec containers 0"
SECRET = f"{POD} volumes 0 projected sources 0 secret"

# Rendering, object, what in it, what it becomes, and what has to be said.
CASES = [
    # Schemas, also of what operators bring.
    ("base", GATEWAY, "spec replica", 3, "Additional properties"),
    ("base", GATEWAY, f"{POD} terminationGracePeriodSeconds", "30", "is not of type"),
    ("base", GATEWAY, f"{CONTAINER} lifecycle preStop sleep second", 5, "Additional properties"),
    ("base", "Service needrecord-gateway", "apiVersion", "v2", "there is no v2 Service"),
    ("production", "HorizontalPodAutoscaler needrecord-gateway", "apiVersion", "autoscaling/v2beta2", "there is no"),
    ("production", "ScaledObject needrecord-worker", "spec minReplicas", 2, "not a known field"),
    ("production", "ScaledObject needrecord-worker", "spec minReplicaCount", "2", "is no int"),
    ("production", "ScaledObject needrecord-worker", "spec triggers 0 metadata value", 0.5, "is no str"),
    ("production", "ScaledObject needrecord-worker", "spec advanced horizontalPodAutoscalerConfig behavior up", {}, "Additional"),
    ("production", "RabbitmqCluster needrecord-rabbitmq", "spec tls caSecret", "x", "not a known field"),
    ("production", "RabbitmqCluster needrecord-rabbitmq", "spec override statefulSet spec template spec user", 1, "Additional"),
    ("production", "Cluster needrecord-postgres", "spec postgresql synchronous count", 1, "not a known field"),
    ("production", "Cluster needrecord-postgres", "spec managed roles 0", "needrecord", "is no object"),
    ("production", "PodMonitor needrecord", "spec podMetricsEndpoints", {}, "is no list"),
    ("production", "PodMonitor needrecord", "spec selector labels", {}, "Additional properties"),
    # Settings.
    ("base", WORKER, f"{CONTAINER} env 0 name", "NEEDRECORD_WORKERS_NAME", "NEEDRECORD_WORKERS_NAME is no setting"),
    ("base", "ConfigMap needrecord-settings", "data NEEDRECORD_OPS_HOSTS", "x", "NEEDRECORD_OPS_HOSTS is no setting"),
    ("base", WORKER, f"{CONTAINER} envFrom 0 configMapRef name", "settings", "there is no ConfigMap settings"),
    ("base", AUDITOR, f"{CONTAINER} env 1 value", "/run/secrets/amqp-url", "which is not mounted"),
    ("base", AUDITOR, f"{SECRET} items 1 path", "database", "NEEDRECORD_DATABASE_URL_FILE is /run"),
    # What a pod may do.
    ("base", "Namespace needrecord", "metadata labels pod-security.kubernetes.io/enforce", "baseline", "does not enforce"),
    ("base", WORKER, f"{POD} securityContext runAsNonRoot", False, "may run as root"),
    ("base", WORKER, f"{POD} securityContext runAsUser", 1000, "not the user of the image"),
    ("base", WORKER, f"{POD} securityContext seccompProfile", ABSENT, "no seccomp profile"),
    ("base", WORKER, f"{POD} hostNetwork", True, "namespace of the host"),
    ("base", WORKER, f"{POD} volumes 0 hostPath", {"path": "/"}, "folder of the host"),
    ("base", WORKER, f"{CONTAINER} securityContext allowPrivilegeEscalation", ABSENT, "may get more privileges"),
    ("base", WORKER, f"{CONTAINER} securityContext capabilities add", ["NET_ADMIN"], "has capabilities"),
    ("base", WORKER, f"{CONTAINER} securityContext runAsUser", 0, "may run as root"),
    ("base", WORKER, f"{CONTAINER} securityContext readOnlyRootFilesystem", ABSENT, "may write to its image"),
    ("base", WORKER, f"{POD} initContainers 0 securityContext", ABSENT, "wait-for-migrations: has capabilities"),
    ("small", "StatefulSet needrecord-postgres", f"{CONTAINER} securityContext", ABSENT, "postgres: has capabilities"),
    (
        "production",
        "RabbitmqCluster needrecord-rabbitmq",
        "spec override statefulSet spec template spec initContainers 0 securityContext",
        ABSENT,
        "setup-container: has capabilities",
    ),
    ("base", "ServiceAccount needrecord", "automountServiceAccountToken", True, "has a token in each pod"),
    ("base", WORKER, f"{POD} automountServiceAccountToken", ABSENT, "has a token for Kubernetes"),
    ("base", WORKER, f"{POD} enableServiceLinks", ABSENT, "a variable for each Service"),
    ("base", WORKER, f"{POD} serviceAccountName", "needrecords", "there is no ServiceAccount needrecords"),
    # Images and resources.
    ("base", WORKER, f"{CONTAINER} image", "registry:5000/needrecord", "has no version"),
    ("base", WORKER, f"{CONTAINER} image", "needrecord:latest", "has no version"),
    ("base", WORKER, f"{POD} initContainers 0 image", "needrecord:0.0.1", "not " + checks.VERSION),
    ("small", "StatefulSet needrecord-rabbitmq", f"{CONTAINER} image", "rabbitmq", "has no version"),
    ("base", MIGRATE, "metadata name", "needrecord-migrate", "the version in its name"),
    ("base", WORKER, f"{CONTAINER} resources limits memory", ABSENT, "wants cpu and memory"),
    ("base", WORKER, f"{CONTAINER} resources requests memory", "1Gi", "more memory than its limit"),
    ("base", WORKER, f"{CONTAINER} resources limits cpu", "1", "a limit of CPU"),
    # How it starts and stops.
    ("base", GATEWAY, f"{CONTAINER} livenessProbe httpGet path", "/health/ready", "livenessProbe is not /health/live"),
    ("base", GATEWAY, f"{CONTAINER} startupProbe", ABSENT, "startupProbe is not"),
    ("base", GATEWAY, f"{CONTAINER} readinessProbe httpGet port", "callbacks", "readinessProbe is not"),
    ("small", "StatefulSet needrecord-postgres", f"{CONTAINER} livenessProbe", {}, "no reason to restart"),
    ("production", "PodMonitor needrecord", "spec podMetricsEndpoints 0 path", "/status", "does not ask for /metrics"),
    ("base", GATEWAY, f"{POD} terminationGracePeriodSeconds", 29, "is killed before"),
    ("base", GATEWAY, f"{CONTAINER} lifecycle preStop sleep seconds", 11, "is killed before"),
    ("base", GATEWAY, f"{CONTAINER} env 1 value", "12s", "is killed before"),
    ("base", GATEWAY, f"{CONTAINER} env 1 value", "0s", "does not close the connections"),
    ("base", GATEWAY, f"{CONTAINER} lifecycle", ABSENT, "out of the Service"),
    ("base", AUDITOR, f"{POD} terminationGracePeriodSeconds", 19, "is killed before"),
    # The journal.
    ("base", WORKER, "metadata labels app.kubernetes.io/component", "gateway", "a name and a volume of its own"),
    ("base", GATEWAY, "spec volumeClaimTemplates 0 metadata name", "data", "no volume that outlives"),
    ("base", GATEWAY, "spec volumeClaimTemplates 0 spec resources requests storage", "1Gi", "not larger than the journal"),
    ("base", GATEWAY, "spec persistentVolumeClaimRetentionPolicy whenScaled", "Delete", "journals are deleted"),
    ("base", GATEWAY, f"{CONTAINER} env 0 valueFrom fieldRef fieldPath", "spec.nodeName", "not the name of the pod"),
    # Selectors and references.
    ("base", WORKER, "spec selector matchLabels app.kubernetes.io/component", "workers", "does not select its own pods"),
    ("base", WORKER, "spec selector matchLabels app.kubernetes.io/component", ABSENT, "selects others' pods"),
    ("base", WORKER, f"{POD} topologySpreadConstraints 0 labelSelector matchLabels a", "b", "does not select its own pods"),
    ("base", "Service needrecord-gateway", "spec selector app.kubernetes.io/component", ABSENT, "the pods of one part"),
    ("base", "Service needrecord-gateways", "spec clusterIP", ABSENT, "is no headless Service"),
    ("production", "PodMonitor needrecord", "spec selector matchLabels a", "b", "the pods of all parts"),
    ("base", "NetworkPolicy needrecord-callbacks", "spec podSelector matchLabels a", "b", "selects no pods"),
    ("small", "NetworkPolicy needrecord-postgres", "spec ingress 0 from 0 podSelector matchLabels a", "b", "selects no pods"),
    ("production", "HorizontalPodAutoscaler needrecord-gateway", "spec scaleTargetRef kind", "Deployment", "to scale"),
    ("production", WORKER, "spec replicas", 2, "which each apply would set again"),
    ("production", "ConfigMap needrecord-keda", "data tls", ABSENT, "there is no tls in ConfigMap needrecord-keda"),
    # Ports.
    ("base", GATEWAY, f"{CONTAINER} ports 1 name", "operators", "asks port ops, which gateway does not have"),
    ("base", "Service needrecord-gateway", "spec ports 0 targetPort", "http", "there is no port http"),
    ("base", "NetworkPolicy needrecord-ops", "spec ingress 0 ports 0 port", "metrics", "there is no port metrics"),
    ("production", AUDITOR, f"{CONTAINER} ports", [], "Deployment needrecord-auditor has no port ops"),
    # Disruptions.
    ("base", "PodDisruptionBudget needrecord-worker", "spec maxUnavailable", 0, "does not let one pod go"),
    ("base", "PodDisruptionBudget needrecord-worker", "spec selector matchLabels a", "b", "has no PodDisruptionBudget"),
    # Secrets.
    ("base", "ConfigMap needrecord-settings", "kind", "Secret", "do not belong into these files"),
    ("base", WORKER, f"{SECRET} name", "needrecord-workers", "is not in deploy/kubernetes/README.md"),
    ("base", WORKER, f"{SECRET} items 0 key", "amqp", "is not in deploy/kubernetes/README.md"),
    ("base", WORKER, f"{SECRET} items", ABSENT, "should name the keys"),
    ("base", WORKER, f"{CONTAINER} envFrom 0", {"secretRef": {"name": "needrecord-worker"}}, "should name the keys"),
    ("base", WORKER, f"{POD} volumes 0 secret", {"secretName": "needrecord-worker"}, "should name the keys"),
    ("base", WORKER, f"{SECRET} name", "needrecord-owner", "has the login of the database's owner"),
    ("base", GATEWAY, f"{SECRET} items 0 key", "database-url", "has a way into the database"),
    ("base", GATEWAY, f"{CONTAINER} env 1 name", "NEEDRECORD_DATABASE_URL_FILE", "has a way into the database"),
    # The network.
    ("base", "NetworkPolicy default-deny", "spec policyTypes", ["Ingress"], "denies what is not allowed"),
    ("base", "NetworkPolicy needrecord-database", "spec podSelector matchExpressions", ABSENT, "can reach port 5432"),
    ("base", "NetworkPolicy needrecord-broker", "spec egress 0 ports", ABSENT, "can reach port 5432"),
    ("base", "NetworkPolicy needrecord-broker", "spec egress 0 ports 0", {"port": 5000, "endPort": 6000}, "can reach port 5432"),
    ("base", "NetworkPolicy needrecord-dns", "spec egress", [], "cannot reach port 53"),
    ("base", "NetworkPolicy needrecord-ops", "spec ingress 0 from", ABSENT, "more than Prometheus"),
    ("base", "NetworkPolicy needrecord-ops", "spec ingress 0 ports", ABSENT, "more than Prometheus"),
    ("base", "NetworkPolicy needrecord-callbacks", "spec ingress", [], "the platform cannot reach it"),
    # Scaling.
    ("production", "ScaledObject needrecord-worker", "spec triggers 0 type", "cpu", "are scaled by cpu"),
    ("production", "ScaledObject needrecord-worker", "spec triggers 0 metadata protocol", "amqp", "how long the work queue"),
    ("production", "ScaledObject needrecord-worker", "spec triggers 0 metadata queueName", "x", "how long the work queue"),
    ("production", "ScaledObject needrecord-worker", "spec triggers 0 metadata value", "2", "half of the budget"),
    ("production", "HorizontalPodAutoscaler needrecord-gateway", "spec scaleTargetRef name", "x", "only gateways"),
    (
        "production",
        "HorizontalPodAutoscaler needrecord-gateway",
        "spec behavior scaleDown stabilizationWindowSeconds",
        0,
        "takes gateways away at once",
    ),
    # The overlays.
    ("small", "ServiceAccount needrecord", "kind", "ScaledObject", "needs an operator"),
    ("production", "PodMonitor needrecord", None, ABSENT, "there is no PodMonitor"),
    ("base", "NetworkPolicy default-deny", None, ABSENT, "denies what is not allowed"),
    ("production", "HorizontalPodAutoscaler needrecord-gateway", "spec minReplicas", 2, "fewer than three gateways"),
    ("production", "ConfigMap needrecord-settings", "data NEEDRECORD_TOPOLOGY_PROFILE", "classic", "is not replicated"),
    ("production", "RabbitmqCluster needrecord-rabbitmq", "spec rabbitmq additionalConfig", "", "pause in a minority"),
    ("production", "RabbitmqCluster needrecord-rabbitmq", "spec tls disableNonTLSListeners", ABSENT, "without TLS"),
    ("production", "Cluster needrecord-postgres", "spec postgresql synchronous", {}, "may be lost with the primary"),
    ("production", MIGRATE, f"{POD} volumes 0 projected sources 1 secret items 0 key", "ca.key", "has the key of an authority"),
    ("production", MIGRATE, f"{POD} volumes 0 projected sources 1 secret items 0 path", "x", "who signed the certificates"),
]


def find(objects, which):
    """The name of a ConfigMap may end with a hash of what is in it."""
    found = [thing for thing in objects if checks.name(thing) == which or checks.name(thing).startswith(f"{which}-")]
    return min(found, key=lambda thing: len(checks.name(thing)))


def put(thing, path, value):
    *steps, last = (int(step) if step.isdigit() else step for step in path.split(" "))
    for step in steps:
        thing = thing.setdefault(step, {}) if isinstance(thing, dict) else thing[step]
    if value is ABSENT:
        del thing[last]
    else:
        thing[last] = value


class ChecksTest(unittest.TestCase):
    def test_nothing_is_wrong(self):
        for overlay, objects in RENDERED.items():
            self.assertEqual(checks.problems(overlay, objects), [])

    def test_each_fault_is_noticed(self):
        for overlay, which, path, value, said in CASES:
            with self.subTest(f"{overlay}: {which}: {path} = {value}"):
                objects = copy.deepcopy(RENDERED[overlay])
                if path is None:
                    objects.remove(find(objects, which))
                else:
                    put(find(objects, which), path, value)
                found = checks.problems(overlay, objects)
                self.assertTrue(any(said in problem for problem in found), f"{said!r} is not in {found}")


if __name__ == "__main__":
    unittest.main()
