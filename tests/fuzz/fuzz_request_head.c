/*
 * Heads of requests: cut in place as leniently as the HTTP library does it, then shown to the gate.
 * What passes was, before it was cut, lines of CRLF without any other control byte.
 */
/* rooms: base http */
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "http/gate.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* The next line, ended by CRLF or a bare LF, which become NUL. NULL at the end. */
static char *line_cut(char **at, const char *end)
{
    char *line = *at, *lf = memchr(line, '\n', (size_t)(end - line));

    if (lf == NULL)
        return NULL;
    *at = lf + 1;
    *lf = '\0';
    if (lf > line && lf[-1] == '\r')
        lf[-1] = '\0';
    return line;
}

static char *blank_skip(char *p)
{
    while (*p == ' ' || *p == '\t')
        p++;
    return p;
}

static bool first_cut(char *line, struct gate_head *h)
{
    char *uri = strchr(line, ' '), *version = strrchr(line, ' ');

    if (uri == NULL || uri == version)
        return false;
    *uri = '\0';
    *version = '\0';
    uri = blank_skip(uri + 1);
    h->method = str_c(line);
    h->uri = str_c(uri);
    h->version = str_c(version + 1);
    return true;
}

static bool field_cut(char *line, struct gate_head *h)
{
    char *colon = strchr(line, ':');

    if (colon == NULL || colon == line)
        return false;
    *colon = '\0';
    h->line_total++;
    if (h->line_count < LIMIT_HEADER_COUNT)
        h->lines[h->line_count++] = (struct pair){ str_c(line), str_c(blank_skip(colon + 1)) };
    return true;
}

static bool head_cut(char *p, const char *end, struct gate_head *h)
{
    char *line = line_cut(&p, end);

    if (line == NULL || !first_cut(line, h))
        return false;
    while ((line = line_cut(&p, end)) != NULL && *line != '\0')
        if (!field_cut(line, h))
            return false;
    return line != NULL;
}

static bool is_line_end(struct str raw, size_t i)
{
    return i + 1 < raw.n && raw.p[i + 1] == '\n';
}

/* Up to the last value: what stands behind it, and NUL in the place of a line's CR, is what gate.h
 * says may remain. */
static void check_plain(struct str raw)
{
    for (size_t i = 0; i < raw.n; i++) {
        const unsigned char c = (unsigned char)raw.p[i];

        if (c == '\r' || c == '\0')
            must(is_line_end(raw, i));
        else if (c == '\n')
            must(i > 0 && (raw.p[i - 1] == '\r' || raw.p[i - 1] == '\0') && i + 1 < raw.n &&
                 raw.p[i + 1] != ' ' && raw.p[i + 1] != '\t');
        else
            must(c >= ' ' || c == '\t');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_open(1 << 20);
    char *cut = arena_alloc(a, n + 8); /* the connection's memory goes on */
    struct gate_head h = { .line_count = 0 };
    struct gate_body body;

    if (n > 0)
        memcpy(cut, bytes, n);
    if (head_cut(cut, cut + n, &h) && !gate_check_uri(h.uri, NULL).failed &&
        !gate_check(&h, &body, NULL).failed) {
        const struct pair *last = &h.lines[h.line_count - 1];

        must(h.line_count > 0 && body.bytes >= 0 && !(body.chunked && body.bytes > 0));
        check_plain(str_of(bytes, (size_t)(last->value.p + last->value.n - cut)));
    }
    arena_close(&a);
    return 0;
}
