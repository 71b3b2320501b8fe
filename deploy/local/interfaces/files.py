"""The schemas of the files that people write, beside what the program says of such files."""

import copy
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Iterator

import yaml

from documents import Documents, read_yaml
from programs import Program
from report import Report

WORKERS = 2
# What the program ends with when a setting cannot be used.
EXIT_CONFIGURATION = 78


def check(documents: Documents, report: Report, program: Program, root: Path) -> None:
    check_rule_files(documents, report, program, root)
    check_authentication_files(documents, report, program, root)
    check_settings(documents, report, program, root)


def _dump(value: Any) -> str:
    # As JSON, which is YAML: what it says is not left to a writer of YAML.
    return json.dumps(value, ensure_ascii=False)


def _changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    changed = copy.deepcopy(value)
    parent = changed
    for step in path[:-1]:
        parent = parent[step]
    if new is GONE:
        del parent[path[-1]]
    else:
        parent[path[-1]] = new
    return changed


GONE = object()


def _all(job: Any, values: list[Any]) -> Iterator[tuple[Any, Any]]:
    """What a job says of each value; some at a time, because each is a process."""
    with ThreadPoolExecutor(WORKERS) as pool:
        yield from zip(values, pool.map(job, values))


# --- Rule files -----------------------------------------------------------------------------------------------------

RULE_FILE = {
    "set": "policies",
    "templates": [{"domain": "live.example.com", "app": "*", "formats": ["mp4", "flv"]}],
    "rules": [
        {
            "name": "all",
            "domain": "live.example.com",
            "app": "rooms",
            "stream": "vip-*",
            "codec": "h264",
            "bitrate": {"min": 500, "max": 8000},
            "valid": {"from": "2027-05-01T00:00:00+08:00", "until": "2027-05-06 00:00Z"},
            "schedule": {"time_zone": "Asia/Shanghai", "windows": ["mon-fri 09:00-18:00", "sat,sun 22:00-02:00"]},
            "percentage": 12.5,
            "priority": -3,
            "record": {"formats": ["mp4", "flv"], "intervals": {"mp4": 300}},
            "quota": "basic",
            "enabled": True,
            "note": "for people",
        },
        {"app": "rooms", "skip": True},
    ],
}

RULE = ("rules", 0)
# Changes that a rule file may have, and that it may not: what either of the two says, the other has to say, too.
# A name that is null is not among them: the program reads it as it is written, and the schema wants it in quotes.
RULE_FILE_CHANGES: list[tuple[tuple[Any, ...], list[Any]]] = [
    (("set",), ["", "a b", "-a", "a" * 101, "a" * 100, 42, [], GONE]),
    (("templates",), [None, {}, "x", [], GONE]),
    (("templates", 0, "formats"), [GONE, [], ["mp4", "mp4"], ["avi"], "mp4", None]),
    (("templates", 0, "domain"), ["", "\\a", "\\*", GONE]),
    (("templates", 0, "more"), [1]),
    (("more",), [1]),
    (("rules",), [GONE, None, {}, "x", [], [[]], [5]]),
    ((*RULE, "name"), ["", "a b", "a.b_c-1", 7, [], GONE]),
    ((*RULE, "domain"), ["", "*", "?", "\\\\", "\\", "a\\b", "a\u0007", "a" * 255, "a" * 256]),
    ((*RULE, "domain"), [7, True, [], {}, GONE]),
    ((*RULE, "stream"), ["\\*" * 255, "\\*" * 256, "\u00fc", "007"]),
    ((*RULE, "codec"), ["h265", "H264", "", None, 264, GONE]),
    ((*RULE, "bitrate"), [{}, {"min": 5}, {"max": 5}, {"min": -1}, {"max": 1 << 31}, {"min": "5"}, {"mid": 5}, 5]),
    ((*RULE, "valid"), [{}, {"from": "2027-01-01T00:00Z"}, {"since": "2027-01-01T00:00Z"}, "2027-01-01T00:00Z"]),
    (
        (*RULE, "valid", "from"),
        ["2027-01-01", "2027-01-01T00:00:00", "2027-01-01T00:00Z", "2027-13-01T00:00Z", "2027-01-01t24:00z",
         "1969-01-01T00:00Z", "2027-01-01T00:00:00.123+15:59", "2027-01-01T00:00+16:00", 1, None],
    ),  # fmt: skip
    ((*RULE, "schedule"), [{"time_zone": "UTC"}, {"windows": ["mon 09:00-10:00"]}, "mon 09:00-10:00", []]),
    ((*RULE, "schedule", "time_zone"), ["UTC", "CST", "EST5EDT", "Etc/GMT+8", "America/Argentina/Salta"]),
    ((*RULE, "schedule", "time_zone"), ["", "posix/UTC", 8]),
    (
        (*RULE, "schedule", "windows"),
        [[], ["mon 09:00-10:00"] * 50, ["mon 09:00-10:00"] * 51, ["fri-mon 00:00-24:00"], ["mon 9:00-10:00"],
         ["mon 09:00-09:00"], ["mon 24:00-01:00"], ["mon 09:60-10:00"], ["monday 09:00-10:00"], ["mon  09:00-10:00"],
         ["mon-tue-wed 09:00-10:00"], ["mon,tue 09:00-10:00,11:00-12:00"], "mon 09:00-10:00", [9]],
    ),  # fmt: skip
    ((*RULE, "percentage"), [0, 100, 101, -1, "12.55", "12.555", "100.01", "012", "", True, [], None]),
    ((*RULE, "priority"), [1_000_000, 1_000_001, -1_000_001, "3", 1.5, None, True]),
    ((*RULE, "record"), [True, False, "true", {}, [], None, GONE, {"formats": ["mp4"], "more": 1}]),
    ((*RULE, "record", "formats"), [[], ["m3u8"], ["mp4", "mp4"], ["mp4", "MP4"], "mp4", GONE]),
    (
        (*RULE, "record", "intervals"),
        [{}, {"mp4": 5}, {"mp4": 4}, {"mp4": 21600}, {"mp4": 21601}, {"mp4": "300"}, {"m3u8": 300}, {"avi": 300}, [],
         300],
    ),  # fmt: skip
    ((*RULE, "skip"), [True, False]),
    ((*RULE, "quota"), ["", "a b", 5, GONE]),
    ((*RULE, "enabled"), [False, "true", 1, None]),
    ((*RULE, "note"), ["", "a" * 1000, "a" * 1001, "a\u0000", 5, []]),
    ((*RULE, "more"), [1]),
    (("rules", 1, "skip"), [False, "true", 1, None, GONE]),
    (("rules", 1, "quota"), ["basic"]),
]


def check_rule_files(documents: Documents, report: Report, program: Program, root: Path) -> None:
    for name, text in [
        ("deploy/examples/rules.yaml", (root / "deploy/examples/rules.yaml").read_text()),
        # What is published by now was written by the program.
        ("needrecord rules export", program.succeed("rules", "export", "--rule-set", "interfaces")),
    ]:
        report.none(documents.faults_of("schemas/rule-file.json", read_yaml(text)), name)
        result = program.run("rules", "check", "-", input=text)
        report.check("is no rule file" not in result.stderr, f"{name}: {result.stderr}")
    texts = dict(_texts(RULE_FILE, RULE_FILE_CHANGES))
    # What JSON cannot say: plain texts that look like something else, and no value at all.
    for value in ("007", "1.5", "true", "on", "2027-01-01", "", "'*'", "a*", "0x1f"):
        texts[f"domain: {value}"] = f"rules:\n- domain: {value}\n  record: true\n"
    texts |= {text: text for text in ("rules: []", "", "[]", "x", "rules: []\nrules: []")}
    _compare(documents, report, "rule-file.json", texts, lambda text: _is_rule_file(program, text))


def _is_rule_file(program: Program, text: str) -> bool:
    result = program.run("rules", "check", "-", input=text)
    if result.returncode not in (0, 1):
        raise RuntimeError(f"rules check: {result.returncode}: {result.stderr}")
    return "is no rule file" not in result.stderr


def _read(text: str) -> Any:
    try:
        # Most are JSON, and this reads it much quicker.
        return json.loads(text)
    except ValueError:
        return read_yaml(text)


def _texts(file: Any, changes: list[tuple[tuple[Any, ...], list[Any]]]) -> Iterator[tuple[str, str]]:
    """A file, and what becomes of it by one change, each with what was changed."""
    yield "as it is", _dump(file)
    for path, news in changes:
        for new in news:
            what = "absent" if new is GONE else _dump(new)
            yield f"{'.'.join(map(str, path))}: {what[:200]}, {len(what)} bytes", _dump(_changed(file, path, new))


def _compare(documents: Documents, report: Report, schema: str, texts: dict[str, str], reads: Any) -> None:
    refused = 0
    for (what, text), is_read in _all(lambda item: reads(item[1]), list(texts.items())):
        try:
            accepts = documents.accepts(f"schemas/{schema}", _read(text))
        except yaml.YAMLError:
            accepts = False
        verb = "takes" if is_read else "refuses"
        report.check(is_read == accepts, f"{schema}: the program {verb} what the schema does not: {what}")
        refused += not is_read
    report.check(0 < refused < len(texts), f"{schema}: {refused} of {len(texts)} were refused")


# --- The file of keys, secrets and networks -------------------------------------------------------------------------

PROXIES = {"addresses": ["10.0.0.5"], "header": "forwarded", "proxyProtocol": False}
AUTHENTICATION: dict[str, Any] = {
    "signatures": {
        "play.example.com": {"mode": "required", "keys": ["JnE5sZkq0Wv1uYbT8cXa"], "hosts": ["example.com:8080"]},
        "*": {"mode": "off"},
    },
    "secretPath": {"mode": "optional", "secrets": ["uJ3-qz_8Yd0xWc5tRk1s"]},
    "networks": ["203.0.113.0/24", "2001:db8::/32"],
    "proxies": PROXIES,
}
DOMAIN = ("signatures", "play.example.com")
AUTHENTICATION_CHANGES: list[tuple[tuple[Any, ...], list[Any]]] = [
    (("signatures",), [{}, [], None, GONE]),
    (("signatures",), [{"*": {"mode": "off"}}, {"a b": {"mode": "off"}}, {"a/b": {"mode": "off"}}]),
    (DOMAIN, [{}, {"mode": "off"}, {"mode": "required"}, {"mode": "on"}, {"mode": "off", "more": 1}, None, []]),
    ((*DOMAIN, "mode"), [GONE, "optional", "Required", None, True]),
    (
        (*DOMAIN, "keys"),
        [[], ["a" * 16], ["a" * 15], ["a" * 64], ["a" * 65], ["a-" * 10], [10**16], [5], ["a" * 16] * 4,
         ["a" * 16] * 5, "a" * 16, None],
    ),  # fmt: skip
    ((*DOMAIN, "hosts"), [[], ["a"] * 16, ["a"] * 17, ["http://a"], ["a b"], [""], "a", ["[2001:db8::1]:80"], GONE]),
    (("secretPath",), [{}, {"mode": "off"}, {"mode": "required"}, None, GONE]),
    (("secretPath", "secrets"), [[], ["a" * 16], ["a" * 15], ["a" * 128], ["a" * 129], ["a+" * 10], [10**16], GONE]),
    (
        ("networks",),
        [[], ["192.0.2.1"], ["::1"], ["x"], ["192.0.2.0/24x"], [5], "192.0.2.1", ["192.0.2.1"] * 1001,
         ["::ffff:192.0.2.1"], GONE],
    ),  # fmt: skip
    (
        ("proxies",),
        [{}, {"addresses": ["10.0.0.5"]}, {"header": "forwarded"}, {"addresses": ["10.0.0.5"], "proxyProtocol": True},
         PROXIES | {"more": 1}],
    ),  # fmt: skip
    (("proxies", "header"), ["x-forwarded-for", "X-Forwarded-For", "via", None, GONE]),
    (("proxies", "proxyProtocol"), [True, "true", "yes", 1, None, GONE]),
    (("more",), [1]),
]


def check_authentication_files(documents: Documents, report: Report, program: Program, root: Path) -> None:
    text = re.search(r"```yaml\n(signatures:.*?)```", (root / "docs/authentication.md").read_text(), re.DOTALL)
    examples = [text[1]] if text else []
    report.check(len(examples) == 1, "docs/authentication.md has an example")
    for example in examples:
        report.none(documents.faults_of("schemas/authentication.json", read_yaml(example)), "docs/authentication.md")
    texts = dict(_texts(AUTHENTICATION, AUTHENTICATION_CHANGES)) | {text: text for text in examples}
    texts |= {text: text for text in ("{}", "", "[]", "x", "networks: [192.0.2.1]\nnetworks: [192.0.2.1]")}
    _compare(documents, report, "authentication.json", texts, lambda text: _is_authentication_file(program, text))


def _is_authentication_file(program: Program, text: str) -> bool:
    file = program.work / f"auth-{abs(hash(text))}.yaml"
    file.write_text(text)
    findings = json.loads(_doctor(program, "--set", f"auth.file={file}").stdout)["findings"]
    found = [finding for finding in findings if finding["check"] == "callback authentication"]
    if len(found) != 1:
        raise RuntimeError(f"doctor says nothing of the file: {findings}")
    return found[0]["severity"] != "fault"


def _doctor(program: Program, *arguments: str, given: frozenset[str] = frozenset()) -> Any:
    """Asks the doctor about files. Without servers it has the less to do; they are not what it is asked about.

    - given: The URLs that a file gives, which the environment must not: it would beat the file.
    """
    urls = {"NEEDRECORD_AMQP_URL": "amqp://127.0.0.1:1/", "NEEDRECORD_DATABASE_URL": "postgresql://127.0.0.1:1/none"}
    environment = {name: value for name, value in program.environment.items() if name not in urls}
    environment |= {name: url for name, url in urls.items() if name not in given}
    result = program.run("doctor", "--output", "json", *arguments, environment=environment)
    if result.returncode not in (0, 1, EXIT_CONFIGURATION):
        raise RuntimeError(f"doctor: {result.returncode}: {result.stderr}")
    return result


# --- The configuration file -----------------------------------------------------------------------------------------


def check_settings(documents: Documents, report: Report, program: Program, root: Path) -> None:
    """The schema beside the table of the documentation, and both beside the program."""
    table = dict(_table(root / "docs/configuration.md"))
    schema = documents.schemas["configuration.json"]
    groups = schema["properties"]
    keys = {f"{group}.{name}" for group in groups for name in groups[group]["properties"]}
    report.check(keys == set(table), f"configuration.json and docs/configuration.md: {sorted(keys ^ set(table))}")
    configurations = []
    for key, (default, range) in table.items():
        group, name = key.split(".")
        member = groups.get(group, {}).get("properties", {}).get(name)
        if member is None:
            continue
        _check_member(report, key, member, default, range)
        configurations += [{group: {name: value}} for value in _values(member, range)]
    configurations += [
        {}, {"more": {"x": 1}}, {"http": {"more": 1}}, {"http": {"port": "9090"}}, {"http": {"paths": "/a,/b"}},
        {"answer": {"budget": 4}}, {"answer": {"budget": "4"}}, {"answer": {"budget": "4 s"}},
        {"http": {"paths": ["/a", "b"]}}, {"http": {"paths": []}}, {"http": {"paths": ["/a?b"]}},
        {"gateway": {"name": 5}}, {"gateway": {"name": ""}}, {"gateway": {"name": "a" * 101}},
        {"tracing": {"endpoint": "http://127.0.0.1:4318"}}, {"tracing": {"endpoint": "127.0.0.1:4318"}},
        {"tracing": {"endpoint": "http://a@b"}}, {"tracing": {"sampleRatio": "0.5"}}, {"amqp": {"url": "http://x"}},
        {"database": {"url": "mysql://x"}}, {"log": {"level": "loud"}}, {"amqp": {"url": "amqp://x", "urlFile": "y"}},
    ]  # fmt: skip
    refused = 0
    for configuration, is_read in _all(lambda value: _is_configuration(program, value), configurations):
        accepts = documents.accepts("schemas/configuration.json", configuration)
        # A schema does not count with durations; the table's ranges are in its words, and compared above.
        accepts = accepts and _durations_fit(configuration, table)
        verb = "takes" if is_read else "refuses"
        report.check(is_read == accepts, f"the program {verb} what the schema does not: {_dump(configuration)}")
        refused += not is_read
    report.check(0 < refused < len(configurations), f"{refused} of {len(configurations)} configurations were refused")
    # As YAML, in which other words are something else than texts.
    for text in (
        "gateway:\n  lateDecisions: on\n",
        "http:\n  port: 9090\n  paths: [/, /callbacks/on-demand]\nanswer:\n  budget: 3500ms\n",
    ):
        report.check(documents.accepts("schemas/configuration.json", read_yaml(text)), f"configuration.json: {text}")
        report.check(_is_configuration(program, text), f"the program refuses: {text}")


def _table(file: Path) -> Iterator[tuple[str, tuple[str, str]]]:
    for line in file.read_text().splitlines():
        row = re.fullmatch(r"\| `([a-z]+\.[A-Za-z]+)` \| `[A-Z_]+` \| (.*?) \| (.*?) \| .* \|", line)
        if row:
            yield row[1], (row[2].strip("`"), row[3])


def _check_member(report: Report, key: str, member: dict[str, Any], default: str, range: str) -> None:
    is_in_words = default in ("no file", "no collector", "host name and process id")
    said = member.get("default")
    said = ",".join(said) if isinstance(said, list) else said
    is_said = said is None if is_in_words else str(said) == default
    report.check(is_said, f"{key}: the default is {said}, and not {default}")
    numbers = re.fullmatch(r"(\d+) to (\d+)", range)
    if numbers:
        found = (member.get("minimum"), member.get("maximum"))
        report.check(found == (int(numbers[1]), int(numbers[2])), f"{key}: the range is {found}, and not {range}")
    elif re.fullmatch(r"\d+m?s to \d+m?s", range):
        report.check(f"From {range}." in member["description"], f"{key}: the description does not say {range}")
    elif range.startswith("`"):
        words = re.findall(r"`(\w+)`", range)
        found = member.get("enum", [])
        # `trace` to `critical` names the first and the last.
        fits = [found[0], found[-1]] == words if " to " in range else found == words
        report.check(fits, f"{key}: the words are {found}, and not {range}")
    elif range.endswith("bytes"):
        report.check(f"1 to {member.get('maxLength')} bytes" == range, f"{key}: the length is not {range}")


def _values(member: dict[str, Any], range: str) -> Iterator[Any]:
    """What is just within the range of a setting, and just beyond it."""
    if "minimum" in member:
        low, high = member["minimum"], member["maximum"]
        yield from (low, high, low - 1, high + 1, str(low), low + 0.5, "x")
    elif "enum" in member:
        yield from (*member["enum"], "x", 5)
    elif " to " in range and range.endswith("s") and "bytes" not in range:
        low, high = (_milliseconds(part) for part in range.split(" to "))
        yield from (f"{low}ms", f"{high}ms", f"{high + 1}ms", "x", "1", "-1s")
        if low > 0:
            yield f"{low - 1}ms"


def _milliseconds(text: str) -> int:
    return int(text[:-2]) if text.endswith("ms") else int(text[:-1]) * 1_000


def _durations_fit(configuration: dict[str, Any], table: dict[str, tuple[str, str]]) -> bool:
    for group, members in configuration.items():
        for name, value in members.items():
            range = re.fullmatch(r"(\d+m?s) to (\d+m?s)", table.get(f"{group}.{name}", ("", ""))[1])
            if range and isinstance(value, str) and re.fullmatch(r"\d+m?s", value):
                if not _milliseconds(range[1]) <= _milliseconds(value) <= _milliseconds(range[2]):
                    return False
    return True


def _is_configuration(program: Program, value: Any) -> bool:
    text = value if isinstance(value, str) else _dump(value)
    suffix = "yaml" if isinstance(value, str) else "json"
    file = program.work / f"configuration-{abs(hash(text))}.{suffix}"
    file.write_text(text)
    settings = value if isinstance(value, dict) else {}
    given = frozenset(f"NEEDRECORD_{group.upper()}_URL" for group in settings if "url" in settings[group])
    return _doctor(program, "--config", str(file), given=given).returncode != EXIT_CONFIGURATION
