#include "sandbox/people.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "sandbox/csv.h"

#define PEOPLE_MAX 1000

struct people {
    struct person *rows;
    size_t n;
};

static bool claims_are_json(struct str text)
{
    DEFER(json_close) struct json *o = NULL;

    return text.n == 0 || (!json_read(text, &o, NULL).failed && json_is_object(o));
}

static result person_read(const struct csv *c, struct person *p, struct err *e)
{
#define COLUMN(name) p->name = csv_get(c, #name);
#include "sandbox/people.def"
#undef COLUMN
    struct str born = p->register_born.n ? p->register_born : p->born;
    if (p->number.n != 12 || !str_digits(p->number))
        return fail(e, ERR_CONFIG, "people.csv line %d: number", c->line);
    if (!date_read(p->born, &p->birth) || !date_read(born, &p->register_birth))
        return fail(e, ERR_CONFIG, "people.csv line %d: born", c->line);
    if (!str_is(p->kind, "1") && !str_is(p->kind, "2") && !str_is(p->kind, "3"))
        return fail(e, ERR_CONFIG, "people.csv line %d: kind", c->line);
    if (!claims_are_json(p->claims))
        return fail(e, ERR_CONFIG, "people.csv line %d: claims", c->line);
    p->deceased = str_is(p->in_register, "deceased");
    p->absent = str_is(p->in_register, "absent");
    return OK;
}

result people_load(struct arena *a, const char *path, struct people **out, struct err *e)
{
    struct csv c;
    struct people *p = arena_new(a, struct people);
    bool found = true;
    p->rows = arena_array(a, struct person, PEOPLE_MAX);
    TRY(csv_open(&c, a, path, e));
    for (;;) {
        TRY(csv_read(&c, &found, e));
        if (!found)
            break;
        if (p->n == PEOPLE_MAX)
            return fail(e, ERR_CONFIG, "people.csv: more than %d rows", PEOPLE_MAX);
        TRY(person_read(&c, &p->rows[p->n], e));
        if (people_by_handle(p, p->rows[p->n].handle))
            return fail(e, ERR_CONFIG, "people.csv line %d: handle repeated", c.line);
        p->n++;
    }
    *out = p;
    return OK;
}

size_t people_count(const struct people *p)
{
    return p->n;
}

const struct person *people_at(const struct people *p, size_t i)
{
    must(i < p->n);
    return &p->rows[i];
}

#define FIND(column, value)                                                                        \
    do {                                                                                           \
        for (size_t i = 0; i < p->n; i++)                                                          \
            if (str_eq(p->rows[i].column, (value)) && (value).n)                                   \
                return &p->rows[i];                                                                \
        return NULL;                                                                               \
    } while (0)

const struct person *people_by_handle(const struct people *p, struct str handle)
{
    FIND(handle, handle);
}

const struct person *people_by_number(const struct people *p, struct str number)
{
    FIND(number, number);
}

const struct person *people_by_old_card(const struct people *p, struct str nine_digits)
{
    FIND(old_card, nine_digits);
}

const struct person *people_by_techid(const struct people *p, struct str techid)
{
    FIND(techid, techid);
}

const struct person *people_find(const struct people *p, struct str hint)
{
    if (str_starts(hint, STR("persona:")))
        hint = str_from(hint, sizeof("persona:") - 1);
    const struct person *found = people_by_handle(p, hint);
    return found ? found : people_by_number(p, hint);
}

struct str person_register_name(const struct person *p)
{
    return p->register_name.n ? p->register_name : p->name;
}
