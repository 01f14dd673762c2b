"""Every rule a finding can name: what it means in both languages, and whether a person may release it.

A rule that is not releasable is mended in the local system (or in the configuration), never waved through.
"""

from dataclasses import dataclass

__all__ = ["RULES", "Rule"]


@dataclass(frozen=True, slots=True)
class Rule:
    """`basis` names the article or document behind the rule, or is empty.

    `in_settings`: what it finds is mended in the configuration of the agent, not in the local system.
    """

    vi: str
    en: str
    releasable: bool = False
    basis: str = ""
    in_settings: bool = False


RULES: dict[str, Rule] = {
    # mapping
    "unmapped_code": Rule(
        "Mã của hệ thống địa phương chưa có mã quốc gia tương ứng trong bảng mã.",
        "A local code has no national code in the code table.",
        basis="schemas/kntc/codes/README.md",
        in_settings=True,
    ),
    "bad_date": Rule("Ngày tháng không đọc được.", "A date cannot be read.", basis="Nghị định 55/2022/NĐ-CP, Điều 5"),
    "bad_number": Rule("Số không đọc được.", "A number cannot be read.", basis="Nghị định 55/2022/NĐ-CP, Điều 5"),
    "bad_flag": Rule(
        "Giá trị có/không không đọc được.", "A yes/no value cannot be read.", basis="Nghị định 55/2022/NĐ-CP, Điều 5"
    ),
    "bad_value": Rule(
        "Giá trị không hợp lệ với trường này.",
        "The value does not fit this field.",
        basis="Nghị định 55/2022/NĐ-CP, Điều 5",
    ),
    "bad_key": Rule(
        "Khóa vụ việc không đúng mẫu đã khai báo.",
        "The case key does not match the declared pattern.",
        basis="docs/profile.md",
    ),
    "rows_disagree": Rule(
        "Có nhiều dòng cho một bước chỉ được có một dòng.",
        "Several rows where the case can have only one.",
        basis="Nghị định 55/2022/NĐ-CP, Điều 5",
    ),
    "undated_code": Rule(
        "Ý nghĩa của mã đã thay đổi theo thời gian; ngày của dòng dữ liệu không cho biết áp dụng nghĩa nào.",
        "The meaning of the code changed with time, and the day of the row does not tell which one holds.",
        basis="Nghị định 55/2022/NĐ-CP, Điều 5",
    ),
    "bad_amount": Rule(
        "Số tiền hoặc diện tích cùng đơn vị chỉ đọc được nếu phỏng đoán.",
        "An amount with its unit can only be read by guessing.",
        basis="Nghị định 55/2022/NĐ-CP, Điều 5",
    ),
    "bad_form": Rule(
        "Số không đúng dạng đã khai báo; có thể đã mất chữ số 0 ở đầu. Trường này để trống.",
        "The value does not have the declared form, a leading zero may be lost. The field stays empty.",
        basis="Nghị định 55/2022/NĐ-CP, Điều 5",
    ),
    "maybe_cut": Rule(
        "Văn bản dài đúng bằng giới hạn của cột nên có thể đã bị cắt.",
        "The text is exactly as long as its column can hold, so it may have been cut.",
        releasable=True,
        basis="Nghị định 55/2022/NĐ-CP, Điều 5",
    ),
    "only_part": Rule(
        "Hệ thống địa phương chỉ lưu một phần của giá trị này.",
        "The local system keeps only a part of this value.",
        basis="Nghị định 55/2022/NĐ-CP, Điều 5",
    ),
    "names_unclear": Rule(
        "Không chắc văn bản nêu tên những người, cơ quan nào; văn bản được giữ nguyên, không tách.",
        "It is not sure which people or bodies the text names; it was not split.",
        releasable=True,
        basis="Nghị định 55/2022/NĐ-CP, Điều 5",
    ),
    "doubtful": Rule(
        "Hồ sơ địa phương có chỗ mâu thuẫn hoặc chưa rõ theo điều kiện nêu trong hồ sơ ánh xạ; cần người xem xét.",
        "What the profile says to look at: the local record contradicts itself or leaves open what is meant.",
        releasable=True,
        basis="Nghị định 55/2022/NĐ-CP, Điều 5",
    ),
    "plugin_failed": Rule(
        "Hàm ánh xạ bổ sung không đọc được dữ liệu này.",
        "A mapping function of a plug-in failed on this record.",
        basis="Nghị định 55/2022/NĐ-CP, Điều 5",
    ),
    "text_tcvn3": Rule(
        "Văn bản mã TCVN3 (ABC) đã được chuyển sang Unicode như đã khai báo.",
        "Text in TCVN3 (ABC) was converted to Unicode, as declared.",
        basis="TCVN 6909:2001",
    ),
    "text_vni": Rule(
        "Văn bản mã VNI đã được chuyển sang Unicode như đã khai báo.",
        "Text in VNI was converted to Unicode, as declared.",
        basis="TCVN 6909:2001",
    ),
    "text_1258": Rule(
        "Văn bản mã windows-1258 đã được chuyển sang Unicode như đã khai báo.",
        "Text in windows-1258 was converted to Unicode, as declared.",
        basis="TCVN 6909:2001",
    ),
    "text_misread": Rule(
        "Văn bản UTF-8 bị đọc nhầm bảng mã đã được đọc lại đúng.",
        "Text in UTF-8 that had been read as Latin-1 was read again.",
        basis="TCVN 6909:2001",
    ),
    "text_composed": Rule(
        "Văn bản Unicode tổ hợp đã được chuyển sang dựng sẵn.",
        "Decomposed Unicode text was composed.",
        basis="TCVN 6909:2001",
    ),
    "text_lost": Rule(
        "Văn bản có dấu “?” thay cho chữ: chữ đã mất khi lưu, không thể phục hồi.",
        "A question mark stands where a letter was: it was lost when the text was stored, and cannot be restored.",
        basis="TCVN 6909:2001",
    ),
    "looks_tcvn3": Rule(
        "Văn bản giống mã TCVN3 (ABC) nhưng chưa được khai báo (`text` trong hồ sơ ánh xạ).",
        "The text looks like TCVN3 (ABC), which the profile does not declare (`text`).",
        releasable=True,
        basis="TCVN 6909:2001",
    ),
    "looks_vni": Rule(
        "Văn bản giống mã VNI nhưng chưa được khai báo (`text` trong hồ sơ ánh xạ).",
        "The text looks like VNI, which the profile does not declare (`text`).",
        releasable=True,
        basis="TCVN 6909:2001",
    ),
    "looks_1258": Rule(
        "Văn bản giống mã windows-1258 nhưng chưa được khai báo (`text` trong hồ sơ ánh xạ).",
        "The text looks like windows-1258, which the profile does not declare (`text`).",
        releasable=True,
        basis="TCVN 6909:2001",
    ),
    "source_missing": Rule(
        "Vụ việc không còn đọc được ở hệ thống địa phương.",
        "The case can no longer be read in the local system.",
        basis="Nghị định 55/2022/NĐ-CP, Điều 4",
    ),
    "file_missing": Rule(
        "Không đọc được tệp đính kèm.",
        "An attached file cannot be read.",
        releasable=True,
        basis="Nghị định 55/2022/NĐ-CP, Điều 4",
    ),
    # the gate
    "policy_not_signed": Rule(
        "Chính sách bảo mật hiện hành chưa được người có thẩm quyền ký.",
        "The privacy policy in force has not been signed by a named person.",
        basis="Luật Tố cáo 2018, Điều 56",
        in_settings=True,
    ),
    "needs_redacted_summary": Rule(
        "Vụ việc được bảo vệ cần bản tóm tắt đã lược bỏ danh tính.",
        "A protected case needs an approved summary without identity.",
        basis="Luật Tố cáo 2018, Điều 56",
    ),
    "identity_in_text": Rule(
        "Nội dung sắp gửi còn chứa thông tin nhận dạng phải giữ bí mật.",
        "What would go up still contains withheld identity.",
        basis="QĐ 774/QĐ-TTg 2020",
    ),
    "reclassified": Rule(
        "Vụ việc trở thành diện bảo vệ sau khi đã gửi.",
        "The case became protected after it went up.",
        basis="QĐ 774/QĐ-TTg 2020",
    ),
    "link_across_protection": Rule(
        "Liên kết giữa vụ việc được bảo vệ và không được bảo vệ không được gửi.",
        "A link between a protected and an unprotected case is not sent.",
        basis="QĐ 774/QĐ-TTg 2020",
    ),
    "not_classified": Rule(
        "Chưa có loại đơn: chưa thể biết có phải tố cáo hay không.",
        "The kind is not known yet: it may be a denunciation.",
        basis="QĐ 774/QĐ-TTg 2020",
    ),
    "personal_number_in_text": Rule(
        "Văn bản tự do có số giấy tờ, số điện thoại hoặc địa chỉ thư điện tử của cá nhân.",
        "A free text holds somebody's ID number, telephone number or e-mail address.",
        releasable=True,
        basis="Luật 91/2025/QH15",
    ),
    "confidential_file": Rule(
        "Tệp đánh dấu mật không được gửi.",
        "A file marked confidential is not sent.",
        basis="Luật 117/2025/QH15, Điều 5",
    ),
    "procedure_withheld": Rule(
        "Gia hạn, tạm đình chỉ hoặc rút đơn của vụ việc được bảo vệ không được gửi.",
        "An extension, a suspension or a withdrawal of a protected case is not sent.",
        basis="Luật Tố cáo 2018, Điều 56",
    ),
    # the contract
    "schema": Rule(
        "Thông điệp không đúng lược đồ của hợp đồng.",
        "The message does not match its schema.",
        basis="schemas/kntc/EVIDENCE.md",
    ),
    "required_missing": Rule(
        "Thiếu trường bắt buộc.", "A required field is missing.", basis="schemas/kntc/EVIDENCE.md"
    ),
    "wire_unit": Rule(
        "Số không thể chuyển chính xác sang đơn vị của cơ sở dữ liệu quốc gia.",
        "The amount cannot be expressed exactly in the wire's unit.",
        basis="schemas/kntc/EVIDENCE.md",
    ),
    "several_respondents": Rule(
        "Có nhiều người bị khiếu nại, tố cáo; cần chọn cách gửi (`respondents`).",
        "Several respondents; the agency must choose how to send them (`respondents`).",
        basis="schemas/kntc/EVIDENCE.md",
        in_settings=True,
    ),
    "not_expressible": Rule(
        "Hợp đồng hiện hành không chuyển được thông tin này.",
        "The contract cannot carry this information.",
        basis="schemas/kntc/EVIDENCE.md",
    ),
    "too_large": Rule(
        "Thông điệp vượt giới hạn kích thước.", "The message is larger than allowed.", basis="schemas/kntc/EVIDENCE.md"
    ),
    # delivery
    "update_not_expressible": Rule(
        "Nội dung đã thay đổi nhưng hợp đồng không có cách cập nhật bước này.",
        "The content changed but the contract has no known way to update this step.",
        basis="schemas/kntc/contract.toml",
    ),
    "files_changed": Rule(
        "Tệp đính kèm thay đổi sau khi gửi; hợp đồng chỉ nhận tệp khi tạo mới.",
        "Files changed after sending; the contract takes files only on creation.",
        basis="schemas/kntc/contract.toml",
    ),
    "update_empties_field": Rule(
        "Bản cập nhật sẽ làm trống một trường đã gửi.",
        "The update would empty a field that was sent.",
        releasable=True,
        basis="schemas/kntc/contract.toml",
    ),
    "id_changed": Rule(
        "Cập nhật được trả lời bằng một mã khác.",
        "An update was answered with another Id.",
        basis="schemas/kntc/contract.toml",
    ),
    "foreign_writer": Rule(
        "Vụ việc đã có mã quốc gia do nơi khác tạo.",
        "The case has a national Id that was not minted here.",
        basis="Nghị định 55/2022/NĐ-CP, Điều 5",
    ),
    "national_id_shared": Rule(
        "Mã quốc gia này được ghi ở nhiều hơn một vụ việc hoặc quyết định.",
        "The same national Id stands at more than one case or decision.",
        basis="Nghị định 55/2022/NĐ-CP, Điều 5",
    ),
    "maybe_present": Rule(
        "Cơ sở dữ liệu quốc gia có thể đã có nội dung này; cần người kiểm tra.",
        "The national database may hold this already; a person must look.",
        releasable=True,
        basis="Nghị định 55/2022/NĐ-CP, Điều 5",
    ),
    "adopted_update": Rule(
        "Lần cập nhật đầu tiên của hồ sơ đã tiếp nhận: các trường nêu tên sẽ bị làm trống ở cơ sở dữ liệu quốc gia.",
        "The first update of a record that was taken over: the fields named would be emptied in the national database.",
        releasable=True,
        basis="Nghị định 55/2022/NĐ-CP, Điều 5",
    ),
    "deleted_locally": Rule(
        "Bước này đã gửi nhưng không còn ở hệ thống địa phương; hợp đồng không có cách xóa.",
        "This step went up and is no longer in the local system; the contract cannot delete.",
        basis="schemas/kntc/EVIDENCE.md",
    ),
    "no_account": Rule(
        "Chưa có tài khoản quốc gia cho cơ quan này.",
        "No national account is configured for this agency.",
        basis="docs/reference.md",
        in_settings=True,
    ),
    "out_of_scope": Rule(
        "Cơ quan hoặc loại đơn chưa được mở trong phạm vi gửi (`scope`).",
        "The agency or the kind has not been opened for sending (`scope`).",
        basis="docs/reference.md",
        in_settings=True,
    ),
    "before_start": Rule(
        "Vụ việc cũ hơn ngày bắt đầu (`scope.start_from`).",
        "The case is older than `scope.start_from`.",
        basis="Nghị định 55/2022/NĐ-CP, Điều 8",
        in_settings=True,
    ),
}
