"""Decides what each remark says, in Vietnamese and in English, and how bad it is."""

from dataclasses import dataclass

from sync_agent_verifier.remarks import Severity

__all__ = ["LANGUAGES", "SENTENCES", "Words"]

LANGUAGES = ("vi", "en")


@dataclass(frozen=True)
class Words:
    """One sentence in each language; names in braces are the facts of the remark."""

    severity: Severity
    vi: str
    en: str

    def text(self, language: str, facts: dict[str, str]) -> str:
        """Return the sentence with its facts."""
        return (self.vi if language == "vi" else self.en).format(**facts)


def _told(vi: str, en: str) -> Words:
    return Words(Severity.TOLD, vi, en)


def _look(vi: str, en: str) -> Words:
    return Words(Severity.LOOK, vi, en)


def _unreadable(vi: str, en: str) -> Words:
    return Words(Severity.UNREADABLE, vi, en)


def _tampered(vi: str, en: str) -> Words:
    return Words(Severity.TAMPERED, vi, en)


SENTENCES: dict[str, Words] = {
    # what was checked
    "manifest": _told(
        "Nhật ký: {origin}; gói được lập lúc {made_at} (theo gói).",
        "Log: {origin}; the bundle says that it was made at {made_at}.",
    ),
    "sha256": _told("SHA-256 của gói: {digest}", "SHA-256 of the bundle: {digest}"),
    "entries": _told(
        "Đã băm {count} mục, từ 0 đến {last}, thời gian từ {since} đến {until}.",
        "{count} entries were hashed, 0 to {last}, of the time from {since} to {until}.",
    ),
    "heads": _told(
        "Đã đối chiếu các đỉnh từ số {first} đến số {last}, ký từ {since} đến {until}.",
        "Heads {first} to {last} were compared, signed from {since} to {until}.",
    ),
    "events": _told("Số mục {event}: {count}", "Entries {event}: {count}"),
    "key_given": _told("Có chữ ký đúng của khóa đã đưa: {key}", "Signed by the key that was given: {key}"),
    "signed_by_given": _told(
        "Đỉnh số {number} có chữ ký đúng của khóa đã đưa: {key}", "Head {number} is signed by the key given: {key}"
    ),
    "saved_head_fits": _told(
        "Đỉnh đã giữ số {number}, ký lúc {time}, khớp với gói: các mục đến {last} vẫn như khi đó.",
        "The head you kept, number {number} of {time}, fits: the entries up to {last} are as they were then.",
    ),
    "no_head_kept": _told(
        "Không có đỉnh nào bạn đã giữ để so (--head): nếu phần cuối bị cắt thì ở đây không thấy được.",
        "No head that you kept was given (--head): that the end was cut off could not be seen here.",
    ),
    "anchored": _told(
        "Theo nhật ký, đỉnh số {number} đã được đưa ra ngoài và đại diện cho mọi mục đến {last}.",
        "By its own record, head {number} was taken outside and stands for all entries, up to {last}.",
    ),
    "anchored_partly": _told(
        "Theo nhật ký, đỉnh số {number} đã được đưa ra ngoài, đại diện cho các mục đến {last}; các mục sau đó chưa.",
        "By its own record, head {number} was taken outside, for the entries up to {last}; later ones were not yet.",
    ),
    "never_anchored": _told(
        "Theo nhật ký, chưa có đỉnh nào được đưa ra ngoài.", "By its own record, no head was taken outside yet."
    ),
    "stamped": _told(
        "Dấu thời gian {file} là của đỉnh số {number}, ghi lúc {time}.",
        "The timestamp {file} is of head {number} and says {time}.",
    ),
    "gap_declared": _told(
        "Không có đỉnh từ {since} (số {first}) đến {until} (số {last}); nhật ký có ghi nhận khoảng trống này.",
        "No head from {since} (number {first}) to {until} (number {last}); the log declares this gap.",
    ),
    "proof": _told(
        "Bằng chứng cho mục {index} dưới đỉnh số {number} gồm {size} mục, ký lúc {time}.",
        "Proof of entry {index} under head {number} of {size} entries, signed at {time}.",
    ),
    "entry_says": _told("  {name}: {value}", "  {name}: {value}"),
    "disclosure": _told(
        "Nội dung đã giao ra của vụ việc {case} (nguồn {source}), trong nhật ký là {subject}: {count} thông điệp.",
        "Content given out of case {case} (source {source}), which the log calls {subject}: {count} messages.",
    ),
    "content_fits": _told(
        "Đúng nội dung này ({size} byte) của thông điệp {step} đã được gửi: mục {index} ({event}, {time}), "
        "dưới đỉnh số {number}.",
        "Exactly this content ({size} bytes) of message {step} was sent: entry {index} ({event}, {time}), "
        "under head {number}.",
    ),
    "head": _told("Đỉnh số {number}: {size} mục, ký lúc {time}.", "Head {number}: {size} entries, signed at {time}."),
    "heads_fit": _told(
        "Đỉnh số {new} tiếp nối đỉnh số {old}: không mục nào trước đó bị sửa.",
        "Head {new} continues head {old}: no entry before it was changed.",
    ),
    # sound, and yet a person must look
    "no_key_given": _look(
        "CHƯA CHỨNG MINH ĐƯỢC AI KÝ: không có khóa nào được đưa bằng --key. Ai cũng có thể tự lập một bộ như thế này.",
        "WHO SIGNED IS NOT PROVED: no key was given by --key. Anybody could have made all of this.",
    ),
    "key_unknown": _look(
        "Nhật ký này không nêu khóa đã đưa {key}: gói có thể cũ hơn lần thay khóa; hãy hỏi rõ.",
        "This log does not name the given key {key}: the bundle may be older than a change of the key; ask.",
    ),
    "gap": _look(
        "Khoảng trống: không có đỉnh từ {since} (số {first}) đến {until} (số {last}) và nhật ký không ghi nhận.",
        "Gap: no head from {since} (number {first}) to {until} (number {last}), and the log does not declare it.",
    ),
    "clock_went_back": _look(
        "Đồng hồ lùi lại: đỉnh số {last} ghi {until}, trước đỉnh số {first} ({since}).",
        "The clock went back: head {last} says {until}, before head {first} ({since}).",
    ),
    "incarnation": _look(
        "Mục {index} ghi nhận đã khôi phục bản sổ cái cũ; bản bị mất có {size} mục. Hãy đọc lý do ở mục đó.",
        "Entry {index} declares that an older copy of the ledger was put back; the lost one had {size} entries. "
        "Read its reason.",
    ),
    "saved_head_lost": _look(
        "Đỉnh đã giữ số {number} ({size} mục, {time}) thuộc phần đã mất, được ghi nhận ở mục {index}.",
        "The head you kept, number {number} ({size} entries, {time}), is of what was lost as entry {index} declares.",
    ),
    "file_stray": _look(
        "Gói có tệp thừa, không được xem: {file}", "A file that no bundle needs, not looked at: {file}"
    ),
    "stamp_unsigned": _look(
        "Chữ ký của tổ chức cấp dấu thời gian chưa được kiểm tra. Hãy dùng: "
        "openssl ts -verify -data NOTE -in RECEIPT -CAfile CA.pem",
        "The authority's own signature was not checked. Do it by: "
        "openssl ts -verify -data NOTE -in RECEIPT -CAfile CA.pem",
    ),
    # cannot be checked
    "not_a_bundle": _unreadable(
        "{path}: không phải thư mục hay tệp zip đọc được ({why}); hãy lấy lại gói.",
        "{path}: neither a folder nor a zip that can be read ({why}); get the bundle again.",
    ),
    "no_manifest": _unreadable(
        "Không có manifest.json: đây không phải gói nhật ký kiểm toán.",
        "There is no manifest.json: this is not a bundle of an audit log.",
    ),
    "manifest_malformed": _unreadable(
        "manifest.json không đúng dạng của phiên bản này ({why}); hãy lấy lại gói hoặc bản kiểm tra mới hơn.",
        "manifest.json is not of this version ({why}); get the bundle again, or a newer verifier.",
    ),
    "name_refused": _unreadable(
        "Tên tệp trong gói bị từ chối: {file}", "The name of a file in the bundle is refused: {file}"
    ),
    "name_twice": _unreadable("Tên tệp xuất hiện hai lần: {file}", "The name of a file stands twice: {file}"),
    "too_many_files": _unreadable("Gói có hơn {most} tệp.", "The bundle has more than {most} files."),
    "too_many_entries": _unreadable(
        "Số mục {event} nhiều hơn mọi nhật ký bình thường.", "More entries {event} than any honest log has."
    ),
    "packed_otherwise": _unreadable(
        "Tệp {file} được nén theo cách khác hoặc có mật khẩu; hãy giải nén trước.",
        "{file} is packed in another way or encrypted; unpack it first.",
    ),
    "bomb": _unreadable(
        "Tệp zip nở ra lớn bất thường và không được giải nén.", "The zip would grow beyond all measure and is not read."
    ),
    "damaged": _unreadable("Tệp {file} bị hỏng; hãy lấy lại gói.", "{file} is damaged; get the bundle again."),
    "file_unreadable": _unreadable("{path}: không đọc được ({why}).", "{path}: cannot be read ({why})."),
    "file_too_large": _unreadable("{path}: lớn hơn {most} byte.", "{path}: larger than {most} bytes."),
    "key_malformed": _unreadable(
        "Đây không phải khóa công khai của nhật ký: {line}. Hãy chép nguyên dòng từ giấy.",
        "This is not a public key of an audit log: {line}. Copy the line from the paper unchanged.",
    ),
    "no_key_in_file": _unreadable("{path}: không có khóa nào.", "{path}: there is no key in it."),
    "not_a_head": _unreadable("{path}: không phải đỉnh có chữ ký.", "{path}: not a signed head."),
    "no_head_in_folder": _unreadable("{path}: không có tệp .note nào.", "{path}: there is no .note file in it."),
    "not_a_proof": _unreadable("{path}: không phải tệp bằng chứng.", "{path}: not a proof."),
    "not_a_disclosure": _unreadable(
        "{path}: không phải tệp nội dung do audit prove --content lập.",
        "{path}: not a file of content as audit prove --content makes it.",
    ),
    "proof_of_others": _unreadable(
        "{path}: bằng chứng này thuộc về hai đỉnh khác.", "{path}: this is the proof of two other heads."
    ),
    "proof_needed": _unreadable(
        "Hai đỉnh có số mục khác nhau: cần --proof TỆP hoặc --bundle GÓI.",
        "The heads have different sizes: --proof FILE or --bundle PATH is needed.",
    ),
    "heads_of_two_logs": _unreadable(
        "Hai đỉnh thuộc hai nhật ký khác nhau: {old} và {new}.", "The heads are of two logs: {old} and {new}."
    ),
    "empty_head": _unreadable(
        "Đỉnh số {number} không có mục nào nên không chứng minh được gì.",
        "Head {number} has no entries, so nothing can be proved by it.",
    ),
    "receipt_unreadable": _unreadable("{path}: không phải dấu thời gian.", "{path}: not a timestamp."),
    "report_exists": _unreadable(
        "{path}: không ghi được báo cáo ({why}); tệp có sẵn không bị ghi đè.",
        "{path}: the report cannot be written ({why}); a file that is there is not replaced.",
    ),
    # tampered
    "file_missing": _tampered("Thiếu tệp: {file}", "A file is missing: {file}"),
    "file_changed": _tampered(
        "Tệp đã bị sửa sau khi lập gói: {file}", "A file was changed after the bundle was made: {file}"
    ),
    "file_unlisted": _tampered("Tệp không có trong manifest: {file}", "A file is not in the manifest: {file}"),
    "file_too_long": _tampered("Tệp dài hơn mức cho phép: {file}", "A file is longer than it can be: {file}"),
    "manifest_differs": _tampered(
        "manifest.json không nói giống đỉnh số {number} đã ký.",
        "manifest.json does not say what the signed head {number} says.",
    ),
    "entries_cut": _tampered(
        "Chỉ đọc được {found} trong {expected} mục mà đỉnh đã ký đại diện.",
        "Only {found} of the {expected} entries that the signed head stands for can be read.",
    ),
    "entries_malformed": _tampered(
        "Tệp {file} có {found} mục thay vì {expected}, hoặc bị cắt.",
        "{file} holds {found} entries instead of {expected}, or is cut.",
    ),
    "entry_malformed": _tampered("Mục {index} không phải mục nhật ký.", "Entry {index} is no entry of an audit log."),
    "entry_differs": _tampered(
        "Mục {index} không phải mục đã được ghi: mã băm khác với {file}.",
        "Entry {index} is not the one that was written: its hash is not that in {file}.",
    ),
    "tile_differs": _tampered(
        "Các mã băm trong {file} không phải của các mục.", "The hashes in {file} are not those of the entries."
    ),
    "head_malformed": _tampered("Tệp {file} không phải đỉnh đã ký.", "{file} is not a signed head."),
    "head_misplaced": _tampered(
        "Tệp {file} chứa đỉnh số {number}, không phải đỉnh mang tên đó.", "{file} holds head {number}, not its own."
    ),
    "head_of_another_log": _tampered(
        "Đỉnh số {number} thuộc nhật ký khác: {origin}", "Head {number} is of another log: {origin}"
    ),
    "newest_head_elsewhere": _tampered(
        "Đỉnh mới nhất (số {number}) không phải đỉnh cuối của chuỗi.",
        "The newest head (number {number}) is not the last of the series.",
    ),
    "heads_missing": _tampered(
        "Thiếu các đỉnh từ số {first} đến số {last}.", "Heads {first} to {last} are missing from the series."
    ),
    "chain_broken": _tampered(
        "Đỉnh số {number} không nối tiếp đỉnh số {before}: một trong hai đã bị thay.",
        "Head {number} does not follow head {before}: one of them was replaced.",
    ),
    "head_shrinks": _tampered(
        "Đỉnh số {number} có {size} mục, ít hơn đỉnh trước ({before}).",
        "Head {number} has {size} entries, fewer than the one before it ({before}).",
    ),
    "head_beyond": _tampered(
        "Đỉnh số {number} đại diện cho {size} mục nhưng gói chỉ có {found}: phần cuối đã bị cắt.",
        "Head {number} stands for {size} entries, the bundle holds {found}: its end was cut off.",
    ),
    "head_differs": _tampered(
        "Đỉnh số {number} không khớp các mục: có mục bị sửa, bỏ, thêm hoặc đổi chỗ trong khoảng {good} đến {last}.",
        "Head {number} does not stand for these entries: between {good} and {last} one was changed, removed, added "
        "or moved.",
    ),
    "no_key_named": _tampered(
        "Không mục nào nêu khóa ký của nhật ký.", "No entry names the key by which this log is signed."
    ),
    "rotation_unsigned": _tampered(
        "Đỉnh số {number} không có mục nêu khóa, hoặc có khóa mới mà khóa cũ chưa ký.",
        "Head {number} stands for no entry that names a key, or for a new key that the old one never signed.",
    ),
    "rotation_wrong": _tampered(
        "Mục {index} về thay khóa không khớp với các khóa.",
        "Entry {index}, which changes the key, does not fit the keys.",
    ),
    "key_missing": _tampered(
        "Không có khóa công khai {key} mà mục {index} nêu, cả trong gói lẫn trong --key.",
        "The public key {key} that entry {index} names is neither in the bundle nor given.",
    ),
    "key_in_bundle_malformed": _tampered(
        "Một dòng trong keys/audit.pub không phải khóa: {line}", "A line of keys/audit.pub is no key: {line}"
    ),
    "signature_wrong": _tampered(
        "Đỉnh số {number} không có chữ ký đúng của khóa có hiệu lực khi đó ({key}).",
        "Head {number} is not signed by the key that was in force ({key}).",
    ),
    "key_not_of_log": _tampered(
        "Không đỉnh nào được ký bằng khóa đã đưa: đây không phải nhật ký của khóa đó, hoặc bị ký lại bằng khóa khác.",
        "No head is signed by a key that was given: this is not the log of that key, or it was signed anew by another.",
    ),
    "not_signed_by_given": _tampered(
        "Đỉnh số {number} không được ký bằng khóa đã đưa.", "Head {number} is not signed by a key that was given."
    ),
    "saved_head_unsigned": _tampered(
        "Đỉnh đã giữ số {number} ({size} mục, {time}) không có chữ ký của nhật ký này.",
        "The head you kept, number {number} ({size} entries, {time}), is not signed by this log.",
    ),
    "saved_head_beyond": _tampered(
        "Đỉnh đã giữ số {number} có {size} mục ({time}), gói chỉ có {found}: gói cũ hơn, hoặc phần cuối đã bị cắt.",
        "The head you kept, number {number}, has {size} entries ({time}), the bundle {found}: the bundle is older, "
        "or its end was cut off.",
    ),
    "saved_head_differs": _tampered(
        "Đỉnh đã giữ số {number} ({size} mục, {time}) không thuộc nhật ký này: nhật ký đã bị viết lại.",
        "The head you kept, number {number} ({size} entries, {time}), is not of this log: the log was written anew.",
    ),
    "anchor_malformed": _tampered(
        "anchors/anchors.jsonl không đúng dạng, hoặc sai thứ tự.",
        "anchors/anchors.jsonl is not of its form, or out of order.",
    ),
    "anchor_of_nothing": _tampered(
        "Lần đưa ra ngoài số {number} nêu đỉnh số {head}, không có trong chuỗi.",
        "Anchor record {number} is of head {head}, which is not in the series.",
    ),
    "receipt_malformed": _tampered("Tệp {file} không phải dấu thời gian.", "{file} is not a timestamp."),
    "receipt_differs": _tampered(
        "Dấu thời gian {file} là của một nội dung khác.", "The timestamp {file} is of something else."
    ),
    "proof_wrong": _tampered(
        "Bằng chứng không dẫn từ mục {index} đến gốc đã ký.",
        "The proof does not lead from entry {index} to the signed root.",
    ),
    "subject_wrong": _tampered(
        "Bí mật trong tệp không phải của vụ việc {case}: các mục nói về vụ việc khác.",
        "The secret in the file is not that of case {case}: the entries are of another one.",
    ),
    "entry_of_another": _tampered(
        "Mục {index} không phải mục về thông điệp {step} của vụ việc này.",
        "Entry {index} is not one of message {step} of this case.",
    ),
    "entry_sent_nothing": _tampered(
        "Mục {index} ({event}) không cho biết thông điệp {step} đã được gửi.",
        "Entry {index} ({event}) does not say that message {step} was sent.",
    ),
    "content_differs": _tampered(
        "Nội dung thông điệp {step} trong tệp không phải nội dung mà mục {index} ghi nhận.",
        "The content of message {step} in the file is not the one that entry {index} commits to.",
    ),
    "number_twice": _tampered(
        "Có hai đỉnh khác nhau cùng số {number}.", "There are two different heads with the number {number}."
    ),
    "fork": _tampered(
        "Đỉnh số {new} không tiếp nối đỉnh số {old}: nhật ký đã rẽ nhánh hoặc bằng chứng sai.",
        "Head {new} does not continue head {old}: the log has forked, or the proof is wrong.",
    ),
}
