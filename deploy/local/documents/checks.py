"""What has to hold in documents without anything being run. Each check yields what is wrong; broken.py breaks each."""

import posixpath
import re
import shlex
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from facts import Facts
from markdown import Document, Phrase

# What stands for something else, and is looked at no further.
PLACEHOLDER = re.compile(r"^(\.\.\.|…|[A-Z][A-Z_]*|<.*>|\$.*|.*\\\(.*)$")
OPERATORS = re.compile(r"^[;&|()<>]+$")
# A path of this repository in a sentence.
PATH = re.compile(r"^(?:\.?/)?((?:docs|deploy|Sources|Tests|Benchmarks|Fuzzing|migrations)/[\w./+-]*\w)/?$")


# --- Links ------------------------------------------------------------------------------------------------------------


def check_links(documents: dict[str, Document], facts: Facts) -> Iterator[str]:
    """Every relative link leads to a file that is kept, and to a heading of it."""
    folders = {folder for name in facts.files for folder in parents(name)}
    for document in documents.values():
        for link in document.links:
            url = urlsplit(link.text)
            if url.scheme or url.netloc:
                continue
            path = unquote(url.path)
            target = posixpath.normpath(posixpath.join(posixpath.dirname(document.path), path)) if path else document.path
            if target not in facts.files and target not in folders:
                yield f"{link}: there is no {target}"
            elif url.fragment and url.fragment not in getattr(documents.get(target), "anchors", ()):
                yield f"{link}: {target} has no heading for #{url.fragment}"
        for code in document.codes:
            match = PATH.match(code.text.split(" ")[0])
            if match and match[1] not in facts.files and match[1] not in folders:
                yield f"{code}: there is no {match[1]}"


def parents(name: str) -> Iterator[str]:
    while name := posixpath.dirname(name):
        yield name


# --- Commands ---------------------------------------------------------------------------------------------------------


def check_commands(documents: dict[str, Document], facts: Facts) -> Iterator[str]:
    """Every command line of needrecord that somebody is told to type exists, with each of its options."""
    for document in documents.values():
        for block in document.blocks:
            if block.language in ("", "sh", "bash", "console"):
                for line in logical_lines(block.text):
                    yield from problems(facts, f"{block}", line)
        for code in document.codes:
            yield from phrase_problems(facts, f"{code}", code.text)
    for place, text in facts.texts:
        yield from phrase_problems(facts, place, text)
    for words, command in facts.commands.items():
        place = " ".join(["needrecord", *words, "--help"])
        for text in re.findall(r"`([^`\n]+)`", command.help):
            yield from phrase_problems(facts, place, text)
        usage = re.split(r"\n\n", command.help.partition("USAGE: ")[2])[0]
        for line in logical_lines(usage):
            if "[" not in line and "<" not in line:
                yield from problems(facts, place, line.strip())


def phrase_problems(facts: Facts, place: str, text: str) -> Iterator[str]:
    """Of code within a sentence: `needrecord audit fallbacks`, `rules publish --shadow`, `rules add|list`."""
    first, _, rest = text.partition(" ")
    if not rest or first != "needrecord" and not (first in facts.commands[()].subcommands and " --" in text):
        return
    text = text.removeprefix("needrecord ")
    if choice := re.search(r"(?<!\S)[a-z-]+(?:\|[a-z-]+)+", text):
        for one in choice[0].split("|"):
            yield from phrase_problems(facts, place, f"needrecord {text.replace(choice[0], one)}")
        return
    if re.match(r"(-|[a-z][a-z-]*( |$))", text):
        yield from problems(facts, place, f"needrecord {text}", is_whole=False)


def logical_lines(text: str) -> list[str]:
    return re.sub(r"\\\n\s*", " ", text).splitlines()


def problems(facts: Facts, place: str, line: str, is_whole: bool = True) -> Iterator[str]:
    """What is wrong with the commands of needrecord in a line of the shell.

    In a sentence a value may be left out, as in `--follow` or `--event`.
    """
    # At the beginning, or after what can stand before a command; not in a table's name, a path or a drawing, and not as the
    # value of an option, such as --vhost.
    before = r"(?:^|(?<=[\s;&|(`\"]))(?<!--vhost )(?<!--namespace )"
    for match in re.finditer(before + r"needrecord (?=-|[a-z][a-z-]*(?:\s|$|[;&|)`\"]))", line):
        if found := problem(facts, words_of(line[match.end() :]), is_whole):
            yield f"{place}: needrecord {line[match.end() :].strip()[:80]}: {found}"


def words_of(text: str) -> list[str]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words = []
    try:
        for word in lexer:
            if OPERATORS.match(word):
                break
            words.append(word)
    except ValueError:
        pass  # The rest is no shell: an apostrophe of a sentence.
    # The end of what the command stands in, such as $(needrecord ...).
    return [word.rstrip("`") for word in words]


def problem(facts: Facts, words: list[str], is_whole: bool) -> str | None:
    path: tuple[str, ...] = ()
    rest = list(words[1:] if words[:1] == ["help"] else words)
    while rest and (*path, rest[0]) in facts.commands:
        path = (*path, rest.pop(0))
    command, arguments = facts.commands[path], 0
    while rest:
        word = rest.pop(0)
        if PLACEHOLDER.match(word) and not command.arguments:
            # What stands for a command or for a line of before says nothing of its options.
            return None if command.subcommands or word in ("...", "…") else f"takes no argument {word}"
        if not word.startswith("-"):
            if command.subcommands:
                return f"there is no command {word}"
            arguments += 1
            continue
        name, equals, _ = word.partition("=")
        if name not in command.options:
            return f"there is no option {name}"
        if command.options[name] and not equals:
            if not rest and is_whole:
                return f"{name} has no value"
            if rest and not rest[0].startswith("--"):
                rest.pop(0)
    return f"takes {command.arguments} arguments and not {arguments}" if arguments > command.arguments else None


# --- Names ------------------------------------------------------------------------------------------------------------


def check_settings(documents: dict[str, Document], facts: Facts) -> Iterator[str]:
    """Every setting exists, or is a counter of /status, which are spelled alike."""
    groups = {key.partition(".")[0] for key in facts.settings} | {key.partition(".")[0] for key in facts.counters}
    for code in codes(documents):
        name = re.match(r"([a-z]+)\.([A-Za-z_.]+\w)?", code.text)
        if not name or name[0] != code.text or name[1] not in groups:
            continue
        # A file, the beginning of names, or one with a part that varies.
        if re.search(r"\.(yaml|json|md|sql|sh|py|example|com)$", code.text):
            continue
        known = facts.settings | facts.counters
        stem = re.sub(r"[A-Z]{2,}$", "", code.text)
        if code.text not in known and not (stem.endswith(".") and any(key.startswith(stem) for key in known)):
            yield f"{code}: there is no setting or counter {code.text}"
    for document in documents.values():
        for key in re.findall(r"--set[ =]([A-Za-z.]+)=", document.text):
            if key not in facts.settings:
                yield f"{document.path}: there is no setting {key}"


def check_variables(documents: dict[str, Document], facts: Facts) -> Iterator[str]:
    """Every environment variable exists."""
    for document in documents.values():
        for name in sorted(set(re.findall(r"\bNEEDRECORD_[A-Z0-9_]*[A-Z0-9]\b(?!_)", document.text))):
            if name not in facts.variables:
                yield f"{document.path}: there is no environment variable {name}"


def check_metrics(documents: dict[str, Document], facts: Facts) -> Iterator[str]:
    """Every metric, alert and test suite exists."""
    for document in documents.values():
        # Logins, users and databases that the commands of the document make have names of their kind.
        made = "\n".join(block.text for block in document.blocks if block.language != "promql")
        for name in sorted(set(re.findall(r"\b(?:needrecord|process)_[a-z0-9_]+\b", document.text))):
            looks_like_one = re.search(r"_(total|seconds|bytes|bucket|count|sum)$", name)
            known = facts.rest if not looks_like_one else ""
            if name not in facts.series and not re.search(rf"\b{name}\b", known + (made if not looks_like_one else "")):
                yield f"{document.path}: there is no metric {name}"
        for name in sorted(set(re.findall(r"\bNeedrecord[A-Z]\w+", document.text))):
            if name not in facts.alerts:
                yield f"{document.path}: there is no alert {name}"
        for code in document.codes:
            if re.fullmatch(r"\w+Tests", code.text) and code.text not in facts.suites:
                yield f"{code}: there is no test suite {code.text}"


def check_relations(documents: dict[str, Document], facts: Facts) -> Iterator[str]:
    """Every table, view, function, queue and stream exists."""
    for code in codes(documents):
        for name in re.findall(r"(?<![\w./:-])needrecord\.([a-z_]+)\b(?![.{<])", code.text):
            if name not in facts.relations:
                yield f"{code}: there is no needrecord.{name}"


def codes(documents: dict[str, Document]) -> Iterator[Phrase]:
    for document in documents.values():
        yield from document.codes


CHECKS = {
    "links": check_links,
    "commands": check_commands,
    "settings": check_settings,
    "environment variables": check_variables,
    "metrics, alerts and suites": check_metrics,
    "relations": check_relations,
}
