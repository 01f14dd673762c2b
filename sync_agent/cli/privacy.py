"""`privacy show|sign|lift`: the policy in plain sentences, who signed it, and the lifting of one case's protection."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync_agent.cli.actor import login_actor
from sync_agent.cli.asking import Dash, Note, note_text
from sync_agent.cli.exits import ExitCode
from sync_agent.cli.options import Options, options_of
from sync_agent.cli.output import Output
from sync_agent.i18n import time_text, tr

if TYPE_CHECKING:
    from sync_agent.settings import Settings
    from sync_agent.sync import Standing

__all__ = ["add"]


def add(app: typer.Typer) -> None:
    """Register the commands."""
    privacy = typer.Typer(help="What may leave, and who signed it.")
    privacy.command("show")(show)
    privacy.command("sign")(sign)
    privacy.command("lift")(lift)
    app.add_typer(privacy, name="privacy")


def show(context: typer.Context) -> int:
    """Show the policy in plain sentences, who signed it, and what it changes against the one before."""
    from sync_agent.privacy import load_policy
    from sync_agent.settings import load_settings

    options = options_of(context)
    settings = load_settings(options.config)
    policy = load_policy(settings.path(settings.agent.policy))
    standing = _standing(options, settings)
    sections = policy.sections(options.language)
    options.output.document(
        {
            "digest": policy.digest,
            "sections": [{"title": section.title, "sentences": section.lines} for section in sections],
            "text_patterns": settings.privacy.text_patterns,
            "four_eyes": settings.privacy.four_eyes,
            **_described(standing, options.language),
        }
    )
    for section in sections:
        options.output.text(section.title)
        for line in section.lines:
            options.output.text(f"  - {line}")
        options.output.text()
    _tell_settings(options.output, settings)
    _tell_changes(options, standing)
    options.output.facts([(tr("digest of the policy"), policy.digest), *_signatures(standing)])
    return ExitCode.DONE if standing.signed else ExitCode.NEEDS_PERSON


def _standing(options: Options, settings: "Settings") -> "Standing":
    from sync_agent.bootstrap import open_desk
    from sync_agent.errors import LedgerError
    from sync_agent.privacy import load_policy
    from sync_agent.sync import Standing, policy_standing

    policy = load_policy(settings.path(settings.agent.policy))
    try:
        desk = open_desk(options.config)
    except LedgerError:
        return Standing(signed=False, waits=False, by=None, changes=())  # no ledger yet: nobody has signed anything
    with desk.ledger.read() as connection:
        return policy_standing(connection, policy, four_eyes=settings.privacy.four_eyes)


def _described(standing: "Standing", language: str) -> dict[str, Any]:
    by = standing.by
    return {
        "signed": standing.signed,
        "waits_for_second_person": standing.waits,
        "signed_by": by and by.actor,
        "signed_at": by and by.signed_at,
        "second_by": by and by.second_actor,
        "second_at": by and by.second_at,
        "reason": by and by.reason,
        "changes": [{"opens": change.loosens, "sentence": change.said(language)} for change in standing.changes],
    }


def _signatures(standing: "Standing") -> list[tuple[str, str]]:
    state = tr("in force")
    if not standing.signed:
        state = tr("waits for the second person") if standing.waits else tr("not signed: nothing goes up")
    by = standing.by
    facts = [(tr("signature"), state)]
    if by is None:
        return facts
    facts.append((tr("signed by"), f"{by.actor}, {time_text(by.signed_at)}"))
    if by.second_actor and by.second_at:
        facts.append((tr("second person"), f"{by.second_actor}, {time_text(by.second_at)}"))
    return [*facts, (tr("reason"), by.reason)] if by.reason else facts


def _tell_settings(output: Output, settings: "Settings") -> None:
    output.text(tr("Settings of this installation"))
    held = settings.privacy.text_patterns == "hold"
    output.text(
        "  - "
        + (
            tr("Other cases: an ID number, telephone or e-mail in a free text holds the case until a person looks.")
            if held
            else tr("Other cases: an ID number, telephone or e-mail in a free text is reported; the case goes up.")
        )
    )
    four = settings.privacy.four_eyes
    output.text("  - " + (tr("Two different people must sign.") if four else tr("One person signs.")))
    output.text()


def _tell_changes(options: Options, standing: "Standing") -> None:
    opened = [change for change in standing.changes if change.loosens]
    closed = [change for change in standing.changes if not change.loosens]
    titles = (
        (tr("This opens, against the policy signed last:"), opened),
        (tr("This is stricter than the policy signed last:"), closed),
    )
    for title, found in titles:
        if found:
            options.output.text(title)
            for change in found:
                options.output.text(f"  - {change.said(options.language)}")
            options.output.text()


def sign(
    context: typer.Context,
    *,
    reason: Annotated[
        str | None, typer.Option(metavar="CODE", help="Why, when the policy opens something: a code, no spaces.")
    ] = None,
) -> int:
    """Sign the policy in force, under the login of this session."""
    from sync_agent.bootstrap import open_agent
    from sync_agent.sync import policy_standing, sign_policy

    options, actor = options_of(context), login_actor()
    with open_agent(options.config) as agent:
        with agent.ledger.read() as connection:
            before = policy_standing(connection, agent.policy, four_eyes=agent.settings.privacy.four_eyes)
        _tell_changes(options, before)
        after = sign_policy(agent, actor=actor, reason=reason)
    digest = agent.policy.digest
    options.output.document(
        {"digest": digest, "actor": actor, **_described(after, options.language), "changes": _changed(before, options)}
    )
    options.output.text(tr("{actor} has signed the policy {digest}.", actor=actor, digest=digest))
    if after.waits:
        options.output.text(tr("A second person must sign it, under their own login; until then nothing goes up."))
    return ExitCode.DONE if after.signed else ExitCode.NEEDS_PERSON


def _changed(before: "Standing", options: Options) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = _described(before, options.language)["changes"]
    return changes


def lift(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its key, or its name in lists.")],
    dash: Dash = None,
    *,
    reason: Annotated[str, typer.Option(metavar="CODE", help="Why: a code, letters first, no spaces.")],
    note: Note = False,
) -> None:
    """Lift the protection of one case that no longer needs it, for its content as it is now."""
    from sync_agent.bootstrap import open_agent
    from sync_agent.sync import lift as let_go

    options = options_of(context)
    text = note_text(asked=note, source=dash)
    with open_agent(options.config) as agent:
        let_go(agent, key, reason=reason, note=text, actor=login_actor())
    options.output.document({"lifted": key})
    options.output.text(tr("{case} is no longer protected; any change of its content is judged anew.", case=key))
