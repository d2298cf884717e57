#include "sandbox/fault.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/catalog.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/random.h"
#include "http/response.h"

#define FAULT_ROWS_MAX  256
#define FAULT_SLEEP_MAX 60000
#define ALWAYS_PPM      1000000

enum fault_kind { KIND_DOWN, KIND_SLOW, KIND_ERROR, KIND_GARBAGE, KIND_OWN };

static const struct {
    const char *name, *system_name;
    enum fault_system system;
    enum fault_kind kind;
    int64_t arg;
} known[] = {
#define FAULT(name, system, kind, arg) { #name, #system, FAULT_OF_##system, KIND_##kind, arg },
#include "sandbox/fault.def"
#undef FAULT
};

struct faults {
    pthread_mutex_t lock;
    struct fault_row rows[FAULT_ROWS_MAX];
    size_t n;
    int64_t last_id;
};

void faults_open(struct faults **out)
{
    struct faults *f = calloc(1, sizeof(*f));
    must(f != NULL);
    must(pthread_mutex_init(&f->lock, NULL) == 0);
    *out = f;
}

void faults_close(struct faults **f)
{
    if (*f)
        pthread_mutex_destroy(&(*f)->lock);
    free(*f);
    *f = NULL;
}

bool fault_find(struct str name, enum fault *out)
{
    for (size_t i = 0; i < FAULT_COUNT; i++) {
        if (str_is(name, known[i].name)) {
            *out = (enum fault)i;
            return true;
        }
    }
    return false;
}

const char *fault_name(enum fault fault)
{
    return known[fault].name;
}

enum fault_system fault_system(enum fault fault)
{
    return known[fault].system;
}

int64_t fault_arg(enum fault fault)
{
    return known[fault].arg;
}

/* "name" or "name=argument", comma-separated; what belongs to another system is passed over. */
static void names_draw(struct str names, enum fault_system system, struct fault_set *set)
{
    struct str one;
    while (str_next(&names, ',', &one)) {
        struct str name = str_trim(one), arg = STR("");
        enum fault fault;
        (void)str_cut(name, '=', &name, &arg);
        if (!fault_find(name, &fault) || known[fault].system != system)
            continue;
        set->on[fault] = true;
        if (!str_to_i64(arg, &set->arg[fault]))
            set->arg[fault] = known[fault].arg;
    }
}

static bool row_acts(const struct fault_row *r, const struct fault_where *w)
{
    struct str person = str_c(r->person), reference = str_c(r->reference);
    uint32_t dice = 0;

    if (known[r->fault].system != w->system || r->count == 0)
        return false;
    if ((person.n && !str_eq(person, w->person)) ||
        (reference.n && !str_eq(reference, w->reference)))
        return false;
    if (r->rate_ppm >= ALWAYS_PPM)
        return true;
    random_fill(&dice, sizeof(dice));
    return (int64_t)(dice % ALWAYS_PPM) < r->rate_ppm;
}

void fault_draw(struct faults *f, const struct fault_where *where, struct fault_set *set)
{
    names_draw(where->header, where->system, set);
    names_draw(where->always, where->system, set);
    pthread_mutex_lock(&f->lock);
    for (size_t i = 0; i < f->n; i++) {
        struct fault_row *r = &f->rows[i];
        if (!row_acts(r, where))
            continue;
        set->on[r->fault] = true;
        set->arg[r->fault] = r->arg;
        if (r->count > 0)
            r->count--;
    }
    pthread_mutex_unlock(&f->lock);
}

void fault_pause(int64_t ms)
{
    if (ms > FAULT_SLEEP_MAX)
        ms = FAULT_SLEEP_MAX;
    struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000L };
    while (ms > 0 && nanosleep(&t, &t) != 0)
        ;
}

bool fault_answer(const struct fault_set *set, enum fault_system system, struct response *rs)
{
    bool answered = false;
    for (size_t i = 0; i < FAULT_COUNT; i++) {
        if (!set->on[i] || known[i].system != system)
            continue;
        if (known[i].kind == KIND_SLOW)
            fault_pause(set->arg[i]);
        else if (known[i].kind == KIND_DOWN)
            response_body(rs, 503, "text/plain", STR("simulated: down\n"));
        else if (known[i].kind == KIND_ERROR)
            response_body(rs, 500, "text/plain", STR("simulated: internal error\n"));
        else if (known[i].kind == KIND_GARBAGE)
            response_body(rs, 200, "application/json", STR("\xff\xfe{<simulated garbage"));
        rs->close |= known[i].kind == KIND_DOWN;
        answered |= known[i].kind != KIND_SLOW && known[i].kind != KIND_OWN;
    }
    return answered;
}

int64_t fault_put(struct faults *f, const struct fault_row *row)
{
    int64_t id = 0;
    pthread_mutex_lock(&f->lock);
    if (f->n < FAULT_ROWS_MAX) {
        id = ++f->last_id;
        f->rows[f->n] = *row;
        f->rows[f->n].id = id;
        f->n++;
    }
    pthread_mutex_unlock(&f->lock);
    return id;
}

bool fault_drop(struct faults *f, int64_t id)
{
    bool found = false;
    pthread_mutex_lock(&f->lock);
    for (size_t i = 0; i < f->n; i++) {
        if (f->rows[i].id != id)
            continue;
        f->rows[i] = f->rows[--f->n];
        found = true;
        break;
    }
    pthread_mutex_unlock(&f->lock);
    return found;
}

void fault_clear(struct faults *f)
{
    pthread_mutex_lock(&f->lock);
    f->n = 0;
    pthread_mutex_unlock(&f->lock);
}

struct json *fault_list(struct faults *f)
{
    struct json *list = json_array();
    pthread_mutex_lock(&f->lock);
    for (size_t i = 0; i < f->n; i++) {
        const struct fault_row *r = &f->rows[i];
        struct json *o = json_object();
        json_put_int(o, "id", r->id);
        json_put_str(o, "fault", str_c(known[r->fault].name));
        json_put_str(o, "person", str_c(r->person));
        json_put_str(o, "reference", str_c(r->reference));
        json_put_int(o, "count", r->count);
        json_put_int(o, "rate_ppm", r->rate_ppm);
        json_put_int(o, "arg", r->arg);
        json_add(list, o);
    }
    pthread_mutex_unlock(&f->lock);
    return list;
}

struct json *fault_known(const struct catalog *words, struct arena *a)
{
    struct json *list = json_array();
    for (size_t i = 0; i < FAULT_COUNT; i++) {
        struct json *o = json_object();
        json_put_str(o, "fault", str_c(known[i].name));
        json_put_str(o, "system", str_c(known[i].system_name));
        json_put_int(o, "arg", known[i].arg);
        json_put_str(o, "help", catalog_text(words, str_fmt(a, "fault.%s", known[i].name)));
        json_add(list, o);
    }
    return list;
}
