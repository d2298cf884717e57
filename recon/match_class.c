#include "recon/match_class.h"

#include "base/str.h"

static const struct {
    const char *name, *text, *action;
    int priority;
    enum match_weight weight;
} classes[] = {
#define MATCH(code, priority, weight, action)                                                      \
    { #code, "match." #code, action, priority, MATCH_##weight },
#include "recon/match.def"
#undef MATCH
};

const char *match_name(enum match_class c)
{
    return classes[c].name;
}

const char *match_text(enum match_class c)
{
    return classes[c].text;
}

const char *match_action(enum match_class c)
{
    return classes[c].action;
}

int match_priority(enum match_class c)
{
    return classes[c].priority;
}

enum match_weight match_weight(enum match_class c)
{
    return classes[c].weight;
}

bool match_find(struct str name, enum match_class *out)
{
    for (size_t i = 0; i < LEN(classes); i++) {
        if (str_is(name, classes[i].name)) {
            *out = (enum match_class)i;
            return true;
        }
    }
    return false;
}
