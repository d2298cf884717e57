/*
 * place.h - provinces, as two tables that must not be confused.
 *
 * birth.csv: the 63 three-digit codes with which a personal identification number begins (Circular
 * 07/2016, annex 1). Issued numbers never change, so neither does this table. A number may begin
 * with another code (a birth abroad, or unknown): that is no error, only worth a note.
 * address.csv: the two-digit codes of addresses, 34 since 1 July 2025 (Decision 19/2025/QD-TTg),
 * each with the former provinces that it took in. The same digits can mean different places: 024 is
 * Bac Giang by birth, 24 is Bac Ninh as an address.
 *
 * Tables live in the arena they were loaded into and never change; any thread.
 */
#ifndef CONF_PLACE_H
#define CONF_PLACE_H

#include "base/base.h"
#include "base/clock.h"

struct place {
    struct str code;   /* "024" or "24" */
    struct str name;   /* without "tỉnh" or "thành phố" */
    struct str merged; /* former provinces, separated by semicolons; or empty */
    struct date from, to;
};

struct places;

/* From birth.csv and address.csv in the folder (payments.places_dir). ERR_IO, ERR_CONFIG */
MUST_USE result places_load(struct arena *a, struct str folder, struct places **out, struct err *e);
/* `code` as in struct idno; false: not one of the 63. */
bool place_birth_find(const struct places *p, int code, struct place *out);
bool place_address_find(const struct places *p, struct str code, struct date on, struct place *out);

#endif
