/*
 * words.h - amounts in Vietnamese words, as receipts and vouchers ask (Decree 254/2026 art. 23(2)).
 *
 * 1.005.000 reads "Một triệu không trăm linh năm nghìn đồng". Groups of three; below the leading
 * group a non-zero group is read in full; billions read floor(n / 10^9) and then "tỷ".
 */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include "base/base.h"

struct words_style {
    bool south_le;   /* lẻ instead of linh */
    bool south_ngan; /* ngàn instead of nghìn */
    bool chan;       /* " chẵn" after whole thousands */
};

struct str words_number(struct arena *a, int64_t n, struct words_style style); /* no capital */
struct str words_vnd(struct arena *a, int64_t vnd, struct words_style style); /* "Năm nghìn đồng" */
struct str words_vnd_en(struct arena *a, int64_t vnd); /* "Five thousand dong" for English pages */

#endif
