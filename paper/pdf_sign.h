/*
 * pdf_sign.h - room for a signature in a finished PDF, as an incremental update (ISO 32000-1 12.8).
 *
 * What pdf_write made stays as it is; behind it come an invisible signature field, its dictionary
 * with an empty place for the signature, and new versions of catalogue and first page that lead to
 * it. The signature (SubFilter ETSI.CAdES.detached, ETSI EN 319 142-1) covers every byte but that
 * place; making it is crypto's. Thread rule: any thread.
 */
#ifndef PAPER_PDF_SIGN_H
#define PAPER_PDF_SIGN_H

#include "base/base.h"

struct pdf_sign_meta {
    struct str name;   /* who signs */
    struct str reason; /* why */
    int64_t at_ms;     /* printed as the time of signing, UTC+7 */
};

struct pdf_signing {
    struct str bytes;    /* the whole file; written to by pdf_sign_fill */
    struct str parts[2]; /* what is signed: before and behind the place */
    struct str der;      /* pdf_sign_find: the signature */
};

/* pdf: as pdf_write made it. der_max: room for the signature. ERR_MALFORMED: not such a file. */
MUST_USE result pdf_sign_prepare(struct str pdf, const struct pdf_sign_meta *m, size_t der_max,
                                 struct arena *a, struct pdf_signing *out, struct err *e);
/* Puts the signature into its place; it must fit. */
void pdf_sign_fill(struct pdf_signing *s, struct str der, struct arena *a);
/* The signature of a file that was signed here, when its two parts and the place are the whole
 * file. ERR_BAD_SIGNATURE: no signature, or bytes that it does not cover. */
MUST_USE result pdf_sign_find(struct str pdf, struct arena *a, struct pdf_signing *out,
                              struct err *e);

#endif
