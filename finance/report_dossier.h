/*
 * report_dossier.h - what the one-stop system tells of its dossiers, so that those without any fee
 * request here are in the denominators too.
 *
 * Fields are those that are synced to the national portal: MaHoSo, MaTTHC, DonViXuLy (the agency),
 * NgayTiepNhan (else NgayNopHoSo), NgayBatDauXuLy (else the same), TrangThaiHoSo,
 * DuocThanhToanTrucTuyen (0, 1 by the national portal, 2 by a gateway of the agency),
 * TaiKhoanDuocXacThucVoiVNeID (0, 1) and DanhSachLePhi[].Gia. Names, numbers and addresses of
 * people are not taken: members of a file that are not named here are left where they are.
 *
 * Telling of a dossier again replaces what was told, unless that was told later.
 */
#ifndef FINANCE_REPORT_DOSSIER_H
#define FINANCE_REPORT_DOSSIER_H

#include "base/base.h"
#include "base/clock.h"
#include "finance/office.h"

#define DOSSIER_FILE_ROWS_MAX 200000
#define DOSSIER_FEES_MAX      64

enum dossier_fee { DOSSIER_NO_LINES, DOSSIER_ALL_ZERO, DOSSIER_TO_PAY };

struct dossier {
    struct str agency_id, reference, procedure;
    struct date received_on, started_on;
    int64_t status; /* -1: not told */
    enum dossier_fee fee;
    int64_t online;   /* -1: not told, 0, 1, 2 */
    int64_t verified; /* -1: not told, 0, 1 */
};

/* A file as it was exported: a JSON array (or {"data": [...]}) or CSV with a head, by its first
 * letter. agency_id: for rows without DonViXuLy, or empty. ERR_INVALID names the member; the detail
 * tells the row. All of it or nothing. */
MUST_USE result dossiers_read(struct str file, struct str agency_id, struct arena *a,
                              struct dossier **out, size_t *count, struct err *e);
/* Keeps them, in one transaction. */
MUST_USE result dossiers_keep(const struct till *t, const struct dossier *list, size_t count,
                              struct err *e);

#endif
