#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>

/* A condition is source text: it may hold quotes and backslashes, and the line is JSON as those of
 * the log are. */
void must_fail(const char *cond, const char *file, int line)
{
    char escaped[512];
    size_t n = 0;

    for (; *cond != '\0' && n < sizeof(escaped) - 2; cond++) {
        if (*cond == '"' || *cond == '\\')
            escaped[n++] = '\\';
        escaped[n++] = *cond;
    }
    escaped[n] = '\0';
    (void)fprintf(stderr,
                  "{\"level\":\"fatal\",\"event\":\"must\",\"cond\":\"%s\",\"at\":\"%s:%d\"}\n",
                  escaped, file, line);
    abort();
}
