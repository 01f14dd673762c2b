"""What the ledger keeps of a message's shape: keyed digests of its lists and which fields held a value. No content."""

import orjson

from sync_agent.audit import CaseSecret
from sync_agent.domain.canonical import canonical_bytes
from sync_agent.national import Message, Sent

__all__ = ["dump_shape", "load_shape"]


def dump_shape(message: Message, secret: CaseSecret, contract: str) -> str:
    """Return the shape of `message` as the ledger stores it; `contract` is the version it is projected under."""
    shape = {
        "contract": contract,
        "lists": {name: secret.digest(content)[:32] for name, content in message.lists().items()},
        "present": list(message.present()),
    }
    return canonical_bytes(shape).decode()


def load_shape(stored: str, secret: CaseSecret) -> Sent:
    """Return a stored shape as the contract compares it with a new message."""
    shape = orjson.loads(stored)
    return Sent(
        lists=shape["lists"],
        present=tuple(shape["present"]),
        contract=shape["contract"],
        digest=lambda content: secret.digest(content)[:32],
    )
