"""The Vietnamese catalogue holds every sentence of the code, whole and current."""

import re
import string
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from sync_agent.cli.phrases import HELP_PHRASES, PHRASES
from tools import catalogues
from tools.messages import Found, find_messages

CATALOGUE = catalogues.read_catalogue()


@cache
def in_code() -> Found:
    """Return the sentences of the code, read when a test first asks: every worker imports this."""
    return find_messages(catalogues.PACKAGE)


def fields(text: str) -> set[str]:
    """Return the placeholders of a message."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_message_of_an_error_is_a_literal() -> None:
    """A sentence put together at run time could not be translated."""
    assert in_code().problems == set()


def test_every_message_is_in_the_catalogue_and_nothing_else() -> None:
    """`make catalogues` was run after the last change of a sentence."""
    known = {tuple(m.id) if isinstance(m.id, list | tuple) else m.id for m in CATALOGUE if m.id}
    assert known == set(in_code().messages)


def test_every_message_has_a_vietnamese_translation() -> None:
    """Nobody falls back to English unawares."""
    assert catalogues.untranslated(CATALOGUE) == []


def test_the_compiled_catalogue_is_the_written_one() -> None:
    """What gettext reads is what translators edited."""
    assert catalogues.CATALOGUE.with_suffix(".mo").read_bytes() == catalogues.compiled(CATALOGUE)


def test_nothing_is_left_for_a_translator_to_look_at() -> None:
    """A guess (fuzzy) is not shown to people, so it would be English unawares."""
    assert [message.id for message in CATALOGUE if message.id and message.fuzzy] == []


def test_make_catalogues_would_change_nothing() -> None:
    """Order, files and compiled form are those of the code as it is: the hook before a commit asks the same."""
    content = catalogues.CATALOGUE.read_bytes()
    assert not catalogues.stale(content, catalogues.CATALOGUE.with_suffix(".mo").read_bytes(), in_code())


def small(translation: str = "tệp hỏng", *more: str) -> Catalog:
    """Return a catalogue of one message, and others without translation."""
    made = Catalog(locale="vi", domain="sync_agent", creation_date=CATALOGUE.creation_date)
    made.add("broken file", translation, locations=[("one.py", 1)])
    for message in more:
        made.add(message, locations=[("one.py", 1)])
    return made


@pytest.mark.parametrize(
    ("machine", "messages", "stale"),
    [
        (small(), {"broken file"}, False),
        (small("tệp lỗi"), {"broken file"}, True),
        (small(), set(), True),
        (small(), {"broken file", "new"}, True),
    ],
    ids=["current", "compiled from another", "message gone", "message new"],
)
def test_a_catalogue_that_is_not_current_is_seen(machine: Catalog, messages: set[str], stale: bool) -> None:
    """Whatever `make catalogues` would mend."""
    found = Found(messages={message: {"one.py"} for message in messages})
    assert catalogues.stale(catalogues.written(small()), catalogues.compiled(machine), found) is stale


@pytest.mark.parametrize("translation", ["", ("tệp", "")])
def test_what_is_not_translated_is_named(translation: str | tuple[str, ...]) -> None:
    """Of a plural every form counts."""
    made = Catalog(locale="vi", domain="sync_agent")
    made.add("broken file" if isinstance(translation, str) else ("one file", "files"), translation)
    assert len(catalogues.untranslated(made)) == 1


def test_translations_have_the_placeholders_of_their_message() -> None:
    """No fact is lost and none is asked for that nobody gives."""
    wrong = []
    for message in CATALOGUE:
        ids = [message.id] if isinstance(message.id, str) else list(message.id or ())
        strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
        if any(fields(translation) != fields(ids[-1]) for translation in strings if ids[-1]):
            wrong.append(ids[0])
    assert wrong == []


@pytest.mark.parametrize("phrase", [*PHRASES, *HELP_PHRASES])
def test_a_phrase_of_a_library_is_translated(phrase: str) -> None:
    """What we pass on of others is in the catalogue too."""
    assert phrase in in_code().messages


def test_longer_phrases_stand_before_the_shorter_ones_they_begin_with() -> None:
    """Otherwise the shorter one would eat the beginning."""
    wrong = [
        (first, later) for position, first in enumerate(PHRASES) for later in PHRASES[position + 1 :] if first in later
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("code", "messages"),
    [
        ('tr("a")', {"a"}),
        ('mark("a")', {"a"}),
        ('trn("one", "many", 2)', {("one", "many")}),
        ('tr("a" if x else "b")', {"a", "b"}),
        ('ConfigError("what", where="here", todo="todo")', {"what", "todo"}),
        ('ConfigError(what="what", todo="a" if x else "b")', {"what", "a", "b"}),
        ('errors.ConfigError("what", "here", "todo")', {"what", "todo"}),
        ('class Lost(ConfigError): pass\nLost("gone")', {"gone"}),
        ('progress.stage("reading", 3)', {"reading"}),
        ('def _wrong(x, todo): return ConfigError("what", todo=todo)\n_wrong(1, "help")', {"what", "help"}),
        ('class C:\n    def _no(self, what): raise ConfigError(what)\n    def go(self): self._no("what")', {"what"}),
        ('def go():\n    what = "a"\n    if x: what = "b"\n    raise ConfigError(what)', {"a", "b"}),
        ('WHAT = "a"\ndef go(): raise ConfigError(WHAT)', {"a"}),
        ('ROWS = (("x", "a"), ("y", "b"))\nfor part, what in ROWS: raise ConfigError(what)', {"a", "b"}),
        ('TEXTS = {"x": "a", "y": "b"}\nraise ConfigError(TEXTS[kind])', {"a", "b"}),
        ('raise ConfigError(error.what, todo=tr("todo"))', {"todo"}),
        ('ValueError("not for people")', set()),
        ("tr(known)", set()),
    ],
)
def test_messages_are_found_where_they_are_said(tmp_path: Path, code: str, messages: set[object]) -> None:
    """Errors, translated texts, stages."""
    (tmp_path / "one.py").write_text("class ConfigError(SyncAgentError): pass\n" + code, encoding="utf-8")
    assert set(find_messages(tmp_path).messages) == messages


@pytest.mark.parametrize(
    "code",
    [
        'def go():\n    """Do it."""\napp.command("go")(go)',
        '@app.command()\ndef go():\n    """Do it."""',
        'typer.Option(help="Do it.")',
    ],
)
def test_help_texts_of_commands_are_found(tmp_path: Path, code: str) -> None:
    """The docstring of a command and the help of an option are what people read."""
    (tmp_path / "cli").mkdir()
    (tmp_path / "cli" / "go.py").write_text(code, encoding="utf-8")
    assert set(find_messages(tmp_path).messages) == {"Do it."}


@pytest.mark.parametrize("what", ['f"{x}"', '"a" + x', "unheard_of", "make()", "TEXTS[kind]"])
def test_a_message_put_together_is_a_problem(tmp_path: Path, what: str) -> None:
    """The place is named."""
    (tmp_path / "one.py").write_text(f"class ConfigError(SyncAgentError): pass\nConfigError({what})", encoding="utf-8")
    assert find_messages(tmp_path).problems == {f"{tmp_path.name}/one.py:2"}


def test_no_translation_ends_in_a_blank_or_a_line_break() -> None:
    """Sentences are joined by the code."""
    ragged = [m.id for m in CATALOGUE if m.id and isinstance(m.string, str) and re.search(r"\s$|^\s", m.string)]
    assert ragged == []
