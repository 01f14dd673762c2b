"""What the local numbers mean: kinds of petition, directions, outcomes, and the lists that name them."""

from typing import Final

__all__ = [
    "COMPLAINT",
    "DENUNCIATION",
    "DENUNCIATION_OUTCOMES",
    "DIRECTIONS",
    "FEEDBACK",
    "KIND_NAMES",
    "MIXED",
    "OTHER",
    "OUTCOMES",
    "SETTLEMENT_FORMS",
    "SOURCES",
]

COMPLAINT: Final = 1
DENUNCIATION: Final = 2
FEEDBACK: Final = 3
MIXED: Final = 4
OTHER: Final = 5

KIND_NAMES: Final = {
    COMPLAINT: "complaint",
    DENUNCIATION: "denunciation",
    FEEDBACK: "feedback",
    MIXED: "mixed",
    OTHER: "other",
}
"""`LoaiDonThu`; 5 (khác) has no national meaning."""

SOURCES: Final = (
    (1, "Bưu chính"),
    (4, "Cơ quan khác chuyển"),
    (6, "Tiếp công dân trực tiếp"),
    (20, "Thư điện tử"),
    (23, "Nguồn khác"),
)

DIRECTIONS: Final = (
    (2, "Trả đơn và hướng dẫn"),
    (4, "Thụ lý giải quyết"),
    (5, "Chuyển đơn"),
    (7, "Hướng dẫn bằng văn bản"),
)

OUTCOMES: Final = (
    (1, "Khiếu nại đúng một phần"),
    (2, "Khiếu nại đúng toàn bộ"),
    (3, "Tố cáo đúng"),
    (4, "Tố cáo sai"),
    (5, "Tố cáo đúng một phần"),
    (6, "Khiếu nại sai toàn bộ"),
    (7, "Người tố cáo cố ý tố cáo sai sự thật"),
    (8, "Chuyển cơ quan điều tra"),
)

DENUNCIATION_OUTCOMES: Final = frozenset({3, 4, 5, 7})

SETTLEMENT_FORMS: Final = (
    (1, "Quyết định giải quyết"),
    (2, "Kết luận nội dung"),
    (3, "Văn bản trả lời"),
)
