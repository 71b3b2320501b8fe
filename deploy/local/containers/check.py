"""What has to hold in docker-compose.yml and what it names, and in deploy/Dockerfile, and that no schema says. See
deploy/local/check-containers."""

import re
import sys
from pathlib import Path

import yaml

from dockerfile import BuildContext, Stage, assignments, read

ROOT = Path(__file__).resolve().parents[3]
# What `docker stop` has to wait for at least: the longest answer budget, 4.9 s, the journal's 5 s, and 10 s after which
# a process gives up what hangs.
LONGEST_STOP = 20

problems: list[str] = []


def require(holds: object, problem: str) -> None:
    if not holds:
        problems.append(problem)


def text(path: str) -> str:
    return (ROOT / path).read_text()


def settings() -> set[str]:
    """The environment variables of docs/configuration.md."""
    return set(re.findall(r"^\| `[\w.]+` \| `(NEEDRECORD_\w+)` \|", text("docs/configuration.md"), re.MULTILINE))


def commands() -> set[str]:
    """The subcommands of the executable."""
    sources = (path.read_text() for path in (ROOT / "Sources/needrecord").rglob("*.swift"))
    return {name for source in sources for name in re.findall(r'commandName: "([a-z-]+)"', source)}


def seconds(duration: str) -> int:
    match = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", duration)
    return int(match[1] or 0) * 60 + int(match[2] or 0) if match else 0


# --- docker-compose.yml -----------------------------------------------------------------------------------------------

INFRASTRUCTURE = {"postgres", "rabbitmq"}
# Who needs which password; every other service must not have it.
PASSWORDS = {
    "NEEDRECORD_POSTGRES_PASSWORD": {"postgres"},
    "NEEDRECORD_OWNER_PASSWORD": {"postgres", "migrate"},
    "NEEDRECORD_APP_PASSWORD": {"postgres", "worker", "auditor", "cli", "demo-rule"},
    "NEEDRECORD_AMQP_PASSWORD": {"rabbitmq", "gateway-1", "gateway-2", "worker", "auditor", "cli"},
}


def strings(value: object) -> list[str]:
    """All texts in a document."""
    if isinstance(value, dict):
        return [string for part in value.values() for string in strings(part)]
    if isinstance(value, list):
        return [string for part in value for string in strings(part)]
    return [value] if isinstance(value, str) else []


def repeated_keys(node: yaml.Node, seen: set[int]) -> list[str]:
    """The keys that stand in one mapping more than once, of which a reader sees only the last."""
    if id(node) in seen or isinstance(node, yaml.ScalarNode):
        return []
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        return [key for part in node.value for key in repeated_keys(part, seen)]
    keys = [key.value for key, _ in node.value]
    repeated = [key for key in set(keys) if keys.count(key) > 1]
    return repeated + [key for _, value in node.value for key in repeated_keys(value, seen)]


def check_variables(services: dict[str, dict], secrets: set[str]) -> None:
    used = set()
    for name, service in services.items():
        for string in strings(service):
            references = re.findall(r"\$\{(\w+)(:?[?-])?([^}]*)\}", string)
            require(
                string.replace("$$", "").count("$") == len(references),
                f"{name}: {string} has a $ that is no ${{VARIABLE}}",
            )
            for variable, operator, rest in references:
                used.add(variable)
                if variable in PASSWORDS:
                    require(operator == ":?" and rest, f"{name}: {variable} must be demanded, with :? and what to do")
                    require(name in PASSWORDS[variable], f"{name} has {variable} and does not need it")
                else:
                    require(operator == ":-" and rest, f"{name}: {variable} must have a default, with :-")
    require(secrets == set(PASSWORDS), f"generate-secrets writes {sorted(secrets)}")
    require(set(PASSWORDS) <= used, f"nobody uses {sorted(set(PASSWORDS) - used)}")


def check_dependencies(services: dict[str, dict]) -> None:
    for name, service in services.items():
        for needed, how in service.get("depends_on", {}).items():
            if needed not in services:
                require(False, f"{name} depends on {needed}, which is not there")
                continue
            target = services[needed]
            if how["condition"] == "service_healthy":
                # The image of needrecord has a check of its own.
                checked = target.get("healthcheck", {"test": None} if target["image"] == "needrecord" else {})
                require("test" in checked, f"{name} waits for {needed} to be healthy, which has no health check")
            elif how["condition"] == "service_completed_successfully":
                require(target.get("restart") == "no", f"{name} waits for {needed} to end, which is restarted")
            else:
                require(False, f"{name}: {needed} may be started and not yet usable")
            profiles = set(target.get("profiles", []))
            require(
                not profiles or profiles & set(service.get("profiles", [])),
                f"{name} depends on {needed}, which a profile leaves out",
            )


def check_names(document: dict, services: dict[str, dict]) -> None:
    volumes, networks = set(document["volumes"]), set(document["networks"])
    used_volumes, used_networks = set(), set()
    for name, service in services.items():
        used_networks |= set(service.get("networks", []))
        require(service.get("networks"), f"{name} is in no network of its own choice")
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                require((ROOT / source).is_file(), f"{name} mounts {source}, which is not there")
                require(volume.endswith(":ro"), f"{name} can write to {source}")
            else:
                used_volumes.add(source)
    require(used_volumes == volumes, f"volumes: declared {sorted(volumes)}, used {sorted(used_volumes)}")
    require(used_networks == networks, f"networks: declared {sorted(networks)}, used {sorted(used_networks)}")
    gateways = {name for name, service in services.items() if "database" not in service["networks"]}
    require({"gateway-1", "gateway-2"} <= gateways, "a gateway has a way to the database")


def check_confinement(services: dict[str, dict]) -> None:
    for name, service in services.items():
        for key in ("privileged", "network_mode", "pid", "ipc", "cap_add", "devices", "userns_mode", "env_file"):
            require(key not in service, f"{name}: {key} is not wanted")
        require(not any("docker.sock" in string for string in strings(service)), f"{name} has the engine's socket")
        require("no-new-privileges:true" in service.get("security_opt", []), f"{name} may get new privileges")
        logs = service.get("logging", {})
        require(
            logs.get("driver") == "json-file" and {"max-size", "max-file"} <= set(logs.get("options", {})),
            f"{name}: the log grows without end",
        )
        for port in service.get("ports", []):
            require(
                port.startswith(("127.0.0.1:", "${NEEDRECORD_LISTEN:-127.0.0.1:")),
                f"{name}: {port} is open to others than this machine",
            )
        if name in INFRASTRUCTURE:
            continue
        require(service.get("read_only") is True, f"{name} can write to its root")
        require(service.get("cap_drop") == ["ALL"], f"{name} has capabilities")
        if service.get("restart") != "no":
            require(service["restart"] == "unless-stopped", f"{name} is not restarted")
            limit = service.get("deploy", {}).get("resources", {}).get("limits", {}).get("memory", "")
            require(re.fullmatch(r"\d+[MG]", limit), f"{name} has no limit of memory")
        if service["image"] == "needrecord" and service.get("restart") != "no":
            goes_on = seconds(service.get("environment", {}).get("NEEDRECORD_GATEWAY_DRAIN_DELAY", "0s"))
            require(
                seconds(service.get("stop_grace_period", "10s")) > goes_on + LONGEST_STOP,
                f"{name} may be killed while it still answers",
            )


def check_images(services: dict[str, dict]) -> None:
    for name, service in services.items():
        image = service["image"]
        if image == "needrecord":
            build = service.get("build", {})
            require((ROOT / build.get("context", ".") / build.get("dockerfile", "")).is_file(), f"{name} has no build")
            require(service.get("pull_policy") == "never", f"{name}: an image of this name elsewhere may be another's")
        else:
            require(re.fullmatch(r"[a-z/]+:\d+(\.\d+)*(-[a-z]+)?", image), f"{name}: {image} names no version")


def check_product(services: dict[str, dict], image: dict[str, str]) -> None:
    known, subcommands = settings(), commands()
    journal = image["NEEDRECORD_JOURNAL_DIRECTORY"]
    names, journals = [], []
    for name, service in services.items():
        environment = service.get("environment", {})
        for variable in environment:
            if variable.startswith("NEEDRECORD_"):
                allowed = set(PASSWORDS) if name in INFRASTRUCTURE else known
                require(variable in allowed, f"{name}: {variable} is no setting")
        if service["image"] != "needrecord":
            continue
        command = service.get("command", [])
        require(command or name == "cli", f"{name} has no command")
        require(all(word in subcommands for word in command[:1]), f"{name}: there is no command {command[:1]}")
        if command[:1] != ["gateway"]:
            continue
        names.append(environment.get("NEEDRECORD_GATEWAY_NAME"))
        mounts = [volume.split(":") for volume in service.get("volumes", [])]
        journals += [source for source, *target in mounts if target == [journal]]
        require("deploy" not in service or "replicas" not in service["deploy"], f"{name}: a journal is for one gateway")
    require(names and None not in names and len(set(names)) == len(names), f"gateways have the names {names}")
    require(len(set(journals)) == len(names), f"{len(names)} gateways have the journals {journals}")
    check_load_balancer(services)


def check_load_balancer(services: dict[str, dict]) -> None:
    configuration = text("deploy/compose/haproxy.cfg")
    interval, falls = (int(number) for number in re.search(r"inter (\d+)s fall (\d+)", configuration).groups())
    servers = re.findall(r"^\s+server (\S+) (\S+):(\d+)$", configuration, re.MULTILINE)
    gateways = {name for name, service in services.items() if service.get("command") == ["gateway"]}
    for gateway in gateways:
        goes_on = seconds(services[gateway]["environment"].get("NEEDRECORD_GATEWAY_DRAIN_DELAY", "0s"))
        require(goes_on > interval * (falls + 1), f"{gateway} stops before the load balancer can know")
    require({host for _, host, _ in servers} == gateways, f"haproxy.cfg has {servers}, and not {sorted(gateways)}")
    require({port for *_, port in servers} == {"8080"}, "haproxy.cfg asks at another port than 8080")
    require("check port 8081" in configuration, "haproxy.cfg does not check the port for operators")
    require(set(services["load-balancer"]["depends_on"]) == gateways, "the load balancer waits for other services")
    published = services["load-balancer"]["ports"][0].rsplit(":", 1)[1]
    require(f"bind :{published}\n" in configuration, f"haproxy.cfg does not listen on {published}")
    live = services["load-balancer"]["healthcheck"]["test"][-1]
    address, path = live.removeprefix("http://").split("/", 1)
    require(f"bind {address}\n    monitor-uri /{path}\n" in configuration, f"haproxy.cfg does not answer {live}")


# --- deploy/Dockerfile ------------------------------------------------------------------------------------------------


def environment_of(stage: Stage) -> dict[str, str]:
    return dict(pair for instruction in stage.all("ENV") for pair in assignments(instruction))


def check_copies(stages: list[Stage]) -> None:
    context = BuildContext(ROOT)
    wanted = set()
    for stage in stages:
        for copy in stage.all("COPY"):
            *sources, _ = copy.value.split()
            if "from" in copy.flags:
                require(copy.flags["from"] in {s.name for s in stages}, f"line {copy.line}: no such stage")
                continue
            for source in sources:
                wanted.add(source)
                require(context.files(source), f"line {copy.line}: the build is not given {source}")
    given = {path.name for path in ROOT.iterdir() if context.has(path.relative_to(ROOT))}
    require(given == wanted, f".dockerignore gives {sorted(given)} to a build that copies {sorted(wanted)}")


def check_packages(stages: list[Stage]) -> None:
    for stage in stages:
        for run in stage.all("RUN"):
            if "apt-get install" in run.value:
                where = f"line {run.line}: "
                require("apt-get update" in run.value, where + "installs from lists that may be old")
                require("--no-install-recommends" in run.value, where + "installs what is only recommended")
                require("rm -rf /var/lib/apt/lists/*" in run.value, where + "leaves the lists in the image")
            require(not re.search("curl|wget", run.value), f"line {run.line}: fetches something unchecked")
        require(not stage.all("ADD"), f"{stage.base}: COPY does what ADD is for here")
        require(re.search(r":\d|:[a-z]+-slim$", stage.base), f"line {stage.line}: {stage.base} names no version")


def check_run_stage(stage: Stage) -> None:
    names = [instruction.name for instruction in stage.instructions]
    user = stage.last("USER")
    require(user and re.fullmatch(r"[1-9]\d*:[1-9]\d*", user.value), "the image does not run as a user by number")
    require(user and "RUN" not in names[names.index("USER") :], "something is done after USER")
    for name, wanted in {
        "ENTRYPOINT": ["needrecord"],
        "CMD": ["--help"],
    }.items():
        found = stage.last(name)
        require(found and found.words == wanted, f"{name} is not {wanted}")
    health = stage.last("HEALTHCHECK")
    require(health and health.value == 'CMD ["needrecord", "health"]', "HEALTHCHECK is not needrecord health")
    require("health" in commands(), "there is no command health")
    stop = stage.last("STOPSIGNAL")
    require(stop and stop.value == "SIGTERM", "STOPSIGNAL is not SIGTERM")
    ports = {port for expose in stage.all("EXPOSE") for port in expose.value.split()}
    require(ports == {"8080", "8081"}, f"EXPOSE {sorted(ports)}")
    labels = dict(pair for label in stage.all("LABEL") for pair in assignments(label))
    for label in ("title", "description", "version", "source", "revision"):
        require(f"org.opencontainers.image.{label}" in labels, f"there is no label {label}")
    defaults = dict(pair for argument in stage.all("ARG") for pair in assignments(argument))
    version = re.search(r'text = "([^"]+)"', text("Sources/needrecord/Version.swift"))[1]
    require(defaults.get("VERSION") == version, f"VERSION is {defaults.get('VERSION')} and not {version}")
    environment = environment_of(stage)
    for variable in environment:
        require(variable in settings(), f"ENV {variable} is no setting")
        require("URL" not in variable, f"ENV {variable} may have a password in it")
    for name in ("JOURNAL_DIRECTORY", "MIGRATIONS_DIRECTORY", "OPS_HOST"):
        require(f"NEEDRECORD_{name}" in environment, f"there is no ENV NEEDRECORD_{name}")
    journal = environment.get("NEEDRECORD_JOURNAL_DIRECTORY", "?")
    require(any(journal in run.value for run in stage.all("RUN")), f"{journal} is not made")
    migrations = environment.get("NEEDRECORD_MIGRATIONS_DIRECTORY")
    require(f"migrations {migrations}" in {copy.value for copy in stage.all("COPY")}, f"{migrations} is not filled")


def check_toolchain(stage: Stage) -> None:
    version = re.fullmatch(r"swift:(\d+)\.(\d+)-bookworm", stage.base)
    needed = re.match(r"// swift-tools-version: (\d+)\.(\d+)", text("Package.swift"))
    require(version, f"{stage.base} is no Swift on Debian bookworm")
    if version:
        require(tuple(map(int, version.groups())) >= tuple(map(int, needed.groups())), f"{stage.base} is too old")
    build = " ".join(run.value for run in stage.all("RUN"))
    require("--static-swift-stdlib" in build, "Swift's libraries are not in the executable")
    require("--strip" in build, "the executable is not stripped")


# --- All --------------------------------------------------------------------------------------------------------------


def main() -> int:
    # The names of the variables that generate-secrets writes.
    secrets = set(sys.argv[1:])
    stages = read(ROOT / "deploy/Dockerfile")
    require(len(stages) == 2, "there are not two stages")
    check_toolchain(stages[0])
    check_run_stage(stages[-1])
    check_packages(stages)
    check_copies(stages)
    repeated = repeated_keys(yaml.compose(text("docker-compose.yml")), set())
    require(not repeated, f"docker-compose.yml says twice: {repeated}")
    document = yaml.safe_load(text("docker-compose.yml"))
    services = document["services"]
    check_variables(services, secrets)
    check_dependencies(services)
    check_names(document, services)
    check_confinement(services)
    check_images(services)
    check_product(services, environment_of(stages[-1]))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
