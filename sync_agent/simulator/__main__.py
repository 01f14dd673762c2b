"""Runs the simulator as a process of its own: `python -m sync_agent.simulator --db FILE`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sync_agent.errors import SyncAgentError
from sync_agent.simulator.options import SimulatorOptions, parse_pairs, secrets_from
from sync_agent.simulator.server import serve

__all__ = ["main"]


def main(words: Sequence[str] | None = None) -> int:
    """Run until told to stop and return the exit code; `words` are the arguments without the program's name."""
    arguments = _parser().parse_args(words)
    try:
        serve(_options(arguments))
    except SyncAgentError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _options(arguments: argparse.Namespace) -> SimulatorOptions:
    return SimulatorOptions(
        db=arguments.db,
        host=arguments.host,
        port=arguments.port,
        faults=tuple(arguments.fault),
        capabilities=parse_pairs(arguments.capability, where="--capability"),
        accounts=secrets_from(arguments.account, os.environ, where="--account"),
        tokens=secrets_from(arguments.token, os.environ, where="--token"),
        lgsp=secrets_from(arguments.lgsp, os.environ, where="--lgsp"),
        token_seconds=arguments.token_seconds,
        seed=arguments.seed,
        keep_bodies=not arguments.forget_bodies,
        keepalive=arguments.keepalive,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sync-agent simulator", description="A national service to test against.")
    parser.add_argument("--db", type=Path, required=True, help="the SQLite file that keeps its state")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen (default: this machine only)")
    parser.add_argument("--port", type=int, default=0, help="the port; 0 takes any free one")
    parser.add_argument("--fault", action="append", default=[], metavar="SPEC", help="e.g. lost@writes:share=0.02")
    parser.add_argument("--capability", action="append", default=[], metavar="NAME=VALUE", help="e.g. link=on")
    parser.add_argument("--account", action="append", default=[], metavar="USER:VARIABLE", help="HTTP Basic")
    parser.add_argument("--token", action="append", default=[], metavar="ACCOUNT:VARIABLE", help="HTTP Bearer")
    parser.add_argument("--lgsp", action="append", default=[], metavar="ACCESS_KEY:VARIABLE", help="behind an LGSP")
    parser.add_argument("--token-seconds", type=float, default=3600.0, help="until a token of the LGSP ends")
    parser.add_argument("--seed", type=int, default=0, help="of the faults' shares and delays")
    parser.add_argument("--keepalive", type=float, default=60.0, help="seconds until an idle connection is closed")
    parser.add_argument("--forget-bodies", action="store_true", help="do not keep the bodies of requests")
    return parser


if __name__ == "__main__":
    sys.exit(main())
