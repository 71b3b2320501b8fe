"""Runs one program as a container engine would: in a root file system and a process namespace of its own, as a user
without any capability, and with nothing to write to but the folders that it is given. The network is that of the
machine, and the environment is that of this process.

It ends with the program, and the program with it, even if it is killed; the mounts are seen by nobody else and end with
the last process in there.
"""

import argparse
import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path

libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWPID = 0x00020000, 0x04000000, 0x08000000, 0x20000000
PR_SET_PDEATHSIG, PR_CAPBSET_READ, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 23, 24, 38


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--confined", action="store_true", help="read-only, and without capabilities")
    parser.add_argument("--user", default="0:0")
    parser.add_argument("--workdir", default="/")
    parser.add_argument("--mount", action="append", default=[], help="FOLDER:PATH, writable")
    parser.add_argument("--mount-read-only", action="append", default=[], help="FOLDER:PATH")
    parser.add_argument("program", nargs="+")
    return parser.parse_args()


def check(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def prctl(option: int, argument: int) -> int:
    return libc.prctl(option, ctypes.c_ulong(argument), 0, 0, 0)


def mount(*options: str) -> None:
    subprocess.run(["mount", *options], check=True)


def bind(source: Path, target: Path) -> None:
    """Shows a folder or a file of the machine in the root."""
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    elif not target.exists():
        target.touch()
    mount("--bind", str(source), str(target))


def mount_all(options: argparse.Namespace) -> None:
    root = options.root
    mount("--make-rprivate", "/")
    mount("--bind", str(root), str(root))
    mount("-t", "proc", "proc", str(root / "proc"))
    mount("-t", "sysfs", "-o", "ro", "sysfs", str(root / "sys"))
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(root / "dev"))
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        bind(Path("/dev", name), root / "dev" / name)
    (root / "dev/pts").mkdir()
    mount("-t", "devpts", "-o", "newinstance,ptmxmode=666", "devpts", str(root / "dev/pts"))
    (root / "dev/ptmx").symlink_to("pts/ptmx")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        (root / "dev" / name).symlink_to(f"/proc/self/fd/{number}")
    (root / "dev/fd").symlink_to("/proc/self/fd")
    # Names are found as on the machine.
    for name in ("hosts", "resolv.conf"):
        bind(Path("/etc", name).resolve(), root / "etc" / name)
    for argument in options.mount + options.mount_read_only:
        source, path = argument.split(":")
        target = root / path.lstrip("/")
        bind(Path(source), target)
        if argument in options.mount_read_only:
            mount("-o", "remount,bind,ro", str(target))
    if options.confined:
        mount("-o", "remount,bind,ro", str(root))


def drop_privileges(options: argparse.Namespace) -> None:
    user, group = (int(number) for number in options.user.split(":"))
    if options.confined:
        capability = 0
        while prctl(PR_CAPBSET_READ, capability) >= 0:
            check(prctl(PR_CAPBSET_DROP, capability), "cannot give up a capability")
            capability += 1
        check(prctl(PR_SET_NO_NEW_PRIVS, 1), "cannot forbid new privileges")
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)


def become(options: argparse.Namespace) -> None:
    """In the new process: does not return."""
    # Before anything can hang: the parent's end is its end.
    check(prctl(PR_SET_PDEATHSIG, signal.SIGKILL), "prctl")
    mount_all(options)
    os.chroot(options.root)
    os.chdir(options.workdir)
    drop_privileges(options)
    # Another user's process has lost it.
    check(prctl(PR_SET_PDEATHSIG, signal.SIGKILL), "prctl")
    os.umask(0o022)
    # Python has these ignored, which the program would inherit.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.execvp(options.program[0], options.program)


def main() -> int:
    options = arguments()
    options.root = options.root.resolve()
    check(prctl(PR_SET_PDEATHSIG, signal.SIGKILL), "prctl")
    check(libc.unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID), "cannot make namespaces")
    child = os.fork()
    if child == 0:
        try:
            become(options)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"contain: {error}", file=sys.stderr)
        os._exit(127)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, frame: os.kill(child, number))
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
