#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>

void must_fail(const char *cond, const char *file, int line)
{
    (void)fprintf(stderr,
                  "{\"level\":\"fatal\",\"event\":\"must\",\"cond\":\"%s\",\"at\":\"%s:%d\"}\n",
                  cond, file, line);
    abort();
}
