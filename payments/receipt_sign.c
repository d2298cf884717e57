/*
 * Signing receipts. Attacker: has a receipt signed that was not issued, or a signed one exchanged;
 * promise: what is signed is read from the row, once; the first signature that is stored stays, and
 * whoever shows a file is told whether it is byte for byte what was issued. Deliberately not done:
 * time stamps of an authority; the key of a body rests in a file of the service.
 */
#include "payments/receipt_sign.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "conf/file.h"
#include "crypto/digest.h"
#include "crypto/seal.h"
#include "crypto/signer.h"
#include "crypto/xmldsig.h"
#include "paper/pdf_sign.h"
#include "store/sql.h"

#define TRUST_BYTES_MAX (1024 * 1024)
#define PDF_HEAD        STR("%PDF-")

struct signing {
    const struct till *t;
    struct arena *a;
    struct str id;
    struct receipt_paper paper;
    struct str failure;
    int64_t again_ms;
    bool found;
    int64_t count, oldest_ms;
};

static const char *const place_names[] = {
    [RECEIPT_XML] = "receipt.xml", [RECEIPT_PDF] = "receipt.pdf"
};

static struct str seal_place(const struct signing *s, enum receipt_form form)
{
    return str_fmt(s->a, "%s:%.*s", place_names[form], STR_ARG(s->id));
}

struct str receipt_key_path(const struct till *t, struct str agency_id, struct arena *a)
{
    return str_fmt(a, "%.*s/%.*s.pem", STR_ARG(t->receipt_keys_dir), STR_ARG(agency_id));
}

/* Without a key, and with one out of date, the receipt waits: that is for the operator to mend. */
static result key_open(const struct till *t, struct str agency_id, int64_t now_ms, struct arena *a,
                       struct signer **out, struct err *e)
{
    DEFER(signer_close) struct signer *s = NULL;
    struct err why = { .code = ERR_NONE };

    if (signer_open(str_cstr(a, receipt_key_path(t, agency_id, a)), &s, &why).failed)
        return fail(e, ERR_CONFIG, "receipts of %.*s cannot be signed: %s", STR_ARG(agency_id),
                    why.detail);
    if (signer_check(s, now_ms, &why).failed)
        return fail(e, ERR_CONFIG, "receipts of %.*s cannot be signed: %s", STR_ARG(agency_id),
                    why.detail);
    *out = s;
    s = NULL;
    return OK;
}

static result pdf_make(const struct till *t, const struct receipt *r, const struct signer *key,
                       struct receipt_paper *p, struct arena *a, struct err *e)
{
    const struct receipt_mark mark = { .at_ms = p->signed_ms, .signer = r->body_name };
    const struct pdf_sign_meta meta = { .name = r->body_name,
                                        .reason = STR("Biên lai điện tử"),
                                        .at_ms = p->signed_ms };
    struct pdf_signing signing;
    struct str pdf, der;

    TRY(receipt_pdf(t, r, &mark, a, &pdf, e));
    TRY(pdf_sign_prepare(pdf, &meta, signer_bytes_max(key), a, &signing, e));
    TRY(signer_sign(key, signing.parts, a, &der, e));
    pdf_sign_fill(&signing, der, a);
    p->bytes[RECEIPT_PDF] = signing.bytes;
    return OK;
}

result receipt_paper_make(const struct till *t, const struct receipt *r, struct arena *a,
                          struct receipt_paper *p, struct err *e)
{
    DEFER(signer_close) struct signer *key = NULL;
    struct signer_facts facts;
    struct str xml;

    *p = (struct receipt_paper){ .signed_ms = clock_now_ms(t->clock) };
    TRY(key_open(t, r->agency_id, p->signed_ms, a, &key, e));
    signer_tell(key, a, &facts);
    p->signer = facts.subject;
    p->signer_serial = facts.serial;
    p->signer_until_ms = facts.not_after_ms;
    TRY(receipt_xml(t, r, p->signed_ms, a, &xml, e));
    TRY(xmldsig_sign(xml, key, a, &p->bytes[RECEIPT_XML], e));
    TRY(pdf_make(t, r, key, p, a, e));
    for (size_t i = 0; i < LEN(p->bytes); i++)
        p->sha256[i] = digest_hex(a, digest_sha256(p->bytes[i]));
    return OK;
}

/* The first that is stored stays: another process may have signed it meanwhile. */
static result paper_save(struct sql *db, void *arg, struct err *e)
{
    const struct signing *s = arg;
    const struct receipt_paper *p = &s->paper;
    struct str sealed[2];

    for (int i = 0; i < 2; i++)
        sealed[i] = seal_put(s->a, s->t->seal, seal_place(s, (enum receipt_form)i), p->bytes[i]);
    return sql_run(db, SQL_RECEIPT_PAPER_SAVE, e, sql_t(s->id), sql_i(p->signed_ms),
                   sql_t(p->signer), sql_t(p->signer_serial), sql_i(p->signer_until_ms),
                   sql_t(p->sha256[RECEIPT_XML]), sql_b(sealed[RECEIPT_XML]),
                   sql_t(p->sha256[RECEIPT_PDF]), sql_b(sealed[RECEIPT_PDF]));
}

result receipt_sign(const struct till *t, struct str id, struct arena *a, struct err *e)
{
    struct signing s = { .t = t, .a = a, .id = id };
    struct receipt r;

    TRY(receipt_load(t, id, a, &r, e));
    if (r.signed_ms > 0)
        return OK;
    TRY(receipt_paper_make(t, &r, a, &s.paper, e));
    return sql_transact(t->store, paper_save, &s, e);
}

static result paper_read(struct sql *db, void *arg, struct err *e)
{
    struct signing *s = arg;
    struct receipt_paper *p = &s->paper;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_RECEIPT_PAPER_BY_ID, &rows, e, sql_t(s->id)));
    TRY(sql_one(rows, e));
    *p = (struct receipt_paper){ .signed_ms = sql_int(rows, 1),
                                 .failure = sql_text(rows, 2, s->a),
                                 .signer = sql_text(rows, 3, s->a),
                                 .signer_serial = sql_text(rows, 4, s->a),
                                 .signer_until_ms = sql_int(rows, 5) };
    for (int i = 0; i < 2 && p->signed_ms > 0; i++) {
        p->sha256[i] = sql_text(rows, 6 + 2 * i, s->a);
        TRY(seal_get(s->a, s->t->seal, seal_place(s, (enum receipt_form)i),
                     sql_bytes(rows, 7 + 2 * i, s->a), &p->bytes[i], e));
        if (!str_eq(digest_hex(s->a, digest_sha256(p->bytes[i])), p->sha256[i]))
            return fail(e, ERR_BROKEN_CHAIN, "receipt %.*s: its file was altered", STR_ARG(s->id));
    }
    return OK;
}

result receipt_paper_load(const struct till *t, struct str id, struct arena *a,
                          struct receipt_paper *out, struct err *e)
{
    struct signing s = { .t = t, .a = a, .id = id };

    TRY(sql_read(t->store, paper_read, &s, e));
    *out = s.paper;
    return OK;
}

static result claim(struct sql *db, void *arg, struct err *e)
{
    struct signing *s = arg;
    const int64_t now_ms = clock_now_ms(s->t->clock);
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_RECEIPT_PAPER_CLAIM, &rows, e, sql_i(now_ms),
                 sql_i(now_ms + s->t->lease_s * 1000)));
    TRY(sql_next(rows, &s->found, e));
    if (s->found)
        s->id = sql_text(rows, 0, s->a);
    return OK;
}

static result try_later(struct sql *db, void *arg, struct err *e)
{
    const struct signing *s = arg;

    return sql_run(db, SQL_RECEIPT_PAPER_AGAIN, e, sql_t(s->id), sql_i(s->again_ms),
                   sql_t(s->failure));
}

result receipt_sign_due(const struct till *t, bool *did, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open_clean(LIMIT_ARENA_JOB_BYTES);
    struct signing s = { .t = t, .a = a };
    struct err why = { .code = ERR_NONE };

    TRY(sql_transact(t->store, claim, &s, e));
    *did = s.found;
    if (!s.found || !receipt_sign(t, s.id, a, &why).failed)
        return OK;
    s.failure = str_c(err_name(why.code));
    s.again_ms = clock_now_ms(t->clock) + RECEIPT_SIGN_AGAIN_S * 1000LL;
    return sql_transact(t->store, try_later, &s, e);
}

static result waiting_read(struct sql *db, void *arg, struct err *e)
{
    struct signing *s = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find_plain(db, SQL_RECEIPT_PAPER_WAITING, &rows, e));
    TRY(sql_one(rows, e));
    s->count = sql_int(rows, 0);
    s->oldest_ms = sql_int(rows, 1);
    return OK;
}

result receipt_sign_waiting(const struct till *t, int64_t *count, int64_t *oldest_s, struct err *e)
{
    struct signing s = { .t = t };

    TRY(sql_read(t->store, waiting_read, &s, e));
    *count = s.count;
    *oldest_s = s.count == 0 ? 0 : (clock_now_ms(t->clock) - s.oldest_ms) / 1000;
    return OK;
}

/* Authorities; without them nobody is trusted. */
static struct str trust_load(const struct till *t, struct arena *a)
{
    struct err why = { .code = ERR_NONE };
    struct str pem;

    return t->receipt_trust_file.n == 0 || conf_file_load(a, str_cstr(a, t->receipt_trust_file),
                                                          TRUST_BYTES_MAX, &pem, &why)
                                               .failed
               ? STR("")
               : pem;
}

/* Who signed these bytes, judged as of at_ms; nobody is an answer. */
static bool signer_find(const struct till *t, struct str file, int64_t at_ms, struct arena *a,
                        struct signer_facts *facts)
{
    const struct str trust = trust_load(t, a);
    struct err why = { .code = ERR_NONE };
    struct pdf_signing signing;

    if (!str_starts(file, PDF_HEAD))
        return !xmldsig_verify(file, trust, at_ms, a, facts, &why).failed;
    return !pdf_sign_find(file, a, &signing, &why).failed &&
           !signer_verify(signing.parts, signing.der, trust, at_ms, a, facts, &why).failed;
}

result receipt_judge(const struct till *t, struct str file, struct arena *a,
                     struct receipt_judgement *out, struct err *e)
{
    struct signer_facts facts = { .trusted = false };
    struct receipt_judgement j = { .is_pdf = str_starts(file, PDF_HEAD),
                                   .sha256 = digest_hex(a, digest_sha256(file)) };
    struct receipt_public known;
    int64_t at_ms = clock_now_ms(t->clock);

    j.is_issued = !receipt_find_file(t, j.sha256, a, &j.code, e).failed;
    if (!j.is_issued && e->code != ERR_NOT_FOUND)
        return (result){ true };
    if (j.is_issued) { /* the certificate was to be valid then */
        TRY(receipt_verify(t, j.code, a, &known, e));
        at_ms = known.signed_ms;
    }
    j.is_signed = signer_find(t, file, at_ms, a, &facts);
    j.is_trusted = j.is_signed && facts.trusted;
    j.subject = facts.subject;
    j.serial = facts.serial;
    *out = j;
    return OK;
}
