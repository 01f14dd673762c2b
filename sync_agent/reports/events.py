"""Decides in which sentence each event of the audit log is told to people; the rest of an entry stands beside it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sync_agent.i18n import mark, tr

__all__ = ["EVENT_SENTENCES", "event_sentence"]

EVENT_SENTENCES: Final[Mapping[str, str]] = {
    "run_started": mark("A pass began."),
    "run_ended": mark("A pass ended: {new}."),
    "passes_empty": mark("Passes that found nothing to change or send, together."),
    "plan_stopped": mark("The volume guard sent nothing: the plan was larger than usual."),
    "plan_accepted": mark("A person let a plan through the volume guard."),
    "request_taken": mark("The service took what a person asked of it: {new}."),
    "request_refused": mark("The service refused what it was asked: {new}."),
    "request_failed": mark("What a person asked of the service failed: {new}."),
    "schedule_disturbed": mark("A task of the service was not done when it was due: {new}."),
    "not_ready": mark("{step}: not ready to go up yet."),
    "ready": mark("{step}: ready to go up."),
    "planned": mark("{step}: this content is to be sent."),
    "up_to_date": mark("{step}: nothing is left to be sent; what was acknowledged stands."),
    "intent": mark("{step}: about to be sent; noted before the first byte left."),
    "accepted": mark("{step}: the national side acknowledged it."),
    "refused": mark("{step}: the national side refused it."),
    "not_processed": mark("{step}: surely not processed; it is tried again."),
    "uncertain": mark("{step}: sent, and what became of it is not known."),
    "resolved": mark("{step}: what was uncertain was settled."),
    "adopted": mark("{step}: a national record that existed already was taken over."),
    "held": mark("{step}: held back until a person or the local system helps."),
    "released": mark("A person released a hold for the content that was looked at."),
    "rejected_hold": mark("A person rejected a held content: it must not go up so."),
    "retry_requested": mark("A person had a refused message sent again."),
    "answer_shown": mark("A person saw the text of a refusal."),
    "written_back": mark("{step}: the local system was told the national id and the time."),
    "write_back_failed": mark("{step}: the local system could not be told."),
    "values_shown": mark("A person saw the values of a case."),
    "protected": mark("The case came under protection of identity."),
    "unprotected": mark("A person lifted the protection of the case."),
    "lift_ended": mark("The lifting of the protection ended: the case reads otherwise than what it was for."),
    "reclassified": mark("The case came under protection after it had gone up: a person must act."),
    "finding_appeared": mark("Something was found wrong with the case."),
    "finding_disappeared": mark("Something that was wrong with the case is mended."),
    "gone": mark("Gone from the local system: nothing of it is sent until it returns."),
    "returned": mark("It is back in the local system."),
    "erased": mark("The case was erased: its secret and its notes exist no more."),
    "erased_seen": mark("A person looked at the change of an erased case."),
    "erased_changed": mark("An erased case was changed in the local system: a person must look."),
    "disclosed": mark("The secret of the case was given out to prove its content."),
    "adopt_declined": mark("A person declared that no national records are to be taken over."),
    "resync_requested": mark("A person had cases sent again."),
    "resync_dropped": mark("{step}: could not be sent again; what was acknowledged stands."),
    "reconciled": mark("The national records were compared with the ledger."),
    "difference_found": mark("{step}: a difference was found between local system, ledger and national side."),
    "difference_repaired": mark("{step}: a person had a difference repaired."),
    "rekeyed": mark("The cases were given new keys."),
    "configuration_changed": mark("The configuration changed."),
    "configuration_refused": mark("A new configuration was refused; the one before stays in force."),
    "mapping_changed": mark("The profile or a code table changed."),
    "contract_changed": mark("The national contract changed."),
    "policy_changed": mark("The policy of confidentiality changed."),
    "codes_changed": mark("A list of codes changed."),
    "codes_pulled": mark("The national side was asked for all its lists of codes."),
    "policy_signed": mark("A person signed the policy of confidentiality."),
    "environment_bound": mark("The ledger was bound to its source and its national side."),
    "go_live_declared": mark("A person declared how the first sending is to be done."),
    "capability_proven": mark("The national side proved that it can do something."),
    "national_down": mark("The national side could not be used any more."),
    "national_up": mark("The national side could be used again."),
    "epoch_taken": mark("A process took over the ledger."),
    "ledger_upgraded": mark("The ledger was brought to a new schema."),
    "backed_up": mark("The ledger was backed up."),
    "house_kept": mark("Old working data was let go of; the audit log stays whole."),
    "restored": mark("A person declared that the ledger was restored from a copy."),
    "incarnation_started": mark("A new life of the log began; the head that was lost is named."),
    "gap_declared": mark("No head was signed for longer than usual; the time is named."),
    "creations_stopped": mark("No new records are created: no head has reached a place outside for too long."),
    "creations_resumed": mark("New records are created again: a head has reached a place outside."),
    "key_rotated": mark("A key that signs the heads of the log came into force."),
    "account_added": mark("An account of the pages was added."),
    "account_password_set": mark("An account of the pages was given another password."),
    "account_disabled": mark("An account of the pages was disabled."),
    "account_enabled": mark("An account of the pages was let in again."),
    "access_day_closed": mark("A day of the access log was closed."),
    "exported": mark("A person took entries of the log out of the house."),
}
"""By event. `{step}` is the step in words, `{new}` the new state."""


def event_sentence(document: Mapping[str, Any], step_word: Callable[[str], str]) -> str:
    """Return what an entry tells, in the reader's language; an event of a newer version is told by its code."""
    sentence = EVENT_SENTENCES.get(document["event"])
    if sentence is None:
        return str(document["event"])
    step = step_word(document.get("step", ""))
    return tr(sentence, step=step[:1].upper() + step[1:], new=document.get("new_state", "–"))
