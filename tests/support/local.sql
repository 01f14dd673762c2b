-- A local system of a few tables, small enough to write each row of a test by hand.
CREATE TABLE vu_viec (
  id INTEGER PRIMARY KEY, co_quan TEXT, loai TEXT, linh_vuc TEXT, noi_dung TEXT, tom_tat TEXT,
  ngay_nhan TEXT, san_sang INTEGER DEFAULT 1, lien_ket TEXT, ma_qg TEXT, sua_luc TEXT
);
CREATE TABLE nguoi (id INTEGER PRIMARY KEY, vu_viec INTEGER, ma_nguoi TEXT, ho_ten TEXT, so_dinh_danh TEXT);
CREATE TABLE xu_ly (vu_viec INTEGER, huong TEXT, ngay TEXT, noi_dung TEXT, tep TEXT, da_gui INTEGER DEFAULT 0);
CREATE TABLE thu_ly (vu_viec INTEGER, ngay TEXT, han TEXT, tep TEXT, da_gui INTEGER DEFAULT 0);
CREATE TABLE gia_han (id INTEGER PRIMARY KEY, vu_viec INTEGER, den_ngay TEXT);
CREATE TABLE quyet_dinh (id INTEGER PRIMARY KEY, vu_viec INTEGER, so TEXT, ngay TEXT, ket_qua TEXT, tep TEXT, ma_qg TEXT);
CREATE TABLE thi_hanh (id INTEGER PRIMARY KEY, quyet_dinh INTEGER, ngay TEXT, thu_tien INTEGER, ma_qg TEXT);
CREATE TABLE tep (id INTEGER PRIMARY KEY, vu_viec INTEGER, ten TEXT, duong_dan TEXT);
