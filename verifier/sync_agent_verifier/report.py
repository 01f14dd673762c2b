"""Decides how a result is put: plain lines one can attach to a report, or one JSON document."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from sync_agent_verifier import __version__
from sync_agent_verifier.remarks import Remark, Remarks, Severity
from sync_agent_verifier.words import SENTENCES

__all__ = ["Report"]

_TITLES = {
    "vi": ("KIỂM TRA NHẬT KÝ KIỂM TOÁN", "Lệnh", "Thời điểm kiểm tra", "Đã kiểm tra", "Cần chú ý", "KẾT QUẢ"),
    "en": ("VERIFICATION OF AN AUDIT LOG", "Command", "Checked at", "Checked", "Findings", "RESULT"),
}
_MORE = {"vi": "... và {count} chỗ nữa như vậy ({code})", "en": "... and {count} more like this ({code})"}
_RESULTS = {
    Severity.TOLD: {"vi": "TOÀN VẸN: không thấy dấu vết can thiệp.", "en": "SOUND: nothing was tampered with."},
    Severity.LOOK: {
        "vi": "KHÔNG THẤY DẤU VẾT CAN THIỆP, nhưng có điểm cần người xem xét ở trên.",
        "en": "NOTHING TAMPERED WITH WAS FOUND, but a person must look at the findings above.",
    },
    Severity.UNREADABLE: {
        "vi": "KHÔNG KIỂM TRA ĐƯỢC: không có gì được xác nhận.",
        "en": "COULD NOT BE CHECKED: nothing is confirmed.",
    },
    Severity.TAMPERED: {
        "vi": "CÓ DẤU VẾT CAN THIỆP: không dựa vào dữ liệu này. Hãy giữ nguyên bản và báo cáo.",
        "en": "TAMPERED WITH: do not rely on this. Keep it as it is and report it.",
    },
}


@dataclass(frozen=True)
class Report:
    """What one check came to. `command` is what was asked, as words."""

    command: Sequence[str]
    remarks: Remarks
    language: str

    @property
    def severity(self) -> Severity:
        """The worst of what was found; its value is the exit code."""
        return max((SENTENCES[remark.code].severity for remark in self.remarks.all), default=Severity.UNREADABLE)

    def text(self) -> str:
        """Return the lines for a person."""
        title, command, time, checked, findings, result = _TITLES[self.language]
        told = [remark for remark in self.remarks.all if SENTENCES[remark.code].severity is Severity.TOLD]
        found = [remark for remark in self.remarks.all if remark not in told]
        lines = [title, f"sync-agent-verifier {__version__}", f"{command}: {' '.join(self.command)}"]
        lines.append(f"{time}: {_now()}")
        for heading, remarks in ((checked, told), (findings, found)):
            if remarks:
                lines += ["", f"{heading}:", *map(self._line, remarks)]
        for code, count in self.remarks.left_out().items():
            lines.append("  " + _MORE[self.language].format(count=count, code=code))
        lines += ["", f"{result}: {_RESULTS[self.severity][self.language]} (exit {self.severity.value})"]
        return "\n".join(lines) + "\n"

    def json(self) -> str:
        """Return one document: the codes and facts for programs, the sentences beside them."""
        remarks = [
            {
                "code": remark.code,
                "severity": SENTENCES[remark.code].severity.name.lower(),
                "facts": remark.facts,
                "text": self._sentence(remark).strip(),
            }
            for remark in self.remarks.all
        ]
        document = {
            "verifier": __version__,
            "command": list(self.command),
            "checked_at": _now(),
            "result": self.severity.name.lower(),
            "exit_code": self.severity.value,
            "remarks": remarks,
            "left_out": self.remarks.left_out(),
        }
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"

    def _sentence(self, remark: Remark) -> str:
        return SENTENCES[remark.code].text(self.language, remark.facts)

    def _line(self, remark: Remark) -> str:
        told = SENTENCES[remark.code].severity is Severity.TOLD
        return f"  {self._sentence(remark)}" + ("" if told else f" [{remark.code}]")


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
