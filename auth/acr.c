/*
 * Security: the attacker signed in weakly and wants a token that says more. Promised: only methods
 * of the table count, each once for its factor, and two passwords are one factor. Deliberately not
 * done: believing an upstream's acr, which has been seen to be a constant.
 */
#include "auth/acr.h"

#include "base/str.h"

enum factor { KNOWLEDGE = 1, POSSESSION = 2, BIOMETRIC = 4, SEVERAL = 8 };

static const struct {
    const char *name; /* RFC 8176 */
    unsigned factors;
} methods[] = {
    { "pwd", KNOWLEDGE },  { "pin", KNOWLEDGE },    { "kba", KNOWLEDGE },  { "otp", POSSESSION },
    { "sms", POSSESSION }, { "tel", POSSESSION },   { "hwk", POSSESSION }, { "swk", POSSESSION },
    { "sc", POSSESSION },  { "pop", POSSESSION },   { "face", BIOMETRIC }, { "fpt", BIOMETRIC },
    { "iris", BIOMETRIC }, { "retina", BIOMETRIC }, { "vbm", BIOMETRIC },  { "mfa", SEVERAL },
};

static unsigned factors_of(struct str amr)
{
    unsigned found = 0;
    struct str word;

    while (str_next(&amr, ' ', &word))
        for (size_t i = 0; i < LEN(methods); i++)
            if (str_is(word, methods[i].name))
                found |= methods[i].factors;
    return found;
}

int acr_of_methods(struct str amr, int account_level)
{
    const unsigned found = factors_of(amr);
    const unsigned known = found & (KNOWLEDGE | POSSESSION | BIOMETRIC);
    const int count =
        ((known & KNOWLEDGE) != 0) + ((known & POSSESSION) != 0) + ((known & BIOMETRIC) != 0);

    if (found == 0)
        return account_level >= 2 ? 2 : 1;
    if (count == 3)
        return 4;
    if ((known & BIOMETRIC) != 0 && (count == 2 || (found & SEVERAL) != 0))
        return 3;
    return count == 2 || (found & SEVERAL) != 0 ? 2 : 1;
}

int acr_read(struct str name, bool compat)
{
    static const char *const prefixes[] = { "urn:vn:loa:", "urn:motcua:acr:vn-nd69:" };

    for (size_t i = 0; i < LEN(prefixes); i++) {
        const struct str p = str_c(prefixes[i]);

        if (str_starts(name, p) && name.n == p.n + 1 && name.p[p.n] >= '1' && name.p[p.n] <= '4')
            return name.p[p.n] - '0';
    }
    if (compat && str_is(name, "LoA1"))
        return 1;
    return compat && str_is(name, "LoA2") ? 2 : 0;
}

unsigned acr_set(struct str names, bool compat, int *first)
{
    unsigned set = 0;
    struct str word;

    *first = 0;
    while (str_next(&names, ' ', &word)) {
        const int level = acr_read(word, compat);

        if (level == 0)
            continue;
        if (*first == 0)
            *first = level;
        set |= 1U << level;
    }
    return set;
}

int acr_set_least(unsigned set)
{
    for (int level = 1; level <= ACR_MOST; level++)
        if ((set & 1U << level) != 0)
            return level;
    return 0;
}

int acr_set_best(unsigned set, int reached)
{
    for (int level = reached; level > 0; level--)
        if ((set & 1U << level) != 0)
            return level;
    return 0;
}

int acr_at_age(int acr, int64_t age_s)
{
    return acr < ACR_EVER_FRESH || age_s <= ACR_FRESH_S ? acr : ACR_EVER_FRESH - 1;
}
