/*
 * stage.h - a sandbox under test: started as a program on a free port with a fresh folder, driven
 * over HTTP; and a stand-in for motcua that takes CONFIRM and answers as motcua must.
 */
#ifndef TESTS_SANDBOX_STAGE_H
#define TESTS_SANDBOX_STAGE_H

#include "base/json.h"
#include "http/client.h"
#include "tests/test.h"

#define STAGE_SECRET "s3cr3t" /* of the payment portal: that of the published vectors */

struct stage {
    int pid, port;
    struct str origin, folder, motcua;
    struct partner *partner;
};

/* The sandbox's clock begins here, yyyyMMddHHmmss; NULL: it is the real one. */
extern const char *stage_now;

/* partner_code NULL: that of the settings; secret of the payment portal likewise. */
void stage_start(struct stage *s, struct str motcua, const char *partner_code, const char *secret);
void stage_stop(struct stage *s);    /* SIGTERM; the program must end with 0 */
void stage_restart(struct stage *s); /* the same folder and port */
/* Runs the program with these arguments until it ends; its exit status. */
int stage_run(const char *const *arguments);

struct answer stage_get(struct stage *s, struct str path);
/* headers: "Name: value" lines, NULL at the end; may be NULL. */
struct answer stage_call(struct stage *s, enum method m, struct str path,
                         const char *const *headers, const char *type, struct str body);
struct json *stage_json(struct answer a); /* the body; must be JSON */
/* Member by path "a/b/0/c"; the test fails when it is absent. */
struct str stage_text(const struct json *o, const char *path);
struct str form_body_of(const char *const *pairs); /* name, value, .., NULL */

/* The stand-in. */
struct confirms {
    struct str bodies[64];
    int count;
};
struct str motcua_start(void);              /* its base URL */
void motcua_answers(bool good);             /* MaLoi 00 signed, or 99 */
void motcua_signs(bool signs);              /* false: echoes the hash that came */
struct confirms motcua_heard(int at_least); /* waits up to 10 s for so many */
void motcua_stop(void);

/* An INIT with its MaXacThuc, hashed here and not by crypto/partner. */
struct str init_body(const char *reference, int64_t vnd, const char *payer_id, const char *secret);
struct str query_body(const char *kind, const char *reference, const char *time,
                      const char *secret);
struct str joined_hash(struct str joined); /* lower-case hex SHA-256 */
/* Posts the INIT; the path of the pay page. */
struct str stage_init(struct stage *s, const char *reference, int64_t vnd, const char *payer_id);
void stage_pay(struct stage *s, const char *reference, const char *fault); /* fault may be NULL */

#endif
