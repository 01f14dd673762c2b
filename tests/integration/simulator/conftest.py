"""A running simulator, and a caller that sends what it is told and shows what came back."""

import base64
import http.client
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sync_agent.simulator import SimulatorOptions, SimulatorServer, SimulatorState

JSON = "application/json; charset=utf-8"


@dataclass
class Answer:
    """What came back, raw."""

    status: int
    headers: http.client.HTTPMessage
    raw: bytes

    @property
    def content(self) -> Any:
        """Decoded twice, as the contract says."""
        return json.loads(json.loads(self.raw))


@dataclass
class Caller:
    """Sends requests to one simulator over one connection, which it opens again when it was closed."""

    server: SimulatorServer
    authorization: str = "Basic " + base64.b64encode(b"H217.01:secret").decode()
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        address = urlsplit(self.server.url)
        self.connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=10)

    @property
    def state(self) -> SimulatorState:
        """What the simulator holds."""
        return self.server.state

    def request(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Send any request; header names have an underscore where theirs is a hyphen."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            self.connection.request(method, path, body, {"Authorization": self.authorization, **names})
            response = self.connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise

    def post(self, action: str, content: Any) -> Answer:
        """Send a message as JSON."""
        return self.request("POST", f"/KNTC/{action}", json.dumps(content).encode(), Content_Type=JSON)

    def ask(self, action: str, content: Any) -> Any:
        """Send a message and return the decoded answer."""
        return self.post(action, content).content

    def case(self, tag: str = "T1", **parts: Any) -> dict[str, Any]:
        """Return a case that is taken; `parts` replaces whole parts of it."""
        return {
            "VuViec": {"Id": "", "NgayNhapDon": "01/02/2026", "GanVuViec": 0, "LanhDaoTiep": "Chánh Thanh tra"},
            "NguoiKNTC": {
                "LoaiNguoiKNTC": 1,
                "DataNguoiKNTC": [
                    {
                        "HoTen": "Nguyễn Văn Thử",
                        "SoDinhDanhCaNhan": "000000000001",
                        "MaTinh": "217",
                        "MaHuyen": "21701",
                        "MaXa": "2170101",
                        "DiaChiChiTiet": "Khu 1",
                    }
                ],
            },
            "PhanLoaiDon": [{"MaLoaiDon": "KN", "MaLoaiDon1": "KN.01"}],
            "NoiDungDon": f"Tranh chấp ranh giới thửa đất\nMã liên thông: {tag}",
            "CoQuanTiepNhan": "H217.01",
            **parts,
        }

    def update(self, case_id: str, tag: str = "T1", **parts: Any) -> dict[str, Any]:
        """Return an update of a case, with as little in it as is taken."""
        return self.case(tag, VuViec={"Id": case_id, "NgayNhapDon": "01/02/2026", "GanVuViec": 0}, **parts)

    def create(self, tag: str = "T1", **parts: Any) -> str:
        """Create a case and return its Id."""
        return str(self.ask("CapNhatVuViec", self.case(tag, **parts))["Id"])

    def processing(self, case_id: str, **parts: Any) -> dict[str, Any]:
        """Return a processing result that is taken."""
        details = {"NgayXuLy": "02/02/2026", "HuongXuLy": {"MaHuongXuLy": "4"}, **parts}
        return {"Id": case_id, "NoiDungXuLy": details}

    def acceptance(self, case_id: str, **parts: Any) -> dict[str, Any]:
        """Return an acceptance that is taken."""
        return {"Id": case_id, "MaCoQuanThuLy": "H217.01", "NgayThuLy": "03/02/2026", **parts}

    def settlement(self, case_id: str, **parts: Any) -> dict[str, Any]:
        """Return a decision that is taken."""
        return {
            "Id": case_id,
            "SoQuyetDinh": "12/QĐ-UBND",
            "MaCoQuanBanHanh": "H217.01",
            "NgayBanHanh": "04/02/2026",
            "MaLoaiKetQua": "2",
            **parts,
        }

    def enforcement(self, case_id: str, decision_id: str, own: str = "", **parts: Any) -> dict[str, Any]:
        """Return an enforcement that is taken; `own` is its Id when it is updated."""
        details = {"MaCoQuanThiHanh": "H217.01", "NgayCapNhat": "05/02/2026", **parts}
        return {"Id": case_id, "IdKetQua": decision_id, "ThiHanhId": own, "ThiHanhGiaiQuyet": details}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Caller]]:
    """Start a simulator with the options given and return a caller of it; all are stopped, their failures raised."""
    callers: list[Caller] = []

    def started(**options: Any) -> Caller:
        server = SimulatorServer(SimulatorOptions(tmp_path / "national.db", **options))
        server.start()
        callers.append(Caller(server))
        return callers[-1]

    yield started
    for caller in callers:
        caller.connection.close()
    for caller in callers:
        caller.server.stop()


@pytest.fixture
def sim(start: Callable[..., Caller]) -> Caller:
    """Start a simulator with every default."""
    return start()
