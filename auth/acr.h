/*
 * acr.h - how strongly somebody was authenticated: the levels of Decree 69/2024 art. 20.
 *
 *     1  one factor                       3  two or more factors, one of them biometric
 *     2  two different factors            4  biometric, possession and knowledge together
 *
 * This is another axis than the level of the account (art. 7: 01, 02), which says how well it is
 * known whose account that is. Names: urn:vn:loa:1 to :4; urn:motcua:acr:vn-nd69:1 to :4 are taken
 * too, and LoA1 and LoA2 from portals of the national single sign-on.
 */
#ifndef AUTH_ACR_H
#define AUTH_ACR_H

#include "base/base.h"

#define ACR_MOST       4
#define ACR_EVER_FRESH 4 /* this level and above never come from an earlier sign-in */
#define ACR_FRESH_S    60

/* The level that a name stands for; 0: none. `compat` takes the names of the national SSO. */
int acr_read(struct str name, bool compat);
/* A set of levels: bit `level` for each name known in a space-separated list. *first is the first
 * of them, or 0. */
unsigned acr_set(struct str names, bool compat, int *first);
int acr_set_least(unsigned set); /* the lowest of a set; 0: empty */
/* The highest of a set that `reached` satisfies; 0: none. */
int acr_set_best(unsigned set, int reached);

/* What a sign-in that reached the level is worth at that age. */
int acr_at_age(int acr, int64_t age_s);

/* What the methods (RFC 8176, space-separated) prove. Without any, nobody told: then the level of
 * the account, since its owner opened it so, and at most 2. */
int acr_of_methods(struct str amr, int account_level);

#endif
