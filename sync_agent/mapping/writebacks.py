"""Whether what is written back to the local system is no content of a case: else it would go up again, for ever."""

from collections.abc import Mapping

from sync_agent.domain.steps import MINTING, Step
from sync_agent.errors import ConfigError
from sync_agent.mapping.profile import Profile
from sync_agent.mapping.words import unknown_word
from sync_agent.source import WriteBack

__all__ = ["check_write_back"]


def check_write_back(profile: Profile, used: Mapping[str, Mapping[str, str]]) -> None:
    """Raise ConfigError for a step that could not be checked again, or a column that cases are made of.

    `used` are the columns, by part and in small letters, that anything but `national_ids` reads.
    """
    for step, told in profile.write_back.items():
        place = ("write_back", step.value)
        if step not in profile.national_ids:
            raise ConfigError(
                "write_back names the step '{word}', which national_ids does not tell how to read again",
                where=profile.at(*place),
                todo="name under national_ids where it stands afterwards",
                facts=(("word", step.value),),
            )
        for number, name in enumerate(told.sets):
            _check_column(profile, used, name, profile.at(*place, "sets", number))
        _check_reading(profile, step, told)


def _check_column(profile: Profile, used: Mapping[str, Mapping[str, str]], name: str, where: str) -> None:
    part, _, column = name.partition(".")
    if part not in profile.parts:
        raise unknown_word("unknown part '{word}'", part, profile.parts, where)
    if column.lower() in used.get(part, {}):
        raise ConfigError(
            "what is written back changes {column}, of which cases are made",
            where=where,
            todo="write to a column of its own: what the agent writes must not be what it sends",
            facts=(("column", name),),
        )


def _check_reading(profile: Profile, step: Step, told: WriteBack) -> None:
    """Require that the id is written where it is read again."""
    named = profile.national_ids[step]
    if step in MINTING and str(named.column).lower() not in {name.partition(".")[2].lower() for name in told.sets}:
        raise ConfigError(
            "the update does not set {column}, where national_ids reads the id again",
            where=profile.at("write_back", step.value, "sets"),
            todo="name there every column that changes",
            facts=(("column", str(named.column)),),
        )
