/*
 * claims_verified.h - verified_claims (OpenID Connect for Identity Assurance 1.0).
 *
 * Only what the population database confirmed at the sign-in is called verified: name, birthdate,
 * SoDinhDanh, HoVaTen, NgayThangNamSinh. Nothing is when it was not asked, or could not be. Of an
 * organisation that is acted for: what the business register says of it (name, org, MaSoThue,
 * MaSoDoanhNghiep, TenDoanhNghiep) and the ground (authority, see auth/claims_acting.h); nothing of
 * an organisation that stands in no register.
 *
 *     verification { trust_framework "vn_nd69_2024", assurance_level "01" | "02" | "org",
 *                    time, evidence [{ type "electronic_record",
 *                                      check_details [{ check_method "data", organization, time }],
 *                                      record { type "population_register" | "business_register",
 * source { name }, record_id_hash }, time }] } claims { ... }
 *
 * record_id_hash differs by sector, as sub does. Of `verification` only trust_framework is told
 * unasked. What is asked with `value`, `values` or `max_age` and is not so leaves out the whole
 * verified_claims; a single claim that is unknown, not verified, not for this client, or not of the
 * asked value is left out by itself, and with no claim left there is no verified_claims either.
 * Several entries of `evidence` are alternatives. A request may be one object or an array of them.
 */
#ifndef AUTH_CLAIMS_VERIFIED_H
#define AUTH_CLAIMS_VERIFIED_H

#include "auth/claims.h"

/* `known` is every claim of the subject by name. NULL: nothing to tell. Caller closes. */
struct json *claims_verified(struct auth *au, struct arena *a, const struct claims_subject *s,
                             const struct json *known, const struct json *asked);
/* The part of `actual` that was asked for. False: a constraint is not met. *out may be NULL (the
 * caller closes it). */
bool claims_select(struct arena *a, const struct json *asked, const struct json *actual,
                   int64_t now_ms, struct json **out);

#endif
