"""Every page in a real browser: what a person sees, hears from a screen reader, and does with the keyboard alone."""

import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import Window
from tests.support.houses import House
from tests.support.sites import NARROW, OPERATOR

PAGES = {
    "overview": "/",
    "cases": "/cases",
    "refused": "/cases?state=rejected",
    "audit": "/audit",
    "entry": "/audit/5",
    "heads": "/audit/heads",
    "verification": "/audit/verification",
    "runs": "/runs",
    "requests": "/requests",
    "configuration": "/configuration",
}
WIDTHS = (360, 1920, 1280)

Examine = Callable[[Window], list[str]]


def case_path(house: House, key: str) -> str:
    """Return the address of the page of a case."""
    found = house.select(f"SELECT id FROM case_state WHERE case_key = '{key}'")  # noqa: S608 - a key of this test
    return f"/cases/{found[0][0]}"


def violations(window: Window) -> list[str]:
    """Return what axe-core finds wrong with the page that is open."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(window.page).response["violations"]
    return [f"{each['id']}: {node['target']}" for each in found for node in each["nodes"]]


def test_every_page_can_be_read_by_everybody(operator: Window, house: House, pictures: Path) -> None:
    """No violation of WCAG that axe-core knows, nothing in the console, nothing wider than the window."""
    cases = {f"case-{key}": case_path(house, key) for key in ("V1", "V3", "V4", "V6", "V7")}
    wrong = looked_at(operator, PAGES | cases, pictures, WIDTHS, examine=violations)
    operator.speak("en")
    wrong += looked_at(operator, PAGES | cases, pictures, (360, 1280), examine=lambda _: [])
    operator.speak("vi")
    assert wrong == []
    assert operator.said == []


def looked_at(
    window: Window, pages: dict[str, str], pictures: Path, widths: tuple[int, ...], *, examine: Examine
) -> list[object]:
    """Return what is wrong with pages, of which pictures are kept."""
    wrong: list[object] = []
    for name, path in pages.items():
        wrong += [(name, status) for status in [window.open(path)] if status != 200]
        language = window.page.locator("html").get_attribute("lang")
        for width in widths:
            window.page.set_viewport_size({"width": width, "height": 800})
            window.page.screenshot(path=pictures / f"{name}-{language}-{width}.png")
            wrong += [(name, language, width, "too wide")] if window.overflows() else []
        wrong += [(name, each) for each in examine(window)]
    return wrong


def test_the_dark_has_contrast_too(operator: Window, house: House) -> None:
    """Who has chosen dark colours reads as well."""
    operator.page.emulate_media(color_scheme="dark")
    wrong = []
    for path in ("/", case_path(house, "V6"), "/audit"):
        operator.open(path)
        wrong += violations(operator)
    operator.page.emulate_media(color_scheme="light")
    assert wrong == []


def test_nobody_is_shown_the_sign_in(new_window: Callable[..., Window]) -> None:
    """Without an account there is one page, and it can be used by everybody."""
    window = new_window()
    window.open("/cases")
    assert "/signin" in window.page.url
    assert violations(window) == []
    assert window.said == []


def test_the_keyboard_is_enough(auditor: Window) -> None:
    """The first tab leads past the navigation; focus is seen; the page one is on is said."""
    auditor.open("/audit")
    auditor.page.keyboard.press("Tab")
    assert auditor.page.evaluate("document.activeElement.className") == "skip"
    auditor.page.keyboard.press("Enter")
    assert auditor.page.evaluate("document.activeElement.id") == "main"
    auditor.page.keyboard.press("Tab")
    assert auditor.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert auditor.page.locator("nav [aria-current=page]").get_attribute("href") == "/audit"


def test_only_an_operator_is_offered_something_to_ask(auditor: Window, operator: Window, house: House) -> None:
    """An auditor reads; the forms are not even there."""
    path = case_path(house, "V6")
    auditor.open(path)
    operator.open(path)
    asked = "form[action^='/cases/']"
    assert (auditor.page.locator(asked).count(), operator.page.locator(asked).count() > 0) == (0, True)


def test_a_choice_changes_the_list_and_the_address(auditor: Window) -> None:
    """With scripts a choice acts at once; going back leads back."""
    auditor.open("/cases")
    auditor.page.select_option("select[name=state]", "rejected")
    auditor.page.wait_for_url("**/cases?*state=rejected*")
    auditor.page.wait_for_function("document.querySelectorAll('#found tbody tr').length === 1")
    assert auditor.said == []


def test_everything_works_without_scripts(new_window: Callable[..., Window], house: House) -> None:
    """Sign in, choose, find one case, ask for something, choose a language."""
    window = new_window(java_script_enabled=False)
    window.sign_in(OPERATOR)
    window.open("/cases")
    window.page.select_option("select[name=state]", "held")
    window.page.click("form[action='/cases'] button")
    assert window.page.locator("#found tbody tr").count() > 0
    window.page.fill("input[name=key]", "V1")
    window.page.click("form[action='/cases/find'] button")
    assert window.page.url.endswith(case_path(house, "V1"))
    window.page.click("details.act summary")
    window.page.fill("form[action$='/resync'] input[name=reason]", "kiem-tra")
    window.page.click("form[action$='/resync'] button")
    assert "/requests" in window.page.url
    assert "kiem-tra" in window.page.inner_text("main table")
    window.page.click("button[name=language][value=en]")
    assert window.page.locator("html").get_attribute("lang") == "en"


def test_an_unknown_key_is_not_repeated(auditor: Window) -> None:
    """What was typed may be a name: it stands neither in the page nor in the address."""
    auditor.open("/cases")
    auditor.page.fill("input[name=key]", "Lò Văn Mẫu")
    auditor.page.click("form[action='/cases/find'] button")
    auditor.page.wait_for_selector("[role=alert]")
    assert "unknown=1" in auditor.page.url
    assert "Mẫu" not in auditor.page.content()


def test_a_protected_case_is_named_by_its_pseudonym(auditor: Window, house: House) -> None:
    """Its key stands nowhere, whoever looks."""
    path = case_path(house, "V7")
    auditor.open(path)
    assert auditor.page.inner_text("h1").split()[-1].startswith("P-")
    assert "V7" not in auditor.page.content()


def test_who_sees_one_agency_sees_no_other(new_window: Callable[..., Window], house: House) -> None:
    """A case of another agency is to them what an unknown one is."""
    window = new_window()
    window.sign_in(NARROW)
    assert (window.open(case_path(house, "V1")), window.open(case_path(house, "V2"))) == (200, 404)
    window.open("/cases")
    assert "H217.02" not in window.page.content()
    window.open("/")
    assert "H217.02" not in window.page.content()


def test_the_story_of_a_case_leads_to_its_entries(auditor: Window, house: House) -> None:
    """From the first sight to the acknowledgement, each with the entry that proves it."""
    auditor.open(case_path(house, "V1"))
    assert auditor.page.locator(".story li").count() >= 15
    auditor.page.locator(".story a").first.click()
    auditor.page.wait_for_selector("#proof")
    assert auditor.page.locator("a[href$='/proof']").count() == 1


def test_verify_now_says_what_was_checked(auditor: Window) -> None:
    """The result stands there with time and range."""
    auditor.open("/audit")
    auditor.page.click("form[action='/audit/verify'] button")
    auditor.page.wait_for_selector("#result", timeout=20_000)
    assert auditor.page.locator(".verdicts li").count() >= 3
    assert auditor.page.locator(".verdict.up, .verdict.held").count() == 1


def test_proof_is_taken_home(auditor: Window) -> None:
    """The bundle, the lists and the proof of one entry, each as a file."""
    request = auditor.page.context.request
    bundle = zipfile.ZipFile(io.BytesIO(request.get(f"{auditor.base}/audit/bundle.zip").body()))
    assert {"manifest.json", "checkpoint"} <= set(bundle.namelist())
    book = zipfile.ZipFile(io.BytesIO(request.get(f"{auditor.base}/audit/log.xlsx?event=accepted").body()))
    assert "xl/workbook.xml" in book.namelist()
    lines = list(csv.reader(io.StringIO(request.get(f"{auditor.base}/audit/log.csv?event=refused").text())))
    assert len(lines) == 2
    proof = request.get(f"{auditor.base}/audit/5/proof")
    assert proof.text().startswith("c2sp.org/tlog-proof@v1\n")


def test_paper_has_the_content_and_nothing_to_click(auditor: Window) -> None:
    """Navigation, forms and buttons are left out when printing."""
    auditor.open("/audit")
    auditor.page.emulate_media(media="print")
    shown = auditor.page.locator("nav, .filter, .take, main button").locator("visible=true").count()
    table = auditor.page.locator("#found table").is_visible()
    auditor.page.emulate_media(media="screen")
    assert (shown, table) == (0, True)
