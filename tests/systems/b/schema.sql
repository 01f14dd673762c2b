-- A provincial petition system of 2018 on MariaDB: mostly MyISAM, utf8 compared without accents and case, nearly every
-- column NOT NULL without a default. Written from what is publicly known of such systems; where the name of a column is
-- not known it is invented (marked *).

CREATE TABLE donthu (
  donthuid int(50) NOT NULL AUTO_INCREMENT PRIMARY KEY,
  sothuly varchar(100) NOT NULL,                 -- <donthuid>/<year of entry>, written by a second UPDATE
  ngayviet date NOT NULL,
  ngaynhan date NOT NULL,
  nguondon varchar(255) NOT NULL,                -- words in old rows, numbers in new ones
  songuoi tinyint(4) NOT NULL,                   -- old: 0 one, 1 several; new: 1 one, 2 several
  tennguoivietdon varchar(255) NOT NULL,
  cmnd_hc varchar(255) NOT NULL,
  ngaycap date NOT NULL,
  noicap varchar(255) NOT NULL,
  sdt varchar(255) NOT NULL,
  diachinguoiviet varchar(255) NOT NULL,
  gioitinh varchar(10) NOT NULL,
  lankhieunai varchar(50) NOT NULL,
  doituongkhieunai varchar(255) NOT NULL,
  diachidoituongbikhieunai varchar(255) NOT NULL,
  nguoiLienQuan text NOT NULL,
  songuoilienquan int(11) NOT NULL,
  noidung longtext NOT NULL,
  socongvanden varchar(255) NOT NULL,
  coquanbanhanh varchar(255) NOT NULL,
  ngaychuyendon date NOT NULL,
  thoihanxuly varchar(11) NOT NULL,
  trangthaixuly int(11) NOT NULL,
  ketqua tinyint(4) NOT NULL,
  donthulanmotid int(11) NOT NULL,
  vanban varchar(1000) NOT NULL,                 -- up to five file names joined by *
  filepath varchar(255) NOT NULL,
  vanbanuyquyen varchar(255) NOT NULL,
  nguoinhap int(11) NOT NULL,
  create_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  ngayGiaoXuLy datetime NOT NULL,
  id_csdlqg varchar(64) NOT NULL
) ENGINE=MyISAM DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE phanloaidonthu (
  donthuid int(50) NOT NULL PRIMARY KEY,
  sothuly varchar(16) NOT NULL,
  loaidon varchar(50) NOT NULL,
  linhvuc varchar(50) NOT NULL,
  diaban varchar(50) NOT NULL,
  donvi int(11) NOT NULL,
  huonggiaiquyet varchar(50) NOT NULL,
  nguoixuly varchar(50) NOT NULL,
  donvichuyenden varchar(255) NOT NULL,
  socongvanchuyendi varchar(255) NOT NULL,
  trangthai tinyint(4) NOT NULL,
  thamquyen tinyint(4) NOT NULL,
  filepath varchar(255) NOT NULL
) ENGINE=MyISAM DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE theodoidonthu (
  donthuid int(50) NOT NULL PRIMARY KEY,
  sothuly varchar(16) NOT NULL,
  ngayquyetdinhxuly date NOT NULL,
  tomtatxuly longtext NOT NULL,
  dexuatdonvi longtext NOT NULL,
  dexuatlentrunguong longtext NOT NULL,
  ykienchidao longtext NOT NULL
) ENGINE=MyISAM DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE giaoxacminh (
  donthuid int(50) NOT NULL PRIMARY KEY,
  sothuly varchar(16) NOT NULL,
  ngaybatdau date NOT NULL,
  ngayketthuc date NOT NULL,
  ngayketthucxacminh date NOT NULL,
  donvi varchar(255) NOT NULL,
  trangthaitheodoi tinyint(4) NOT NULL,
  ketquaxacminh text NOT NULL                    -- *
) ENGINE=MyISAM DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE ketquagiaiquyet (
  donthuid int(50) NOT NULL PRIMARY KEY,
  sothuly varchar(16) NOT NULL,
  soquyetdinh int(50) NOT NULL,                  -- 123/QĐ-UBND becomes 123, what begins with a letter 0
  ngayquyetdinh date NOT NULL,
  tieude varchar(255) NOT NULL,
  tomtatketqua varchar(255) NOT NULL,            -- cut without a word
  danhgiadonthu varchar(50) NOT NULL,
  thutien varchar(50) NOT NULL,
  tratien varchar(50) NOT NULL,
  thudat varchar(50) NOT NULL,
  tradat varchar(50) NOT NULL,
  trangthai tinyint(4) NOT NULL
) ENGINE=MyISAM DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE thongtinrutdonthu (
  donthuid int(50) NOT NULL PRIMARY KEY,
  sothuly varchar(16) NOT NULL,
  ngaynhan date NOT NULL,
  ngaytrendon date NOT NULL,
  lydo text NOT NULL,
  dexuat text NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE doanxacminh (
  donthuid int(50) NOT NULL PRIMARY KEY,
  sothuly varchar(16) NOT NULL,
  truongdoan varchar(255) NOT NULL,              -- *
  thanhvien text NOT NULL                        -- *
) ENGINE=MyISAM DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE nguoidaidien (
  id int(11) NOT NULL AUTO_INCREMENT PRIMARY KEY,
  donthuid int(11) NOT NULL,
  nguoidaidien varchar(2) CHARACTER SET latin1 NOT NULL,    -- x representative, o other
  hoten varchar(255) CHARACTER SET utf32 NOT NULL,          -- *
  diachi varchar(255) CHARACTER SET utf32 NOT NULL,         -- *
  sdt int(11) NOT NULL,
  cmt varchar(50) CHARACTER SET latin1 NOT NULL,
  ngaycap date NOT NULL,
  noicap varchar(255) CHARACTER SET latin1 NOT NULL,
  gioitinh varchar(10) CHARACTER SET latin1 NOT NULL,
  enable tinyint(4) NOT NULL,                               -- 0: draft row of a form that was not saved
  KEY (donthuid)
) ENGINE=MyISAM DEFAULT CHARSET=latin1;

CREATE TABLE quanlyvanban (
  id int(11) NOT NULL AUTO_INCREMENT PRIMARY KEY,
  donthuid int(11) NOT NULL,
  type tinyint(4) NOT NULL,                      -- 1 file, 0 comment
  trangthai tinyint(4) NOT NULL,
  tenfile varchar(255) NOT NULL,                 -- *
  noidung text NOT NULL,                         -- *
  create_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  KEY (donthuid)
) ENGINE=MyISAM DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE lichsugiaoxuly (
  id int(11) NOT NULL AUTO_INCREMENT PRIMARY KEY,
  donthuid int(11) NOT NULL,
  nguoigiao int(11) NOT NULL,                    -- *
  nguoinhan int(11) NOT NULL,                    -- *
  `dateTime` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  KEY (donthuid)
) ENGINE=MyISAM DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE vanbanlienquan (
  id int(11) NOT NULL AUTO_INCREMENT PRIMARY KEY,           -- *
  donthuid int(11) NOT NULL,
  donLienQuanId int(11) NOT NULL,
  create_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  KEY (donthuid)
) ENGINE=MyISAM DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE ketquatiepdan (
  tiepdanid int(11) NOT NULL AUTO_INCREMENT PRIMARY KEY,
  donthuid int(11) NOT NULL,                     -- * 0: nobody handed in a petition
  donvi int(11) NOT NULL,                        -- *
  ngaytiep date NOT NULL,                        -- *
  canbotiep varchar(255) NOT NULL,               -- *
  noidung text NOT NULL,                         -- *
  ketqua text NOT NULL,                          -- *
  loaihinh tinyint(4) NOT NULL,                  -- 1 complaint, 2 denunciation, mostly 0
  hinhthuc tinyint(4) NOT NULL,
  KEY (donthuid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE congdankhac (
  id int(11) NOT NULL AUTO_INCREMENT PRIMARY KEY,
  tiepdanid int(11) NOT NULL,
  hoten varchar(255) NOT NULL,                   -- *
  diachi varchar(255) NOT NULL                   -- *
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE donvi (
  id int(11) NOT NULL AUTO_INCREMENT PRIMARY KEY, tructhuoc int(11) NOT NULL, ten varchar(255) NOT NULL,
  diaban int(11) NOT NULL, madonvi varchar(50) NOT NULL, trangthai tinyint(4) NOT NULL
) ENGINE=MyISAM DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE diaban (
  id int(11) NOT NULL AUTO_INCREMENT PRIMARY KEY, tructhuoc int(11) NOT NULL, ten varchar(255) NOT NULL,
  type tinyint(4) NOT NULL, mahanhchinh varchar(20) NOT NULL
) ENGINE=MyISAM DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE linhvuc (
  linhvucid int(11) NOT NULL AUTO_INCREMENT PRIMARY KEY, tenlinhvuc varchar(255) NOT NULL, malinhvuc varchar(50) NOT NULL
) ENGINE=MyISAM DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

CREATE TABLE loaidon (
  loaidonid int(11) NOT NULL AUTO_INCREMENT PRIMARY KEY, tenloaidon varchar(255) NOT NULL, maloaidon varchar(50) NOT NULL
) ENGINE=MyISAM DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;

-- passwords of databases and mail in plain columns: the reader's account must never be able to select it
CREATE TABLE cauhinh (
  id int(11) NOT NULL AUTO_INCREMENT PRIMARY KEY, ten varchar(255) NOT NULL, taikhoan varchar(255) NOT NULL,
  matkhau varchar(255) NOT NULL
) ENGINE=MyISAM DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;
