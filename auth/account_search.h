/*
 * account_search.h - finding accounts by the number that a person or an organisation has, for
 * administrators. The number is looked for as its keyed digest and is kept nowhere.
 */
#ifndef AUTH_ACCOUNT_SEARCH_H
#define AUTH_ACCOUNT_SEARCH_H

#include "auth/account.h"

#define ACCOUNT_SEARCH_MAX 10

/* Accounts of all kinds with exactly this number; list has room for ACCOUNT_SEARCH_MAX. */
MUST_USE result account_search(struct auth *au, struct arena *a, struct str number,
                               struct account *list, size_t *count, struct err *e);

#endif
