"""Does what deploy/Dockerfile says, and runs the result, where there is no container engine. See deploy/local/image."""

import argparse
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

from dockerfile import BuildContext, DockerfileError, Instruction, Stage, assignments, read, substitute

ROOT = Path(__file__).resolve().parents[3]
CONTAIN = Path(__file__).with_name("contain.py")
# Everything that is made here.
FOLDER = ROOT / ".stack/image"
IMAGE = FOLDER / "image.json"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MIRROR = os.environ.get("NEEDRECORD_DEBIAN_MIRROR", "http://deb.debian.org")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# --- Base images ------------------------------------------------------------------------------------------------------

# As the official images have it: no documentation, no lists and archives that are left over, nothing that starts.
SLIM = {
    "etc/apt/sources.list": "",
    "etc/apt/sources.list.d/debian.sources": f"""\
Types: deb
URIs: {MIRROR}/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: {MIRROR}/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
""",
    "etc/apt/apt.conf.d/docker-clean": 'Dir::Cache::pkgcache "";\nDir::Cache::srcpkgcache "";\n'
    'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };\n',
    "etc/apt/apt.conf.d/docker-no-languages": 'Acquire::Languages "none";\n',
    "etc/dpkg/dpkg.cfg.d/docker": "force-unsafe-io\n"
    + "".join(f"path-exclude /usr/share/{folder}/*\n" for folder in ("doc", "info", "locale", "man"))
    + "path-include /usr/share/doc/*/copyright\n",
    "usr/sbin/policy-rc.d": "#!/bin/sh\nexit 101\n",
}

# What Debian gives to the official image of Swift; its toolchain is the machine's here.
SWIFT_PACKAGES = (
    "binutils ca-certificates gcc git libcurl4-openssl-dev libedit-dev libicu-dev libncurses-dev libpython3-dev "
    "libsqlite3-dev libstdc++-12-dev libxml2-dev pkg-config tzdata uuid-dev"
)


class Base:
    """A base image: a folder to copy, and what it takes from the machine."""

    def __init__(self, folder: Path, environment: dict[str, str] | None = None, mounts: list[str] | None = None):
        self.folder = folder
        self.environment = environment or {"PATH": PATH}
        self.mounts = mounts or []


def in_root(root: Path, program: list[str], environment: dict[str, str], *options: str) -> None:
    # A way out of this machine, where it needs one, comes from the engine.
    proxies = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    command = [sys.executable, str(CONTAIN), "--root", str(root), *options, "--", *program]
    subprocess.run(command, env=proxies | environment, check=True)


def packages_in(root: Path, script: str) -> None:
    in_root(root, ["sh", "-c", script], {"PATH": PATH, "DEBIAN_FRONTEND": "noninteractive"})


def made_once(folder: Path, make) -> Path:
    """The folder, made if it is not there; under another name until it is complete."""
    if not folder.is_dir():
        unfinished = folder.with_name(f"{folder.name}.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        make(unfinished)
        unfinished.rename(folder)
    return folder


def copy_tree(source: Path, target: Path) -> None:
    subprocess.run(["cp", "--archive", "--reflink=auto", str(source), str(target)], check=True)


def make_debian(folder: Path) -> None:
    if shutil.which("debootstrap") is None:
        raise DockerfileError("there is no debootstrap; deploy/local/install-packages installs it")
    say("making debian:bookworm-slim")
    log = folder.with_suffix(".log")
    with log.open("w") as output:
        made = subprocess.run(
            ["debootstrap", "--variant=minbase", "bookworm", str(folder), f"{MIRROR}/debian"],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    if made.returncode != 0:
        raise DockerfileError(f"debootstrap failed, see {log}")
    for name, text in SLIM.items():
        (folder / name).write_text(text)
    (folder / "usr/sbin/policy-rc.d").chmod(0o755)
    packages_in(folder, "apt-get -q update && apt-get -q upgrade --yes && rm -rf /var/lib/apt/lists/*")


def debian() -> Base:
    return Base(made_once(FOLDER / "bases/debian", make_debian))


def swift(version: str) -> Base:
    target = json.loads(subprocess.run(["swift", "-print-target-info"], capture_output=True, check=True).stdout)
    if f" {version}" not in target["compilerVersion"]:
        raise DockerfileError(f"the base image has Swift {version}, and this machine {target['compilerVersion']}")

    def make(folder: Path) -> None:
        copy_tree(debian().folder, folder)
        say("making the base of swift:*-bookworm")
        install = f"apt-get -q install --yes --no-install-recommends {SWIFT_PACKAGES}"
        packages_in(folder, f"apt-get -q update && {install} && rm -rf /var/lib/apt/lists/*")

    # .../usr/lib/swift
    toolchain = Path(target["paths"]["runtimeResourcePath"]).parents[2]
    base = Base(made_once(FOLDER / "bases/swift", make))
    base.mounts.append(f"{toolchain}:/opt/toolchain")
    base.environment = {"PATH": f"/opt/toolchain/usr/bin:{PATH}", "HOME": "/root"}
    # Where the machine's git takes repositories from folders, the build does, too.
    rewrites = subprocess.run(
        ["git", "config", "--get-regexp", r"^url\..*\.insteadof$"], capture_output=True, text=True, cwd="/"
    ).stdout.splitlines()
    for number, rewrite in enumerate(rewrites):
        key, address = rewrite.split(" ", 1)
        source = key.removeprefix("url.").removesuffix(".insteadof").rstrip("/")
        if Path(source).is_dir() and f"{source}:{source}" not in base.mounts:
            base.mounts.append(f"{source}:{source}")
        base.environment |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": address}
    base.environment["GIT_CONFIG_COUNT"] = str(len(rewrites))
    return base


def base_of(name: str) -> Base:
    if name == "debian:bookworm-slim":
        return debian()
    if name.startswith("swift:") and name.endswith("-bookworm"):
        return swift(name.removeprefix("swift:").removesuffix("-bookworm"))
    raise DockerfileError(f"{name} cannot be made here")


# --- Building ---------------------------------------------------------------------------------------------------------


class Build:
    """One stage, instruction by instruction."""

    def __init__(self, stage: Stage, root: Path, context: BuildContext, stages: dict[str, Path]):
        self.root = root
        self.context = context
        # The roots of the stages before, and files that stand for what they make.
        self.stages = stages
        self.base = base_of(stage.base)
        self.environment = dict(self.base.environment)
        self.arguments: dict[str, str] = {}
        self.labels: dict[str, str] = {}
        self.ports: list[str] = []
        self.user, self.workdir, self.stop_signal = "0:0", "/", "SIGTERM"
        self.entrypoint: list[str] = []
        self.command: list[str] = []
        self.health: list[str] = []
        shutil.rmtree(root, ignore_errors=True)
        root.parent.mkdir(parents=True, exist_ok=True)
        copy_tree(self.base.folder, root)
        for instruction in stage.instructions:
            method = getattr(self, f"do_{instruction.name.lower()}", None)
            if method is None:
                raise DockerfileError(f"line {instruction.line}: {instruction.name} is not understood")
            say(f"{instruction.line:4}  {instruction.name} {instruction.value[:90]}")
            method(instruction)

    def variables(self) -> dict[str, str]:
        return self.arguments | self.environment

    def known_flags(self, instruction: Instruction, *known: str) -> None:
        for flag in instruction.flags:
            if flag not in known:
                raise DockerfileError(f"line {instruction.line}: --{flag} is not understood")

    def do_arg(self, instruction: Instruction) -> None:
        for name, value in assignments(instruction):
            self.arguments[name] = substitute(value, self.variables())

    def do_env(self, instruction: Instruction) -> None:
        # What is set in one instruction is not yet seen in it.
        self.environment |= {name: substitute(value, self.variables()) for name, value in assignments(instruction)}

    def do_label(self, instruction: Instruction) -> None:
        self.labels |= {name: substitute(value, self.variables()) for name, value in assignments(instruction)}

    def do_run(self, instruction: Instruction) -> None:
        self.known_flags(instruction)
        program = instruction.words or ["/bin/sh", "-c", instruction.value]
        options = ["--user", self.user, "--workdir", self.workdir]
        for mount in self.base.mounts:
            options += ["--mount-read-only", mount]
        in_root(self.root, program, self.variables(), *options)

    def do_copy(self, instruction: Instruction) -> None:
        self.known_flags(instruction, "from")
        *sources, target = substitute(instruction.value, self.variables()).split()
        into_folder = target.endswith("/") or len(sources) > 1
        place = self.root / (Path(self.workdir) / target).as_posix().lstrip("/")
        for source in sources:
            if stage := instruction.flags.get("from"):
                origin = self.stages[stage]
                if origin.is_dir():
                    origin = origin / source.lstrip("/")
                if not origin.is_file():
                    raise DockerfileError(f"line {instruction.line}: {stage} has no file {source}")
                self.copy_file(origin, place / Path(source).name if into_folder else place)
                continue
            files = self.context.files(source)
            if not files:
                raise DockerfileError(f"line {instruction.line}: the build is not given {source}")
            for file in files:
                below = file.relative_to(source) if (self.context.root / source).is_dir() else Path(file.name)
                folder = (self.context.root / source).is_dir() or into_folder
                self.copy_file(self.context.root / file, place / below if folder else place)

    def copy_file(self, source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.chmod(stat.S_IMODE(source.stat().st_mode))

    def do_workdir(self, instruction: Instruction) -> None:
        self.workdir = (Path(self.workdir) / substitute(instruction.value, self.variables())).as_posix()
        (self.root / self.workdir.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def do_user(self, instruction: Instruction) -> None:
        user, _, group = instruction.value.partition(":")
        if not user.isdecimal() or not group.isdecimal():
            raise DockerfileError(f"line {instruction.line}: USER is not a number of a user and one of a group")
        self.user = instruction.value

    def do_expose(self, instruction: Instruction) -> None:
        self.ports += instruction.value.split()

    def do_stopsignal(self, instruction: Instruction) -> None:
        self.stop_signal = instruction.value

    def do_entrypoint(self, instruction: Instruction) -> None:
        self.entrypoint = self.array(instruction)

    def do_cmd(self, instruction: Instruction) -> None:
        self.command = self.array(instruction)

    def do_healthcheck(self, instruction: Instruction) -> None:
        self.known_flags(instruction, "interval", "timeout", "start-period", "retries")
        kind, _, value = instruction.value.partition(" ")
        if kind != "CMD":
            raise DockerfileError(f"line {instruction.line}: HEALTHCHECK {kind} is not understood")
        self.health = self.array(Instruction(kind, value.strip(), {}, instruction.line))

    def array(self, instruction: Instruction) -> list[str]:
        if instruction.words is None:
            raise DockerfileError(f"line {instruction.line}: {instruction.name} is not an array")
        return instruction.words


def build(dockerfile: Path, executable: Path | None) -> None:
    context = BuildContext(ROOT)
    *before, last = read(dockerfile)
    IMAGE.unlink(missing_ok=True)
    roots: dict[str, Path] = {}
    for number, stage in enumerate(before):
        name = stage.name or str(number)
        if executable is None:
            roots[name] = FOLDER / "stages" / name
            Build(stage, roots[name], context, roots)
        else:
            roots[name] = executable
    made = Build(last, FOLDER / "root", context, roots)
    image = {
        "environment": made.environment,
        "user": made.user,
        "workdir": made.workdir,
        "entrypoint": made.entrypoint,
        "command": made.command,
        "health": made.health,
        "stop_signal": made.stop_signal,
        "ports": made.ports,
        "labels": made.labels,
    }
    IMAGE.write_text(json.dumps(image, indent=2) + "\n")
    size = subprocess.run(["du", "-sm", str(FOLDER / "root")], capture_output=True, text=True, check=True).stdout
    say(f"made {FOLDER / 'root'}, {size.split()[0]} MiB")


# --- Running ----------------------------------------------------------------------------------------------------------


def volume(name: str, path: str) -> Path:
    """The folder of a volume. A new one begins as what the image has in its place."""
    original = FOLDER / "root" / path.lstrip("/")

    def make(folder: Path) -> None:
        if original.is_dir():
            copy_tree(original, folder)
        else:
            folder.mkdir()

    return made_once(FOLDER / "volumes" / name, make)


def run(options: argparse.Namespace) -> None:
    image = json.loads(IMAGE.read_text())
    arguments = options.arguments[1:] if options.arguments[:1] == ["--"] else options.arguments
    if options.health:
        program = image["health"]
    elif options.entrypoint:
        program = [options.entrypoint, *arguments]
    else:
        program = image["entrypoint"] + (arguments or image["command"])
    command = [sys.executable, str(CONTAIN), "--confined", "--root", str(FOLDER / "root")]
    command += ["--user", image["user"], "--workdir", image["workdir"]]
    environment = image["environment"]
    for setting in options.env:
        name, has_value, value = setting.partition("=")
        environment[name] = value if has_value else os.environ[name]
    for place in options.volume:
        name, path = place.split(":")
        command += ["--mount", f"{volume(name, path)}:{path}"]
    # In the place of this process, so that a signal for it is one for the program.
    os.execve(command[0], [*command, "--", *program], environment)


def main() -> int:
    parser = argparse.ArgumentParser(prog="deploy/local/image")
    commands = parser.add_subparsers(dest="command", required=True)
    building = commands.add_parser("build")
    building.add_argument("--dockerfile", type=Path, default=ROOT / "deploy/Dockerfile")
    building.add_argument("--executable", type=Path)
    running = commands.add_parser("run")
    running.add_argument("--env", action="append", default=[], metavar="NAME[=VALUE]")
    running.add_argument("--volume", action="append", default=[], metavar="NAME:PATH")
    running.add_argument("--entrypoint", metavar="PROGRAM")
    running.add_argument("--health", action="store_true")
    running.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    try:
        if options.command == "build":
            if options.executable is not None and not options.executable.is_file():
                raise DockerfileError(f"there is no file {options.executable}")
            build(options.dockerfile, options.executable)
        else:
            if not IMAGE.exists():
                raise DockerfileError("there is no image yet: deploy/local/image build")
            run(options)
    except DockerfileError as error:
        say(f"image: {error}")
        return 1
    except subprocess.CalledProcessError as error:
        say(f"image: {error.cmd[-1][:200]} failed with exit code {error.returncode}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
