/*
 * receipt_sign.h - the collecting body's signature on its receipts.
 *
 * A receipt is pending from its issue until its body's key has signed it: as XML (enveloped
 * XML-DSig) and as PDF (PAdES B-B). Both are then kept sealed with their SHA-256, and served byte
 * for byte ever after. The key is <receipt_keys_dir>/<agency>.pem (crypto/signer.h), read at each
 * signing, so that a renewed certificate needs no restart. Without a valid certificate a receipt
 * stays pending and is tried again every RECEIPT_SIGN_AGAIN_S; nothing is lost.
 */
#ifndef PAYMENTS_RECEIPT_SIGN_H
#define PAYMENTS_RECEIPT_SIGN_H

#include "payments/receipt.h"

#define RECEIPT_SIGN_AGAIN_S 300

enum receipt_form { RECEIPT_XML, RECEIPT_PDF };

struct receipt_paper {
    int64_t signed_ms; /* 0: pending, and the rest is empty but for failure */
    struct str failure;
    struct str signer, signer_serial;
    int64_t signer_until_ms;
    struct str sha256[2], bytes[2]; /* by enum receipt_form */
};

/* Signs it now unless it is signed. ERR_CONFIG: the body has no key here, or its certificate is
 * not valid today. */
MUST_USE result receipt_sign(const struct till *t, struct str id, struct arena *a, struct err *e);
/* Both files as they would be kept if it were signed now; nothing is stored. Errors as above. */
MUST_USE result receipt_paper_make(const struct till *t, const struct receipt *r, struct arena *a,
                                   struct receipt_paper *p, struct err *e);
MUST_USE result receipt_paper_load(const struct till *t, struct str id, struct arena *a,
                                   struct receipt_paper *out, struct err *e);
/* The job: signs one that is due; *did tells whether there was one. */
MUST_USE result receipt_sign_due(const struct till *t, bool *did, struct err *e);
/* For alarms: how many are pending, and how long the oldest has been, seconds. */
MUST_USE result receipt_sign_waiting(const struct till *t, int64_t *count, int64_t *oldest_s,
                                     struct err *e);
struct str receipt_key_path(const struct till *t, struct str agency_id, struct arena *a);

/* What is to be said of a file that somebody holds. */
struct receipt_judgement {
    bool is_pdf;
    bool is_signed;             /* by whoever; the bytes are those that were signed */
    bool is_trusted;            /* the certificate leads to an authority of receipt_trust_file */
    bool is_issued;             /* byte for byte what was issued here */
    struct str subject, serial; /* of the certificate, when is_signed */
    struct str sha256;
    struct str code; /* of /verify, when is_issued */
};
/* A file that is no receipt is a judgement, not an error. */
MUST_USE result receipt_judge(const struct till *t, struct str file, struct arena *a,
                              struct receipt_judgement *out, struct err *e);

#endif
