"""How the agency words the approved summary of a protected petition: nothing in it is a name of somebody in it."""

import random
from collections.abc import Iterable, Iterator
from typing import Final

from sync_agent.example.names import folded_words
from sync_agent.example.topics import PLAIN_WORDINGS, TOPICS, Topic

__all__ = ["VOCABULARY", "redacted_summary"]

_CLOSINGS: Final = (
    "Đề nghị xác minh, kết luận và xử lý theo quy định.",
    "Đề nghị cơ quan có thẩm quyền kiểm tra, trả lời.",
    "Yêu cầu kiểm tra và xử lý.",
    "Xin được xem xét.",
)

VOCABULARY: Final = frozenset(
    folded_words(" ".join((*PLAIN_WORDINGS, *_CLOSINGS, *(text for topic in TOPICS for text in topic.redacted))))
)
"""Every folded word a summary may hold."""


def redacted_summary(rng: random.Random, topic: Topic, avoid: Iterable[str]) -> str | None:
    """Return a summary without any of the folded words in `avoid`; None when every wording holds one."""
    forbidden = frozenset(avoid)
    fitting = (text for text in _wordings(rng, topic) if forbidden.isdisjoint(folded_words(text)))
    return next(fitting, None)


def _wordings(rng: random.Random, topic: Topic) -> Iterator[str]:
    closer = [f"{matter} {closing}" for matter in topic.redacted for closing in _CLOSINGS]
    rng.shuffle(closer)
    yield from closer
    yield from PLAIN_WORDINGS
