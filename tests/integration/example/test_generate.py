import csv
import itertools
import re
import sqlite3
import unicodedata
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sync_agent.example import ORGANISATIONS, Special, generate
from sync_agent.example.expect import CORRUPTION_FIELDS
from sync_agent.example.names import names_somebody
from sync_agent.example.tables import AUTO_ID
from tests.support.example import TODAY, Example, make

CODES = Path(__file__).parents[3] / "config" / "codes"


def dump(path: Path) -> list[str]:
    """Return the whole database as SQL."""
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def contents(root: Path) -> dict[str, bytes]:
    """Return every file with its bytes."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("cases", [1, 2, 20, 70, 123])
def test_there_are_exactly_as_many_cases_as_asked_for(tmp_path: Path, cases: int) -> None:
    """Receipts and receptions without petition together are the national cases."""
    example = make(tmp_path, cases=cases)
    receipts = example.rows("SELECT COUNT(*) FROM don_thu_thong_tin_don_thu")[0][0]
    receptions = example.rows("SELECT COUNT(*) FROM so_tiep_cong_dan WHERE IdDonThu IS NULL")[0][0]

    assert receipts == example.stock.steps["case"]
    assert receptions == len(example.stock.receptions_only)
    assert example.stock.cases == cases == receipts + receptions


def test_the_same_seed_gives_the_same_database_and_files(tmp_path: Path) -> None:
    """A failure can be played again."""
    first, second = make(tmp_path / "a", cases=150, seed=4), make(tmp_path / "b", cases=150, seed=4)

    assert dump(first.path) == dump(second.path)
    assert contents(first.files) == contents(second.files)
    assert first.stock == second.stock


def test_another_seed_gives_another_database(tmp_path: Path) -> None:
    """The seed matters."""
    first, second = make(tmp_path / "a", cases=30, seed=4), make(tmp_path / "b", cases=30, seed=5)

    assert dump(first.path) != dump(second.path)


def test_an_existing_file_is_never_written_over(tmp_path: Path) -> None:
    """Whatever the path names stays as it is."""
    path = tmp_path / "local.db"
    path.write_text("mine")

    with pytest.raises(FileExistsError):
        generate(path, tmp_path / "files", cases=10, seed=1, today=TODAY)
    assert path.read_text() == "mine"


def test_an_empty_stock_is_refused(tmp_path: Path) -> None:
    """There is at least one case, and no file is left behind."""
    with pytest.raises(ValueError, match="at least one"):
        generate(tmp_path / "local.db", tmp_path, cases=0, seed=1, today=TODAY)
    assert not (tmp_path / "local.db").exists()


def test_more_petitions_than_one_chunk(tmp_path: Path) -> None:
    """Rows are written in chunks; links across chunks hold."""
    example = make(tmp_path, cases=1300)
    orphans = example.rows(
        "SELECT COUNT(*) FROM don_thu_nguoi_dai_dien n WHERE NOT EXISTS (SELECT 1 FROM don_thu_doi_tuong_di_kntc p"
        " WHERE p.IdDoiTuongDiKNTC = n.IdDoiTuongDiKNTC)"
    )

    assert example.stock.cases == 1300
    assert orphans == [(0,)]


def test_every_oddity_occurs(example: Example) -> None:
    """Each is there with at least one case."""
    assert set(example.stock.special) == set(Special)
    assert all(example.stock.special.values())


def test_every_oddity_occurs_in_70_cases(tmp_path: Path) -> None:
    """A small database shows everything."""
    assert set(make(tmp_path, cases=70).stock.special) == set(Special)


def test_every_table_has_rows(example: Example) -> None:
    """Nothing of the schema stays unused."""
    tables = [name for (name,) in example.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    empty = [name for name in tables if not example.values(name, "rowid")]

    assert empty == []
    assert set(AUTO_ID) <= set(tables)


def test_nothing_has_been_synced_before(example: Example) -> None:
    """No national id, no flag, no time of sending anywhere."""
    for table, column in itertools.chain(
        ((name, "mattcp") for name in ("don_thu", "don_thu_thong_tin_don_thu", "don_thu_quyet_dinh_giai_quyet")),
        ((name, "NgayLienThong") for name in ("don_thu_thong_tin_don_thu", "don_thu_thi_hanh_giai_quyet")),
        [("don_thu", "NgayCapNhat"), ("don_thu", "NgayTraKQ")],
    ):
        assert example.values(table, column) == {None}
    for table in ("don_thu_ket_qua_xu_ly", "don_thu_quyet_dinh_thu_ly"):
        assert example.values(table, "DaLienThong") == {0}


@pytest.mark.parametrize(
    ("table", "column", "absent"),
    [
        ("don_thu_doi_tuong_di_kntc", "SoDinhDanhCaNhan", {"", None}),
        ("don_thu_doi_tuong_di_kntc", "SoDienThoai", {"", None}),
        ("don_thu_doi_tuong_di_kntc", "MaHuyen", {"", None}),
        ("don_thu_doi_tuong_di_kntc", "GioiTinh", {0}),
        ("don_thu_doi_tuong_di_kntc", "MaDanToc", {0}),
        ("don_thu", "LanGiaiQuyet", {0}),
        ("don_thu", "SoNguoiDiKNTC", {0, None}),
        ("don_thu", "GanVuViec", {"", None}),
        ("don_thu_thong_tin_don_thu", "SoVanBanDen", {"", None}),
        ("don_thu_quyet_dinh_giai_quyet", "ThuHoiTien", {0, None}),
        ("so_tiep_cong_dan", "SoNguoi", {0}),
        ("so_tiep_cong_dan", "LanhDaoTiep", {"", None}),
    ],
)
def test_absent_values_are_written_as_the_application_does(
    example: Example, table: str, column: str, absent: set[Any]
) -> None:
    """NULL, '' and 0 all mean absent, depending on the column."""
    assert absent <= example.values(table, column)


def test_one_petition_is_received_by_several_agencies(example: Example) -> None:
    """The first receipt is the original; the others are transfers with the sender's code."""
    petitions = example.rows("SELECT IdDonThu FROM don_thu_thong_tin_don_thu GROUP BY 1 HAVING COUNT(*) > 1")
    for (petition,) in petitions:
        first, *others = example.rows(
            "SELECT OrgChuyen, OrgNhan, NguonDonDen, MaCoQuanChuyenDen FROM don_thu_thong_tin_don_thu"
            " WHERE IdDonThu = ? ORDER BY IdThongTinDon",
            petition,
        )
        assert first[0] == first[1]
        assert all(sender == first[1] != agency and source == 4 and code for sender, agency, source, code in others)

    assert len(example.stock.several_agencies) > len(petitions) > 10


def test_repeated_petitions_name_an_older_one_in_text(example: Example) -> None:
    """The number is kept as text."""
    links = example.rows("SELECT IdDonThu, GanVuViec, typeof(GanVuViec) FROM don_thu WHERE GanVuViec <> ''")

    assert len(links) >= 5
    assert all(kind == "text" and int(str(older)) < int(str(petition)) for petition, older, kind in links)
    assert example.stock.repeated


def test_groups_claim_more_people_than_are_linked(example: Example) -> None:
    """Only representatives are recorded."""
    groups = example.rows(
        "SELECT d.SoNguoiDiKNTC, d.SoNguoiDaiDien, COUNT(*) FROM don_thu d JOIN don_thu_nguoi_dai_dien n"
        " ON n.IdDonThu = d.IdDonThu WHERE d.LoaiNguoiDiKNTC = 2 GROUP BY d.IdDonThu"
    )

    assert any(claimed != linked for claimed, _, linked in groups)
    assert all(representatives == linked for _, representatives, linked in groups)


def test_anonymous_writers_have_a_row_without_name(example: Example) -> None:
    """The flag of the petition agrees, except where it is the point that it differs."""
    found = example.rows(
        "SELECT d.IdDonThu, d.DonNacDanh, p.HoTen FROM don_thu d JOIN don_thu_nguoi_dai_dien n"
        " ON n.IdDonThu = d.IdDonThu JOIN don_thu_doi_tuong_di_kntc p"
        " ON p.IdDoiTuongDiKNTC = n.IdDoiTuongDiKNTC WHERE p.NacDanh = 1"
    )
    differing = {f"D{petition}" for petition, flag, _ in found if flag == 0}

    assert len(found) > 3
    assert {name for _, _, name in found} == {None}
    assert differing == example.petitions(Special.ANONYMOUS_FLAG)


def test_organisations_and_representatives_occur(example: Example) -> None:
    """A petition may come from an organisation, and a lawyer or legal aid may speak for the writer."""
    kinds = example.values("don_thu", "LoaiNguoiDiKNTC")
    speakers = {kind for (kind,) in example.rows("SELECT LoaiNguoiUyQuyen FROM don_thu WHERE IdDoiTuongUyQuyen > 0")}
    nameless = "SELECT COUNT(*) FROM don_thu WHERE (LoaiNguoiDiKNTC = 3) <> (TenCoQuanDiKNTC IS NOT NULL)"

    assert kinds == {1, 2, 3}
    assert speakers == {1, 2}
    assert example.rows(nameless) == [(0,)]


def test_the_steps_follow_each_other(example: Example) -> None:
    """Received, processed, accepted, settled, enforced; later steps are rarer."""
    counts = [example.stock.steps[step] for step in ("case", "processing", "acceptance", "settlement", "enforcement")]
    backwards = example.rows(
        "SELECT COUNT(*) FROM don_thu_quyet_dinh_thu_ly t JOIN don_thu_quyet_dinh_giai_quyet q"
        " ON q.IdDonThu = t.IdDonThu AND q.OrgTao = t.MaCoQuanThuLy WHERE q.NgayBanHanh < t.NgayThuLy"
    )

    assert counts == sorted(counts, reverse=True)
    assert counts[-1] > 20
    assert backwards == [(0,)]


def test_every_direction_and_every_family_of_outcome_occurs(example: Example) -> None:
    """Directions 2, 4, 5, 7 and none; outcomes of complaints and of denunciations."""
    directions = example.values("don_thu_ket_qua_xu_ly", "MaHuongXuLy")
    outcomes = example.values("don_thu_quyet_dinh_giai_quyet", "IDKetQuaGiaiQuyet")

    assert directions == {None, 2, 4, 5, 7}
    assert {1, 2, 3, 4, 5, 6} <= outcomes <= set(range(1, 9))


def test_a_case_may_have_two_decisions_with_several_enforcements(tmp_path: Path) -> None:
    """A thousand cases hold a decision with two reports, and a case with two decisions that are both enforced."""
    example = make(tmp_path, cases=1000, seed=2)
    reports = example.rows(
        "SELECT q.IdDonThu || '-' || q.OrgTao, COUNT(*) FROM don_thu_quyet_dinh_giai_quyet q"
        " JOIN don_thu_thi_hanh_giai_quyet h ON h.IDQuyetDinhGiaiQuyet = q.IDQuyetDinhGiaiQuyet"
        " GROUP BY q.IDQuyetDinhGiaiQuyet"
    )
    enforced_decisions = Counter(case for case, _ in reports)

    assert max(count for _, count in reports) >= 2
    assert max(enforced_decisions.values()) == 2


def test_the_processing_row_copies_the_content(example: Example) -> None:
    """The column called summary is no summary."""
    differing = example.rows(
        "SELECT COUNT(*) FROM don_thu_ket_qua_xu_ly k JOIN don_thu d ON d.IdDonThu = k.IdDonThu"
        " WHERE k.TomTatNoiDungXL <> d.NoiDungDonThu"
    )

    assert differing == [(0,)]


def test_only_the_row_that_should_points_to_no_file(example: Example) -> None:
    """Every other link has a small file behind it, with everything after the first dot as extension."""
    links = example.rows(
        "SELECT IDDonThu, TenFileDinhKem, LinkFileDinhKem FROM don_thu_ho_so_dinh_kem UNION ALL"
        " SELECT IdDonThu, TenFileDinhKem, LinkFileDinhKem FROM don_thu_qua_trinh_xlgq WHERE LinkFileDinhKem <> ''"
    )
    missing = {f"D{petition}" for petition, _, link in links if not (example.files / f"{petition}/{link}").is_file()}
    sizes = [path.stat().st_size for path in example.files.rglob("*") if path.is_file()]

    assert missing == example.petitions(Special.MISSING_FILE)
    assert all(str(link)[30:] == str(name)[str(name).index(".") :] for _, name, link in links)
    assert any(str(link).endswith(".v2.pdf") for _, _, link in links)
    assert 100 < min(sizes) <= max(sizes) < 8192


def test_only_the_rows_that_should_lie_ahead(example: Example) -> None:
    """One journal line and one enforcement are dated after today."""
    lines = example.rows("SELECT IdDonThu FROM don_thu_qua_trinh_xlgq WHERE NgayDang >= ?", TODAY.isoformat())
    reports = example.rows(
        "SELECT q.IdDonThu FROM don_thu_thi_hanh_giai_quyet h JOIN don_thu_quyet_dinh_giai_quyet q"
        " ON q.IDQuyetDinhGiaiQuyet = h.IDQuyetDinhGiaiQuyet WHERE h.NgayCapNhat >= ?",
        TODAY.isoformat(),
    )

    assert keys_of(lines) == example.petitions(Special.FUTURE_LINE)
    assert keys_of(reports) == example.petitions(Special.FUTURE_ENFORCEMENT)


def test_journal_times_can_be_missing_equal_and_later_than_the_entry(example: Example) -> None:
    """What makes a feed of changes hard is there."""
    undated = example.rows("SELECT IdDonThu FROM don_thu_qua_trinh_xlgq WHERE NgayDang IS NULL")
    same = example.rows(
        "SELECT IdDonThu FROM don_thu_qua_trinh_xlgq WHERE NgayDang ="
        " (SELECT NgayDang FROM don_thu_qua_trinh_xlgq GROUP BY 1 ORDER BY COUNT(*) DESC LIMIT 1)"
    )
    back_dated = example.rows(
        "SELECT IdDonThu FROM don_thu d WHERE julianday((SELECT MIN(NgayDang) FROM don_thu_qua_trinh_xlgq q"
        " WHERE q.IdDonThu = d.IdDonThu)) - julianday(NgayNhapDon) > 100"
    )

    assert keys_of(undated) == example.petitions(Special.UNDATED_LINE)
    assert keys_of(same) == example.petitions(Special.SAME_MOMENT)
    assert keys_of(back_dated) == example.petitions(Special.BACK_DATED)


def test_only_deliberate_leaks_name_somebody_in_a_summary(example: Example) -> None:
    """No part of any name of the petition stands in its summary, accents or not."""
    named = set()
    for petition, text in example.rows("SELECT IdDonThu, TomTat FROM don_thu_tom_tat_lien_thong"):
        people = example.rows(
            "SELECT p.HoTen FROM don_thu_nguoi_dai_dien n JOIN don_thu_doi_tuong_di_kntc p"
            " ON p.IdDoiTuongDiKNTC = n.IdDoiTuongDiKNTC WHERE n.IdDonThu = ?1 UNION SELECT p.HoTen FROM don_thu d"
            " JOIN don_thu_doi_tuong_bi_kntc p ON p.IdDoiTuongBiKNTC = d.IdDoiTuongBiKNTC WHERE d.IdDonThu = ?1",
            petition,
        )
        if names_somebody(text, [name for (name,) in people if name]):
            named.add(petition)

    assert {f"D{petition}" for petition in named} == example.petitions(Special.LEAK)
    assert len(named) == 2


def test_most_denunciations_have_a_summary(tmp_path: Path) -> None:
    """About 85 % of them."""
    example = make(tmp_path, cases=1000, seed=2)
    with_summary, all_of_them = example.rows(
        "SELECT COUNT(s.IdDonThu), COUNT(*) FROM don_thu d LEFT JOIN don_thu_tom_tat_lien_thong s"
        " ON s.IdDonThu = d.IdDonThu WHERE d.LoaiDonThu = 2"
    )[0]

    assert 0.8 < with_summary / all_of_them < 0.93


def test_identifying_values_belong_to_protected_cases_only(example: Example) -> None:
    """None of them stands in a petition that is not protected: a hit in an output is a leak."""
    open_texts = "\n".join(
        str(value)
        for petition, *values in example.rows(
            "SELECT d.IdDonThu, d.NoiDungDonThu, p.HoTen, p.SoDinhDanhCaNhan, p.SoDienThoai, p.DiaChiChiTiet"
            " FROM don_thu d JOIN don_thu_nguoi_dai_dien n ON n.IdDonThu = d.IdDonThu"
            " JOIN don_thu_doi_tuong_di_kntc p ON p.IdDoiTuongDiKNTC = n.IdDoiTuongDiKNTC"
        )
        if not any(key.startswith(f"D{petition}-") for key in example.stock.protected)
        for value in values
    )

    assert len(example.stock.identifying) > 300
    assert [value for value in example.stock.identifying if value in open_texts] == []


def test_identifying_values_hold_everybody_of_a_protected_case(example: Example) -> None:
    """The writer of a leaking denunciation with name, number, telephone and address."""
    petition = example.stock.special[Special.LEAK][0].removeprefix("D").partition("-")[0]
    (row,) = example.rows(
        "SELECT p.HoTen, p.SoDinhDanhCaNhan, p.SoDienThoai, p.DiaChiChiTiet FROM don_thu_nguoi_dai_dien n"
        " JOIN don_thu_doi_tuong_di_kntc p ON p.IdDoiTuongDiKNTC = n.IdDoiTuongDiKNTC WHERE n.IdDonThu = ?",
        petition,
    )

    assert {value for value in row if value} <= set(example.stock.identifying)


def test_text_is_composed_except_where_it_is_the_point(example: Example) -> None:
    """One petition holds NFD, as some keyboards write it."""
    decomposed = [
        (petition,)
        for petition, text in example.rows("SELECT IdDonThu, NoiDungDonThu FROM don_thu")
        if not unicodedata.is_normalized("NFC", str(text))
    ]

    assert keys_of(decomposed) == example.petitions(Special.DECOMPOSED)


def test_numbers_of_people_have_the_right_form(example: Example) -> None:
    """12 digits, 9 on old cards; telephones 10 digits; ids are unique."""
    rows = example.rows("SELECT SoDinhDanhCaNhan, SoDienThoai FROM don_thu_doi_tuong_di_kntc")
    ids = [str(number) for number, _ in rows if number]

    assert all(re.fullmatch(r"0\d{11}|1\d{8}", number) for number in ids)
    assert any(len(number) == 9 for number in ids)
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"0\d{9}", str(phone)) for _, phone in rows if phone)


def test_the_code_lists_hold_every_code_in_use(example: Example) -> None:
    """Except those that are an oddity: kind 5 has no list."""
    for table, column, codes in (
        ("don_thu_linh_vuc", "IdLinhVuc", "linh_vuc"),
        ("don_thu_thong_tin_don_thu", "NguonDonDen", "nguon_don"),
        ("don_thu_doi_tuong_di_kntc", "MaXa", "dia_gioi"),
        ("don_thu_ket_qua_xu_ly", "MaCQXLTiep", "co_quan"),
        ("don_thu", "MaCoQuanDaGiaiQuyet", "co_quan"),
        ("don_thu_ho_so_dinh_kem", "LoaiTaiLieu", "loai_tai_lieu"),
        ("don_thu_quyet_dinh_giai_quyet", "IDHinhThucGiaiQuyet", "hinh_thuc_giai_quyet"),
    ):
        assert example.values(table, column) - {None, ""} <= example.values(codes, "ma")


def test_the_agency_map_of_the_configuration_agrees() -> None:
    """Local ids and national codes are the same in the code table that the profile uses."""
    with (CODES / "agencies.csv").open(encoding="utf-8") as file:
        listed = {
            (int(row["local"]), row["national"])
            for row in csv.DictReader(line for line in file if not line.startswith("#"))
        }

    assert {(entry.local_id, entry.national_code) for entry in ORGANISATIONS} <= listed


def test_the_corruption_codes_of_the_configuration_agree() -> None:
    """What the example calls corruption is what the policy protects."""
    with (CODES / "corruption.csv").open(encoding="utf-8") as file:
        listed = {row["national"] for row in csv.DictReader(line for line in file if not line.startswith("#"))}

    assert listed == set(CORRUPTION_FIELDS)


def keys_of(rows: list[tuple[Any, ...]]) -> set[str]:
    """Return rows of petition ids as the beginnings of case keys."""
    return {f"D{petition}" for (petition,) in rows}
