/*
 * receipts.c - makes receipts for as long as it is told: PDF and XML, each with its signature, as
 * the job of payments does, without the store. Prints how many a second and how large. See
 * receipts.sh.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/signer.h"
#include "payments/receipt_sign.h"

#define ISSUED_MS 1795400000000

static double cpu_s(void)
{
    struct timespec t;

    must(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct receipt sample(struct receipt_line *lines)
{
    lines[0] = (struct receipt_line){ .name_vi = STR("Phí thẩm định hồ sơ cấp giấy chứng nhận"),
                                      .name_en = STR("Appraisal of a land dossier"),
                                      .quantity = 1,
                                      .net_vnd = 550000,
                                      .basis_text = STR("Nghị quyết mẫu, Điều 5") };
    return (struct receipt){ .agency_id = STR("bench"),
                             .id = STR("rct_bench"),
                             .code = STR("AbCdEfGhIjKlMnOpQrStUv"),
                             .order_id = STR("pay_bench"),
                             .reference = STR("H56.14-261123-0001"),
                             .procedure_name = STR("Đăng ký biến động quyền sử dụng đất"),
                             .kind = FEE_PHI,
                             .form = STR("EBL01"),
                             .serial = STR("26TAA"),
                             .number = 1,
                             .number_text = STR("0000001"),
                             .amount_vnd = 550000,
                             .words = STR("Năm trăm năm mươi nghìn đồng chẵn"),
                             .issued_ms = ISSUED_MS,
                             .state = STR("issued"),
                             .body_name = STR("Trung tâm Phục vụ hành chính công (mẫu)"),
                             .body_tax_code = STR("2800000027"),
                             .body_address = STR("1 Đường Mẫu, tỉnh Thanh Hóa"),
                             .portal_txn = STR("GD0001"),
                             .method = STR("Chuyển khoản ngân hàng bằng mã VietQR"),
                             .lines = lines,
                             .line_count = 1,
                             .payer = { .name = STR("Nguyễn Thị Mẫu"),
                                        .address = STR("Thôn Mẫu, xã Mẫu, tỉnh Thanh Hóa") } };
}

static void die(const struct err *e)
{
    (void)fprintf(stderr, "%s: %s\n", err_name(e->code), e->detail);
    exit(1);
}

/* receipts FOLDER SECONDS: FOLDER/bench.pem is the body's key. */
int main(int argc, char **argv)
{
    const struct clock clock = clock_system();
    const double seconds = argc > 2 ? atof(argv[2]) : 5;
    struct receipt_line lines[1];
    const struct receipt r = sample(lines);
    struct arena *a = arena_open((size_t)256 << 20);
    struct receipt_paper p = { 0 };
    struct rusage used;
    struct err e = { .code = ERR_NONE };
    const double began_s = cpu_s();
    long n = 0;

    if (argc < 2)
        return 2;
    const struct till t = { .clock = &clock,
                            .issuer = STR("https://motcua.example"),
                            .receipt_keys_dir = str_c(argv[1]) };

    do {
        arena_reset(a);
        if (receipt_paper_make(&t, &r, a, &p, &e).failed)
            die(&e);
        n++;
    } while (cpu_s() - began_s < seconds);
    must(getrusage(RUSAGE_SELF, &used) == 0);
    (void)printf("%.1f %zu %zu %ld\n", (double)n / (cpu_s() - began_s), p.bytes[RECEIPT_PDF].n,
                 p.bytes[RECEIPT_XML].n, used.ru_maxrss);
    if (argc > 3) {
        FILE *f = fopen(argv[3], "wb");

        must(f != NULL);
        must(fwrite(p.bytes[RECEIPT_PDF].p, 1, p.bytes[RECEIPT_PDF].n, f) ==
             p.bytes[RECEIPT_PDF].n);
        must(fclose(f) == 0);
    }
    arena_close(&a);
    return 0;
}
