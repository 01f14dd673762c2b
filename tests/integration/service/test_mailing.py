"""Mails of the service, by a mail server of this machine: who gets what, once, in their language, and no name in it."""

import io
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from sync_agent.errors import NationalUnreachableError
from sync_agent.i18n import Language, set_language
from sync_agent.ledger import load_notices
from sync_agent.mail import MailError, send_mail
from sync_agent.national import NotProcessed, Refused
from sync_agent.service.mailing import Mailing
from sync_agent.service.state import ServiceState
from tests.support.houses import House, Houses
from tests.support.postoffices import PostOffice, post_office
from tests.support.traces import said

MARKER = "Quỳnhdấuvết"
NIGHT = datetime(2026, 11, 1, 20, 0, tzinfo=UTC)  # three in the morning of a Monday in Viet Nam
VI, EN, AGENCY = "can-bo@tinh.example", "partner@tinh.example", "so@tinh.example"
SETTINGS = """
[notifications]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "sync-agent@tinh.example"
{more}
[[notifications.recipients]]
address = "can-bo@tinh.example"
[[notifications.recipients]]
address = "partner@tinh.example"
language = "en"
kinds = ["national_down", "refused"]
[[notifications.recipients]]
address = "so@tinh.example"
agency = "H217.01"
"""


@dataclass
class Desk:
    """A house with its post office, and a service that looks when the clock is moved."""

    house: House
    office: PostOffice
    mailing: Mailing
    state: ServiceState

    def look(self, **later: float) -> None:
        """Let time pass, look, and let the mails arrive."""
        self.house.clock.move(**(later or {"minutes": 1}))
        self.mailing.look(self.house.agent, self.state)
        self.mailing.end(self.house.agent)

    def restart(self) -> None:
        """Go on as another process."""
        self.house = self.house.reopened()
        self.mailing, self.state = _mailing(self.house), ServiceState(started_at=self.house.clock.now)

    def subjects(self, address: str) -> list[str]:
        """Return the subjects of all mails of a recipient."""
        return [str(mail["Subject"]) for mail in self.office.to(address)]

    def told(self) -> set[str]:
        """Return the kinds of the notices people were told of."""
        with self.house.agent.ledger.read() as connection:
            return {notice.kind.value for notice in load_notices(connection).values() if notice.told_at}


def _mailing(house: House) -> Mailing:
    return Mailing(steady=lambda: house.clock.now.timestamp())  # noqa: PLW0108 - the clock is moved


@pytest.fixture
def open_desk(make_house: Houses, tmp_path: Path) -> Iterator[Any]:
    """Yield what opens a desk, at night, so that no digest is due; the office behaves as it is told."""
    with ExitStack() as opened:

        def make(*, more: str = "", extra: str = "", at: datetime = NIGHT, **behaviour: Any) -> Desk:
            office = opened.enter_context(post_office(tmp_path, **behaviour))
            settings = SETTINGS.format(port=office.port, more=f"disk_megabytes = 0\n{more}") + extra
            house = make_house(workers=1, extra=settings)
            house.clock.now = at
            return Desk(house, office, _mailing(house), ServiceState(started_at=at))

        yield make
    set_language(Language.VI)


def refused(desk: Desk) -> None:
    """Have one message refused for good."""
    desk.house.local.case(9)
    desk.house.answers(*[Refused("other", "", 200)] * 6)
    desk.house.sync()
    for hours in (2, 7, 25, 73):
        desk.house.clock.move(hours=hours)
        desk.house.sync()


def test_one_mail_a_round_tells_each_recipient_what_concerns_it(open_desk: Any) -> None:
    """Two states, one mail; each in the language of its reader; the agency gets none of it."""
    desk = open_desk(more='digest_at = ""')
    desk.state.configuration_refused = True
    desk.house.local.case(1)
    desk.house.answers(NotProcessed("unauthorized", 401))
    with pytest.raises(Exception, match="refuses the credentials"):
        desk.house.sync()
    desk.look()
    (vietnamese,), (english,) = desk.office.to(VI), desk.office.to(EN)
    assert desk.office.to(AGENCY) == []
    text = vietnamese.get_content()
    assert ("1. " in text, "2. " in text, "tinh" in text) == (True, True, True)
    assert str(english["Subject"]) == (
        "[sync-agent nho] The national side refuses the user name or secret of account tinh"
    )
    assert ("2. " in english.get_content(), "To do: put the right secret" in english.get_content()) == (False, True)
    assert (vietnamese["Content-Language"], english["Content-Language"]) == ("vi", "en")


def test_a_state_is_told_when_it_begins_and_when_it_ends(open_desk: Any) -> None:
    """Once each, however often it is looked at."""
    desk = open_desk(more='digest_at = ""')
    desk.state.configuration_refused = True
    for _ in range(20):
        desk.look()
    desk.state.configuration_refused = False
    for _ in range(30):
        desk.look()
    assert len(desk.subjects(VI)) == 2


def test_a_restart_neither_repeats_nor_forgets(open_desk: Any) -> None:
    """What people were told of is in the ledger."""
    desk = open_desk(more='digest_at = ""')
    desk.state.configuration_refused = True
    desk.look()
    desk.restart()
    desk.state.configuration_refused = True
    for _ in range(30):
        desk.look()
    assert len(desk.subjects(VI)) == 1
    desk.restart()
    for _ in range(30):
        desk.look()
    assert len(desk.subjects(VI)) == 2


def test_it_is_looked_at_once_a_minute_however_often_it_is_asked(open_desk: Any) -> None:
    """A pass each second asks each second."""
    desk = open_desk(more='digest_at = ""')
    desk.look()
    desk.state.configuration_refused = True
    desk.look(seconds=30)
    assert desk.subjects(VI) == []
    desk.look(seconds=31)
    assert len(desk.subjects(VI)) == 1


def test_a_mail_server_that_hangs_keeps_nothing_from_being_done(open_desk: Any) -> None:
    """Passes are made while it is waited for; what it did not take is told later."""
    desk = open_desk(more='digest_at = ""', hangs=True)
    desk.state.configuration_refused = True
    desk.house.local.case(1)
    desk.mailing.look(desk.house.agent, desk.state)
    desk.house.sync()
    assert (len(desk.house.gateway.sent), desk.office.mails) == (1, [])
    desk.office.hangs = False
    desk.office.released.set()
    desk.mailing.end(desk.house.agent)
    assert desk.told() == set()
    desk.look(minutes=14)
    assert desk.subjects(VI) == []
    desk.look(minutes=2)
    assert (len(desk.subjects(VI)), desk.told()) == (1, {"configuration_refused"})


@pytest.mark.parametrize("answers", [{"EHLO": "421 away", "HELO": "421 away"}, {"MAIL": "451 later"}])
def test_what_a_mail_server_does_not_take_now_is_told_later_as_things_stand_then(
    open_desk: Any, answers: dict[str, str]
) -> None:
    """By the notice `mail_failing` whoever looks at the ledger sees that."""
    desk = open_desk(more='digest_at = ""', answers=answers)
    desk.state.configuration_refused = True
    desk.look()
    desk.look()
    with desk.house.agent.ledger.read() as connection:
        kinds = {str(kind) for kind, _ in load_notices(connection)}
    assert (kinds, desk.told()) == ({"configuration_refused", "mail_failing"}, set())
    desk.office.answers.clear()
    desk.look(minutes=20)
    assert (len(desk.subjects(VI)), desk.told()) == (1, {"configuration_refused"})


def test_a_recipient_that_is_refused_keeps_nobody_else_from_being_told(open_desk: Any) -> None:
    """And the others are told of that."""
    desk = open_desk(more='digest_at = ""', refuses=frozenset({EN}))
    refused(desk)
    desk.look()
    desk.look()
    assert (len(desk.subjects(VI)), desk.subjects(EN)) == (2, [])
    assert {"mail_failing", "refused"} <= desk.told()
    desk.look(minutes=20)
    assert len(desk.subjects(VI)) == 2


def test_who_missed_a_round_that_others_got_gets_it_later(open_desk: Any) -> None:
    """The line broke between two mails."""
    desk = open_desk(more='digest_at = ""')
    refused(desk)
    tried: list[str] = []

    def breaks(server: Any, message: Any, *args: Any, **named: Any) -> str:
        tried.append(message["To"])
        if message["To"] == EN and tried.count(EN) == 1:
            raise MailError("no_connection")
        return send_mail(server, message, *args, **named)

    desk.mailing._send = breaks
    desk.look()
    assert (len(desk.subjects(VI)), desk.subjects(EN)) == (1, [])
    desk.look(minutes=16)
    assert (len(desk.subjects(VI)), len(desk.subjects(EN))) == (1, 1)


def test_the_national_side_is_told_of_after_half_an_hour_and_when_it_is_back(open_desk: Any) -> None:
    """From when it was away, and until when."""
    desk = open_desk(more='digest_at = ""')
    desk.house.local.case(1)
    desk.house.answers(*[NotProcessed("connect")] * 99)
    for _ in range(45):
        desk.house.clock.move(minutes=1)
        try:
            desk.house.sync()
        except NationalUnreachableError as error:
            desk.state.last_pass_result = type(error).__name__
        desk.look(seconds=1)
    assert len(desk.subjects(EN)) == 1
    desk.house.gateway.script.clear()
    for _ in range(40):
        desk.house.clock.move(minutes=10)
        desk.house.sync()
        desk.state.last_pass_result = "done"
        desk.look(seconds=1)
    assert [subject.startswith("[sync-agent nho] Over: ") for subject in desk.subjects(EN)] == [False, True]


# the mail of the day


def stock(house: House) -> None:
    """Fill a house with what is held, open and protected, each field with a marker."""
    house.local.case(1, name=f"{MARKER} Một", noi_dung=f"Nội dung {MARKER}", ngay_nhan="2026-13-45")
    house.local.denunciation(2, name=f"{MARKER} Hai", noi_dung=f"Tố cáo {MARKER}", tom_tat=None)
    house.local.case(3, name=f"{MARKER} Ba", co_quan="H217.02", ngay_nhan="2026-13-45")
    house.sync()


def test_each_working_day_has_one_digest_for_each(open_desk: Any) -> None:
    """After the hour of the settings, also after a restart; none on a day off."""
    desk = open_desk()
    stock(desk.house)
    for _ in range(7 * 24):
        desk.look(hours=1)
    days = [subject.split("] ")[1].split(":")[0] for subject in desk.subjects(EN) if "nho] 2026" in subject]
    assert days == ["2026-11-02", "2026-11-03", "2026-11-04", "2026-11-05", "2026-11-06"]
    desk.restart()
    desk.look()
    assert len([subject for subject in desk.subjects(EN) if "nho] 2026" in subject]) == 5


def test_an_agency_gets_its_own_work_list_and_no_other(open_desk: Any) -> None:
    """Its cases by key, the protected one by pseudonym."""
    desk = open_desk()
    stock(desk.house)
    desk.look(hours=5)
    (mail,) = desk.office.to(AGENCY)
    (attachment,) = mail.iter_attachments()
    assert attachment.get_filename() == "H217.01-2026-11-02.xlsx"
    book = CalamineWorkbook.from_filelike(io.BytesIO(attachment.get_content()))
    shown = {row[0] for row in book.get_sheet_by_index(0).to_python()[1:]}
    assert ("V1" in shown, "V2" in shown, "V3" in shown) == (True, False, False)
    assert any(str(name).startswith("P-") for name in shown)


def test_an_agency_without_work_gets_no_list(open_desk: Any) -> None:
    """Its figures all the same: that no mail comes shall mean that something is wrong."""
    desk = open_desk()
    desk.look(hours=5)
    (mail,) = desk.office.to(AGENCY)
    assert list(mail.iter_attachments()) == []


def test_no_mail_says_a_name_or_names_a_case_in_its_text(open_desk: Any) -> None:
    """Keys stand in the work list alone."""
    desk = open_desk()
    stock(desk.house)
    refused(desk)
    desk.state.configuration_refused = True
    desk.state.jobs_failed["full_scan.failed"] += 1
    desk.look(hours=5)
    assert len(desk.office.raw) >= 4
    for raw, mail in zip(desk.office.raw, desk.office.mails, strict=True):
        body = mail.get_body(("plain",))
        text = body.get_content() if body is not None else ""
        assert (said([MARKER], raw), said(["V1", "V2", "V3"], f"{mail['Subject']} {text}".encode())) == (set(), set())


def test_without_a_mail_server_nothing_is_sent_and_states_are_known(make_house: Houses) -> None:
    """Whoever looks at the ledger sees them."""
    house = make_house(workers=1)
    mailing, state = _mailing(house), ServiceState(configuration_refused=True)
    mailing.look(house.agent, state)
    with house.agent.ledger.read() as connection:
        (notice,) = load_notices(connection).values()
    assert (notice.kind, notice.told_at) == ("configuration_refused", None)
