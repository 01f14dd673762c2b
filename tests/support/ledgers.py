"""What the ledgers of tests belong to, and when everything in them happens."""

from datetime import UTC, datetime

from sync_agent.ledger import Environment

__all__ = ["NOW", "WANTED"]

NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
WANTED = Environment("test", "kntc", "https://national.example/", "tinh", "nho", "a" * 64)
