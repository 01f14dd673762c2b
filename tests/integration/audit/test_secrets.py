import pytest
from sqlalchemy import Connection, delete, select
from sqlalchemy.exc import IntegrityError

from sync_agent.audit import create_secrets, keep_note, load_secrets, read_note
from sync_agent.audit.tables import ERASABLE


def test_created_secrets_are_loaded_again(conn: Connection) -> None:
    """What was made for a case is what is found for it."""
    made = create_secrets(conn, "tinh-a", ["D1-1", "D2-1"])
    assert load_secrets(conn, "tinh-a", ["D1-1", "D2-1"]) == made


def test_no_two_cases_share_a_secret(conn: Connection) -> None:
    """Each case has random bytes of its own."""
    made = create_secrets(conn, "tinh-a", [f"D{number}-1" for number in range(100)])
    assert len(set(made.values())) == 100


def test_a_case_without_a_secret_is_absent(conn: Connection) -> None:
    """A new or erased case is told by its absence."""
    create_secrets(conn, "tinh-a", ["D1-1"])
    assert set(load_secrets(conn, "tinh-a", ["D1-1", "D9-1"])) == {"D1-1"}


def test_secrets_are_kept_apart_by_source(conn: Connection) -> None:
    """The same key in another source is another case."""
    create_secrets(conn, "tinh-a", ["D1-1"])
    assert load_secrets(conn, "tinh-b", ["D1-1"]) == {}


def test_more_keys_than_one_query_takes(conn: Connection) -> None:
    """Any number of cases can be loaded at once."""
    keys = [f"D{number}-1" for number in range(1203)]
    made = create_secrets(conn, "tinh-a", keys)
    assert load_secrets(conn, "tinh-a", keys) == made


def test_no_keys_need_no_query(conn: Connection) -> None:
    """Nothing is made or found for no cases."""
    assert (create_secrets(conn, "tinh-a", []), load_secrets(conn, "tinh-a", [])) == ({}, {})


def test_a_second_secret_for_a_case_is_refused(conn: Connection) -> None:
    """A secret is never replaced: everything in the log hangs on it."""
    create_secrets(conn, "tinh-a", ["D1-1"])
    with pytest.raises(IntegrityError):
        create_secrets(conn, "tinh-a", ["D1-1"])


def test_a_secret_is_found_by_what_the_log_says(conn: Connection) -> None:
    """The row of a secret carries the subject under which the log speaks of the case."""
    secret = create_secrets(conn, "tinh-a", ["D1-1"])["D1-1"]
    commitments = conn.execute(select(ERASABLE.c.commitment)).scalars().all()
    assert commitments == [secret.subject("tinh-a", "D1-1")]


def test_a_note_is_read_back_by_its_commitment(conn: Connection) -> None:
    """The entry holds the commitment, the erasable table the words, NFC."""
    commitment = keep_note(conn, "tinh-a", "D1-1", "Đã gọi đơn vị xác nhận, a\u0302")
    assert read_note(conn, commitment) == "Đã gọi đơn vị xác nhận, â"


def test_equal_notes_have_different_commitments(conn: Connection) -> None:
    """A short note cannot be guessed from the log by trying words."""
    first = keep_note(conn, "tinh-a", "D1-1", "đồng ý")
    assert keep_note(conn, "tinh-a", "D1-1", "đồng ý") != first


def test_a_note_about_no_case_is_kept_too(conn: Connection) -> None:
    """Decisions about the whole installation carry notes as well."""
    assert read_note(conn, keep_note(conn, "", "", "bắt đầu vận hành")) == "bắt đầu vận hành"


def test_an_erased_note_is_gone(conn: Connection) -> None:
    """After erasure the commitment leads nowhere."""
    commitment = keep_note(conn, "tinh-a", "D1-1", "đồng ý")
    conn.execute(delete(ERASABLE).where(ERASABLE.c.case_key == "D1-1"))
    assert read_note(conn, commitment) is None
