"""Every command that the documentation shows is one that the command line takes."""

import re
import shlex
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest

from transfer.cli.main import main

PAGES: Final = [Path("README.md"), *sorted(Path("docs").glob("*.md"))]
_BLOCK: Final = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE: Final = re.compile(r"`(transfer [^`]+)`")
_OPERATOR: Final = re.compile(r"[();<>|&]+")
_BEFORE: Final = re.compile(r"\$|\w+=.*")


def shown(text: str) -> Iterator[tuple[list[str], bool]]:
    """The words after `transfer` of each command, and whether it stands whole in a block or is named in a sentence."""
    for kind, block in _BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            if "transfer " in line and (kind != "console" or line.startswith("$ ")):
                for words in _commands(line):
                    yield words, True
    for inline in _INLINE.findall(_BLOCK.sub("", text)):
        for words in _commands(" ".join(inline.translate({ord(mark): None for mark in "[]"}).split())):
            yield words, False


def _commands(line: str) -> Iterator[list[str]]:
    read = shlex.shlex(line, posix=True, punctuation_chars=True)
    read.whitespace_split = True
    parts: list[list[str]] = [[]]
    for word in read:
        if _OPERATOR.fullmatch(word):
            parts.append([])
        else:
            parts[-1].append(word)
    for part in parts:
        # A command that is run by another stands after its `--`.
        words = deque(part[len(part) - part[::-1].index("--") :] if "--" in part else part)
        while words and _BEFORE.fullmatch(words[0]):
            words.popleft()
        if words and words.popleft() in {"transfer", "/opt/transfer/bin/transfer"}:
            yield list(words)


def fault(words: list[str], *, whole: bool) -> str:
    """What the command line would say against it; of a command named in a sentence, not that something is missing."""
    command: click.Command = main
    while isinstance(command, click.Group) and words:
        name, *words = words
        found = command.get_command(click.Context(command), name)
        if found is None:
            return f"no command {name}"
        command = found
    if isinstance(command, click.Group):
        return "no command" if whole else ""
    context = click.Context(command)
    try:
        given, extra, _ = command.make_parser(context).parse_args(list(words))
        for one in command.params:
            value = given.get(one.name or "")
            if isinstance(one.type, click.Choice) and isinstance(value, str) and value != "…":
                one.type.convert(value, one, context)
    except click.BadOptionUsage as error:
        return error.format_message() if whole else ""
    except click.UsageError as error:
        return error.format_message()
    missing = [one.name for one in command.params if one.required and not one.envvar and not given.get(one.name or "")]
    if whole and missing:
        return f"missing {missing}"
    return f"too much: {extra}" if extra else ""


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_the_command_line_takes_what_a_page_shows(page: Path) -> None:
    found = [(words, fault(words, whole=whole)) for words, whole in shown(page.read_text(encoding="utf-8"))]
    assert [f"{said}: transfer {' '.join(words)}" for words, said in found if said] == []


def test_commands_are_found_in_blocks_and_in_sentences() -> None:
    text = """
As `transfer keys rotate` and `transfer nothing` do:
```
su x -c 'psql' && A=1 /opt/transfer/bin/transfer keys list --jsn > file    # transfer is no command here
runuser -u transfer -- transfer erase hold CASE \\
    --reason COMPLAINT --by 王芳
```
"""
    found = [(words, fault(words, whole=whole)) for words, whole in shown(text)]
    option, *others = (said for _, said in found)
    assert "--jsn" in option
    assert others == ["missing ['institution']", "", "no command nothing"]
    assert sum(1 for page in PAGES for _ in shown(page.read_text(encoding="utf-8"))) > 150
