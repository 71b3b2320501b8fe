"""What deploy/local/check-kubernetes demands of the rendered files of deploy/kubernetes.

Each check takes the objects of one rendering and yields what is wrong with them. check_test.py breaks the files
in as many ways, and each has to be noticed.
"""

import functools
import json
import re
import sys
from pathlib import Path

import kubernetes_validate
import kubernetes_validate.utils
import yaml

# It reads a file of megabytes for each object.
kubernetes_validate.utils.schema_contents = functools.lru_cache(None)(kubernetes_validate.utils.schema_contents)

ROOT = Path(__file__).resolve().parents[3]

# The oldest Kubernetes that the files are for, and the newest whose schemas there are.
VERSIONS = ("1.30", "1.37")

# The needrecord parts that serve, and those that have to do with the database.
SERVING = ("gateway", "worker", "auditor")
WITH_DATABASE = ("worker", "auditor", "migrate")


# What the documents and the sources say ------------------------------------------------------------------------------


def settings():
    """The defaults of all settings, by environment variable, from docs/configuration.md."""
    defaults = {}
    for line in (ROOT / "docs/configuration.md").read_text().splitlines():
        cells = [cell.strip().strip("`") for cell in line.split("|")]
        if len(cells) > 4 and cells[2].startswith("NEEDRECORD_"):
            defaults[cells[2]] = cells[3]
    return defaults


def in_sources(pattern):
    """The first group of what `pattern` finds in the sources."""
    for path in sorted((ROOT / "Sources").rglob("*.swift")):
        if found := re.search(pattern, path.read_text()):
            return found.group(1)
    sys.exit(f"there is no {pattern} in the sources any more")


SETTINGS = settings()
VERSION = in_sources(r'enum Version \{\s*static let text = "([^"]+)"')
JOURNAL_DRAIN = int(in_sources(r"journalDrain = Duration\.seconds\((\d+)\)"))
SPANS_STOP = int(in_sources(r"longestStop = Duration\.seconds\((\d+)\)"))
STOP_RESERVE = int(in_sources(r"answerBudget \+ settings\.gateway\.journalDrain \+ \.seconds\((\d+)\)"))
README = (ROOT / "deploy/kubernetes/README.md").read_text()


# Reading objects -----------------------------------------------------------------------------------------------------


def name(thing):
    return f"{thing['kind']} {thing['metadata']['name']}"


def of_kind(objects, *kinds):
    return [thing for thing in objects if thing["kind"] in kinds]


def workloads(objects):
    return of_kind(objects, "Deployment", "StatefulSet", "Job")


def part(thing):
    """gateway, worker, auditor or migrate; None for what is not needrecord's."""
    labels = thing["metadata"].get("labels", {})
    return labels.get("app.kubernetes.io/component") if labels.get("app.kubernetes.io/name") == "needrecord" else None


def parts(objects, *names):
    return [thing for thing in workloads(objects) if part(thing) in (names or (*SERVING, "migrate"))]


def pod(workload):
    return workload["spec"]["template"]["spec"]


def containers(workload):
    return pod(workload).get("initContainers", []) + pod(workload)["containers"]


def pods(objects):
    """The labels and named ports of all pods, those that operators make included."""
    for workload in workloads(objects):
        ports = {port["name"] for container in containers(workload) for port in container.get("ports", [])}
        yield name(workload), workload["spec"]["template"]["metadata"]["labels"], ports
    for cluster in of_kind(objects, "RabbitmqCluster"):
        yield name(cluster), {"app.kubernetes.io/name": cluster["metadata"]["name"]}, set()
    for cluster in of_kind(objects, "Cluster"):
        yield name(cluster), {"cnpg.io/cluster": cluster["metadata"]["name"]}, set()


def selects(selector, labels):
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for term in selector.get("matchExpressions", []):
        present, value = term["key"] in labels, labels.get(term["key"])
        holds = {
            "In": value in term.get("values", []),
            "NotIn": value not in term.get("values", []),
            "Exists": present,
            "DoesNotExist": not present,
        }[term["operator"]]
        if not holds:
            return False
    return True


def selected(objects, selector):
    return [(which, ports) for which, labels, ports in pods(objects) if selects(selector, labels)]


def secrets(objects):
    """Every key of a Secret that is used: by whom, Secret, key."""
    for workload in workloads(objects):
        for volume in pod(workload).get("volumes", []):
            if "secret" in volume:
                yield name(workload), volume["secret"]["secretName"], None
            for source in volume.get("projected", {}).get("sources", []):
                for item in source.get("secret", {}).get("items", [{"key": None}]) if "secret" in source else []:
                    yield name(workload), source["secret"]["name"], item["key"]
        for container in containers(workload):
            for source in container.get("envFrom", []):
                if "secretRef" in source:
                    yield name(workload), source["secretRef"]["name"], None
            for variable in container.get("env", []):
                if reference := variable.get("valueFrom", {}).get("secretKeyRef"):
                    yield name(workload), reference["name"], reference["key"]
    for cluster in of_kind(objects, "RabbitmqCluster"):
        for key in ("tls.crt", "tls.key"):
            yield name(cluster), cluster["spec"]["tls"]["secretName"], key
    for cluster in of_kind(objects, "Cluster"):
        references = [cluster["spec"]["bootstrap"]["initdb"]["secret"]]
        references += [role["passwordSecret"] for role in cluster["spec"]["managed"]["roles"]]
        for reference in references:
            for key in ("username", "password"):
                yield name(cluster), reference["name"], key
    for authentication in of_kind(objects, "TriggerAuthentication"):
        for reference in authentication["spec"]["secretTargetRef"]:
            yield name(authentication), reference["name"], reference["key"]


def seconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(ms|s)", text).groups()
    return float(number) / (1000 if unit == "ms" else 1)


def quantity(text):
    number, unit = re.fullmatch(r"(\d+)(Ki|Mi|Gi|Ti)?", text).groups()
    return int(number) * 1024 ** ["", "Ki", "Mi", "Gi", "Ti"].index(unit or "")


def variables(objects, workload, container):
    """What a container has in its environment: values as they are, and None for what is known in the cluster only."""
    result = {}
    for source in container.get("envFrom", []):
        for settings_map in of_kind(objects, "ConfigMap"):
            if settings_map["metadata"]["name"] == source.get("configMapRef", {}).get("name"):
                result |= settings_map["data"]
    return result | {variable["name"]: variable.get("value") for variable in container.get("env", [])}


# Schemas -------------------------------------------------------------------------------------------------------------

# The kinds that operators bring, with the fields that are used here and no others. `Builtin` hands a part to the schema of
# a kind of Kubernetes itself, where the operator's own schema repeats that.


class Builtin:
    def __init__(self, wrap):
        self.wrap = wrap


MAP = {"*": str}
META = {"name": str, "namespace": str, "labels": MAP}
POD = Builtin(lambda spec: {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": spec})
RESOURCES = Builtin(lambda resources: POD.wrap({"containers": [{"name": "x", "resources": resources}]}))
SELECTOR = Builtin(
    lambda selector: {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "x"},
        "spec": {"selector": selector},
    }
)
BEHAVIOR = Builtin(
    lambda behavior: {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "x"},
        "spec": {"maxReplicas": 1, "scaleTargetRef": {"kind": "x", "name": "x"}, "behavior": behavior},
    }
)
REFERENCE = {"name": str}
KEY_REFERENCE = [{"parameter": str, "name": str, "key": str}]

CUSTOM = {
    ("keda.sh/v1alpha1", "ScaledObject"): {
        "scaleTargetRef": REFERENCE,
        "minReplicaCount": int,
        "maxReplicaCount": int,
        "pollingInterval": int,
        "advanced": {"horizontalPodAutoscalerConfig": {"behavior": BEHAVIOR}},
        "triggers": [{"type": str, "metricType": str, "metadata": MAP, "authenticationRef": REFERENCE}],
    },
    ("keda.sh/v1alpha1", "TriggerAuthentication"): {
        "secretTargetRef": KEY_REFERENCE,
        "configMapTargetRef": KEY_REFERENCE,
    },
    ("rabbitmq.com/v1beta1", "RabbitmqCluster"): {
        "replicas": int,
        "persistence": {"storage": str},
        "resources": RESOURCES,
        "tls": {"secretName": str, "disableNonTLSListeners": bool},
        "rabbitmq": {"additionalConfig": str, "advancedConfig": str},
        "override": {"statefulSet": {"spec": {"template": {"spec": POD}}}},
    },
    ("postgresql.cnpg.io/v1", "Cluster"): {
        "instances": int,
        "imageName": str,
        "storage": {"size": str},
        "resources": RESOURCES,
        "affinity": {"enablePodAntiAffinity": bool, "podAntiAffinityType": str, "topologyKey": str},
        "postgresql": {"synchronous": {"method": str, "number": int, "dataDurability": str}},
        "bootstrap": {
            "initdb": {
                "database": str,
                "owner": str,
                "secret": REFERENCE,
                "encoding": str,
                "localeCollate": str,
                "localeCType": str,
                "postInitSQL": [str],
            }
        },
        "managed": {"roles": [{"name": str, "login": bool, "inRoles": [str], "passwordSecret": REFERENCE}]},
    },
    ("monitoring.coreos.com/v1", "PodMonitor"): {
        "selector": SELECTOR,
        "podMetricsEndpoints": [{"port": str, "path": str}],
    },
}


@functools.lru_cache(None)
def validate(text, version):
    try:
        kubernetes_validate.validate(json.loads(text), version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [f"{'.'.join(str(step) for step in error.path)}: {error.message}"]
    except kubernetes_validate.SchemaNotFoundError as error:
        return [f"there is no {error.api_version} {error.kind}"]
    return []


def schema_errors(thing, version):
    return validate(json.dumps(thing), version)


def unlike(value, shape, path, version):
    if isinstance(shape, Builtin):
        for error in schema_errors(shape.wrap(value), version):
            yield f"{path}: {error}"
    elif isinstance(shape, type):
        if type(value) is not shape:
            yield f"{path}: {value!r} is no {shape.__name__}"
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{path}: {value!r} is no list"
            return
        for index, element in enumerate(value):
            yield from unlike(element, shape[0], f"{path}.{index}", version)
    elif not isinstance(value, dict):
        yield f"{path}: {value!r} is no object"
    else:
        for key, element in value.items():
            if key in shape or "*" in shape:
                yield from unlike(element, shape.get(key, shape.get("*")), f"{path}.{key}", version)
            else:
                yield f"{path}.{key}: not a known field"


def check_schemas(objects):
    for version in VERSIONS:
        for thing in objects:
            if shape := CUSTOM.get((thing["apiVersion"], thing["kind"])):
                whole = {"apiVersion": str, "kind": str, "metadata": META, "spec": shape}
                errors = unlike(thing, whole, "", version)
            else:
                errors = schema_errors(thing, version)
            for error in errors:
                yield f"{name(thing)}, Kubernetes {version}: {error}"


# Pods ----------------------------------------------------------------------------------------------------------------


def check_settings(objects):
    for workload in workloads(objects):
        for container in containers(workload):
            known = SETTINGS if part(workload) else {"NEEDRECORD_OWNER_PASSWORD", "NEEDRECORD_APP_PASSWORD"}
            for variable in variables(objects, workload, container):
                if variable.startswith("NEEDRECORD_") and variable not in known:
                    yield f"{name(workload)}: {variable} is no setting in docs/configuration.md"
            for source in container.get("envFrom", []):
                reference = source.get("configMapRef")
                if reference and reference["name"] not in names_of(objects, "ConfigMap"):
                    yield f"{name(workload)}: there is no ConfigMap {reference['name']}"


def check_files(objects):
    """A setting that names a file or folder names one that is mounted, or one of the image."""
    for workload in parts(objects):
        projected = {
            item["path"]
            for volume in pod(workload)["volumes"]
            for source in volume["projected"]["sources"]
            for item in source["secret"].get("items", [])
        }
        for container in containers(workload):
            mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
            for variable, value in variables(objects, workload, container).items():
                if variable.endswith("_FILE"):
                    folder, _, file = (value or "").rpartition("/")
                    if folder not in mounts or file not in projected:
                        yield f"{name(workload)}: {variable} is {value}, which is not mounted"


def check_restricted(objects):
    """The profile `restricted` of the Pod Security Standards, which the namespace enforces, and a little more."""
    for namespace in of_kind(objects, "Namespace"):
        if namespace["metadata"]["labels"].get("pod-security.kubernetes.io/enforce") != "restricted":
            yield f"{name(namespace)} does not enforce the profile restricted"
    specs = [(name(workload), pod(workload)) for workload in workloads(objects)]
    for cluster in of_kind(objects, "RabbitmqCluster"):
        specs.append((name(cluster), cluster["spec"]["override"]["statefulSet"]["spec"]["template"]["spec"]))
    for which, spec in specs:
        security = spec.get("securityContext", {})
        ours = not which.startswith("RabbitmqCluster")
        if security.get("runAsNonRoot") is not True or (ours and not security.get("runAsUser")):
            yield f"{which}: may run as root"
        if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{which}: has no seccomp profile"
        if any(spec.get(key) for key in ("hostNetwork", "hostPID", "hostIPC")):
            yield f"{which}: shares a namespace of the host"
        if any("hostPath" in volume for volume in spec.get("volumes", [])):
            yield f"{which}: mounts a folder of the host"
        for container in spec.get("initContainers", []) + spec["containers"]:
            where, security = f"{which}, {container['name']}", container.get("securityContext", {})
            if security.get("allowPrivilegeEscalation") is not False:
                yield f"{where}: may get more privileges"
            if security.get("capabilities") != {"drop": ["ALL"]}:
                yield f"{where}: has capabilities"
            if security.get("privileged") or security.get("runAsUser") == 0:
                yield f"{where}: may run as root"
            if ours and security.get("readOnlyRootFilesystem") is not True:
                yield f"{where}: may write to its image"
    for workload in parts(objects):
        user = {pod(workload)["securityContext"].get(key) for key in ("runAsUser", "runAsGroup", "fsGroup")}
        if user != {10001}:
            yield f"{name(workload)}: is not the user of the image"


def check_isolation(objects):
    accounts = of_kind(objects, "ServiceAccount")
    for account in accounts:
        if account.get("automountServiceAccountToken") is not False:
            yield f"{name(account)}: has a token in each pod"
    for workload in workloads(objects):
        spec = pod(workload)
        if spec.get("enableServiceLinks") is not False:
            yield f"{name(workload)}: has a variable for each Service, which may be the name of a setting"
        if spec.get("automountServiceAccountToken") is not False:
            yield f"{name(workload)}: has a token for Kubernetes"
        if part(workload) and spec.get("serviceAccountName") not in names_of(objects, "ServiceAccount"):
            yield f"{name(workload)}: there is no ServiceAccount {spec.get('serviceAccountName')}"


def check_images(objects):
    for workload in workloads(objects):
        for container in containers(workload):
            image, where = container["image"], f"{name(workload)}, {container['name']}"
            tag = image.rpartition("/")[2].partition(":")[2]
            if tag in ("", "latest"):
                yield f"{where}: {image} has no version"
            if part(workload) and tag != VERSION:
                yield f"{where}: {image} is not {VERSION}, the version of this program"
    for workload in parts(objects, "migrate"):
        if workload["metadata"]["name"] != f"needrecord-migrate-{VERSION}":
            yield f"{name(workload)}: the version in its name is not {VERSION}"


def check_resources(objects):
    for workload in workloads(objects):
        for container in containers(workload):
            where, resources = f"{name(workload)}, {container['name']}", container.get("resources", {})
            requests, limits = resources.get("requests", {}), resources.get("limits", {})
            if "cpu" not in requests or "memory" not in requests or "memory" not in limits:
                yield f"{where}: wants cpu and memory in requests, and memory in limits"
            elif quantity(requests["memory"]) > quantity(limits["memory"]):
                yield f"{where}: requests more memory than its limit"
            if "cpu" in limits:
                yield f"{where}: a limit of CPU costs answers their time"


def check_probes(objects):
    for path in ("/health/live", "/health/ready", "/metrics"):
        in_sources(f'("{path}")')
    wanted = {"startupProbe": "/health/live", "livenessProbe": "/health/live", "readinessProbe": "/health/ready"}
    for workload in parts(objects, *SERVING):
        for probe, path in wanted.items():
            found = pod(workload)["containers"][0].get(probe, {})
            if found.get("httpGet") != {"path": path, "port": "ops"}:
                yield f"{name(workload)}: {probe} is not {path} on the port ops"
    for workload in workloads(objects):
        if not part(workload) and any("livenessProbe" in container for container in containers(workload)):
            yield f"{name(workload)}: a database or broker that is busy is no reason to restart it"
    for monitor in of_kind(objects, "PodMonitor"):
        if monitor["spec"]["podMetricsEndpoints"] != [{"port": "ops", "path": "/metrics"}]:
            yield f"{name(monitor)}: does not ask for /metrics on the port ops"


def check_grace(objects):
    for workload in parts(objects, *SERVING):
        container = pod(workload)["containers"][0]
        environment = variables(objects, workload, container)
        budget = seconds(environment.get("NEEDRECORD_ANSWER_BUDGET", SETTINGS["NEEDRECORD_ANSWER_BUDGET"]))
        wait = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        delay = seconds(environment.get("NEEDRECORD_GATEWAY_DRAIN_DELAY", SETTINGS["NEEDRECORD_GATEWAY_DRAIN_DELAY"]))
        spans = SPANS_STOP if "NEEDRECORD_TRACING_ENDPOINT" in environment else 0
        needed = wait + delay + budget + JOURNAL_DRAIN + STOP_RESERVE + spans
        if pod(workload)["terminationGracePeriodSeconds"] <= needed:
            yield f"{name(workload)}: is killed before it has had the {needed:g} s that stopping may take"
        if part(workload) == "gateway" and wait < 5:
            yield f"{name(workload)}: does not wait until it is out of the Service"
        if part(workload) == "gateway" and not delay:
            yield f"{name(workload)}: does not close the connections of those who are connected already"


def check_journal(objects):
    for gateway in parts(objects, "gateway"):
        if gateway["kind"] != "StatefulSet":
            yield f"{name(gateway)}: a gateway needs a name and a volume of its own"
            continue
        environment = variables(objects, gateway, pod(gateway)["containers"][0])
        most = environment.get("NEEDRECORD_JOURNAL_MAX_BYTES", SETTINGS["NEEDRECORD_JOURNAL_MAX_BYTES"])
        claims = {claim["metadata"]["name"]: claim["spec"] for claim in gateway["spec"]["volumeClaimTemplates"]}
        mounts = pod(gateway)["containers"][0]["volumeMounts"]
        folder = environment.get("NEEDRECORD_JOURNAL_DIRECTORY")
        claim = next((claims.get(mount["name"]) for mount in mounts if mount["mountPath"] == folder), None)
        if claim is None:
            yield f"{name(gateway)}: the journal is on no volume that outlives the pod"
        elif quantity(claim["resources"]["requests"]["storage"]) <= int(most):
            yield f"{name(gateway)}: the volume is not larger than the journal may get"
        if gateway["spec"].get("persistentVolumeClaimRetentionPolicy") != {
            "whenDeleted": "Retain",
            "whenScaled": "Retain",
        }:
            yield f"{name(gateway)}: journals are deleted with their gateways"
        names = [v for v in pod(gateway)["containers"][0]["env"] if v["name"] == "NEEDRECORD_GATEWAY_NAME"]
        if [v.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath") for v in names] != ["metadata.name"]:
            yield f"{name(gateway)}: gateway.name is not the name of the pod"


# References ----------------------------------------------------------------------------------------------------------


def names_of(objects, *kinds):
    return {thing["metadata"]["name"] for thing in of_kind(objects, *kinds)}


def check_selectors(objects):
    for workload in of_kind(objects, "Deployment", "StatefulSet"):
        labels = workload["spec"]["template"]["metadata"]["labels"]
        for selector in [workload["spec"]["selector"]] + [
            spread["labelSelector"] for spread in pod(workload).get("topologySpreadConstraints", [])
        ]:
            if not selects(selector, labels):
                yield f"{name(workload)}: {selector} does not select its own pods"
            if len(selected(objects, selector)) > 1:
                yield f"{name(workload)}: {selector} selects others' pods, too"
    for service in of_kind(objects, "Service"):
        if len(selected(objects, {"matchLabels": service["spec"]["selector"]})) != 1:
            yield f"{name(service)}: does not select the pods of one part"
    for monitor in of_kind(objects, "PodMonitor"):
        if len(selected(objects, monitor["spec"]["selector"])) != len(SERVING):
            yield f"{name(monitor)}: does not select the pods of all parts"
    for policy in of_kind(objects, "NetworkPolicy"):
        rules = policy["spec"].get("ingress", []) + policy["spec"].get("egress", [])
        peers = [peer for rule in rules for peer in rule.get("from", []) + rule.get("to", [])]
        for selector in [policy["spec"]["podSelector"]] + [
            peer["podSelector"] for peer in peers if "podSelector" in peer and "namespaceSelector" not in peer
        ]:
            if not selected(objects, selector):
                yield f"{name(policy)}: {selector} selects no pods"
    for scaler in of_kind(objects, "ScaledObject", "HorizontalPodAutoscaler"):
        target = scaler["spec"]["scaleTargetRef"]
        if not any(
            target["name"] == workload["metadata"]["name"] and target.get("kind", "Deployment") == workload["kind"]
            for workload in workloads(objects)
        ):
            yield f"{name(scaler)}: there is no {target['name']} to scale"
        elif any("replicas" in w["spec"] for w in workloads(objects) if w["metadata"]["name"] == target["name"]):
            yield f"{name(scaler)}: {target['name']} has a number of replicas, which each apply would set again"
    for workload in of_kind(objects, "StatefulSet"):
        governing = [s for s in of_kind(objects, "Service") if s["metadata"]["name"] == workload["spec"]["serviceName"]]
        if [service["spec"].get("clusterIP") for service in governing] != ["None"]:
            yield f"{name(workload)}: {workload['spec']['serviceName']} is no headless Service"
    for authentication in of_kind(objects, "TriggerAuthentication"):
        for reference in authentication["spec"].get("configMapTargetRef", []):
            maps = {m["metadata"]["name"]: m["data"] for m in of_kind(objects, "ConfigMap")}
            if reference["key"] not in maps.get(reference["name"], {}):
                yield f"{name(authentication)}: there is no {reference['key']} in ConfigMap {reference['name']}"


def check_ports(objects):
    for workload in workloads(objects):
        for container in containers(workload):
            ports = {port["name"] for port in container.get("ports", [])}
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                for action in ("httpGet", "tcpSocket"):
                    port = container.get(probe, {}).get(action, {}).get("port")
                    if port is not None and port not in ports:
                        yield f"{name(workload)}: {probe} asks port {port}, which {container['name']} does not have"
    for service in of_kind(objects, "Service"):
        for _, ports in selected(objects, {"matchLabels": service["spec"]["selector"]}):
            for port in service["spec"]["ports"]:
                if port["targetPort"] not in ports:
                    yield f"{name(service)}: there is no port {port['targetPort']}"
    for policy in of_kind(objects, "NetworkPolicy"):
        for rule in policy["spec"].get("ingress", []):
            for port in (port["port"] for port in rule.get("ports", []) if isinstance(port["port"], str)):
                if not any(port in ports for _, ports in selected(objects, policy["spec"]["podSelector"])):
                    yield f"{name(policy)}: there is no port {port}"
    for monitor in of_kind(objects, "PodMonitor"):
        for endpoint in monitor["spec"]["podMetricsEndpoints"]:
            for which, ports in selected(objects, monitor["spec"]["selector"]):
                if endpoint["port"] not in ports:
                    yield f"{name(monitor)}: {which} has no port {endpoint['port']}"


def check_budgets(objects):
    covered = set()
    for budget in of_kind(objects, "PodDisruptionBudget"):
        which = selected(objects, budget["spec"]["selector"])
        if len(which) != 1:
            yield f"{name(budget)}: does not select the pods of one part"
        covered |= {one for one, _ in which}
        if budget["spec"].get("maxUnavailable") != 1:
            yield f"{name(budget)}: does not let one pod go, or more than one at once"
    for workload in parts(objects, *SERVING):
        if name(workload) not in covered:
            yield f"{name(workload)}: has no PodDisruptionBudget"


def check_secrets(objects):
    for secret in of_kind(objects, "Secret"):
        yield f"{name(secret)}: secrets do not belong into these files"
    for user, secret, key in secrets(objects):
        if key is None:
            yield f"{user}: takes all of Secret {secret}, and should name the keys"
        if f"`{secret}`" not in README or (key and f"`{key}`" not in README):
            yield f"{user}: {key} of Secret {secret} is not in deploy/kubernetes/README.md"
    for gateway in parts(objects, "gateway"):
        used = [(secret, key) for user, secret, key in secrets(objects) if user == name(gateway)]
        environment = variables(objects, gateway, pod(gateway)["containers"][0])
        if any("database" in f"{secret} {key}" or "postgres" in secret for secret, key in used) or any(
            "DATABASE" in variable for variable in environment
        ):
            yield f"{name(gateway)}: has a way into the database"
    for workload in parts(objects, *SERVING):
        if any(secret == "needrecord-owner" for user, secret, _ in secrets(objects) if user == name(workload)):
            yield f"{name(workload)}: has the login of the database's owner"


# The network ---------------------------------------------------------------------------------------------------------


def rules(objects, labels, direction):
    for policy in of_kind(objects, "NetworkPolicy"):
        if direction in policy["spec"]["policyTypes"] and selects(policy["spec"]["podSelector"], labels):
            yield from policy["spec"].get(direction.lower(), [])


def may_reach(objects, labels, port):
    for rule in rules(objects, labels, "Egress"):
        if "ports" not in rule:
            return True
        for allowed in rule["ports"]:
            if allowed.get("port") is None or allowed["port"] <= port <= allowed.get("endPort", allowed["port"]):
                return True
    return False


def check_network(objects):
    denies = [p["spec"] for p in of_kind(objects, "NetworkPolicy") if p["metadata"]["name"] == "default-deny"]
    if denies != [{"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}]:
        yield "there is no NetworkPolicy that denies what is not allowed"
    for workload in parts(objects):
        labels, which = workload["spec"]["template"]["metadata"]["labels"], part(workload)
        wanted = {53: True, 5671: which != "migrate", 5672: which != "migrate", 5432: which in WITH_DATABASE, 443: False}
        for port, is_wanted in wanted.items():
            if may_reach(objects, labels, port) != is_wanted:
                yield f"{name(workload)}: {'cannot' if is_wanted else 'can'} reach port {port}"
        for rule in rules(objects, labels, "Ingress"):
            ports = {port["port"] for port in rule.get("ports", [])}
            if ports == {"callbacks"}:
                continue
            monitoring = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
            if ports != {"ops"} or rule.get("from") != [monitoring]:
                yield f"{name(workload)}: more than Prometheus can reach {sorted(ports) or 'all its ports'}"
        callbacks = [{"ports": [{"protocol": "TCP", "port": "callbacks"}]}]
        if which == "gateway" and callbacks[0] not in list(rules(objects, labels, "Ingress")):
            yield f"{name(workload)}: the platform cannot reach it"


# The overlays --------------------------------------------------------------------------------------------------------


def check_scaling(objects):
    for scaler in of_kind(objects, "ScaledObject"):
        namespace = SETTINGS["NEEDRECORD_TOPOLOGY_NAMESPACE"]
        for trigger in scaler["spec"]["triggers"]:
            if trigger["type"] != "rabbitmq":
                yield f"{name(scaler)}: workers are scaled by {trigger['type']}, and not by what waits for them"
                continue
            wanted = {"protocol": "http", "mode": "ExpectedQueueConsumptionTime", "queueName": f"{namespace}.decisions"}
            if not wanted.items() <= trigger["metadata"].items() or trigger["metricType"] != "Value":
                yield f"{name(scaler)}: does not go by how long the work queue would take to be empty"
            if not 0 < float(trigger["metadata"]["value"]) < seconds(SETTINGS["NEEDRECORD_ANSWER_BUDGET"]) / 2:
                yield f"{name(scaler)}: half of the budget is as long as it gets"
    for scaler in of_kind(objects, "HorizontalPodAutoscaler"):
        if scaler["spec"]["scaleTargetRef"]["name"] != "needrecord-gateway":
            yield f"{name(scaler)}: only gateways are scaled by CPU"
        if scaler["spec"]["behavior"]["scaleDown"]["stabilizationWindowSeconds"] < 600:
            yield f"{name(scaler)}: takes gateways away at once"


def check_small(objects):
    """The overlay small needs no operator."""
    for thing in objects:
        if thing["kind"] in {kind for _, kind in CUSTOM}:
            yield f"{name(thing)}: needs an operator"


def check_production(objects):
    """The overlay production goes on without any one node, and trusts no network."""
    kinds = {kind for _, kind in CUSTOM} | {"HorizontalPodAutoscaler"}
    for kind in sorted(kinds - {thing["kind"] for thing in objects}):
        yield f"there is no {kind}"
    gateways = [s for s in of_kind(objects, "HorizontalPodAutoscaler") if s["spec"]["minReplicas"] < 3]
    for scaler in gateways:
        yield f"{name(scaler)}: fewer than three gateways"
    for workload in parts(objects, *SERVING):
        environment = variables(objects, workload, pod(workload)["containers"][0])
        if environment.get("NEEDRECORD_TOPOLOGY_PROFILE") != "replicated":
            yield f"{name(workload)}: topology.profile is not replicated"
    for cluster in of_kind(objects, "RabbitmqCluster"):
        if cluster["spec"]["replicas"] != 3 or "pause_minority" not in cluster["spec"]["rabbitmq"]["additionalConfig"]:
            yield f"{name(cluster)}: is not three nodes that pause in a minority"
        if cluster["spec"]["tls"].get("disableNonTLSListeners") is not True:
            yield f"{name(cluster)}: can be reached without TLS"
    for cluster in of_kind(objects, "Cluster"):
        if cluster["spec"]["postgresql"]["synchronous"].get("number", 0) < 1:
            yield f"{name(cluster)}: a commit may be lost with the primary"
    users = {workload: set() for workload in ("broker-ca.crt", "database-ca.crt")}
    for workload in parts(objects):
        for volume in pod(workload)["volumes"]:
            for source in volume["projected"]["sources"]:
                for item in source["secret"]["items"]:
                    users.setdefault(item["path"], set()).add(part(workload))
                    if item["key"].endswith(".key"):
                        yield f"{name(workload)}: has the key of an authority or a server"
    if users["broker-ca.crt"] != set(SERVING) or users["database-ca.crt"] != set(WITH_DATABASE):
        yield "not every part can tell who signed the certificates of its servers"


OVERLAYS = {"small": check_small, "production": check_production}
FIRST = [check_schemas, check_small]
CHECKS = [value for key, value in list(globals().items()) if key.startswith("check_") and value not in FIRST]


def problems(overlay, objects):
    """The others take for granted what the schemas say, so they come second."""
    for checks in FIRST, CHECKS:
        found = [
            problem
            for check in checks
            if check not in OVERLAYS.values() or check is OVERLAYS.get(overlay)
            for problem in check(objects)
        ]
        if found:
            return [f"{overlay}: {problem}" for problem in found]
    return []


def load(path):
    return [thing for thing in yaml.safe_load_all(Path(path).read_text()) if thing]


def main(paths):
    found = 0
    for path in paths:
        objects = load(path)
        for problem in problems(Path(path).stem, objects):
            print(problem, file=sys.stderr)
            found += 1
        print(f"{Path(path).stem}: {len(objects)} objects")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
