#include "base/embed.h"

#include "base/str.h"

bool embed_find(const struct embed_set *set, struct str name, struct str *bytes)
{
    size_t low = 0, high = set->n;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = str_cmp(set->files[middle].name, name);

        if (order == 0) {
            *bytes = set->files[middle].bytes;
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}
