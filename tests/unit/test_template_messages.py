"""Sentences of the pages are found for the catalogues where they stand: in the templates."""

from pathlib import Path

import pytest

from tools.messages import find_messages


@pytest.mark.parametrize(
    ("template", "messages"),
    [
        ('{{ tr("a") }}', {"a"}),
        ('<p title="{{ tr("a", x=1) }}">{{ y }}</p>', {"a"}),
        ('{% if tr("a") %}{{ trn("one", "many", 2) }}{% endif %}', {"a", ("one", "many")}),
        ("{{ tr(column.title) }} {{ other('b') }}", set()),
    ],
)
def test_messages_of_templates_are_found(tmp_path: Path, template: str, messages: set[object]) -> None:
    """As in the code, by the names of the two functions."""
    (tmp_path / "page.html").write_text(template, encoding="utf-8")
    found = find_messages(tmp_path)
    assert (set(found.messages), found.problems) == (messages, set())


def test_a_sentence_put_together_in_a_template_is_a_problem(tmp_path: Path) -> None:
    """It could not be translated."""
    (tmp_path / "page.html").write_text("\n{{ tr(a ~ b) }}", encoding="utf-8")
    assert find_messages(tmp_path).problems == {f"{tmp_path.name}/page.html:2"}
