"""What the invented petitions are about: per kind a field code, the full text and wordings without identity."""

from dataclasses import dataclass
from typing import Final

from sync_agent.example.kinds import COMPLAINT, DENUNCIATION, FEEDBACK, MIXED

__all__ = ["FIELDS", "PLAIN_WORDINGS", "TOPICS", "Topic", "topics_of"]


@dataclass(frozen=True, slots=True)
class Topic:
    """`matter` is told about `{who}`; `redacted` are wordings of the same matter that name nobody."""

    kind: int
    fields: tuple[str, ...]
    matter: str
    request: str
    redacted: tuple[str, ...]


TOPICS: Final[tuple[Topic, ...]] = (
    Topic(
        COMPLAINT,
        ("KN.01.02",),
        "khiếu nại quyết định thu hồi đất và phương án bồi thường, hỗ trợ, tái định cư do {who} ban hành",
        "áp lại giá bồi thường và xem xét bố trí tái định cư",
        (
            "Khiếu nại quyết định thu hồi thửa ruộng và mức bồi thường của cấp xã.",
            "Khiếu nại về giá bồi thường khi Nhà nước lấy ruộng làm đường.",
        ),
    ),
    Topic(
        COMPLAINT,
        ("KN.01.02.16",),
        "khiếu nại việc {who} không công nhận nguồn gốc nhà ở gắn liền với thửa đất đang sử dụng ổn định",
        "cấp giấy chứng nhận quyền sở hữu nhà ở",
        (
            "Khiếu nại việc chưa được cấp giấy chứng nhận cho ngôi nhà đã ở từ lâu.",
            "Khiếu nại cách xác định nguồn gốc nhà ở của cơ quan có thẩm quyền.",
        ),
    ),
    Topic(
        COMPLAINT,
        ("KN.01.01",),
        "khiếu nại quyết định của {who} về việc dừng chi trả trợ cấp người có công",
        "khôi phục chế độ và truy lĩnh khoản trợ cấp còn thiếu",
        (
            "Khiếu nại quyết định dừng chi trả trợ cấp người có công.",
            "Khiếu nại việc bị cắt chế độ trợ cấp.",
        ),
    ),
    Topic(
        COMPLAINT,
        ("KN.01.06", "KN.01.02"),
        "khiếu nại quyết định xử phạt vi phạm hành chính của {who} trong lĩnh vực xây dựng",
        "hủy quyết định xử phạt",
        ("Khiếu nại quyết định xử phạt về xây dựng.", "Khiếu nại mức phạt đối với việc xây nhà."),
    ),
    Topic(
        COMPLAINT,
        ("KN.05",),
        "khiếu nại kết quả xét duyệt học sinh hưởng chính sách do {who} công bố",
        "xét lại hồ sơ của con em gia đình",
        ("Khiếu nại kết quả xét duyệt học sinh hưởng chính sách.", "Khiếu nại về xét chế độ cho học sinh."),
    ),
    Topic(
        DENUNCIATION,
        ("TC.01.05",),
        "tố cáo {who} nhận tiền của các hộ dân để làm thủ tục chuyển mục đích sử dụng đất",
        "xác minh, thu hồi số tiền đã nhận và xử lý nghiêm",
        (
            "Tố cáo một cán bộ cấp xã đòi các hộ nộp khoản thu ngoài quy định khi làm thủ tục.",
            "Tố cáo cán bộ nhận hối lộ khi giải quyết thủ tục cho các hộ.",
        ),
    ),
    Topic(
        DENUNCIATION,
        ("TC.01",),
        "tố cáo {who} giao đất công ích cho người thân không qua đấu giá",
        "thanh tra toàn bộ việc giao đất trong ba năm gần đây",
        (
            "Tố cáo một cán bộ cấp xã giao ruộng công ích không qua đấu giá.",
            "Tố cáo việc giao ruộng công ích trái phép ở một xã.",
        ),
    ),
    Topic(
        DENUNCIATION,
        ("TC.01.05", "TC.01"),
        "tố cáo {who} lập khống hồ sơ nghiệm thu công trình đường giao thông nông thôn",
        "kiểm tra hồ sơ thanh quyết toán và làm rõ trách nhiệm",
        (
            "Tố cáo việc lập khống hồ sơ nghiệm thu một công trình của xã.",
            "Tố cáo sai phạm về nghiệm thu đường nội thôn.",
        ),
    ),
    Topic(
        DENUNCIATION,
        ("TC.09",),
        "tố cáo {who} có lời lẽ xúc phạm và cản trở người dân đến nộp hồ sơ",
        "xem xét trách nhiệm và chấn chỉnh thái độ phục vụ",
        (
            "Tố cáo thái độ cản trở người nộp hồ sơ của một cán bộ.",
            "Tố cáo một cán bộ xúc phạm người đến nộp hồ sơ.",
        ),
    ),
    Topic(
        DENUNCIATION,
        ("TC.01.02",),
        "tố cáo {who} sử dụng bằng cấp không hợp pháp để được bổ nhiệm",
        "thẩm tra văn bằng và quy trình bổ nhiệm",
        (
            "Tố cáo một viên chức dùng bằng cấp giả khi được bổ nhiệm.",
            "Tố cáo sai phạm về bằng cấp của một cán bộ.",
        ),
    ),
    Topic(
        FEEDBACK,
        ("PA.01.02",),
        "phản ánh cơ sở chăn nuôi xả nước thải ra mương chung, gây mùi hôi kéo dài",
        "kiểm tra và buộc khắc phục ô nhiễm",
        ("Phản ánh một cơ sở xả nước bẩn ra mương chung.", "Phản ánh ô nhiễm mương nước của khu dân cư."),
    ),
    Topic(
        FEEDBACK,
        ("PA.01",),
        "kiến nghị sửa chữa tuyến đường liên thôn xuống cấp, nhiều ổ gà, thiếu đèn chiếu sáng",
        "bố trí vốn sửa chữa trước mùa mưa",
        ("Kiến nghị sửa tuyến đường thôn xuống cấp.", "Kiến nghị sửa đường, lắp đèn."),
    ),
    Topic(
        FEEDBACK,
        ("PA.01.01",),
        "kiến nghị giải quyết chậm chế độ mai táng phí và trợ cấp xã hội hằng tháng",
        "trả lời bằng văn bản và chi trả trong quý này",
        ("Kiến nghị chi trả trợ cấp còn chậm.", "Kiến nghị về việc chậm chi trả chế độ."),
    ),
    Topic(
        FEEDBACK,
        ("PA.01", "PA.01.02"),
        "phản ánh tình trạng lấn chiếm vỉa hè, họp chợ tạm trên đường vào trường học",
        "lập lại trật tự và sắp xếp điểm bán hàng",
        ("Phản ánh việc lấn chiếm vỉa hè gần trường học.", "Phản ánh chợ tạm họp trên đường."),
    ),
    Topic(
        MIXED,
        ("KN.01.02", "TC.01"),
        "vừa khiếu nại mức bồi thường khi thu hồi đất vừa tố cáo {who} kê khai khống diện tích đo đạc",
        "giải quyết riêng từng nội dung theo quy định",
        (
            "Vừa khiếu nại mức bồi thường vừa tố cáo việc kê khống số đo của thửa ruộng.",
            "Khiếu nại giá bồi thường, kèm tố cáo cán bộ đo đạc gian dối.",
        ),
    ),
    Topic(
        MIXED,
        ("PA.01", "TC.01.05"),
        "phản ánh chất lượng công trình nước sạch và tố cáo {who} nhận tiền của nhà thầu",
        "kiểm tra chất lượng công trình và xác minh nội dung tố cáo",
        (
            "Phản ánh công trình nước sạch kém chất lượng và tố cáo cán bộ nhận hối lộ của nhà thầu.",
            "Đơn có hai nội dung: phản ánh công trình nước sạch, tố cáo sai phạm của nhà thầu.",
        ),
    ),
    Topic(
        MIXED,
        ("KN.01.01", "PA.01.01"),
        "khiếu nại việc dừng trợ cấp của {who} và kiến nghị bổ sung đối tượng hưởng chính sách",
        "xem xét lại quyết định và trả lời kiến nghị",
        (
            "Khiếu nại việc cắt trợ cấp và kiến nghị bổ sung đối tượng được hưởng.",
            "Đơn có hai nội dung về trợ cấp: khiếu nại và kiến nghị.",
        ),
    ),
)

PLAIN_WORDINGS: Final = (
    "Đơn nêu các sai phạm của một cán bộ cấp xã, đề nghị kiểm tra.",
    "Đơn đề nghị kiểm tra một số việc làm sai ở cơ sở.",
    "Nội dung thuộc thẩm quyền của cơ quan nhận đơn, đề nghị xem xét.",
)
"""Wordings for any matter, for when every closer one holds a word that is also the name of somebody in the case."""

FIELDS: Final[tuple[tuple[str, str], ...]] = (
    ("KN", "Khiếu nại"),
    ("KN.01", "Khiếu nại hành chính"),
    ("KN.01.01", "Khiếu nại về chế độ, chính sách"),
    ("KN.01.02", "Khiếu nại về đất đai"),
    ("KN.01.02.16", "Khiếu nại về nhà, tài sản"),
    ("KN.01.06", "Khiếu nại hành chính khác"),
    ("KN.02", "Khiếu nại tư pháp"),
    ("KN.05", "Khiếu nại văn hóa, xã hội, khác"),
    ("TC", "Tố cáo"),
    ("TC.01", "Tố cáo hành chính"),
    ("TC.01.02", "Tố cáo trong công tác cán bộ"),
    ("TC.01.05", "Tố cáo tham nhũng"),
    ("TC.02.01", "Tố cáo tham nhũng trong tư pháp"),
    ("TC.09", "Tố cáo khác"),
    ("PA", "Phản ánh, kiến nghị"),
    ("PA.01", "Phản ánh, kiến nghị hành chính"),
    ("PA.01.01", "Phản ánh, kiến nghị về chế độ, chính sách"),
    ("PA.01.02", "Phản ánh, kiến nghị về đất đai, môi trường"),
    ("PA.01.05", "Phản ánh về tham nhũng"),
    ("PA.02.01", "Phản ánh về tham nhũng trong tư pháp"),
)
"""The list `linh_vuc`: every field code in use."""


def topics_of(kind: int) -> tuple[Topic, ...]:
    """Return the topics of a kind; 'khác' (5) borrows those of feedback."""
    wanted = kind if kind in {COMPLAINT, DENUNCIATION, MIXED} else FEEDBACK
    return tuple(topic for topic in TOPICS if topic.kind == wanted)
