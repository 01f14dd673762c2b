"""Syncs local petition and complaint records into the national database, with proof."""

__version__ = "0.1.0"
