/*
 * codec.h - strict text encodings of bytes. Decoders accept the canonical form only: no white
 * space, no missing or extra padding, no stray low bits, so that two texts never mean the same
 * bytes.
 */
#ifndef BASE_CODEC_H
#define BASE_CODEC_H

#include "base/base.h"

struct str hex_encode(struct arena *a, struct str bytes);             /* lower case */
bool hex_decode(struct arena *a, struct str text, struct str *bytes); /* both cases */
struct str base64_encode(struct arena *a, struct str bytes);          /* RFC 4648 4, padded */
bool base64_decode(struct arena *a, struct str text, struct str *bytes);
struct str base64url_encode(struct arena *a, struct str bytes); /* RFC 4648 5, no padding */
bool base64url_decode(struct arena *a, struct str text, struct str *bytes);
struct str percent_encode(struct arena *a, struct str bytes); /* RFC 3986 unreserved kept */
bool percent_decode(struct arena *a, struct str text,
                    struct str *bytes);                                /* refuses %00 and bad % */
bool form_decode(struct arena *a, struct str text, struct str *bytes); /* also + for space */

#endif
