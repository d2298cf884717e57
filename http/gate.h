/*
 * gate.h - is this head strictly one well-formed request?
 *
 * Two HTTP programs that read the same bytes differently can be made to disagree on where a request
 * ends (request smuggling). The library behind server.h is lenient in places, so every head passes
 * here before anything else looks at it; what is not beyond doubt is refused and the connection
 * closed. Rules: RFC 9110 5.6.2 (tokens), RFC 9112 2.2 (line ends), 3 (request line), 3.2 (Host),
 * 5.1 and 5.2 (field lines), 6.1-6.3 (length of the body), 7.1 (chunks).
 *
 * The library cuts a head into pieces where it lies, overwriting separators with NUL. A head whose
 * lines all end in CRLF, with nothing folded and no NUL inside, is therefore one in which the
 * pieces stand exactly side by side: gate_check() looks at their addresses to see what the library
 * tolerates without telling: bare LF, folding, NUL, doubled spaces in the request line.
 *
 * What remains, because it leaves the same pieces at the same places:
 * - a NUL in the place of the CR of a line's CRLF;
 * - in a request without a body, NULs at the end of the last line, and a bare LF for its empty line
 *   when nothing follows in the same read (with a body, the address of the body tells);
 * - in a chunked body, what came in another read than the chunk's data: a bare LF behind a size or
 *   behind the data, and extensions, are then judged by the library alone, which takes them.
 * To hide a request in these, a proxy in front would have to pass them on as they are. nginx and
 * HAProxy refuse NUL and write heads and chunks anew; tests/http/test_tls.c shows it.
 */
#ifndef HTTP_GATE_H
#define HTTP_GATE_H

#include "base/base.h"
#include "base/limits.h"
#include "http/request.h"

struct gate_head {
    struct str method, uri, version; /* where they lie in the connection's memory */
    struct pair lines[LIMIT_HEADER_COUNT];
    size_t line_count;
    size_t line_total; /* more than line_count when there were too many */
};

struct gate_body {
    bool chunked;
    int64_t bytes; /* Content-Length, 0 without one */
};

/* The request target alone, as the client wrote it: ERR_MALFORMED, or ERR_URI_TOO_LONG. */
MUST_USE result gate_check_uri(struct str uri, struct err *e);
/* ERR_MALFORMED, ERR_HEADERS_LARGE, ERR_METHOD (a method that no route can have). At least four
 * readable bytes must follow the last line's value. The uri's bytes are not looked at, since the
 * library has decoded them by now. */
MUST_USE result gate_check(const struct gate_head *h, struct gate_body *out, struct err *e);
/* Where the body begins: behind the CRLF CRLF of a head that passed. */
const char *gate_head_end(const struct gate_head *h);
/* Whether data of a body lies where it must: the first data of a body at the head's end, and each
 * chunk behind plain hexadecimal digits and CRLF. `first` says that it is the first data. */
bool gate_data_is_plain(const char *data, const char *head_end, bool chunked, bool first);
bool gate_is_token(struct str s); /* RFC 9110 5.6.2 */

#endif
