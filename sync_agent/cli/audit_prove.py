"""`audit prove`: a file with which a stranger checks one entry, two heads, or what was sent of one case."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync_agent.cli.actor import login_actor
from sync_agent.cli.asking import agreed
from sync_agent.cli.audit_select import open_log
from sync_agent.cli.exits import ExitCode
from sync_agent.cli.options import Options, options_of
from sync_agent.cli.words import step_word
from sync_agent.i18n import number_text, tr

if TYPE_CHECKING:
    from sync_agent.sync import Disclosure

__all__ = ["add"]


def add(audit: typer.Typer) -> None:
    """Register the command."""
    audit.command("prove")(prove)


def prove(
    context: typer.Context,
    index: Annotated[int | None, typer.Argument(metavar="[N]", help="The number of an entry.")] = None,
    *,
    consistency: Annotated[
        tuple[int, int] | None,
        typer.Option(metavar="OLD NEW", help="Instead: that head OLD is a beginning of head NEW, by their numbers."),
    ] = None,
    content: Annotated[
        str | None, typer.Option(metavar="KEY", help="Instead: what was sent of this case; gives its secret out.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option(metavar="CODE", help="Why the content is given out: a code, letters first.")
    ] = None,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="The new file; without it, here.")] = None,
) -> int:
    """Prove an entry under the newest signed head over it, for somebody who has only the public key."""
    from sync_agent.errors import ConfigError

    if [index, consistency, content].count(None) != 2:  # noqa: PLR2004 - one of three
        raise ConfigError("give exactly one of N, --consistency OLD NEW and --content KEY", where="audit prove")
    if (content is None) is not (reason is None):
        raise ConfigError("--content and --reason belong together", where="audit prove")
    options = options_of(context)
    if content is not None and reason is not None:
        return _prove_content(options, content, reason, output)
    _prove_tree(options, index, consistency, output)
    return ExitCode.DONE


def _prove_tree(options: Options, index: int | None, consistency: tuple[int, int] | None, output: Path | None) -> None:
    from sync_agent.audit import consistency_file, proof_file
    from sync_agent.bootstrap import open_desk

    desk = open_log(open_desk(options.config))
    facts: dict[str, object]
    with desk.ledger.read() as connection:
        if consistency is not None:
            proof, facts = consistency_file(connection, *consistency), {"consistency": list(consistency)}
        else:
            proof, head = proof_file(connection, index or 0)
            facts = {"idx": index, "head": head.number, "size": head.size}
    _hand_over(options, proof, facts, output)


def _hand_over(options: Options, proof: bytes, facts: dict[str, object], output: Path | None) -> None:
    from sync_agent.reports import write_new

    if output is None:
        options.output.document({**facts, "proof": proof.decode()})
        if not options.output.json:
            sys.stdout.write(proof.decode())  # to the byte: it is checked
        return
    write_new(output, proof)
    options.output.document({**facts, "file": str(output)})
    options.output.text(tr("Written to {file}. It is checked with the public key alone.", file=output))


def _prove_content(options: Options, key: str, reason: str, output: Path | None) -> int:
    """Write what was sent of a case, and its secret, into a file for its owner's eyes; never onto a screen."""
    import orjson

    from sync_agent.bootstrap import open_agent
    from sync_agent.errors import ConfigError
    from sync_agent.reports import require_new, write_new
    from sync_agent.sync import disclose

    if output is None:
        raise ConfigError("the content of a case is given in a file only", where="--content", todo="give --output FILE")
    require_new(output)  # asked first: that it was given out is in the log for good
    if not agreed(tr("Write the secret of this case and its personal values to a file? It is recorded.")):
        options.output.text(tr("Nothing was given out."))
        return ExitCode.DONE
    with open_agent(options.config, new_ledger=False, sends=False) as agent:
        given = disclose(agent, key, reason=reason, actor=login_actor())
    write_new(output, orjson.dumps(given.document, option=orjson.OPT_INDENT_2))
    _tell(options, given, output)
    return ExitCode.NEEDS_PERSON if given.unproved else ExitCode.DONE


def _tell(options: Options, given: "Disclosure", file: Path) -> None:
    proved, unproved = ([step for step, _ in keys] for keys in (given.proved, given.unproved))
    options.output.document({"case": given.name, "file": str(file), "proved": proved, "unproved": unproved})
    count = number_text(len(proved))
    options.output.text(
        tr("{file}: the content of {count} messages of {case}.", file=file, count=count, case=given.name)
    )
    options.output.warn(tr("the file holds personal data and the secret of this case: hand it over as such"))
    for step in unproved:
        options.output.text(tr("{step}: says now what was never sent; left out", step=step_word(step)))
