/*
 * onlooker.h - who looks at a bill: the person whose it is, or somebody who acts for the
 * organisation whose it is.
 *
 * auth and payments never meet: here an organisation's id_index is carried from the one to the
 * other, and the limit of a mandate is held against the bill's amount.
 */
#ifndef WEB_ONLOOKER_H
#define WEB_ONLOOKER_H

#include "auth/acting.h"
#include "web/app.h"

struct order;

struct onlooker {
    struct str id_index; /* of the person, or of whom they act for */
    bool acts;
    struct acting acting; /* when acts */
    /* Nobody signed in, but somebody who typed the dossier's code: sees nothing personal. Pays only
     * what the bill lets anybody pay, or with the last digits of the payer's number. */
    bool guest, guest_may_pay;
};

/* Asks registers where the bill is an organisation's that is known here. Errors of acting_check()
 * when the person may not act for it; whether the bill may be seen is order_may_see()'s word. */
MUST_USE result onlooker_find(struct ctx *c, const struct order *o, struct onlooker *out,
                              struct err *e);
/* What keeps this onlooker from paying, as a key of the catalogues; NULL: nothing. */
const char *onlooker_refusal(const struct onlooker *who, const struct order *o);

#endif
