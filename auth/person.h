/*
 * person.h - asking the national population database whether a person is who they say.
 *
 * SOAP 1.1 behind the C06 gateway: element order is fixed, the name goes out as its key, the header
 * is signed with crypto/partner. By person.operation either TraCuuThongTinCongDan, of whose answer
 * five fields are read (number, name, sex, birth, address) and whether the person is recorded as
 * dead, everything else being dropped unread: a person matches when number, name key and birth date
 * agree, as far as the register knows the birth date. Or XacThucThongTinCongDan, which says yes or
 * no and so tells us nothing that we do not know, and then XacMinhTinhTrangChetMatTich.
 *
 * Strictly apart: what the register says about the person (ERR_PERSON_UNKNOWN, _MISMATCH,
 * _DECEASED) and that it could not be asked (ERR_UPSTREAM_DOWN: no answer, HTTP error, SOAP Fault,
 * wrapper error_code, an answer that does not parse). A technical fault never says "wrong
 * identity".
 *
 * Every question is written to the audit log before it is asked (auth/registry.h) and drawn from
 * the budget person.budget_per_min. A match may be used again for person.cache_s: kept under a
 * keyed digest, without personal data. Thread rule: any thread; blocks on the network.
 */
#ifndef AUTH_PERSON_H
#define AUTH_PERSON_H

#include "auth/auth.h"
#include "base/clock.h"

struct person_question {
    struct str number;   /* 12 digits, or empty */
    struct str old_card; /* 9 digits, asked with when there is no number */
    struct str name;
    struct date birth;
    const char *purpose;  /* "login": into the audit log */
    struct str client_id; /* for whose sign-in, into the audit log; or empty */
    /* What the portal asks for: the stricter of it and person.policy holds. */
    enum person_policy { PERSON_BY_SETTING, PERSON_PREFER, PERSON_REQUIRE } policy;
};

struct person_answer {
    bool checked;       /* the register said: same person */
    bool degraded;      /* it could not be asked and the policy `prefer` let it pass */
    int64_t at_ms;      /* when it was asked; 0 when it was not */
    struct str ref;     /* MaYeuCau of the question, or empty */
    struct str sex;     /* "1" or "2"; only from a fresh answer */
    struct str address; /* only from a fresh answer */
};

/* What an answer's XML says; for person_check() and its tests. */
enum person_found { PERSON_FOUND, PERSON_NOT_FOUND, PERSON_DEAD };
struct person_record {
    enum person_found found;
    struct str number, old_card, name, sex, address;
    struct date birth; /* y 0: not told */
};

MUST_USE result person_open(const struct conf *c, struct person **out, struct err *e);
void person_close(struct person **p);

/* By the policy, the stricter of the settings' and the question's: `skip` asks nothing and answers
 * neither checked nor degraded; `prefer` turns ERR_UPSTREAM_DOWN into degraded; `require` fails. A
 * person without any number is ERR_PERSON_UNKNOWN, or degraded under `prefer`. */
MUST_USE result person_check(struct auth *au, const struct visit *v,
                             const struct person_question *q, struct person_answer *out,
                             struct err *e);

enum person_operation { PERSON_LOOKUP, PERSON_VERIFY, PERSON_DEATH };
struct person_request {
    const struct person_question *question;
    enum person_operation operation;
    struct str code; /* MaYeuCau */
};

/* The request's XML. */
MUST_USE result person_request_print(struct arena *a, const struct conf *c,
                                     const struct person_request *rq, struct str *xml,
                                     struct err *e);
/* Bytes of an answer with HTTP status 200: SOAP, or the provincial JSON wrapper around it.
 * ERR_UPSTREAM_DOWN for every technical fault. */
MUST_USE result person_read(struct arena *a, struct str body, struct person_record *out,
                            struct err *e);
/* The same for the operations that say yes or no (KetQuaXacThuc/TonTai). */
MUST_USE result person_verdict_read(struct arena *a, struct str body, bool *yes, struct err *e);
/* ERR_PERSON_UNKNOWN, ERR_PERSON_MISMATCH, ERR_PERSON_DECEASED; the field says which part. */
MUST_USE result person_match(struct arena *a, const struct person_question *q,
                             const struct person_record *r, struct err *e);

#endif
