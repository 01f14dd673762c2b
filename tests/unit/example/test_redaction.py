import pytest

from sync_agent.example.chance import seeded
from sync_agent.example.names import folded_words, telling_words
from sync_agent.example.redaction import VOCABULARY, redacted_summary
from sync_agent.example.staff import STAFF_NAMES
from sync_agent.example.topics import PLAIN_WORDINGS, TOPICS, Topic


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: f"{topic.kind}-{topic.fields[0]}")
def test_a_summary_holds_no_word_to_avoid(topic: Topic) -> None:
    """A name part that is also a word, such as Hoa and hóa, never stands in the summary."""
    for word in sorted(VOCABULARY):
        text = redacted_summary(seeded(3), topic, [word])
        assert text is None or word not in folded_words(text)


def test_the_closest_wording_is_preferred() -> None:
    """Without a collision the summary is about the matter of the petition."""
    text = redacted_summary(seeded(3), TOPICS[0], [])

    assert any(str(text).startswith(wording) for wording in TOPICS[0].redacted)


def test_a_general_wording_serves_when_every_closer_one_collides() -> None:
    """A case is not left without summary because of one unlucky name."""
    assert redacted_summary(seeded(3), TOPICS[0], ["khieu"]) == PLAIN_WORDINGS[0]


def test_no_summary_when_every_wording_collides() -> None:
    """Rather no summary than one that names somebody: the case is held."""
    assert redacted_summary(seeded(3), TOPICS[0], VOCABULARY) is None


def test_no_name_of_the_staff_is_a_word_of_a_summary() -> None:
    """Officers stand in every case; their names must not collide with any summary."""
    told = {word for name in STAFF_NAMES for word in telling_words(name)}

    assert told & VOCABULARY == set()


def test_topics_name_whom_they_are_about_only_where_that_is_asked_for() -> None:
    """Every redacted wording is complete as it stands."""
    assert not any("{" in text for topic in TOPICS for text in topic.redacted)
