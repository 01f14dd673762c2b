"""What the ledger keeps of a message's shape: keyed digests of its lists and which fields held a value. No content."""

import orjson

from sync_agent.audit import CaseSecret
from sync_agent.domain.canonical import canonical_bytes
from sync_agent.national import KntcContract, Message, Sent

__all__ = ["adopted_shape", "dump_shape", "load_shape", "unknown_shape", "was_open"]


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
        adopted=shape.get("adopted", False),
    )


def adopted_shape(stored: str, *, known: bool, protected: bool) -> str:
    """Return the shape of a message that was taken over instead of sent.

    `known`: what the national side has is taken to be this, though it may hold more; else it is to be overwritten.
    `protected`: the case was that already, so that nothing new is known to be where it must not be.
    """
    shape: dict[str, object] = orjson.loads(stored)
    if known:
        shape["adopted"] = True
    else:
        shape["present"] = []
    return canonical_bytes(shape | {"open": not protected}).decode()


def was_open(stored: str) -> bool:
    """Tell whether this is the shape of a message that was taken over while its case was not protected."""
    return orjson.loads(stored).get("open", False) is True


def unknown_shape(contract: KntcContract, message: Message, secret: CaseSecret) -> Sent:
    """Return what may stand in a record of which only its id is known: other lists, and fields `message` would empty.

    Where a list has nothing in it now, nothing can be added twice; where an empty value clears, no field needs a look.
    """
    empty = {name: content for name, content in message.lists().items() if not content.strip(b"[],")}
    return Sent(
        lists={name: secret.digest(content)[:32] for name, content in empty.items()},
        present=(),
        contract=contract.version,
        digest=lambda content: secret.digest(content)[:32],
        adopted=contract.capabilities["empty_string"] != "clears",
    )
