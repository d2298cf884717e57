/*
 * The table of channels. Promise: an attempt is only ever spoken of with the provider at which it
 * was begun, and a channel that is switched off begins nothing.
 */
#include "payments/channel.h"

#include "base/err.h"
#include "base/str.h"
#include "payments/attempt.h"
#include "payments/order.h"

/* Of a channel that makes no calls: another process may still be at it. */
#define TIMEOUT_MS 10000

const struct channel channels[] = {
#define CHANNEL(name, text, can, account, section, callbacks, method)                              \
    { #name, text, can, account, section, callbacks, &channel_##name },
#include "payments/channel.def"
#undef CHANNEL
};
const size_t channel_count = LEN(channels);

const struct channel *channel_find(struct str name)
{
    for (size_t i = 0; i < LEN(channels); i++)
        if (str_is(name, channels[i].name))
            return &channels[i];
    return NULL;
}

result channel_of(const struct attempt *at, const struct channel **out, struct err *e)
{
    *out = channel_find(at->channel);
    return *out != NULL ? OK
                        : fail(e, ERR_INTERNAL, "attempt %.*s: no channel %.*s",
                               STR_ARG(at->reference), STR_ARG(at->channel));
}

enum ledger_account channel_account(const struct channel *ch, const struct attempt *at)
{
    if (ch->section[0] == '\0' && str_is(at->info, "transfer"))
        return LEDGER_1120;
    return (enum ledger_account)ch->account;
}

struct str channel_method(struct str of)
{
    static const struct {
        const char *name, *text;
    } methods[] = {
#define CHANNEL(name, text, can, account, section, callbacks, method) { #name, method },
#include "payments/channel.def"
#undef CHANNEL
    };
    const struct str name = str_sub(of, 0, str_find(of, ' '));

    if (str_is(of, "counter transfer"))
        return STR("Chuyển khoản, thu tại Bộ phận Một cửa");
    for (size_t i = 0; i < LEN(methods); i++)
        if (str_is(name, methods[i].name))
            return str_c(methods[i].text);
    return STR("");
}

bool channel_can(struct str name, enum channel_ability what)
{
    const struct channel *ch = channel_find(name);

    return ch != NULL && (ch->can & what) != 0;
}

bool channel_is_offered(const struct channel *ch, const struct till *t, const struct order *o)
{
    if ((ch->can & CHANNEL_COUNTER) != 0 || !ch->calls->is_enabled(t))
        return false;
    return (ch->can & CHANNEL_RESTS) != 0 || order_due_vnd(o) == 0 ||
           order_due_vnd(o) == o->bill.total_vnd;
}

int64_t channel_timeout_ms(struct str name, const struct till *t)
{
    const struct channel *ch = channel_find(name);

    if (ch == NULL || ch->calls->timeout_ms == NULL || !ch->calls->is_enabled(t))
        return TIMEOUT_MS;
    return ch->calls->timeout_ms(t);
}

void channel_no_answer(struct channel_answer *out, struct str why)
{
    *out = (struct channel_answer){ .result = CHANNEL_NO_ANSWER, .code = why };
}

result channel_ask(const struct till *t, const struct attempt *at, bool overdue, struct arena *a,
                   struct channel_answer *out, struct err *e)
{
    const struct channel *ch;

    TRY(channel_of(at, &ch, e));
    if ((ch->can & CHANNEL_ASKS) == 0) {
        *out = (struct channel_answer){ .state = overdue ? CHANNEL_NOT_FOUND : CHANNEL_PENDING };
        return OK;
    }
    if (!ch->calls->is_enabled(t)) {
        channel_no_answer(out, STR("off")); /* its key is not here: a later start may know it */
        return OK;
    }
    return ch->calls->ask(t, at, a, out, e);
}
