-- Source example A as a MariaDB database: a provincial petition system on MySQL. Column names as its application uses them,
-- types inferred from how it binds values. No foreign keys: every relation is an integer convention. Organisations and
-- users live in a portal outside: Org... and User... are its ids and have no table here. Times are local and naive.
-- NULL, '' and 0 all mean "absent", depending on the column.

-- One petition.
CREATE TABLE don_thu (
    IdDonThu INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    NoiDungDonThu TEXT,
    LoaiDonThu INT,                      -- 1 khiếu nại, 2 tố cáo, 3 phản ánh/kiến nghị, 4 nhiều nội dung, 5 khác
    ThamQuyenGiaiQuyet CHAR(1),              -- H, G, A; NULL until processed
    NgayNhanDon DATETIME,
    NgayNhapDon DATETIME,
    NgayThuLy DATETIME,                      -- copy of the acceptance row
    NgayHanGiaiQuyet DATETIME,               -- copy of the acceptance row
    NgayHoanThanhGiaiQuyet DATETIME,         -- copy of the settlement row
    NgayTraKQ DATETIME,                      -- never written by the application
    NgayCapNhat DATETIME,                    -- never written by the application
    LoaiNguoiDiKNTC INT,                 -- 1 cá nhân, 2 đoàn đông người, 3 cơ quan/tổ chức
    SoNguoiDiKNTC INT,
    SoNguoiDaiDien INT,
    TenCoQuanDiKNTC VARCHAR(500),
    DiaChiCoQuanDiKNTC VARCHAR(500),
    LoaiNguoiBiKNTC INT,                 -- 1 cá nhân, 2 cơ quan/tổ chức
    IdDoiTuongBiKNTC INT,
    LoaiNguoiUyQuyen INT,                -- 1 luật sư, 2 trợ giúp viên pháp lý
    IdDoiTuongUyQuyen INT,
    MaCoQuanDaGiaiQuyet VARCHAR(50),         -- national agency code
    SoKyHieuVanBanGiaiQuyet VARCHAR(100),
    LanGiaiQuyet INT DEFAULT 0,          -- 0 = no earlier settlement
    NgayBanHanhQDGQ DATETIME,
    LoaiQuyetDinhGiaiQuyet INT,          -- 1 none yet, 2-4 decision, 5-8 court judgment
    TomTatNoiDungGiaiQuyet TEXT,
    DonNacDanh TINYINT,
    DonKhongDuDieuKienXL TINYINT,            -- 1 = NOT eligible
    GanVuViec VARCHAR(20),                   -- IdDonThu of the earlier petition, as text
    UserNhapDon BIGINT,
    UserThuLy BIGINT,
    Status INT DEFAULT 0,                -- -1 rút đơn, 0 đang thực hiện, 1 kết thúc hồ sơ, 2 phức tạp
    mattcp VARCHAR(50)
);

-- One receipt of a petition by one organisation: (IdDonThu, OrgNhan) is one national case.
CREATE TABLE don_thu_thong_tin_don_thu (
    IdThongTinDon INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    IdDonThu INT,
    NguonDonDen INT,
    MaCoQuanChuyenDen VARCHAR(50),           -- national agency code of the sender
    SoVanBanDen VARCHAR(100),
    NgayPhatHanhVanBan DATETIME,
    OrgChuyen BIGINT,                        -- = OrgNhan: original receipt; <> : a transfer
    OrgNhan BIGINT,
    NgayNhan DATETIME,
    NgayHoanThanhXuLy DATETIME,
    mattcp VARCHAR(50),
    NgayLienThong DATETIME
);

-- One person who complains or denounces; a row may serve several petitions.
CREATE TABLE don_thu_doi_tuong_di_kntc (
    IdDoiTuongDiKNTC INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    HoTen VARCHAR(200),
    SoDinhDanhCaNhan VARCHAR(20),
    GioiTinh INT,                        -- 1 nam, 2 nữ, 0 unknown
    NgayCapSoDinhDanh DATE,
    NoiCapSoDinhDanh VARCHAR(200),
    MaTinh VARCHAR(3),
    MaHuyen VARCHAR(5),
    MaXa VARCHAR(7),
    DiaChiChiTiet VARCHAR(500),
    SoDienThoai VARCHAR(20),
    MaQuocTich VARCHAR(5),
    MaDanToc INT,                        -- 0 = not given
    NacDanh TINYINT
);

CREATE TABLE don_thu_nguoi_dai_dien (
    IdDonThu INT,
    IdDoiTuongDiKNTC INT
);

-- The person or body complained about; person or body is told by which of HoTen and TenCoQuan is not NULL.
CREATE TABLE don_thu_doi_tuong_bi_kntc (
    IdDoiTuongBiKNTC INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    HoTen VARCHAR(200),
    SoDinhDanhCaNhan VARCHAR(20),
    GioiTinh INT,
    NgayCapSoDinhDanh DATE,
    NoiCapSoDinhDanh VARCHAR(200),
    MaTinh VARCHAR(3),
    MaHuyen VARCHAR(5),
    MaXa VARCHAR(7),
    DiaChiChiTiet VARCHAR(500),
    SoDienThoai VARCHAR(20),
    MaQuocTich VARCHAR(5),
    MaDanToc INT,
    ChucVu VARCHAR(200),
    NoiCongTac VARCHAR(500),
    TenCoQuan VARCHAR(500),
    MaTinhCoQuan VARCHAR(3),
    MaHuyenCoQuan VARCHAR(5),
    MaXaCoQuan VARCHAR(7),
    DiaChiChiTietCoQuan VARCHAR(500)
);

-- The authorised representative: lawyer or legal aid.
CREATE TABLE don_thu_doi_tuong_uy_quyen (
    IdDoiTuongUyQuyen INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    HoTen VARCHAR(200),
    SoDinhDanhCaNhan VARCHAR(20),
    GioiTinh INT,
    NgayCapSoDinhDanh DATE,
    NoiCapSoDinhDanh VARCHAR(200),
    MaTinh VARCHAR(3),
    MaHuyen VARCHAR(5),
    MaXa VARCHAR(7),
    DiaChiChiTiet VARCHAR(500),
    SoDienThoai VARCHAR(20),
    MaQuocTich VARCHAR(5),
    MaDanToc INT
);

CREATE TABLE don_thu_linh_vuc (
    IdDonThu INT,
    IdLinhVuc VARCHAR(20)                    -- KN..., TC..., PA...
);

-- An attachment of the petition; the file lies under <IDDonThu>/<LinkFileDinhKem> in the folder of files.
CREATE TABLE don_thu_ho_so_dinh_kem (
    IDHoSoDinhKem INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    IDDonThu INT,
    TenHoSo VARCHAR(500),
    LoaiTaiLieu INT,                     -- list loai_tai_lieu
    NoiDungTomTat TEXT,
    TenFileDinhKem VARCHAR(500),
    LinkFileDinhKem VARCHAR(100)
);

-- Processing result, one per processing organisation. Nothing stops two rows for one pair.
CREATE TABLE don_thu_ket_qua_xu_ly (
    IDKetQua INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    IdDonThu INT,
    TomTatNoiDungXL TEXT,                    -- a copy of the petition's content
    NoiDungXuLy TEXT,
    NgayXuLy DATETIME,
    CanBoXuLy VARCHAR(200),                  -- "name - position"
    CanBoDuyetKQXL VARCHAR(200),             -- "name - position"
    MaHuongXuLy INT,                     -- 4 thụ lý, 5 chuyển đơn, 2 and 7 trả/hướng dẫn
    MaCQXL VARCHAR(50),                      -- national agency code
    MaCQXLTiep VARCHAR(50),                  -- national agency code
    TenFileDinhKem VARCHAR(500),
    LinkFileDinhKem VARCHAR(100),
    NgayTao DATE,
    OrgTao BIGINT,
    DaLienThong TINYINT DEFAULT 0,
    NgayLienThong DATETIME
);

-- Acceptance decision. No decision number.
CREATE TABLE don_thu_quyet_dinh_thu_ly (
    IDQuyetDinhThuLy INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    IdDonThu INT,
    MaCoQuanThuLy VARCHAR(50),               -- LOCAL organisation id as text
    NgayThuLy DATETIME,
    HanGiaiQuyet DATETIME,
    CanBoDuyet VARCHAR(200),                 -- "name - position"
    TenFileDinhKem VARCHAR(500),
    LinkFileDinhKem VARCHAR(100),
    NgayTao DATE,
    DaLienThong TINYINT DEFAULT 0,
    NgayLienThong DATETIME
);

-- Settlement decision or conclusion. No decision number.
CREATE TABLE don_thu_quyet_dinh_giai_quyet (
    IDQuyetDinhGiaiQuyet INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    IdDonThu INT,
    IDCoQuanBanHanh VARCHAR(50),             -- national agency code
    NgayBanHanh DATETIME,
    TomTatNoiDung TEXT,
    IDKetQuaGiaiQuyet INT,
    IDHinhThucGiaiQuyet INT,
    QuyenKhoiKien TINYINT,
    ThuHoiTien INT,                      -- đồng
    ThuHoiDatO INT,                      -- m²
    ThuHoiDatSX INT,                     -- m²
    TraLaiTien INT,                      -- đồng
    TraLaiDatO INT,                      -- m²
    TraLaiDatSX INT,                     -- m²
    SoNguoiDuocTraQuyenLoi INT,
    XuPhatHanhChinh INT,
    SoNguoiChuyenDieuTra INT,
    TenFileDinhKem VARCHAR(500),
    LinkFileDinhKem VARCHAR(100),
    OrgTao BIGINT,
    NgayTao DATE,
    mattcp VARCHAR(50),
    NgayLienThong DATETIME
);

-- A person or organisation handled administratively by a decision.
CREATE TABLE don_thu_quyet_dinh_giai_quyet_doi_tuong_bi_xlhc (
    IdDoiTuongBiXLHC INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    IdQuyetDinhGiaiQuyet INT,
    CaNhan TINYINT,                          -- 1 person, 0 organisation
    HoTen VARCHAR(200),
    ChucVu VARCHAR(200),
    TenToChuc VARCHAR(500),
    HinhThucXuLy VARCHAR(200)
);

-- One enforcement report; several per decision. Its attachment goes only to the journal row.
CREATE TABLE don_thu_thi_hanh_giai_quyet (
    IDThiHanhGiaiQuyet INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    IDQuyetDinhGiaiQuyet INT,
    NgayCapNhat DATETIME,                    -- the business date of enforcement, not a change time
    MaCoQuanThiHanh VARCHAR(50),             -- national agency code
    ThuHoiTien INT,                      -- đồng
    ThuHoiDatO INT,                      -- m²
    ThuHoiDatSX INT,                     -- m²
    TraLaiTien INT,                      -- đồng
    TraLaiDatO INT,                      -- m²
    TraLaiDatSX INT,                     -- m²
    SoNguoiBiXuLy INT,
    SoTapTheBiXuLy INT,
    TaiSanQuyRaTien INT,                 -- đồng
    SoTienNopPhat INT,                   -- đồng
    SoDoiTuongKhoiTo INT,
    OrgTao BIGINT,
    NgayTao DATE,
    mattcp VARCHAR(50),
    NgayLienThong DATETIME
);

-- The journal: the best feed of changes there is.
CREATE TABLE don_thu_qua_trinh_xlgq (
    IdQuaTrinhXLGQ INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    IdDonThu INT,
    NgayDang DATETIME,
    NoiDung TEXT,                            -- HTML with staff names
    TenFileDinhKem VARCHAR(500),
    LinkFileDinhKem VARCHAR(100),
    HeThongTao TINYINT,                      -- 1 = system line
    UserDang BIGINT
);

-- A document issued on the way: guidance, urging.
CREATE TABLE don_thu_van_ban_xu_ly_giai_quyet (
    IdVanBan INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    IdDonThu INT,
    SoKyHieu VARCHAR(100),
    TrichYeu TEXT,
    NgayBanHanh DATETIME,
    TenFileDinhKem VARCHAR(500),
    LinkFileDinhKem VARCHAR(100),
    OrgTao BIGINT,
    NgayTao DATE
);

CREATE TABLE don_thu_luan_chuyen (
    IdLuanChuyen INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    IdDonThu INT,
    UserGiao BIGINT,
    UserNhan BIGINT,
    PhanCong TINYINT,
    NgayTao DATETIME
);

-- One reception of a citizen; IdDonThu NULL = reception without petition.
CREATE TABLE so_tiep_cong_dan (
    IdSoTiepCongDan INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    IdDonThu INT,
    NgayTiepCongDan DATETIME,                -- a date on insert, a datetime after an update
    LoaiLinhVuc INT,                     -- same numbers as don_thu.LoaiDonThu
    OrgTao BIGINT,                           -- the receiving organisation
    CanBoTiep VARCHAR(200),                  -- "name - position"
    LanhDaoTiep VARCHAR(200),                -- "name - position", '' when no leader received
    TiepDinhKy TINYINT,                      -- 1 = periodic session of the head
    UyQuyen TINYINT,
    LanhDaoUyQuyen VARCHAR(200),             -- '' when not delegated
    SoNguoi INT,                         -- 0 = not counted
    DoanDongNguoi TINYINT,
    TiepLanDau TINYINT,
    NoiDungTiep MEDIUMTEXT,
    YeuCau TEXT,
    KetQuaTiep TEXT
);

CREATE TABLE so_tiep_cong_dan_nguoi_dai_dien (
    IdSoTiepCongDan INT,
    IdDoiTuongDiKNTC INT
);

CREATE TABLE so_tiep_cong_dan_linh_vuc (
    IdSoTiepCongDan INT,
    IdLinhVuc VARCHAR(20)
);

-- Code lists: the national code itself, without history.
CREATE TABLE dia_gioi (ma VARCHAR(7) PRIMARY KEY, ten VARCHAR(200));
CREATE TABLE nguon_don (ma INT PRIMARY KEY, ten VARCHAR(200));
CREATE TABLE quoc_gia (ma VARCHAR(5) PRIMARY KEY, ten VARCHAR(200));
CREATE TABLE dan_toc (ma INT PRIMARY KEY, ten VARCHAR(200));
CREATE TABLE loai_ket_qua_giai_quyet (ma INT PRIMARY KEY, ten VARCHAR(200));
CREATE TABLE linh_vuc (ma VARCHAR(20) PRIMARY KEY, ten VARCHAR(500));
CREATE TABLE loai_tai_lieu (ma INT PRIMARY KEY, ten VARCHAR(200));
CREATE TABLE co_quan (ma VARCHAR(50) PRIMARY KEY, ten VARCHAR(500));
CREATE TABLE huong_xu_ly (ma INT PRIMARY KEY, ten VARCHAR(200));
CREATE TABLE hinh_thuc_giai_quyet (ma INT PRIMARY KEY, ten VARCHAR(200));

CREATE INDEX ix_thong_tin_don_thu ON don_thu_thong_tin_don_thu (IdDonThu, OrgNhan);
CREATE INDEX ix_nguoi_dai_dien ON don_thu_nguoi_dai_dien (IdDonThu);
CREATE INDEX ix_nguoi_dai_dien_nguoi ON don_thu_nguoi_dai_dien (IdDoiTuongDiKNTC);
CREATE INDEX ix_don_thu_gan ON don_thu (GanVuViec);
CREATE INDEX ix_linh_vuc ON don_thu_linh_vuc (IdDonThu);
CREATE INDEX ix_ho_so_dinh_kem ON don_thu_ho_so_dinh_kem (IDDonThu);
CREATE INDEX ix_ket_qua_xu_ly ON don_thu_ket_qua_xu_ly (IdDonThu, OrgTao);
CREATE INDEX ix_quyet_dinh_thu_ly ON don_thu_quyet_dinh_thu_ly (IdDonThu, MaCoQuanThuLy);
CREATE INDEX ix_quyet_dinh_giai_quyet ON don_thu_quyet_dinh_giai_quyet (IdDonThu, OrgTao);
CREATE INDEX ix_doi_tuong_bi_xlhc ON don_thu_quyet_dinh_giai_quyet_doi_tuong_bi_xlhc (IdQuyetDinhGiaiQuyet);
CREATE INDEX ix_thi_hanh ON don_thu_thi_hanh_giai_quyet (IDQuyetDinhGiaiQuyet);
CREATE INDEX ix_qua_trinh_don ON don_thu_qua_trinh_xlgq (IdDonThu);
CREATE INDEX ix_qua_trinh_ngay ON don_thu_qua_trinh_xlgq (NgayDang);
CREATE INDEX ix_van_ban ON don_thu_van_ban_xu_ly_giai_quyet (IdDonThu);
CREATE INDEX ix_luan_chuyen ON don_thu_luan_chuyen (IdDonThu);
CREATE INDEX ix_so_tiep_don ON so_tiep_cong_dan (IdDonThu);
CREATE INDEX ix_so_tiep_nguoi ON so_tiep_cong_dan_nguoi_dai_dien (IdSoTiepCongDan);
CREATE INDEX ix_so_tiep_linh_vuc ON so_tiep_cong_dan_linh_vuc (IdSoTiepCongDan);
