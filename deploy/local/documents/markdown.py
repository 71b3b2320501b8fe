"""The documents of the repository, as far as the checks look into them."""

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Block:
    """A block of code: fenced, with what stands behind the fence, or indented."""

    document: str
    line: int
    text: str
    info: str = ""
    is_fenced: bool = True

    @property
    def words(self) -> list[str]:
        return self.info.split()

    @property
    def language(self) -> str:
        return self.words[0] if self.words else ""

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


@dataclass(frozen=True)
class Phrase:
    """A link's target, or code within a sentence."""

    document: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


@dataclass
class Document:
    path: str
    text: str
    anchors: set[str] = field(default_factory=set)
    links: list[Phrase] = field(default_factory=list)
    codes: list[Phrase] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)


def plain(token: Token) -> str:
    return "".join(child.content for child in token.children or [] if child.type in ("text", "code_inline"))


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def parse(path: str, text: str) -> Document:
    document = Document(path, text)
    seen: dict[str, int] = {}
    line, is_heading = 1, False
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.map:
            line = token.map[0] + 1
        if token.type in ("fence", "code_block"):
            first = line + 1 if token.type == "fence" else line
            document.blocks.append(Block(path, first, token.content, token.info.strip(), token.type == "fence"))
        elif token.type == "heading_open":
            is_heading = True
        elif token.type == "inline":
            if is_heading:
                name = slug(plain(token))
                count = seen[name] = seen.get(name, -1) + 1
                document.anchors.add(f"{name}-{count}" if count else name)
                is_heading = False
            for child in token.children or []:
                if child.type == "code_inline":
                    document.codes.append(Phrase(path, line, child.content))
                elif child.type in ("link_open", "image"):
                    target = child.attrGet("href" if child.type == "link_open" else "src")
                    document.links.append(Phrase(path, line, str(target)))
    return document


def files() -> set[str]:
    """All files that are kept, or would be if they were added."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return {name for name in listed.split("\0") if name and (ROOT / name).exists()}


def documents(names: set[str]) -> dict[str, Document]:
    return {name: parse(name, (ROOT / name).read_text()) for name in sorted(names) if name.endswith(".md")}
