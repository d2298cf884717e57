/*
 * people.h - the synthetic people of people.csv.
 *
 * A row is a VNeID account; several rows may share a number, as a person has accounts of several
 * kinds. The register_ columns say what the population database holds when it differs from VNeID;
 * empty means the same. `fault` names a switch of fault.def that always acts for this account.
 */
#ifndef SANDBOX_PEOPLE_H
#define SANDBOX_PEOPLE_H

#include "base/base.h"
#include "base/clock.h"

enum person_kind { PERSON_CITIZEN = 1, PERSON_ENTERPRISE = 2, PERSON_ORGANISATION = 3 };

struct person {
#define COLUMN(name) struct str name;
#include "sandbox/people.def"
#undef COLUMN
    struct date birth, register_birth;
    bool deceased, absent; /* in the population database */
};

struct people;

MUST_USE result people_load(struct arena *a, const char *path, struct people **out, struct err *e);
size_t people_count(const struct people *p);
const struct person *people_at(const struct people *p, size_t i);
const struct person *people_by_handle(const struct people *p, struct str handle); /* or NULL */
const struct person *people_by_number(const struct people *p, struct str number); /* first */
const struct person *people_by_old_card(const struct people *p, struct str nine_digits);
const struct person *people_by_techid(const struct people *p, struct str techid);
/* A handle, "persona:<handle>" or a 12-digit number: what login_hint and X-Sandbox-Persona hold. */
const struct person *people_find(const struct people *p, struct str hint);
struct str person_register_name(const struct person *p);

#endif
