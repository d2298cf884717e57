/*
 * embed.h - files that are part of the program (pages, texts, style sheets, schema), put into it at
 * build time by cmake/embed.c. A set is sorted by name; names are relative to the set's folder.
 */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H

#include "base/base.h"

struct embedded {
    struct str name;
    struct str bytes;
};

struct embed_set {
    const struct embedded *files;
    size_t n;
};

bool embed_find(const struct embed_set *set, struct str name, struct str *bytes);

#endif
