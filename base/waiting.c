#include "base/waiting.h"

#include <stddef.h>

static _Thread_local void (*hears)(void *arg);
static _Thread_local void *hears_arg;

void waiting_hear(void (*heard)(void *arg), void *arg)
{
    hears = heard;
    hears_arg = arg;
}

void waiting_tell(void)
{
    if (hears != NULL)
        hears(hears_arg);
}
