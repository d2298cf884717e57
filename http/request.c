#include "http/request.h"

#include "base/str.h"
#include "http/response.h"

/* Weights are thousandths: "q=0.8" is 800 (RFC 9110 12.4.2). */
#define WEIGHT_FULL 1000

static struct str pair_value(const struct pair *pairs, size_t n, struct str name, bool nocase)
{
    for (size_t i = 0; i < n; i++)
        if (nocase ? str_eq_nocase(pairs[i].name, name) : str_eq(pairs[i].name, name))
            return pairs[i].value;
    return STR("");
}

struct str request_header(const struct request *rq, const char *name)
{
    return pair_value(rq->headers, rq->header_count, str_c(name), true);
}

struct str request_param(const struct request *rq, const char *name)
{
    return pair_value(rq->params, rq->param_count, str_c(name), false);
}

static bool cookie_in(struct str line, struct str name, struct str *out)
{
    struct str item, key, value;

    while (str_next(&line, ';', &item)) {
        if (!str_cut(str_trim(item), '=', &key, &value) || !str_eq(key, name))
            continue;
        if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
            value = str_sub(value, 1, value.n - 2);
        if (!cookie_is_plain(value))
            continue;
        *out = value;
        return true;
    }
    return false;
}

struct str request_cookie(const struct request *rq, const char *name)
{
    struct str value = STR("");

    for (size_t i = 0; i < rq->header_count; i++)
        if (str_eq_nocase(rq->headers[i].name, STR("Cookie")) &&
            cookie_in(rq->headers[i].value, str_c(name), &value))
            break;
    return value;
}

/* "0.85" is 850; anything else than RFC 9110's qvalue counts as 0. */
static int weight_read(struct str q)
{
    const bool one = str_starts(q, STR("1"));
    int weight = one ? WEIGHT_FULL : 0, place = 100;

    if (q.n == 0 || q.n > 5 || (!one && q.p[0] != '0') || (q.n > 1 && q.p[1] != '.'))
        return 0;
    for (size_t i = 2; i < q.n && !one; i++, place /= 10) {
        if (q.p[i] < '0' || q.p[i] > '9')
            return 0;
        weight += (q.p[i] - '0') * place;
    }
    return weight;
}

/* The value before ';' and its weight. */
static int item_weight(struct str item, struct str *value)
{
    struct str part, name, q;
    int weight = WEIGHT_FULL;

    *value = STR("");
    if (str_next(&item, ';', &part))
        *value = str_trim(part);
    while (str_next(&item, ';', &part))
        if (str_cut(str_trim(part), '=', &name, &q) && str_eq_nocase(name, STR("q")))
            weight = weight_read(q);
    return weight;
}

bool request_wants_json(const struct request *rq)
{
    struct str list = request_header(rq, "Accept"), item, type;
    int json = 0, html = 0;

    while (str_next(&list, ',', &item)) {
        const int weight = item_weight(item, &type);

        if (str_eq_nocase(type, STR("application/json")) ||
            str_eq_nocase(type, STR("application/problem+json")))
            json = weight > json ? weight : json;
        else if (str_eq_nocase(type, STR("text/html")) || str_eq_nocase(type, STR("text/*")))
            html = weight > html ? weight : html;
    }
    return json > html;
}

static bool is_language(struct str tag, struct str primary)
{
    return str_eq_nocase(tag, primary) ||
           (tag.n > 2 && tag.p[2] == '-' && str_eq_nocase(str_sub(tag, 0, 2), primary));
}

struct str request_language(const struct request *rq)
{
    struct str list = request_header(rq, "Accept-Language"), item, tag;
    int vi = -1, en = -1;
    bool en_first = false;

    while (str_next(&list, ',', &item)) {
        const int weight = item_weight(item, &tag);

        if (is_language(tag, STR("vi")) && weight > vi)
            vi = weight;
        if (is_language(tag, STR("en")) && weight > en) {
            en = weight;
            en_first = vi < 0;
        }
    }
    if (en > 0 && (en > vi || (en == vi && en_first)))
        return STR("en");
    return STR("vi");
}
