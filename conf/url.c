#include "conf/url.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/str.h"

#define HOST_BYTES_MAX 253 /* of a domain name */

static bool is_host_name(struct str s)
{
    return s.n > 0 && s.p[0] != '.' && s.p[0] != '-' && !str_has(s, STR("..")) &&
           str_all_in(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");
}

/* Addresses are read by the system, so that 127.0.0.1.example.vn is no loopback address. */
static bool name_read(struct str name, bool in_brackets, struct host *out)
{
    char text[HOST_BYTES_MAX + 1] = "";
    unsigned char bytes[16];
    static const unsigned char one[16] = { [15] = 1 };

    if (name.n == 0 || name.n > HOST_BYTES_MAX)
        return false;
    memcpy(text, name.p, name.n);
    *out = (struct host){ .name = name };
    if (in_brackets) {
        out->loopback = inet_pton(AF_INET6, text, bytes) == 1 && memcmp(bytes, one, 16) == 0;
        return inet_pton(AF_INET6, text, bytes) == 1;
    }
    if (inet_pton(AF_INET, text, bytes) == 1) {
        out->loopback = bytes[0] == 127;
        return true;
    }
    out->is_name = true;
    out->loopback = str_is(name, "localhost");
    return is_host_name(name) && !str_all_in(name, "0123456789.");
}

bool host_read(struct str text, bool port_needed, struct host *out)
{
    const bool in_brackets = text.n > 0 && text.p[0] == '[';
    struct str name = text, port = { NULL, 0 };
    struct host host;
    int64_t n = 0;

    if (in_brackets) {
        if (!str_cut(str_from(text, 1), ']', &name, &port) || (port.n > 0 && port.p[0] != ':'))
            return false;
        port = port.n > 0 ? str_from(port, 1) : (struct str){ NULL, 0 };
    } else {
        (void)str_cut(text, ':', &name, &port);
    }
    if (port.p == NULL ? port_needed : !str_digits(port) || port.n > 5 || !str_to_i64(port, &n))
        return false;
    if ((port.p != NULL && n == 0) || n > 65535 || !name_read(name, in_brackets, &host))
        return false;
    host.port = (int)n;
    *out = host;
    return true;
}

static bool is_printable(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~' || strchr("\"<>\\^`{|}#", s.p[i]) != NULL)
            return false;
    return true;
}

bool url_read(struct str text, struct url *out)
{
    const bool secure = str_starts(text, STR("https://"));
    struct str rest = str_from(text, secure ? 8 : 7);
    size_t end = str_find(rest, '/');
    struct url url = { .secure = secure };

    if ((!secure && !str_starts(text, STR("http://"))) || !is_printable(text))
        return false;
    if (str_find(rest, '?') < end)
        end = str_find(rest, '?');
    if (!host_read(str_sub(rest, 0, end), false, &url.host))
        return false;
    url.loopback = url.host.loopback;
    url.has_query = str_find(rest, '?') < rest.n;
    url.path = str_sub(rest, end, str_find(rest, '?') - end);
    *out = url;
    return true;
}
